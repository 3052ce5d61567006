//! Who sleeps and who wakes.
//!
//! What every way has to close is the window between the consumer's check ("is it empty?") and its
//! sleep: a notification that falls into it must not be lost. The 100 ms are a safety net for a
//! notifier that dies, not part of the protocol; the models do without them. One way wakes nobody:
//! its sleeps are short.
//!
//! Each file explains why its loads and stores suffice. Common to all: what the check is to see was
//! stored with Release before `notify`, and `idle` loads it with Acquire. That alone orders the
//! data, not the sleep: two threads that each store one thing and then load the other's may both
//! load the old one. Something must be written by both, and that is the lock or the token.

mod condvar;
#[cfg(any(feature = "bench", all(test, noxrun_loom)))]
mod lockless;
mod poll;
mod unpark;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use condvar::Condvar;
#[cfg(any(feature = "bench", all(test, noxrun_loom)))]
pub(crate) use lockless::Lockless;
pub(crate) use poll::Poll;
pub(crate) use unpark::Unpark;

use crate::spec::WakeKind;
use crate::sync::thread::Thread;

const TIMEOUT: Duration = Duration::from_millis(100);

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

#[cfg(all(test, not(noxrun_loom)))]
mod tests;
