//! What wakes the dispatch thread.

use crate::lock::lock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Wakes the dispatch thread from its longest sleep.
#[derive(Default)]
pub(crate) struct Alarm {
    idle: AtomicBool,
    rung: Mutex<bool>,
    wake: Condvar,
}

impl Alarm {
    /// Wakes the thread if it sleeps for long. One load where it does not.
    pub fn ring_if_idle(&self) {
        if self.idle.load(Ordering::SeqCst) {
            self.ring();
        }
    }

    /// Wakes the thread.
    pub fn ring(&self) {
        *lock(&self.rung) = true;
        self.wake.notify_one();
    }

    /// Whether the thread is about to sleep for long.
    pub fn set_idle(&self, is_idle: bool) {
        self.idle.store(is_idle, Ordering::SeqCst);
    }

    /// Sleeps until somebody rings or `pause` has passed.
    pub fn sleep(&self, pause: Duration) {
        let rung = lock(&self.rung);
        let (mut rung, _) = self
            .wake
            .wait_timeout_while(rung, pause, |rung| !*rung)
            .unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}
