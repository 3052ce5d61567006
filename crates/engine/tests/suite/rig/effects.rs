//! Small effects and a tap whose work is easy to foresee.

use noxrun_engine::{Processor, Ramp, Sink};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

fn frames_of(lanes: &[&mut [f32]]) -> usize {
    lanes.first().map_or(0, |lane| lane.len())
}

fn advance(params: &mut [Ramp], frames: usize) {
    for param in params {
        param.advance(frames as u32);
    }
}

/// `x·a + b` with fixed figures.
#[derive(Debug, Clone, Copy)]
pub struct Affine(pub f32, pub f32);

impl Processor for Affine {
    fn reset(&mut self) {}

    fn is_at_rest(&self) -> bool {
        self.1 == 0.0
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], _frame: u64, params: &mut [Ramp]) {
        for lane in lanes.iter_mut() {
            for sample in lane.iter_mut() {
                *sample = *sample * self.0 + self.1;
            }
        }
        advance(params, frames_of(lanes));
    }
}

/// The square of a sample.
#[derive(Debug)]
pub struct Square;

impl Processor for Square {
    fn reset(&mut self) {}

    fn is_at_rest(&self) -> bool {
        true
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], _frame: u64, params: &mut [Ramp]) {
        for lane in lanes.iter_mut() {
            for sample in lane.iter_mut() {
                *sample *= *sample;
            }
        }
        advance(params, frames_of(lanes));
    }
}

/// Its parameter 0 as a gain.
#[derive(Debug)]
pub struct Volume;

impl Processor for Volume {
    fn reset(&mut self) {}

    fn is_at_rest(&self) -> bool {
        true
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], _frame: u64, params: &mut [Ramp]) {
        for frame in 0..frames_of(lanes) {
            let gain = params[0].next_value() as f32;
            for lane in lanes.iter_mut() {
                lane[frame] *= gain;
            }
        }
        advance(&mut params[1..], frames_of(lanes));
    }
}

/// `y = x/2 + y₋₁/2`: it remembers.
#[derive(Debug, Default)]
pub struct OnePole {
    last: [f32; 8],
}

impl Processor for OnePole {
    fn reset(&mut self) {
        self.last = [0.0; 8];
    }

    fn is_at_rest(&self) -> bool {
        self.last == [0.0; 8]
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], _frame: u64, params: &mut [Ramp]) {
        for (lane, last) in lanes.iter_mut().zip(&mut self.last) {
            for sample in lane.iter_mut() {
                *last = *sample * 0.5 + *last * 0.5;
                *sample = *last;
            }
        }
        advance(params, frames_of(lanes));
    }
}

/// What a counter has seen.
#[derive(Debug, Default)]
pub struct Counts {
    pub frames: AtomicU64,
    pub resets: AtomicU64,
    /// Frames that did not follow those before without a reset in between.
    pub gaps: AtomicU64,
}

impl Counts {
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    pub fn resets(&self) -> u64 {
        self.resets.load(Ordering::Relaxed)
    }

    pub fn gaps(&self) -> u64 {
        self.gaps.load(Ordering::Relaxed)
    }
}

/// Passes sound and counts what it is asked to do.
#[derive(Debug)]
pub struct Counter {
    counts: Arc<Counts>,
    rests: bool,
    next: Option<u64>,
}

impl Counter {
    /// `rests`: it need not be run in silence.
    pub fn new(counts: &Arc<Counts>, rests: bool) -> Self {
        Self {
            counts: Arc::clone(counts),
            rests,
            next: None,
        }
    }
}

impl Processor for Counter {
    fn reset(&mut self) {
        self.counts.resets.fetch_add(1, Ordering::Relaxed);
        self.next = None;
    }

