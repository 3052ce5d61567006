//! The wakes by themselves, for `bench/missed-wakeup`. Not part of the API, never in a release.

use std::sync::Arc;
use std::thread::Thread;

use crate::wake::{Condvar, Lockless, Unpark, Wake};

/// One of the ways to wake, right or wrong.
#[derive(Clone)]
pub struct BenchWake(Arc<dyn Wake>);

impl BenchWake {
    /// What ships as the default.
    #[must_use]
    pub fn condvar() -> Self {
        Self(Arc::new(Condvar::default()))
    }

    /// What ships beside it.
    #[must_use]
    pub fn unpark() -> Self {
        Self(Arc::new(Unpark::default()))
    }

    /// The condition variable, notified without its lock.
    #[must_use]
    pub fn lockless() -> Self {
        Self(Arc::new(Lockless::default()))
    }

    /// Says who will wait, before anybody notifies.
    pub fn bind(&self, consumer: &Thread) {
        self.0.bind(consumer);
    }

    /// Wakes the consumer.
    pub fn notify(&self) {
        self.0.notify();
    }

    /// Sleeps if `idle` says so, 100 ms at most.
    pub fn wait(&self, mut idle: impl FnMut() -> bool) {
        self.0.wait(&mut idle);
    }
}
