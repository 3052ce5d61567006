//! Calls into backends that may hang: a server that was stopped, a daemon that does not answer.

use std::sync::mpsc;
use std::time::Duration;

/// Runs `work` on a thread of its own and waits for its result, at most `limit`. `None`: it took
/// longer, or no thread could be had; what it returns later is dropped on its thread.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("noxrun-backend".into())
        .spawn(move || {
            // The receiver is gone when it took too long: then the result is dropped here.
            let _ = sender.send(work());
        })
        .ok()?;
    receiver.recv_timeout(limit).ok()
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
        assert_eq!(
            within(Duration::from_secs(10), || -> u8 { panic!("planted") }),
            None
        );
    }
}
