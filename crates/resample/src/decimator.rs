//! Whole ratios downwards: one symmetric filter, many output frames side by side.

use std::sync::Arc;

use noxrun_kernels::{Branches, fir_symmetric};

/// Samples that are made side by side.
const LANES: usize = 8;

#[derive(Debug, Clone)]
pub(crate) struct Decimator {
    /// From the centre to the farthest.
    taps: Arc<[f32]>,
    /// Input frames an output frame.
    factor: usize,
    /// For each channel `factor` branches of `stride` samples: frame `i` is at `i / factor` of
    /// branch `i % factor`. The first `filled` frames are valid.
    history: Vec<f32>,
    stride: usize,
    filled: usize,
    /// Where in the branches the next output frame's centre is.
    next: usize,
    /// The output frames of one channel.
    lane: Vec<[f32; LANES]>,
}

impl Decimator {
    /// For output frames at multiples of `factor` input frames, and at most `slice` input frames
    /// at once.
    pub fn new(taps: Vec<f32>, factor: usize, channels: usize, slice: usize) -> Self {
        let reach = (taps.len() - 1).div_ceil(factor);
        let groups = (slice / factor + 1).div_ceil(LANES);
        let stride = reach + groups * LANES + reach;
        let mut this = Self {
            taps: taps.into(),
            factor,
            history: vec![0.0; stride * factor * channels],
            stride,
            filled: 0,
            next: 0,
            lane: vec![[0.0; LANES]; groups],
        };
        this.reset();
        this
    }

    pub fn reset(&mut self) {
        self.next = self.reach();
        self.filled = self.next * self.factor;
        for branch in self.history.chunks_exact_mut(self.stride) {
            branch[..self.next].fill(0.0);
        }
    }

    /// Input frames that an output frame looks ahead.
    pub fn delay(&self) -> usize {
        self.taps.len() - 1
    }

    /// Output frames that an output frame looks back or ahead.
    fn reach(&self) -> usize {
        self.delay().div_ceil(self.factor)
    }

    /// Adds at most a slice of interleaved frames.
    pub fn append(&mut self, input: &[f32], channels: usize) {
        let branches = self.stride * self.factor;
        for (channel, history) in self.history.chunks_exact_mut(branches).enumerate() {
            for (branch, run) in history.chunks_exact_mut(self.stride).enumerate() {
                let (skipped, at) = next_of(branch, self.filled, self.factor);
                let input = input
                    .get(skipped * channels + channel..)
                    .unwrap_or_default();
                let input = input.iter().step_by(channels * self.factor);
                for (to, x) in run[at..].iter_mut().zip(input) {
                    *to = *x;
                }
            }
        }
        self.filled += input.len() / channels;
    }

    /// Adds at most a slice of silence.
    pub fn append_silence(&mut self, frames: usize) {
        for (branch, run) in self.history.chunks_exact_mut(self.stride).enumerate() {
            let branch = branch % self.factor;
            let (_, from) = next_of(branch, self.filled, self.factor);
            let (_, to) = next_of(branch, self.filled + frames, self.factor);
            run[from..to].fill(0.0);
        }
        self.filled += frames;
    }

    /// Appends the frames whose windows are complete, at most `limit`, and says how many.
    pub fn emit(&mut self, channels: usize, limit: usize, out: &mut Vec<f32>) -> usize {
        // Centres are multiples of the factor.
        let complete = self
            .filled
            .saturating_sub(self.delay())
            .div_ceil(self.factor);
        let count = complete.saturating_sub(self.next).min(limit);
        if count == 0 {
            return 0;
        }
        let lane = &mut self.lane[..count.div_ceil(LANES)];
        let start = out.len();
        out.resize(start + count * channels, 0.0);
        let out = &mut out[start..];
        let branches = self.stride * self.factor;
        for (channel, samples) in self.history.chunks_exact(branches).enumerate() {
            let x = Branches {
                samples,
                factor: self.factor,
                stride: self.stride,
            };
            fir_symmetric(lane, &self.taps, x, self.next);
            let made = lane.as_flattened();
            if channels == 1 {
                out.copy_from_slice(&made[..count]);
            } else {
                for (frame, x) in out.chunks_exact_mut(channels).zip(made) {
                    frame[channel] = *x;
                }
            }
        }
        self.next += count;
        self.compact();
        count
    }

    /// Moves what later windows need to the front.
    fn compact(&mut self) {
        let reach = self.reach();
        let from = self.next - reach;
        let end = self.filled.div_ceil(self.factor);
        for run in self.history.chunks_exact_mut(self.stride) {
            run.copy_within(from..end, 0);
        }
        self.filled -= from * self.factor;
        self.next = reach;
    }
}

/// Of `branch`: how many frames after the first `filled` its next one comes, and where it goes.
fn next_of(branch: usize, filled: usize, factor: usize) -> (usize, usize) {
    let skipped = (branch + factor - filled % factor) % factor;
    (skipped, (filled + skipped) / factor)
}
