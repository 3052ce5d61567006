//! What can be wrong before a capture or a reader starts.

use noxrun_resample::ResampleError;

/// Why a capture or a reader could not be made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The device's channels cannot become the delivered ones.
    #[error(
        "a device with {device} channels cannot deliver {delivered}: \
         as many, fewer, or any number from a mono device are allowed"
    )]
    Channels {
        /// Channels of the device.
        device: usize,
        /// Channels asked for.
        delivered: usize,
    },
    /// A chosen channel that the device does not have.
    #[error(
        "channelMap[{place}] must be from 0 to {}, the device has {device} channels, got {index}",
        device.saturating_sub(1)
    )]
    ChannelMap {
        /// Which delivered channel it was for.
        place: usize,
        /// The channel chosen.
        index: usize,
        /// Channels of the device.
        device: usize,
    },
    /// Another number of chosen channels than of delivered ones.
    #[error("channels must be {length}, the length of channelMap, got {delivered}")]
    ChannelMapLength {
        /// Channels chosen.
        length: usize,
        /// Channels to be delivered.
        delivered: usize,
    },
    /// A rate or a channel count that the resampler does not take.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// `chunk` is 0 or larger than memory can hold.
    #[error("a chunk of {0} frames: at least 1 and at most 2^30 samples are allowed")]
    Chunk(usize),
    /// `hop` is 0 or larger than `chunk`.
    #[error("a hop of {hop} frames with chunks of {chunk}: 1 to {chunk} is allowed")]
    Hop {
        /// Frames between chunk starts, as asked for.
        hop: usize,
        /// Frames a chunk.
        chunk: usize,
    },
    /// The capture has ended; no reader can join any more.
    #[error("the capture is closed")]
    Closed,
    /// The capture thread could not be started. Trying again later may help.
    #[error("the capture thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
}
