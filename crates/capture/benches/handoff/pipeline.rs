//! The pipelines that are compared: each takes a callback's frames, and its consumer notes when it
//! has them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

use noxrun_capture::{
    CaptureHub, CaptureInput, CaptureSpec, Chunker, Quality, Reader, ReaderSpec, Taken, WakeKind,
    open,
};
use noxrun_resample::FrameResampler;

use crate::clock::Clock;
use crate::common::{nice, pin};

const DEVICE_RATE: u32 = 48_000;
const RATE: u32 = 16_000;
/// The lightest: the less it costs, the more the hand-off shows.
const QUALITY: Quality = Quality::LowLatency;

/// What a callback brings.
#[derive(Clone, Copy)]
pub struct Shape {
    pub name: &'static str,
    pub frames: usize,
    pub channels: usize,
}

pub const SHAPES: [Shape; 2] = [
    Shape {
        name: "480 mono",
        frames: 480,
        channels: 1,
    },
    Shape {
        name: "256 stereo",
        frames: 256,
        channels: 2,
    },
];

/// What is compared. `None` is the resampler alone, `Bare` wakes a parked thread besides, with
/// nothing to hand over: no way that wakes once a callback costs less.
#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    None,
    Bare,
    Old,
    Wake(WakeKind),
}

pub const WAYS: [(&str, Way); 5] = [
    ("resampler alone", Way::None),
    ("with a bare wake", Way::Bare),
    ("Vec + sync_channel", Way::Old),
    ("condvar", Way::Wake(WakeKind::Condvar)),
    ("unpark", Way::Wake(WakeKind::Unpark)),
];

/// What the consumer's thread does to itself first.
#[derive(Clone, Copy)]
pub struct ConsumerSeat {
    pub core: Option<usize>,
    pub is_nice: bool,
}

impl ConsumerSeat {
    fn take(self) {
        if let Some(core) = self.core {
            pin(core);
        }
        if self.is_nice {
            nice();
        }
    }
}

enum Kind {
    None(FrameResampler, Vec<f32>),
    Bare(FrameResampler, Vec<f32>, Option<JoinHandle<()>>),
    Old(
        FrameResampler,
        Option<SyncSender<Vec<f32>>>,
        Option<JoinHandle<()>>,
    ),
    Ours(Box<CaptureInput>, CaptureHub),
}

/// One of the ways, running.
pub struct Pipeline {
    kind: Kind,
    pub clock: Arc<Clock>,
}

impl Pipeline {
    pub fn new(way: Way, shape: Shape, callbacks: usize, seat: ConsumerSeat) -> Self {
        let clock = Arc::new(Clock::new(shape, callbacks));
        let kind = match way {
            Way::None => {
                let resampler = resampler(shape);
                let room = resampler.max_output_samples(shape.frames);
                Kind::None(resampler, Vec::with_capacity(room))
            }
            Way::Bare => {
                let resampler = resampler(shape);
                let room = resampler.max_output_samples(shape.frames);
                let its_clock = Arc::clone(&clock);
                let thread = thread::spawn(move || {
                    seat.take();
                    while !its_clock.is_over.load(Ordering::Acquire) {
                        thread::park();
                    }
                });
                Kind::Bare(resampler, Vec::with_capacity(room), Some(thread))
            }
            Way::Old => {
                let (sender, receiver) = sync_channel::<Vec<f32>>(1024);
                let its_clock = Arc::clone(&clock);
                let mut chunker = Chunker::new(shape.channels, RATE, CHUNK, CHUNK);
                let thread = thread::spawn(move || {
                    seat.take();
                    let (mut frame, mut samples) = (0, 0);
                    while let Ok(block) = receiver.recv() {
                        chunker.push_samples(&block, frame, 0.0);
                        frame += (block.len() / shape.channels) as u64;
                        while let Some((chunk, _)) = chunker.next_chunk() {
                            samples += chunk.samples.len() as u64;
                            its_clock.received(samples);
                        }
                    }
                });
                Kind::Old(resampler(shape), Some(sender), Some(thread))
            }
            Way::Wake(wake) => ours(wake, shape, seat, &clock),
        };
        Self { kind, clock }
    }

