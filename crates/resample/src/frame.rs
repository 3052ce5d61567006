//! The streaming resampler.

use std::sync::Arc;

use noxrun_kernels::dot;

use crate::kernel::Kernel;
use crate::{MAX_CHANNELS, MAX_RATE, MIN_RATE, Quality, ResampleError, output_frames};

/// Slices are no longer than this, so that the history stays in the fastest cache.
const MAX_SLICE: usize = 1024;

/// Converts a stream of interleaved frames from one sample rate to another.
///
/// ```
/// use noxrun_resample::{FrameResampler, Quality};
///
/// let mut resampler = FrameResampler::new(48_000, 16_000, 1, Quality::Balanced, 480)?;
/// let mut out = Vec::with_capacity(resampler.max_output_samples(480) + resampler.max_flush_samples());
/// resampler.process_into(&[0.25; 480], &mut out);
/// resampler.flush_into(&mut out);
/// assert_eq!(out.len(), 160);
/// # Ok::<(), noxrun_resample::ResampleError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FrameResampler {
    channels: usize,
    in_rate: u32,
    out_rate: u32,
    /// Whole part and numerator of the fraction (over `denominator`) of the step, in input frames,
    /// from one output frame to the next.
    step: (usize, u32),
    denominator: u32,
    filter: Option<Filter>,
    received: u64,
    emitted: u64,
}

/// All that equal rates do without.
#[derive(Debug, Clone)]
struct Filter {
    kernel: Arc<Kernel>,
    /// One run of `stride` samples a channel; its first `filled` are valid.
    history: Vec<f32>,
    stride: usize,
    filled: usize,
    /// Where the next output frame's window begins in the history, and its phase.
    position: usize,
    fraction: u32,
    slice: usize,
    /// One row, for phases that are interpolated.
    row: Vec<f32>,
}

impl FrameResampler {
    /// A resampler for `channels` interleaved channels.
    ///
    /// `max_input_frames` sizes the buffers; a larger input is processed in slices and costs
    /// nothing extra. Designs the filter: some milliseconds of work, never for an audio callback.
    ///
    /// # Errors
    /// [`ResampleError::Rate`] when a rate is not in 1,000..=768,000 Hz,
    /// [`ResampleError::Channels`] when `channels` is not in 1..=64.
    pub fn new(
        in_rate: u32,
        out_rate: u32,
        channels: usize,
        quality: Quality,
        max_input_frames: usize,
    ) -> Result<Self, ResampleError> {
        for rate in [in_rate, out_rate] {
            if !(MIN_RATE..=MAX_RATE).contains(&rate) {
                return Err(ResampleError::Rate(rate));
            }
        }
        if !(1..=MAX_CHANNELS).contains(&channels) {
            return Err(ResampleError::Channels(channels));
        }
        let divisor = gcd(in_rate, out_rate);
        let (numerator, denominator) = (in_rate / divisor, out_rate / divisor);
        let filter = (in_rate != out_rate).then(|| {
            let kernel = Arc::new(Kernel::new(numerator, denominator, quality));
            let slice = max_input_frames.clamp(1, MAX_SLICE);
            let stride = kernel.taps + slice;
            Filter {
                history: vec![0.0; stride * channels],
                stride,
                filled: kernel.taps / 2 - 1,
                position: 0,
                fraction: 0,
                slice,
                row: vec![0.0; kernel.taps],
                kernel,
            }
        });
        Ok(Self {
            channels,
            in_rate,
            out_rate,
            step: ((numerator / denominator) as usize, numerator % denominator),
            denominator,
            filter,
            received: 0,
            emitted: 0,
        })
    }

    /// Whether the rates are equal: the output is the input, bit for bit, without delay.
    #[must_use]
    pub fn is_passthrough(&self) -> bool {
        self.filter.is_none()
    }

    /// Interleaved channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Appends what `input` (interleaved, whole frames; an incomplete last frame is ignored) lets
    /// out to `out`. Never allocates when `out` has room for
    /// [`max_output_samples`](Self::max_output_samples) more.
    pub fn process_into(&mut self, input: &[f32], out: &mut Vec<f32>) {
        let frames = input.len() / self.channels;
        self.received += frames as u64;
        let input = &input[..frames * self.channels];
        let Some(filter) = &mut self.filter else {
            out.extend_from_slice(input);
            self.emitted += frames as u64;
            return;
        };
        for slice in input.chunks(filter.slice * self.channels) {
            filter.append(slice, self.channels);
            self.emitted +=
                filter.emit(self.channels, self.step, self.denominator, usize::MAX, out);
            filter.compact(self.channels);
        }
    }

