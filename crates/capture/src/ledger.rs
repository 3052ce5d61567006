//! The account of the ring: written by the callback without waiting, read by anyone, always whole.
//!
//! `captured` is derived (`accepted + dropped`), and so is `buffered` (`accepted - popped`): what
//! is never stored cannot disagree. Two rules make both exact. The callback counts what it is about
//! to push before it pushes, and the capture thread counts what it is about to pop before it pops;
//! since room only grows for the one and content only grows for the other, both always happen in
//! full. So `popped <= accepted <= popped + capacity` at every moment.

use std::sync::atomic::Ordering;

use crate::sync::{AtomicU64, fence, thread};

/// What the callback has done so far, in samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pushed {
    /// Went into the ring.
    pub(crate) accepted: u64,
    /// Was refused by it.
    pub(crate) refused: u64,
}

/// The counters of one ring. What the callback writes stands apart from what others write, or each
/// write would wait for another core's cache.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Ledger {
    /// Odd while the callback writes the two counters below.
    sequence: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    /// The fullest the ring has been, in samples.
    pub(crate) high_water: AtomicU64,
    /// Frames that the device lost, at the delivered rate.
    pub(crate) lost_by_device: AtomicU64,
    /// Callbacks, and those of them that found the wake's mutex taken.
    pub(crate) callbacks: AtomicU64,
    pub(crate) contended_wakes: AtomicU64,
    popped: Apart,
}

/// The capture thread's counter.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart(AtomicU64);

impl Ledger {
    /// Publishes both counters as one. Only the callback calls it.
    pub(crate) fn publish(&self, pushed: Pushed) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence
            .store(sequence.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.accepted.store(pushed.accepted, Ordering::Relaxed);
        self.refused.store(pushed.refused, Ordering::Relaxed);
        self.sequence
            .store(sequence.wrapping_add(2), Ordering::Release);
    }

    /// What the ring holds now. Only the callback calls it.
    pub(crate) fn note_fill(&self, samples: u64) {
        if samples > self.high_water.load(Ordering::Relaxed) {
            self.high_water.store(samples, Ordering::Relaxed);
        }
    }

    /// Both counters of one moment. Repeats while the callback is between the two stores, a few
    /// nanoseconds.
    pub(crate) fn pushed(&self) -> Pushed {
        loop {
            let before = self.sequence.load(Ordering::Acquire);
            let pushed = Pushed {
                accepted: self.accepted.load(Ordering::Relaxed),
                refused: self.refused.load(Ordering::Relaxed),
            };
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && self.sequence.load(Ordering::Relaxed) == before {
                return pushed;
            }
            // The callback may have been preempted: let it run.
            thread::yield_now();
        }
    }

    /// Counts samples that are about to be popped. Only the capture thread calls it.
    pub(crate) fn pop(&self, samples: u64) {
        self.popped.0.fetch_add(samples, Ordering::Release);
    }

    /// What was pushed and what was popped, of one moment.
    pub(crate) fn balance(&self) -> (Pushed, u64) {
        loop {
            let popped = self.popped.0.load(Ordering::Acquire);
            let pushed = self.pushed();
            // Otherwise the ring may have been emptied and filled in between.
            if self.popped.0.load(Ordering::Acquire) == popped {
                return (pushed, popped);
            }
        }
    }
}

#[cfg(all(test, not(noxrun_loom)))]
mod tests {
    use super::*;

    #[test]
    fn counters_are_always_of_one_moment() {
        let ledger = Ledger::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 1..=200_000u64 {
                    ledger.publish(Pushed {
                        accepted: n * 3,
                        refused: n * 7,
                    });
                }
            });
            let mut last = 0;
            while last < 200_000 * 3 {
                let pushed = ledger.pushed();
                assert_eq!(pushed.accepted * 7, pushed.refused * 3);
                assert!(pushed.accepted >= last);
                last = pushed.accepted;
            }
        });
    }
}
