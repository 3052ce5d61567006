//! Sample rate conversion in frames, without allocation.
//!
//! Guarantees:
//! - [`FrameResampler::process_into`] and [`FrameResampler::flush_into`] never allocate, lock or
//!   panic when the caller has reserved what [`FrameResampler::max_output_samples`] and
//!   [`FrameResampler::max_flush_samples`] say: they are fit for an audio callback.
//! - Output frame `j` lies at input time `j * in_rate / out_rate`, exactly, for ever: the start-up
//!   delay is trimmed, positions are rational numbers and never accumulate an error.
//! - A stream of `n` input frames gives `round(n * out_rate / in_rate)` output frames.
//! - The output is bit-identical however the input was cut into blocks, and on every machine: one
//!   order of operations, no fused multiply-add, no platform mathematics. Its inner loops are those
//!   of `noxrun-kernels`, which runs them on the instructions that the machine has.
//! - Equal rates copy bit for bit.
//!
//! What it is not for: sample formats other than 32-bit float. A ratio that changes while running is
//! for [`AdaptiveResampler`] alone, which promises less.
//!
//! `quality.rs` holds what a quality promises, `shape.rs` and `prototype.rs` are the
//! filter. Whole ratios
//! downwards run in `decimator.rs`; all others in `polyphase.rs`, with a row of taps for each of the
//! phases that the ratio needs (`rows.rs`). `frame.rs` is the streaming resampler, `planar.rs` for
//! whole buffers.
#![forbid(unsafe_code)]

mod adaptive;
mod decimator;
mod error;
mod frame;
mod planar;
mod polyphase;
mod prototype;
mod quality;
mod rows;
mod shape;

pub use adaptive::{AdaptiveResampler, DriftControl, MAX_DRIFT};
pub use error::ResampleError;
pub use frame::FrameResampler;
pub use planar::resample_planar;
pub use quality::Quality;

/// Lowest rate that is accepted, in Hz.
pub const MIN_RATE: u32 = 1_000;
/// Highest rate that is accepted, in Hz.
pub const MAX_RATE: u32 = 768_000;
/// Most channels that one resampler takes.
pub const MAX_CHANNELS: usize = 64;

/// How many frames at `out_rate` the stream of `frames` frames at `in_rate` becomes: the nearest
/// whole number, halves up.
///
/// # Panics
/// When `in_rate` is 0.
#[must_use]
pub fn output_frames(frames: u64, in_rate: u32, out_rate: u32) -> u64 {
    let exact = u128::from(frames) * u128::from(out_rate) * 2 + u128::from(in_rate);
    u64::try_from(exact / (u128::from(in_rate) * 2)).unwrap_or(u64::MAX)
}
