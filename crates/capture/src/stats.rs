//! The accounts, as they are shown.

/// The account of a capture, in samples where nothing else is said.
/// `captured == delivered + dropped + buffered` in every snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaptureStats {
    /// Calls of [`CaptureInput::push`](crate::CaptureInput::push), paused ones included.
    pub callbacks: u64,
    /// What came out of the resampler.
    pub captured: u64,
    /// Taken out of the ring for the readers.
    pub delivered: u64,
    /// Refused by the ring; a multiple of the channels.
    pub dropped: u64,
    /// Waiting in the ring; never more than its capacity.
    pub buffered: u64,
    /// The most that the ring held.
    pub high_water: u64,
    /// Frames, at the delivered rate, that never reached us. Outside the equation.
    pub lost_by_device: u64,
    /// Callbacks that found the wake's mutex taken.
    pub contended_wakes: u64,
    /// The attached readers, in the order in which they were made.
    pub readers: Vec<ReaderStats>,
}

/// The account of one reader, in samples. `received == delivered + dropped + buffered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReaderStats {
    /// Everything meant for this reader since it was made, what the ring refused included.
    pub received: u64,
    /// Handed out by [`Reader::take`](crate::Reader::take); where chunks overlap, once.
    pub delivered: u64,
    /// Refused by the ring or by this reader's own queue.
    pub dropped: u64,
    /// Waiting in this reader's queue, a partial chunk included. Of a detached reader: what it
    /// left behind, which nobody will take.
    pub buffered: u64,
}
