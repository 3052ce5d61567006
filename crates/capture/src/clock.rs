//! When a frame was at the device.
//!
//! The callback leaves a mark for each block. Frames in between follow by the two rates, so a mark
//! that finds no room is merely left out.

use rtrb::{Consumer, Producer, RingBuffer};

/// Marks that wait at most: callbacks of a ring of two seconds, several times over.
const MARKS: usize = 2048;

/// The instant of one device frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mark {
    /// Samples that went into the ring before this block.
    pub(crate) position: u64,
    /// Where the block begins, in frames at the delivered rate, pauses and losses counted.
    pub(crate) frame: f64,
    /// Seconds, on the caller's clock, when that frame was at the device.
    pub(crate) time: f64,
}

/// A ring of marks. Allocates; before the stream starts.
pub(crate) fn marks() -> (Producer<Mark>, Consumer<Mark>) {
    RingBuffer::new(MARKS)
}

/// From frames at the delivered rate to seconds.
#[derive(Debug)]
pub(crate) struct Timeline {
    rate: f64,
    mark: Mark,
}

impl Timeline {
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate: f64::from(rate),
            mark: Mark {
                position: 0,
                frame: 0.0,
                time: 0.0,
            },
        }
    }

    /// From now on times count from this mark.
    pub(crate) fn pass(&mut self, mark: Mark) {
        self.mark = mark;
    }

    /// Seconds when delivered frame `frame` was at the device.
    pub(crate) fn time_of(&self, frame: u64) -> f64 {
        self.mark.time + (frame as f64 - self.mark.frame) / self.rate
    }
}