    /// The callback.
    pub fn push(&mut self, block: &[f32], n: usize) {
        match &mut self.kind {
            Kind::None(resampler, out) => {
                out.clear();
                resampler.process_into(block, out);
            }
            Kind::Bare(resampler, out, thread) => {
                out.clear();
                resampler.process_into(block, out);
                if let Some(thread) = thread {
                    thread.thread().unpark();
                }
            }
            Kind::Old(resampler, sender, _) => {
                let frames = block.len() / resampler.channels();
                let mut out = Vec::with_capacity(resampler.max_output_samples(frames));
                resampler.process_into(block, &mut out);
                if let Some(sender) = sender {
                    // Full: the block is lost, as it was.
                    let _full = sender.try_send(out);
                }
            }
            Kind::Ours(input, _) => input.push(block, n as f64),
        }
    }

    /// Callbacks that found the wake's mutex taken, where there is one.
    pub fn contended(&self) -> u64 {
        match &self.kind {
            Kind::Ours(_, hub) => hub.stats().contended_wakes,
            _ => 0,
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        match &mut self.kind {
            Kind::None(..) => {}
            Kind::Bare(_, _, thread) => {
                self.clock.is_over.store(true, Ordering::Release);
                if let Some(thread) = thread.take() {
                    thread.thread().unpark();
                    let _panicked = thread.join();
                }
            }
            Kind::Old(_, sender, thread) => {
                drop(sender.take());
                if let Some(thread) = thread.take() {
                    let _panicked = thread.join();
                }
            }
            Kind::Ours(input, hub) => {
                input.finish();
                hub.close_and_join();
            }
        }
    }
}

/// What ships, whole: besides the hand-off its callback measures levels, marks the time, and keeps
/// the account.
fn ours(wake: WakeKind, shape: Shape, seat: ConsumerSeat, clock: &Arc<Clock>) -> Kind {
    let spec = CaptureSpec {
        device_rate: DEVICE_RATE,
        device_channels: shape.channels,
        rate: RATE,
        channels: shape.channels,
        capacity: 2 * RATE as usize * shape.channels,
        quality: QUALITY,
        wake,
        max_callback_frames: shape.frames,
        channel_map: None,
        pre_roll: 0,
        voice: None,
    };
    let (input, hub) = open(spec).unwrap_or_else(|error| panic!("{error}"));
    let reader: Arc<OnceLock<Reader>> = Arc::default();
    let (its_reader, its_clock) = (Arc::clone(&reader), Arc::clone(clock));
    let (seated, samples) = (OnceLock::new(), AtomicU64::new(0));
    let take = move || {
        seated.get_or_init(|| seat.take());
        let Some(reader) = its_reader.get() else {
            return;
        };
        while let Taken::Chunk(chunk) = reader.take() {
            let more = chunk.samples.len() as u64;
            its_clock.received(samples.fetch_add(more, Ordering::Relaxed) + more);
        }
    };
    let made = hub.reader(ReaderSpec {
        chunk: CHUNK,
        hop: CHUNK,
        notify: Arc::new(take),
    });
    let made = made.unwrap_or_else(|error| panic!("{error}"));
    assert!(reader.set(made).is_ok(), "set once");
    Kind::Ours(Box::new(input), hub)
}

/// Frames a chunk: 20 ms, the product's default.
const CHUNK: usize = RATE as usize / 50;

/// The work that all have in common.
pub fn resampler(shape: Shape) -> FrameResampler {
    let made = FrameResampler::new(DEVICE_RATE, RATE, shape.channels, QUALITY, shape.frames);
    made.unwrap_or_else(|error| panic!("{error}"))
}
