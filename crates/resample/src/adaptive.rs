//! Conversion between two clocks: the ratio may change at any frame.
//!
//! [`AdaptiveResampler`] is a windowed sinc whose rows are made for every output frame, so its
//! position is any fraction of an input frame and a change of the ratio bends the phase without a
//! step. `adaptive/table.rs` holds the filter, `adaptive/drift.rs` the control that finds the ratio.

mod drift;
mod table;

pub use drift::{DriftControl, MAX_DRIFT};

use crate::{MAX_CHANNELS, MAX_RATE, MIN_RATE, ResampleError};
use noxrun_kernels::dot;
use table::Table;

/// Slices are no longer than this.
const SLICE: usize = 512;

/// One input frame, in the units of a position.
const FRAME: f64 = 18_446_744_073_709_551_616.0;

/// Converts interleaved frames between two rates whose ratio drifts.
///
/// Flat to 0.75 of the lower Nyquist frequency, −100 dB above it; 32 input frames of delay when the
/// input's rate is the lower one. Nothing of it allocates once it is made.
///
/// ```
/// use noxrun_resample::AdaptiveResampler;
/// let mut resampler = AdaptiveResampler::new(48_000, 48_000, 1)?;
/// let mut out = Vec::with_capacity(resampler.max_output_samples(480));
/// // The input's clock runs 100 ppm fast.
/// resampler.set_correction(100e-6);
/// resampler.process_into(&[0.25; 480], &mut out);
/// assert!(out.len() + 32 <= 481);
/// # Ok::<(), noxrun_resample::ResampleError>(())
/// ```
#[derive(Debug, Clone)]
pub struct AdaptiveResampler {
    table: Table,
    channels: usize,
    in_rate: u32,
    out_rate: u32,
    /// Input frames from one output frame to the next, whole and in 2⁻⁶⁴; nominal, and as it is.
    nominal: u128,
    step: u128,
    /// One run of `stride` samples a channel; its first `filled` are valid.
    history: Vec<f32>,
    stride: usize,
    filled: usize,
    /// Where the next output frame's window begins in the history, and its phase in 2⁻⁶⁴.
    position: usize,
    phase: u64,
    row: Vec<f32>,
}

impl AdaptiveResampler {
    /// A resampler for `channels` interleaved channels. Designs the filter: some milliseconds of
    /// work, never for an audio callback.
    ///
    /// # Errors
    /// [`ResampleError::Rate`] when a rate is not in 1,000..=768,000 Hz,
    /// [`ResampleError::Channels`] when `channels` is not in 1..=64.
    pub fn new(in_rate: u32, out_rate: u32, channels: usize) -> Result<Self, ResampleError> {
        for rate in [in_rate, out_rate] {
            if !(MIN_RATE..=MAX_RATE).contains(&rate) {
                return Err(ResampleError::Rate(rate));
            }
        }
        if !(1..=MAX_CHANNELS).contains(&channels) {
            return Err(ResampleError::Channels(channels));
        }
        // The widest a correction makes the step.
        let scale = f64::from(in_rate) / f64::from(out_rate) * (1.0 + MAX_DRIFT);
        let table = Table::new(scale.max(1.0));
        let stride = table.taps() + SLICE;
        let nominal = (u128::from(in_rate) << 64) / u128::from(out_rate);
        Ok(Self {
            channels,
            in_rate,
            out_rate,
            nominal,
            step: nominal,
            history: vec![0.0; stride * channels],
            stride,
            // The first output frame lies on the first input frame.
            filled: table.taps() / 2 - 1,
            position: 0,
            phase: 0,
            row: vec![0.0; table.taps()],
            table,
        })
    }

    /// From the next frame on the input's clock is taken to be `correction` faster than its rate
    /// says, against the output's: 100e-6 is 100 ppm. At most [`MAX_DRIFT`] either way; what is not
    /// finite changes nothing.
    pub fn set_correction(&mut self, correction: f64) {
        if !correction.is_finite() {
            return;
        }
        let ratio = f64::from(self.in_rate) / f64::from(self.out_rate);
        let more = correction.clamp(-MAX_DRIFT, MAX_DRIFT) * ratio * FRAME;
        self.step = self.nominal.saturating_add_signed(more as i128);
    }

    /// Interleaved channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// How far the next output frame lies behind the end of the input so far, in input frames.
    #[must_use]
    pub fn lag_frames(&self) -> f64 {
        let center = self.position + self.table.taps() / 2 - 1;
        self.filled as f64 - center as f64 - self.phase as f64 / FRAME
    }

    /// Input frames that an output frame has to wait for.
    #[must_use]
    pub fn delay_frames(&self) -> f64 {
        self.table.taps() as f64 / 2.0
    }

    /// The most samples that `process_into` appends for `input_frames` frames.
    #[must_use]
    pub fn max_output_samples(&self, input_frames: usize) -> usize {
        let ratio = f64::from(self.out_rate) / f64::from(self.in_rate) * (1.0 + 2.0 * MAX_DRIFT);
        let frames = (input_frames as f64 * ratio).ceil() as usize + 1;
        frames.saturating_mul(self.channels)
    }

    /// Appends what `input` (interleaved, whole frames; an incomplete last frame is ignored) lets
    /// out to `out`. Never allocates when `out` has room for
    /// [`max_output_samples`](Self::max_output_samples) more.
    pub fn process_into(&mut self, input: &[f32], out: &mut Vec<f32>) {
        let whole = input.len() / self.channels * self.channels;
        for slice in input[..whole].chunks(SLICE * self.channels) {
            self.append(slice);
            self.emit(out);
            self.compact();
        }
    }

    fn append(&mut self, input: &[f32]) {
        let frames = input.len() / self.channels;
        for (channel, lane) in self.history.chunks_exact_mut(self.stride).enumerate() {
            let lane = &mut lane[self.filled..self.filled + frames];
            for (to, frame) in lane.iter_mut().zip(input.chunks_exact(self.channels)) {
                *to = frame[channel];
            }
        }
        self.filled += frames;
    }

    fn emit(&mut self, out: &mut Vec<f32>) {
        let taps = self.table.taps();
        while self.position + taps <= self.filled {
            self.table.fill(self.phase, &mut self.row);
            for lane in self.history.chunks_exact(self.stride) {
                out.push(dot(&self.row, &lane[self.position..self.position + taps]));
            }
            let next = u128::from(self.phase) + self.step;
            self.position += (next >> 64) as usize;
            self.phase = next as u64;
        }
    }

    /// Moves what later windows need to the front.
    fn compact(&mut self) {
        // A step may be longer than what is left.
        let from = self.position.min(self.filled);
        for lane in self.history.chunks_exact_mut(self.stride) {
            lane.copy_within(from..self.filled, 0);
        }
        self.filled -= from;
        self.position -= from;
    }
}