    /// Appends the tail that the delay still holds back, so that the whole stream has
    /// `round(n * out_rate / in_rate)` frames, and starts over for a next stream. Never allocates
    /// when `out` has room for [`max_flush_samples`](Self::max_flush_samples) more.
    pub fn flush_into(&mut self, out: &mut Vec<f32>) {
        if let Some(filter) = &mut self.filter {
            let mut left = output_frames(self.received, self.in_rate, self.out_rate)
                .saturating_sub(self.emitted);
            while left > 0 {
                filter.append_silence(self.channels);
                let limit = usize::try_from(left).unwrap_or(usize::MAX);
                left -= filter.emit(self.channels, self.step, self.denominator, limit, out);
                filter.compact(self.channels);
            }
        }
        self.reset();
    }

    /// The most frames that `process_into` appends for `input_frames` frames.
    #[must_use]
    pub fn max_output_frames(&self, input_frames: usize) -> usize {
        if self.is_passthrough() {
            input_frames
        } else {
            self.frames_for(input_frames)
        }
    }

    /// The most samples that `process_into` appends for `input_frames` frames.
    #[must_use]
    pub fn max_output_samples(&self, input_frames: usize) -> usize {
        self.max_output_frames(input_frames)
            .saturating_mul(self.channels)
    }

    /// The most samples that `flush_into` appends.
    #[must_use]
    pub fn max_flush_samples(&self) -> usize {
        self.filter.as_ref().map_or(0, |filter| {
            self.frames_for(filter.kernel.taps / 2 + 1) * self.channels
        })
    }

    /// How far the output is behind the newest input frame, in input frames.
    #[must_use]
    pub fn delay_frames(&self) -> f64 {
        self.filter
            .as_ref()
            .map_or(0.0, |filter| filter.kernel.taps as f64 / 2.0)
    }

    /// Forgets the stream so far: the next input frame is at time 0.
    pub fn reset(&mut self) {
        self.received = 0;
        self.emitted = 0;
        if let Some(filter) = &mut self.filter {
            filter.filled = filter.kernel.taps / 2 - 1;
            filter.position = 0;
            filter.fraction = 0;
            for lane in filter.history.chunks_exact_mut(filter.stride) {
                lane[..filter.filled].fill(0.0);
            }
        }
    }

    /// Output frames whose times fall into any span of `frames` input frames, at most.
    fn frames_for(&self, frames: usize) -> usize {
        let exact = (frames as u128 * u128::from(self.out_rate)).div_ceil(u128::from(self.in_rate));
        usize::try_from(exact)
            .unwrap_or(usize::MAX)
            .saturating_add(1)
    }
}

impl Filter {
    /// Adds at most a slice of interleaved frames to the history.
    #[inline]
    fn append(&mut self, input: &[f32], channels: usize) {
        let frames = input.len() / channels;
        for (channel, lane) in self.history.chunks_exact_mut(self.stride).enumerate() {
            let lane = &mut lane[self.filled..self.filled + frames];
            if channels == 1 {
                lane.copy_from_slice(input);
            } else {
                for (to, frame) in lane.iter_mut().zip(input.chunks_exact(channels)) {
                    *to = frame[channel];
                }
            }
        }
        self.filled += frames;
    }

    fn append_silence(&mut self, channels: usize) {
        for lane in self.history.chunks_exact_mut(self.stride).take(channels) {
            lane[self.filled..self.filled + self.slice].fill(0.0);
        }
        self.filled += self.slice;
    }

    /// Appends the frames whose windows are complete, at most `limit`, and says how many.
    #[inline]
    fn emit(
        &mut self,
        channels: usize,
        step: (usize, u32),
        denominator: u32,
        limit: usize,
        out: &mut Vec<f32>,
    ) -> u64 {
        let taps = self.kernel.taps;
        let mut emitted = 0;
        while emitted < limit && self.position + taps <= self.filled {
            let row = self.kernel.row(self.fraction, &mut self.row);
            for lane in self.history.chunks_exact(self.stride).take(channels) {
                out.push(dot(row, &lane[self.position..self.position + taps]));
            }
            self.position += step.0;
            self.fraction += step.1;
            if self.fraction >= denominator {
                self.fraction -= denominator;
                self.position += 1;
            }
            emitted += 1;
        }
        emitted as u64
    }

    /// Moves what later windows need to the front.
    #[inline]
    fn compact(&mut self, channels: usize) {
        // A step is shorter than the window, so the position never passes what is filled.
        let from = self.position.min(self.filled);
        for lane in self.history.chunks_exact_mut(self.stride).take(channels) {
            lane.copy_within(from..self.filled, 0);
        }
        self.filled -= from;
        self.position -= from;
    }
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
