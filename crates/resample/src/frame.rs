//! The streaming resampler.

use crate::decimator::Decimator;
use crate::polyphase::Polyphase;
use crate::prototype::Prototype;
use crate::rows::Rows;
use crate::{MAX_CHANNELS, MAX_RATE, MIN_RATE, Quality, ResampleError, output_frames};

/// Slices are no longer than this, so that the history stays in the fastest cache.
const MAX_SLICE: usize = 1024;
/// Whole ratios up to this one are made many output frames at once. Beyond it a block of usual
/// length has too few of them.
const MAX_FACTOR: usize = 12;

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
    /// Frames that are processed at once.
    slice: usize,
    filter: Option<Filter>,
    received: u64,
    emitted: u64,
}

/// All that equal rates do without.
#[derive(Debug, Clone)]
enum Filter {
    Decimator(Decimator),
    Polyphase(Polyphase),
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
        let slice = max_input_frames.clamp(1, MAX_SLICE);
        Ok(Self {
            channels,
            in_rate,
            out_rate,
            slice,
            filter: (in_rate != out_rate)
                .then(|| Filter::new(in_rate, out_rate, channels, quality, slice)),
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
        for slice in input.chunks(self.slice * self.channels) {
            filter.append(slice, self.channels);
            self.emitted += filter.emit(self.channels, usize::MAX, out) as u64;
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
                filter.append_silence(self.slice);
                let limit = usize::try_from(left).unwrap_or(usize::MAX);
                left -= filter.emit(self.channels, limit, out) as u64;
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
            self.frames_for(filter.delay() + 1) * self.channels
        })
    }

    /// How far the output is behind the newest input frame, in input frames.
    #[must_use]
    pub fn delay_frames(&self) -> f64 {
        self.filter
            .as_ref()
            .map_or(0.0, |filter| filter.delay() as f64)
    }

    /// Forgets the stream so far: the next input frame is at time 0.
    pub fn reset(&mut self) {
        self.received = 0;
        self.emitted = 0;
        if let Some(filter) = &mut self.filter {
            filter.reset();
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
    fn new(in_rate: u32, out_rate: u32, channels: usize, quality: Quality, slice: usize) -> Self {
        let divisor = gcd(in_rate, out_rate);
        let (numerator, denominator) = (in_rate / divisor, out_rate / divisor);
        let scale = (f64::from(in_rate) / f64::from(out_rate)).max(1.0);
        let prototype = Prototype::new(quality.shape(), scale);
        let factor = numerator as usize;
        // The bits differ between the two: nothing but the rates may choose.
        if denominator == 1 && factor <= MAX_FACTOR {
            Self::Decimator(Decimator::new(prototype.side(), factor, channels, slice))
        } else {
            let rows = Rows::new(&prototype, denominator);
            let polyphase = Polyphase::new(rows, numerator, denominator, channels, slice);
            Self::Polyphase(polyphase)
        }
    }

    /// Adds at most a slice of interleaved frames.
    fn append(&mut self, input: &[f32], channels: usize) {
        match self {
            Self::Decimator(filter) => filter.append(input, channels),
            Self::Polyphase(filter) => filter.append(input, channels),
        }
    }

    /// Adds at most a slice of silence.
    fn append_silence(&mut self, frames: usize) {
        match self {
            Self::Decimator(filter) => filter.append_silence(frames),
            Self::Polyphase(filter) => filter.append_silence(frames),
        }
    }

    /// Appends the frames whose windows are complete, at most `limit`, and says how many.
    fn emit(&mut self, channels: usize, limit: usize, out: &mut Vec<f32>) -> usize {
        match self {
            Self::Decimator(filter) => filter.emit(channels, limit, out),
            Self::Polyphase(filter) => filter.emit(channels, limit, out),
        }
    }

    /// Input frames that an output frame looks ahead.
    fn delay(&self) -> usize {
        match self {
            Self::Decimator(filter) => filter.delay(),
            Self::Polyphase(filter) => filter.delay(),
        }
    }

    fn reset(&mut self) {
        match self {
            Self::Decimator(filter) => filter.reset(),
            Self::Polyphase(filter) => filter.reset(),
        }
    }
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