    fn is_at_rest(&self) -> bool {
        self.rests
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], frame: u64, params: &mut [Ramp]) {
        let frames = frames_of(lanes) as u64;
        self.counts.frames.fetch_add(frames, Ordering::Relaxed);
        if self.next.is_some_and(|next| next != frame) {
            self.counts.gaps.fetch_add(1, Ordering::Relaxed);
        }
        self.next = Some(frame + frames);
        advance(params, frames as usize);
    }
}

/// Looks ahead: what comes out is what went in `latency` frames before, times parameter 0 as it was
/// then. With a latency of 0 it is the same without the wait.
#[derive(Debug)]
pub struct Ahead {
    rings: Vec<Vec<f32>>,
    place: usize,
    quiet: usize,
}

impl Ahead {
    pub fn new(latency: usize, channels: usize) -> Self {
        Self {
            rings: vec![vec![0.0; latency]; channels],
            place: 0,
            quiet: latency,
        }
    }
}

impl Processor for Ahead {
    fn latency(&self) -> usize {
        self.rings[0].len()
    }

    fn reset(&mut self) {
        for ring in &mut self.rings {
            ring.fill(0.0);
        }
        self.place = 0;
        self.quiet = self.rings[0].len();
    }

    fn is_at_rest(&self) -> bool {
        self.quiet >= self.rings[0].len()
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], _frame: u64, params: &mut [Ramp]) {
        let latency = self.rings[0].len();
        for frame in 0..frames_of(lanes) {
            let gain = params[0].next_value() as f32;
            let mut silent = true;
            for (lane, ring) in lanes.iter_mut().zip(&mut self.rings) {
                let sample = lane[frame] * gain;
                silent &= sample == 0.0;
                lane[frame] = match latency {
                    0 => sample,
                    _ => std::mem::replace(&mut ring[self.place], sample),
                };
            }
            self.quiet = if silent {
                self.quiet.saturating_add(1)
            } else {
                0
            };
            self.place = (self.place + 1) % latency.max(1);
        }
    }
}

/// Keeps what it is shown, as far as it has room.
#[derive(Debug, Clone)]
pub struct Ear(Arc<Heard>);

#[derive(Debug)]
struct Heard {
    since: AtomicU64,
    frames: AtomicU64,
    samples: Vec<Vec<AtomicU32>>,
}

impl Ear {
    pub fn new(channels: usize, room: usize) -> Self {
        let lane = |_| (0..room).map(|_| AtomicU32::new(0)).collect();
        Self(Arc::new(Heard {
            since: AtomicU64::new(u64::MAX),
            frames: AtomicU64::new(0),
            samples: (0..channels).map(lane).collect(),
        }))
    }

    /// A channel's frames.
    pub fn heard(&self, channel: usize) -> Vec<f32> {
        let lane = &self.0.samples[channel];
        let frames = self.frames() as usize;
        let heard = lane.iter().take(frames);
        heard
            .map(|x| f32::from_bits(x.load(Ordering::Relaxed)))
            .collect()
    }

    /// How many frames it was shown.
    pub fn frames(&self) -> u64 {
        self.0.frames.load(Ordering::Relaxed)
    }

    /// The first engine frame.
    pub fn since(&self) -> u64 {
        self.0.since.load(Ordering::Relaxed)
    }
}

impl Sink for Ear {
    fn take(&mut self, lanes: &[&[f32]], frame: u64) {
        let Heard {
            since,
            frames,
            samples,
        } = &*self.0;
        let first = since.fetch_min(frame, Ordering::Relaxed).min(frame);
        let count = frames.load(Ordering::Relaxed);
        assert_eq!(frame, first + count, "frames come without gaps");
        assert_eq!(lanes.len(), samples.len());
        for (heard, lane) in samples.iter().zip(lanes) {
            for (cell, sample) in heard.iter().skip(count as usize).zip(*lane) {
                cell.store(sample.to_bits(), Ordering::Relaxed);
            }
        }
        let shown = lanes.first().map_or(0, |lane| lane.len());
        frames.fetch_add(shown as u64, Ordering::Relaxed);
    }
}
