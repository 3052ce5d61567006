//! The default: a condition variable whose mutex guards no data, only the window.
//!
//! Why no wake is missed: the consumer holds the mutex from its check until it is asleep, because
//! the wait gives it back only then; the producer stores its data, takes the mutex, gives it back,
//! and notifies. The two holds have an order.
//! - Producer first: its release of the mutex is acquired by the consumer, whose check therefore
//!   sees the data and does not sleep.
//! - Consumer first: it is asleep, or already awake again and will check, before the producer gets
//!   the mutex. So the notification, which comes later still, finds it.
//!
//! Notifying after the release opens no window: the order was decided by the hold. It spares the
//! consumer from waking into a mutex that is still held, which would be a second system call.
//!
//! A consumer that is not asleep needs no notification, and one that was notified and did not come
//! to run yet needs no second: the sleeps are numbered, odd while one lasts. The consumer writes the
//! number under the mutex, the producer reads it there. So a producer that reads "awake" comes
//! before a check, or after a wake-up which is followed by one; and who reads a sleep for which
//! `notify_one` has already returned (the number is noted after it, never before) knows that its
//! consumer has the mutex still to take, and will see the data when it has. A notifier that is
//! held up between the two is no harm: until it notes the number, others notify as well.
//!
//! Priority inversion: whoever runs at a low priority and holds the mutex holds up the callback.
//! What the consumer does under it is therefore fixed: a few atomic loads, and the call that puts it
//! to sleep. No other lock, no allocation, no listener, no data: popping, chunking and telling happen
//! before. That bounds the hold to well below a microsecond of the consumer's own running time, once a
//! sleep. A consumer that is preempted in it delays a callback that comes just then until the
//! system runs it again; each meeting is counted as a contended wake. Where the consumer may have to
//! wait for a processor for long (a niced process, real-time work of others) `unpark` has no such
//! moment.

use std::sync::atomic::Ordering;
use std::sync::{PoisonError, TryLockError};

use super::{TIMEOUT, Wake};
use crate::sync::{AtomicU64, Condvar as Condition, Mutex};

/// See above.
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    window: Mutex<()>,
    condition: Condition,
    /// Odd while the consumer sleeps. Written by the consumer alone, with the mutex held.
    sleep: AtomicU64,
    /// The newest sleep that was ended by a notification.
    notified: AtomicU64,
}

impl Wake for Condvar {
    fn notify(&self) -> bool {
        let (window, contended) = match self.window.try_lock() {
            Ok(window) => (window, false),
            Err(TryLockError::Poisoned(window)) => (window.into_inner(), false),
            Err(TryLockError::WouldBlock) => {
                let window = self.window.lock();
                (window.unwrap_or_else(PoisonError::into_inner), true)
            }
        };
        // The mutex orders it.
        let sleep = self.sleep.load(Ordering::Relaxed);
        drop(window);
        if !sleep.is_multiple_of(2) && self.notified.load(Ordering::Acquire) != sleep {
            self.condition.notify_one();
            self.notified.store(sleep, Ordering::Release);
        }
        contended
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        let window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if idle() {
            let sleep = self.sleep.load(Ordering::Relaxed);
            self.sleep.store(sleep.wrapping_add(1), Ordering::Relaxed);
            let woken = self.condition.wait_timeout(window, TIMEOUT);
            self.sleep.store(sleep.wrapping_add(2), Ordering::Relaxed);
            drop(woken.unwrap_or_else(PoisonError::into_inner));
        }
    }
}
