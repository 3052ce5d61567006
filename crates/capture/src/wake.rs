//! Who sleeps and who wakes.
//!
//! The two ways that wake close the window between "is it empty?" and "sleep": a notification that
//! falls into it is not lost. The 100 ms are a safety net for a notifier that dies, not part of the
//! protocol. The third way wakes nobody: its sleeps are short.

use std::sync::{Arc, Condvar as StdCondvar, Mutex, OnceLock, PoisonError, TryLockError};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::lock::lock;
use crate::spec::WakeKind;

const TIMEOUT: Duration = Duration::from_millis(100);

/// Between two looks of a consumer that nobody wakes: about a callback.
const POLL: Duration = Duration::from_millis(5);

/// Puts the consumer to sleep and wakes it.
pub(crate) trait Wake: Send + Sync {
    /// Wakes the consumer, asleep or about to sleep. Real-time safe but for the moment in which the
    /// consumer holds a lock; says whether that moment was met.
    fn notify(&self) -> bool;

    /// Sleeps when `idle` still says so: until notified, 100 ms at most, or for no reason. Only the
    /// consumer calls it; `idle` may be called under a lock and only loads atomics.
    fn wait(&self, idle: &mut dyn FnMut() -> bool);

    /// Says who the consumer is, before anybody notifies.
    fn bind(&self, consumer: &Thread) {
        let _ = consumer;
    }
}

/// The chosen way.
pub(crate) fn wake(kind: WakeKind) -> Arc<dyn Wake> {
    match kind {
        WakeKind::Condvar => Arc::new(Condvar::default()),
        WakeKind::Unpark => Arc::new(Unpark::default()),
        WakeKind::Poll => Arc::new(Poll),
    }
}

/// A condition variable whose mutex guards no data, only the window.
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    window: Mutex<()>,
    condition: StdCondvar,
}

impl Wake for Condvar {
    fn notify(&self) -> bool {
        // Whoever gets the lock after the consumer's check finds it asleep; whoever gets it before
        // has its data seen by the check. Notifying after the release saves a second futex call.
        let contended = match self.window.try_lock() {
            Ok(_) | Err(TryLockError::Poisoned(_)) => false,
            Err(TryLockError::WouldBlock) => {
                drop(lock(&self.window));
                true
            }
        };
        self.condition.notify_one();
        contended
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        let window = lock(&self.window);
        if idle() {
            drop(
                self.condition
                    .wait_timeout(window, TIMEOUT)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
    }
}

/// The token of `unpark`: kept if it comes before the sleep, so there is no window.
#[derive(Debug, Default)]
pub(crate) struct Unpark {
    consumer: OnceLock<Thread>,
}

impl Wake for Unpark {
    fn notify(&self) -> bool {
        if let Some(consumer) = self.consumer.get() {
            consumer.unpark();
        }
        false
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        if idle() {
            thread::park_timeout(TIMEOUT);
        }
    }

    fn bind(&self, consumer: &Thread) {
        self.consumer.get_or_init(|| consumer.clone());
    }
}

/// No wake: not even from other threads than the callback's.
#[derive(Debug)]
pub(crate) struct Poll;

impl Wake for Poll {
    fn notify(&self) -> bool {
        false
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        if idle() {
            thread::sleep(POLL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use super::*;

    /// Ping-pong; a lost notification costs 100 ms each time.
    fn rounds_take(kind: WakeKind) -> Duration {
        const ROUNDS: u32 = 2_000;
        let (there, back) = (wake(kind), wake(kind));
        let (ball, returned) = (AtomicU32::new(0), AtomicU32::new(0));
        let begin = Instant::now();
        thread::scope(|scope| {
            let answerer = scope.spawn(|| {
                thread::park();
                for n in 1..=ROUNDS {
                    while ball.load(Ordering::Acquire) < n {
                        there.wait(&mut || ball.load(Ordering::Acquire) < n);
                    }
                    returned.store(n, Ordering::Release);
                    back.notify();
                }
            });
            there.bind(answerer.thread());
            back.bind(&thread::current());
            answerer.thread().unpark();
            for n in 1..=ROUNDS {
                ball.store(n, Ordering::Release);
                there.notify();
                while returned.load(Ordering::Acquire) < n {
                    back.wait(&mut || returned.load(Ordering::Acquire) < n);
                }
            }
        });
        begin.elapsed()
    }

    #[test]
    fn no_wake_is_missed() {
        for kind in [WakeKind::Condvar, WakeKind::Unpark] {
            // 1 % of missed wakes would take 2 s alone.
            let took = rounds_take(kind);
            assert!(took < Duration::from_secs(2), "{kind:?}: {took:?}");
        }
    }

    #[test]
    fn a_wake_before_the_sleep_is_not_lost() {
        for kind in [WakeKind::Condvar, WakeKind::Unpark] {
            let wake = wake(kind);
            wake.bind(&thread::current());
            let begin = Instant::now();
            for _ in 0..20 {
                // The notification falls between the check and the sleep.
                thread::scope(|scope| {
                    let mut notifier = None;
                    wake.wait(&mut || {
                        let wake = &wake;
                        notifier = Some(scope.spawn(move || wake.notify()));
                        thread::sleep(Duration::from_millis(2));
                        true
                    });
                });
            }
            let took = begin.elapsed();
            assert!(took < Duration::from_secs(1), "{kind:?}: {took:?}");
        }
    }

    #[test]
    fn a_consumer_that_nobody_wakes_looks_again_by_itself() {
        let wake = wake(WakeKind::Poll);
        let ball = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                for n in 1..=20 {
                    while ball.load(Ordering::Acquire) < n {
                        // Whoever waits for a notification would wait for ever.
                        wake.wait(&mut || ball.load(Ordering::Acquire) < n);
                    }
                }
                ball.store(100, Ordering::Release);
            });
            for n in 1..=20 {
                ball.store(n, Ordering::Release);
                assert!(!wake.notify(), "nothing to contend for");
                thread::sleep(Duration::from_millis(1));
            }
        });
        assert_eq!(ball.load(Ordering::Acquire), 100);
    }
}
