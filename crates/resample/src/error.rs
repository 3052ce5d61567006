//! What can be wrong with a conversion before it starts. Nothing can go wrong after.

use crate::{MAX_CHANNELS, MAX_RATE, MIN_RATE};

/// Why a resampler could not be made. Nothing was changed; trying again with the same arguments
/// does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResampleError {
    /// A rate lies outside [`MIN_RATE`]`..=`[`MAX_RATE`].
    #[error("cannot convert a sample rate of {0} Hz: {MIN_RATE} to {MAX_RATE} Hz is allowed")]
    Rate(u32),
    /// The channel count lies outside `1..=`[`MAX_CHANNELS`].
    #[error("cannot resample {0} channels: 1 to {MAX_CHANNELS} are allowed")]
    Channels(usize),
}
