//! Calls into backends that may hang: a server that was stopped, a daemon that does not answer.

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// Work on a thread of its own that nobody has to wait for.
pub(crate) struct Pending<T> {
    result: Receiver<T>,
    deadline: Instant,
}

/// Starts `work`, which may take `limit`. What it returns later is dropped on its thread; a
/// backend that hangs keeps that thread.
pub(crate) fn start<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Pending<T> {
    let (sender, result) = mpsc::sync_channel(1);
    let deadline = Instant::now() + limit;
    // Without a thread the sender is gone at once, and so is the result.
    let _ = std::thread::Builder::new()
        .name("noxrun-backend".into())
        .spawn(move || {
            // The receiver is gone when it took too long: then the result is dropped here.
            let _ = sender.send(work());
        });
    Pending { result, deadline }
}

impl<T> Pending<T> {
    /// The result; `None` when it took too long, panicked, or no thread could be had.
    pub(crate) fn wait(self) -> Option<T> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        self.result.recv_timeout(left).ok()
    }
}

/// Runs `work` and waits for its result, at most `limit`; `None` as [`Pending::wait`].
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    start(limit, work).wait()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_left_behind() {
        assert_eq!(within(Duration::from_secs(10), || 7), Some(7));
        let (keep, hang) = mpsc::channel::<()>();
        let result = within(Duration::from_millis(5), move || hang.recv().is_ok());
        assert_eq!(result, None);
        drop(keep);
    }

    #[test]
    fn a_panic_is_no_result() {
        let result = within(Duration::from_secs(10), || -> u8 { panic!("planted") });
        assert_eq!(result, None);
    }
}
