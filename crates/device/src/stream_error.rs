//! The error callback: what the backend complains about while a stream runs.
//!
//! It may run on the audio thread, between two data callbacks, and some backends call it a million
//! times a second once their server has died. So it moves a small value into a ring and formats
//! nothing.

use std::sync::Arc;
use std::time::Duration;

use crate::event::{ErrorKind, LossReason, Reporter};
use crate::info::Backend;
use crate::status::StreamStatus;

/// Errors in a row, without a data callback between them, from which on they are slowed down.
const FLOOD: u32 = 32;
/// What each of them then takes: some hundred a second instead of a spinning core.
const BRAKE: Duration = Duration::from_millis(5);

/// Takes cpal's errors.
pub(crate) struct ErrorCallback {
    reporter: Reporter,
    status: Arc<StreamStatus>,
    backend: Backend,
    callbacks_seen: u64,
    in_a_row: u32,
}

impl ErrorCallback {
    pub(crate) fn new(reporter: Reporter, status: Arc<StreamStatus>, backend: Backend) -> Self {
        Self {
            reporter,
            status,
            backend,
            callbacks_seen: 0,
            in_a_row: 0,
        }
    }

    /// Reports one error.
    ///
    /// The error may own its message, which is freed when it is dropped here. That is the least
    /// bad place: cpal has allocated it on this very thread a moment ago, no data callback is
    /// under way on it, and carrying it elsewhere would need room for it in every event.
    pub(crate) fn call(&mut self, error: cpal::Error) {
        let kind = error.kind();
        drop(error);
        match kind {
            cpal::ErrorKind::Xrun => self.reporter.xrun(),
            cpal::ErrorKind::DeviceNotAvailable => self.reporter.lost(LossReason::DeviceGone),
            cpal::ErrorKind::StreamInvalidated => self.reporter.lost(LossReason::Invalidated),
            cpal::ErrorKind::HostUnavailable => self.reporter.lost(LossReason::HostGone),
            cpal::ErrorKind::DeviceBusy => self.reporter.error(ErrorKind::Busy),
            cpal::ErrorKind::DeviceChanged => self.reporter.error(ErrorKind::Rerouted),
            cpal::ErrorKind::PermissionDenied => self.reporter.error(ErrorKind::Denied),
            cpal::ErrorKind::ResourceExhausted => self.reporter.error(ErrorKind::Exhausted),
            // Priority is our own business.
            cpal::ErrorKind::RealtimeDenied => {}
            _ => self.reporter.error(ErrorKind::Backend),
        }
        self.brake(kind);
    }

    /// A backend in a loop of errors must not take a core, least of all at real-time priority.
    fn brake(&mut self, kind: cpal::ErrorKind) {
        // JACK reports a stall as a burst of xruns, between callbacks of another thread.
        if self.backend == Backend::Jack && kind == cpal::ErrorKind::Xrun {
            return;
        }
        let callbacks = self.status.callbacks();
        if callbacks != self.callbacks_seen {
            self.callbacks_seen = callbacks;
            self.in_a_row = 0;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row > FLOOD {
            std::thread::sleep(BRAKE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{StreamEvent, reporter};
    use std::time::Instant;

    fn events_of(kinds: &[cpal::ErrorKind]) -> (Vec<StreamEvent>, Arc<StreamStatus>) {
        let status = Arc::new(StreamStatus::new(false));
        let (reporter, mut events) = reporter(status.clone());
        let mut callback = ErrorCallback::new(reporter, status.clone(), Backend::PulseAudio);
        for kind in kinds {
            callback.call(cpal::Error::with_message(*kind, String::from("owned")));
        }
        (std::iter::from_fn(|| events.pop().ok()).collect(), status)
    }

    #[test]
    fn a_loss_that_is_told_twice_is_one_loss() {
        let (events, status) = events_of(&[
            cpal::ErrorKind::StreamInvalidated,
            cpal::ErrorKind::StreamInvalidated,
        ]);
        let reason_code = LossReason::Invalidated;
        assert_eq!(events, [StreamEvent::Lost { reason_code }]);
        assert_eq!(status.lost(), Some(LossReason::Invalidated));
    }

    #[test]
    fn xruns_are_counted_and_other_errors_keep_their_kind() {
        let (events, status) = events_of(&[
            cpal::ErrorKind::Xrun,
            cpal::ErrorKind::DeviceChanged,
            cpal::ErrorKind::RealtimeDenied,
            cpal::ErrorKind::Other,
        ]);
        let rerouted = StreamEvent::Error(ErrorKind::Rerouted);
        let backend = StreamEvent::Error(ErrorKind::Backend);
        assert_eq!(events, [StreamEvent::Xrun, rerouted, backend]);
        assert_eq!(status.xruns(), 1);
        assert_eq!(status.lost(), None);
    }

    #[test]
    fn a_flood_is_slowed_down_until_sound_comes_again() {
        let begin = Instant::now();
        let (_, status) = events_of(&[cpal::ErrorKind::BackendError; FLOOD as usize + 10]);
        assert!(begin.elapsed() >= 10 * BRAKE);
        assert_eq!(status.lost(), None);
    }
}
