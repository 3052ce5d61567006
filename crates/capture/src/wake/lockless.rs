//! How not to do it: the condition variable without the producer's lock. For benches, which show
//! what it costs, and for models, which must find it. Never in what ships.

use std::sync::PoisonError;

use super::{TIMEOUT, Wake};
use crate::sync::{Condvar as Condition, Mutex};

/// A notification that falls between the check and the wait is lost, until the next one or 100 ms.
#[derive(Debug, Default)]
pub(crate) struct Lockless {
    window: Mutex<()>,
    condition: Condition,
}

impl Wake for Lockless {
    fn notify(&self) -> bool {
        self.condition.notify_one();
        false
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
