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
    /// Index of the block's first frame at the device's rate, pauses and losses counted.
    pub(crate) device_frame: u64,
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
    device_rate: f64,
    rate: f64,
    mark: Mark,
}

impl Timeline {
    pub(crate) fn new(device_rate: u32, rate: u32) -> Self {
        Self {
            device_rate: f64::from(device_rate),
            rate: f64::from(rate),
            mark: Mark {
                position: 0,
                device_frame: 0,
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
        let since = frame as f64 / self.rate - self.mark.device_frame as f64 / self.device_rate;
        self.mark.time + since
    }
}
