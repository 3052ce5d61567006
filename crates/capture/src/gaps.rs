//! Where the stream has holes, told beside it.
//!
//! Two kinds of note for two listeners. A [`Gap`] goes to the readers in its exact place in the
//! stream: it leaves the callback right before the first sample after it, so whoever pops that
//! sample already sees the gap. [`Dropped`] goes to the user at once, reader or none; what the queue
//! of a reader refuses joins it on the capture thread.

use crate::side::Merge;

/// A hole in the delivered stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    /// Samples that went into the ring before it.
    pub(crate) position: u64,
    /// Samples that the ring refused.
    pub(crate) dropped: u64,
    /// Frames by which the frame index goes on besides: pauses, and what the device lost.
    pub(crate) skipped: u64,
}

impl Merge for Gap {
    fn merge(&mut self, later: Self) {
        // A gap is let out before the next sample goes in, so both stand in the same place.
        debug_assert_eq!(self.position, later.position);
        self.dropped += later.dropped;
        self.skipped += later.skipped;
    }
}

/// A loss, as it is told to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// Samples lost since the last time; a multiple of the channels.
    pub samples: u64,
    /// Index of the first frame that was lost, at the delivered rate.
    pub frame: u64,
}

impl Merge for Dropped {
    fn merge(&mut self, later: Self) {
        self.samples += later.samples;
    }
}
