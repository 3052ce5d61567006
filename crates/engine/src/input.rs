//! Inputs: sound that comes into a track from outside while it sounds, through a ring.
//!
//! Whoever makes the sound pushes frames at the engine's rate with an [`InputWriter`], on any
//! thread; the audio thread takes exactly the frames of each stretch from the [`Input`]. Between
//! the two waits a target of frames, which is how much later the sound comes out.
//!
//! - When frames are missing, the sound fades out over 5 ms, mirrored from what came last, and
//!   fades in again when the target waits. Missing frames again and again raise the target, but
//!   not those of a hole that the writer knows of: there was nothing to be late.
//! - When far more waits than the target, the oldest are skipped in a crossfade.
//! - When nobody takes frames and the ring is full, it is emptied and begun anew.
//!
//! What it is not for: sound that is known beforehand, which voices play, and exact times. `play.rs`
//! holds what the audio thread does with it, `queue.rs` the ring's end, and `inputs.rs`, beside this,
//! the inputs of all tracks.

mod play;
mod queue;

pub use play::Input;

use crate::block::MAX_BLOCK;
use rtrb::{Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// What an input is made from.
#[derive(Debug, Clone, Copy)]
pub struct InputSpec {
    /// Hz: the engine's.
    pub rate: u32,
    /// Channels of the frames, 1 to 64. They enter the track as a voice's do.
    pub channels: usize,
    /// Frames that wait when a block begins; at least 1. It begins with as many silent ones.
    pub target: u32,
    /// Frames beyond the target before the oldest are skipped.
    pub surplus: u32,
    /// The most that the target grows to when frames are missing.
    pub max_target: u32,
    /// Linear gain.
    pub gain: f64,
}

/// What both ends know of each other. Atomics only.
#[derive(Debug)]
pub struct InputFlow {
    rate: u32,
    target: AtomicU32,
    ended: AtomicBool,
    /// The ring was full: what it holds is to be forgotten.
    stale: AtomicBool,
    /// Monotonic nanoseconds at which frame 0 of the ring would have been played; 0 while nothing
    /// is.
    origin_ns: AtomicU64,
    /// Frames that were pushed before the newest hole that the writer told.
    hole: AtomicU64,
    starts: AtomicU32,
    underruns: AtomicU64,
    overruns: AtomicU64,
    gain: AtomicU64,
}

impl InputFlow {
    /// Frames that wait when a block begins.
    pub fn target(&self) -> u32 {
        self.target.load(Ordering::Relaxed)
    }

    /// Monotonic nanoseconds at which frame `index` leaves the engine, counted as
    /// [`InputWriter::pushed`] does, by the newest callback; `None` while nothing is played.
    pub fn leaves_at(&self, index: u64) -> Option<u64> {
        let origin = self.origin_ns.load(Ordering::Relaxed);
        (origin != 0).then(|| origin.wrapping_add(nanoseconds(index, self.rate)))
    }

    /// How often it began to play, skips included: what was measured before is not true after.
    pub fn starts(&self) -> u32 {
        self.starts.load(Ordering::Relaxed)
    }

    /// How often frames were missing.
    pub fn underruns(&self) -> u64 {
        self.underruns.load(Ordering::Relaxed)
    }

    /// How often frames were skipped because too many waited.
    pub fn overruns(&self) -> u64 {
        self.overruns.load(Ordering::Relaxed)
    }

    /// The gain that sounds now.
    pub fn gain(&self) -> f64 {
        f64::from_bits(self.gain.load(Ordering::Relaxed))
    }
}

/// The end that is pushed to.
#[derive(Debug)]
pub struct InputWriter {
    ring: Producer<f32>,
    channels: usize,
    pushed: u64,
    flow: Arc<InputFlow>,
}

impl InputWriter {
    /// Pushes interleaved frames (an incomplete last one is left out), all or none. `false`: there
    /// is no room. Then all that waits is forgotten, and so is what comes until the audio thread
    /// has seen to that: whoever may wait looks at [`room`](Self::room) before.
    pub fn push(&mut self, interleaved: &[f32]) -> bool {
        if self.flow.stale.load(Ordering::Acquire) {
            return false;
        }
        let frames = interleaved.len() / self.channels;
        let samples = &interleaved[..frames * self.channels];
        let Ok(mut chunk) = self.ring.write_chunk(samples.len()) else {
            self.flow.overruns.fetch_add(1, Ordering::Relaxed);
            self.flow.stale.store(true, Ordering::Release);
            return false;
        };
        let (first, second) = chunk.as_mut_slices();
        let (head, tail) = samples.split_at(first.len());
        first.copy_from_slice(head);
        second.copy_from_slice(tail);
        chunk.commit_all();
        self.pushed += frames as u64;
        true
    }

    /// What is pushed next does not follow what was pushed before: its maker paused, or frames
    /// were lost on their way here. An input that ran dry meanwhile goes on as late as it was.
    pub fn tell_hole(&mut self) {
        // The frames behind it bring it along: they are pushed after it.
        self.flow.hole.store(self.pushed, Ordering::Relaxed);
    }

    /// Frames that it takes now.
    pub fn room(&self) -> usize {
        self.ring.slots() / self.channels
    }

    /// Frames pushed so far, the silent ones that it began with included.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Nothing comes any more: the input plays what waits, fades out and ends.
    pub fn end(&mut self) {
        self.flow.ended.store(true, Ordering::Release);
    }

    /// Whether the input is gone: what is pushed is heard by nobody.
    pub fn is_gone(&self) -> bool {
        self.ring.is_abandoned()
    }

    /// What both ends know of each other.
    pub fn flow(&self) -> &Arc<InputFlow> {
        &self.flow
    }
}

/// Makes both ends of an input. Allocates, and touches its memory.
pub fn input(spec: &InputSpec) -> (InputWriter, Box<Input>) {
    let channels = spec.channels.max(1);
    let target = spec.target.max(1);
    let most = spec.max_target.max(target);
    let spec = InputSpec {
        channels,
        target,
        max_target: most,
        ..*spec
    };
    // A skip reads the old place and the new one at once, and some frames are kept to mirror.
    let fade = play::fade_frames(spec.rate) as usize;
    let frames = 2 * (most as usize + spec.surplus as usize + fade) + 8 * MAX_BLOCK;
    let (mut ring, mut reader) = RingBuffer::new(frames * channels);
    for count in [frames, target as usize] {
        // A new ring is empty, and emptied here, so there is room.
        if let Ok(mut chunk) = ring.write_chunk(count * channels) {
            let (first, second) = chunk.as_mut_slices();
            first.fill(std::hint::black_box(0.0));
            second.fill(std::hint::black_box(0.0));
            chunk.commit_all();
        }
        if count == frames
            && let Ok(chunk) = reader.read_chunk(count * channels)
        {
            chunk.commit_all();
        }
    }
    let flow = Arc::new(InputFlow {
        rate: spec.rate.max(1),
        target: AtomicU32::new(target),
        ended: AtomicBool::new(false),
        stale: AtomicBool::new(false),
        origin_ns: AtomicU64::new(0),
        hole: AtomicU64::new(0),
        starts: AtomicU32::new(0),
        underruns: AtomicU64::new(0),
        overruns: AtomicU64::new(0),
        gain: AtomicU64::new(spec.gain.to_bits()),
    });
    let writer = InputWriter {
        ring,
        channels,
        pushed: u64::from(target),
        flow: Arc::clone(&flow),
    };
    (writer, Box::new(Input::new(&spec, reader, flow)))
}

/// How long `frames` frames last.
fn nanoseconds(frames: u64, rate: u32) -> u64 {
    (u128::from(frames) * 1_000_000_000 / u128::from(rate)) as u64
}
