//! What a callback has to tell, small enough to be moved without thought.

use std::sync::Arc;

use rtrb::{Consumer, Producer, RingBuffer};

use crate::status::StreamStatus;

/// Enough for a burst of 20 to 40 xruns between two looks; beyond, events are counted only.
const CAPACITY: usize = 128;

/// Something that happened to a stream. It owns nothing, so losing one frees nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEvent {
    /// The backend reported an underrun or overrun, or a callback came more than two periods
    /// after the one before.
    Xrun,
    /// No callback will come any more. Told once for each loss.
    Lost {
        /// How the backend put it.
        reason_code: LossReason,
    },
    /// The device runs at this rate, Hz, from now on.
    RateChanged(u32),
    /// An error that did not end the stream.
    Error(ErrorKind),
    /// The callback's thread could not get real-time priority;
    /// [`StreamStatus::realtime_refusal`] says why.
    RealtimeDenied,
    /// The [`Render`](crate::Render) or [`CaptureSink`](crate::CaptureSink) panicked. It will not
    /// be called again; the stream is silent.
    Panicked,
}

/// Why a stream is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum LossReason {
    /// The device was unplugged or its server has gone.
    DeviceGone = 1,
    /// The configuration is no longer valid: the stream must be opened again.
    Invalidated = 2,
    /// The sound system itself is not there any more.
    HostGone = 3,
    /// Callbacks stopped without a word.
    Stalled = 4,
}

impl LossReason {
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [
            Self::DeviceGone,
            Self::Invalidated,
            Self::HostGone,
            Self::Stalled,
        ]
        .into_iter()
        .find(|reason| *reason as u8 == code)
    }

    /// A clause for messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeviceGone => "the device or its server has gone",
            Self::Invalidated => "the stream's configuration is no longer valid",
            Self::HostGone => "the sound system is not running any more",
            Self::Stalled => "callbacks stopped without an error",
        }
    }
}

/// The kind of an error that did not end the stream. The backend's message is not kept: it would
/// have to travel, and be freed, on threads that may do neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Somebody else took the device for a moment.
    Busy,
    /// The stream was moved to another device and goes on.
    Rerouted,
    /// The system denies access.
    Denied,
    /// Out of memory, threads or handles.
    Exhausted,
    /// Anything else that the backend reported.
    Backend,
}

/// Where one thread puts the events of one stream: rings have a single producer, so the data
/// callback and the error callback have a reporter each.
pub(crate) struct Reporter {
    status: Arc<StreamStatus>,
    ring: Producer<StreamEvent>,
}

/// A reporter and the end where its events come out.
pub(crate) fn reporter(status: Arc<StreamStatus>) -> (Reporter, Consumer<StreamEvent>) {
    let (ring, consumer) = RingBuffer::new(CAPACITY);
    (Reporter { status, ring }, consumer)
}

impl Reporter {
    #[inline]
    pub(crate) fn xrun(&mut self) {
        self.status.count_xrun();
        self.push(StreamEvent::Xrun);
    }

    /// Backends may report one loss several times.
    pub(crate) fn lost(&mut self, reason: LossReason) {
        if self.status.mark_lost(reason) {
            self.push(StreamEvent::Lost {
                reason_code: reason,
            });
        }
    }

    pub(crate) fn rate_changed(&mut self, rate: u32) {
        self.push(StreamEvent::RateChanged(rate));
    }

    #[inline]
    pub(crate) fn error(&mut self, kind: ErrorKind) {
        self.push(StreamEvent::Error(kind));
    }

    pub(crate) fn panicked(&mut self) {
        self.status.mark_panicked();
        self.push(StreamEvent::Panicked);
    }

    #[inline]
    fn push(&mut self, event: StreamEvent) {
        if self.ring.push(event).is_err() {
            self.status.count_dropped_event();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_bounded_and_counted() {
        let status = Arc::new(StreamStatus::new(false));
        let (mut reporter, mut events) = reporter(status.clone());
        for _ in 0..1_000_000 {
            reporter.error(ErrorKind::Backend);
        }
        let mut received = 0;
        while events.pop().is_ok() {
            received += 1;
        }
        assert_eq!(received, CAPACITY as u64);
        assert_eq!(received + status.dropped_events(), 1_000_000);
    }

    #[test]
    fn a_loss_is_told_once_until_it_is_over() {
        let status = Arc::new(StreamStatus::new(false));
        let (mut reporter, mut events) = reporter(status.clone());
        reporter.lost(LossReason::Invalidated);
        reporter.lost(LossReason::DeviceGone);
        let lost = StreamEvent::Lost {
            reason_code: LossReason::Invalidated,
        };
        assert_eq!(events.pop(), Ok(lost));
        assert!(events.pop().is_err());
        assert_eq!(status.lost(), Some(LossReason::Invalidated));
        status.clear_lost();
        reporter.lost(LossReason::DeviceGone);
        assert!(events.pop().is_ok());
    }
}
