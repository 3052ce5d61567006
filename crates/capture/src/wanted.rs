//! From which sample on the capture thread wants to be woken.
//!
//! Who waits for chunks of 20 ms has no use for a wake every 5. So the consumer says, before each
//! sleep, up to which position of the stream it has nothing to do, and the producer leaves it asleep
//! until it has pushed that much.
//!
//! Why no wake is missed: the consumer stores what it wants, then looks into the ring; the producer
//! pushes into the ring, then looks what is wanted. With Release and Acquire alone both may miss the
//! other's store, each being still on its way to the other's core. So there is a sequentially
//! consistent fence between the two steps on either side, and one of the fences is the first.
//! - The producer's: the consumer, after its own, sees what was pushed, and does not sleep.
//! - The consumer's: the producer sees what is wanted, and notifies if it has come; from there on it
//!   is the wake that loses nothing.
//!
//! A producer that sees an older wish may wake for nothing, which is harmless, or not wake; that is
//! the first case, and the consumer's look is at the newer wish.
//!
//! What cannot be told from a position (a reader that comes, a hole in the stream, somebody who
//! waits for all there is) is a call: counted, then notified. The consumer notes the count before it
//! looks at anything, and does not sleep if it has changed. A call between the two is seen there; a
//! later one is the wake's again.

use std::sync::atomic::Ordering;

use crate::spec::{CaptureSpec, WakeKind};
use crate::sync::{AtomicU64, fence};

/// Sound that may wait in the ring for want of a wake, in parts of a second: 50 ms. So accounts and
/// what follows the stream without chunks of its own stay fresh.
const PARTS: u64 = 20;

/// What the consumer waits for, and who called it.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) position: AtomicU64,
    calls: AtomicU64,
    in_a_hurry: AtomicU64,
}

impl Wanted {
    /// Publishes what the consumer wants. It looks into the ring after this.
    pub(crate) fn want(&self, position: u64) {
        self.position.store(position, Ordering::Relaxed);
        // The other fence: `is_reached`.
        fence(Ordering::SeqCst);
    }

    /// Whether the consumer wants to know that so many samples went into the ring. The producer
    /// asks after it has pushed them.
    pub(crate) fn is_reached(&self, accepted: u64) -> bool {
        // The other fence: `want`.
        fence(Ordering::SeqCst);
        accepted >= self.position.load(Ordering::Relaxed)
    }

    /// Counts a call. What it is about was stored before.
    pub(crate) fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Release);
    }

    /// The calls so far; what they are about is visible.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Acquire)
    }

    /// Somebody waits for all there is, or no longer. A call follows when somebody comes.
    pub(crate) fn set_hurry(&self, hurry: bool) {
        if hurry {
            self.in_a_hurry.fetch_add(1, Ordering::Relaxed);
        } else {
            self.in_a_hurry.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether every sample is wanted at once.
    pub(crate) fn is_in_a_hurry(&self) -> bool {
        self.in_a_hurry.load(Ordering::Relaxed) > 0
    }
}

/// How many samples may wait for a wake, whatever the readers want.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience(u64);

impl Patience {
    /// Half the ring, so that it cannot fill for want of a wake, and 50 ms. None for a consumer
    /// that looks by itself.
    pub(crate) fn new(spec: &CaptureSpec, capacity: usize) -> Self {
        let fresh = u64::from(spec.rate) * spec.channels as u64 / PARTS;
        match spec.wake {
            WakeKind::Poll => Self(0),
            WakeKind::Condvar | WakeKind::Unpark => Self::bounded(fresh, capacity as u64),
        }
    }

    pub(crate) fn bounded(fresh: u64, capacity: u64) -> Self {
        Self(fresh.min(capacity / 2))
    }

    /// Where to be woken, with everything before `popped` taken and the next chunk complete at
    /// `complete`.
    pub(crate) fn until(self, popped: u64, complete: u64) -> u64 {
        complete.min(popped + self.0)
    }
}

#[cfg(all(test, not(noxrun_loom)))]
mod tests;
