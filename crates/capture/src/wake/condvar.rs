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
//! Priority inversion: whoever runs at a low priority and holds the mutex holds up the callback.
//! What the consumer does under it is therefore fixed: a few atomic loads, and the call that puts it
//! to sleep. No other lock, no allocation, no listener, no data: popping, chunking and telling happen
//! before. That bounds the hold to well below a microsecond of the consumer's own running time, once a
//! callback. A consumer that is preempted in it delays a callback that comes just then until the
//! system runs it again; each meeting is counted as a contended wake. Where the consumer may have to
//! wait for a processor for long (a niced process, real-time work of others) `unpark` has no such
//! moment.

use std::sync::{PoisonError, TryLockError};

use super::{TIMEOUT, Wake};
use crate::sync::{Condvar as Condition, Mutex};

/// See above.
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    window: Mutex<()>,
    condition: Condition,
}

impl Wake for Condvar {
    fn notify(&self) -> bool {
        let contended = match self.window.try_lock() {
            Ok(_) | Err(TryLockError::Poisoned(_)) => false,
            Err(TryLockError::WouldBlock) => {
                drop(self.window.lock().unwrap_or_else(PoisonError::into_inner));
                true
            }
        };
        self.condition.notify_one();
        contended
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        let window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if idle() {
            drop(
                self.condition
                    .wait_timeout(window, TIMEOUT)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
    }
}
