//! The protocol of the hand-off: when to wake, when to sleep, and when it is over.
//!
//! The producer stores samples (Release), then notifies if as many have come as are wanted: why no
//! wake is missed by that stands in `wanted.rs`. At its end it stores the flag (Release),
//! then notifies. The consumer drains, and looks at the flag only when there was nothing left.
//! A flag that it sees (Acquire) makes every earlier sample visible, but the drain before may have
//! missed them: so it drains once more, and believes the flag when there is still nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::ledger::Ledger;
use crate::sync::AtomicBool;
use crate::wake::Wake;
use crate::wanted::Wanted;

/// What both ends share.
pub(crate) struct Link {
    pub(crate) ledger: Ledger,
    pub(crate) wake: Arc<dyn Wake>,
    pub(crate) wanted: Wanted,
    /// The producer is gone. Believed only once the ring has been drained after seeing it.
    pub(crate) finished: AtomicBool,
}

/// What came of an attempt to serve.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    /// The readers got something.
    Batch,
    /// There was nothing for them.
    Nothing,
    /// There are no readers.
    Nobody,
}

/// The consumer's work, as the protocol sees it.
pub(crate) trait Attend {
    /// Takes what there is, a batch at most.
    fn serve(&mut self) -> Served;

    /// The producer is gone, and this came of an attempt after that was seen. Says whether it is
    /// over; not while there was a batch.
    fn end(&mut self, served: Served) -> bool;

    /// What else is to be done before each sleep.
    fn pause(&mut self);

    /// Position of the stream from which on it is worth while to be woken.
    fn wants(&mut self) -> u64;

    /// Whether there is a reason not to sleep until `wanted`. Runs under the wake's lock: loads
    /// atomics only.
    fn has_work(&self, wanted: u64, is_finished: bool) -> bool;
}

impl Link {
    pub(crate) fn new(wake: Arc<dyn Wake>) -> Self {
        Self {
            ledger: Ledger::default(),
            wake,
            wanted: Wanted::default(),
            finished: AtomicBool::new(false),
        }
    }

    /// The producer has pushed up to this position: wakes the consumer if it waits for that. Says
    /// whether a lock was contended.
    pub(crate) fn pushed(&self, accepted: u64) -> bool {
        self.wanted.is_reached(accepted) && self.wake.notify()
    }

    /// Wakes the consumer, and has it look at everything anew. Says whether a lock was contended.
    pub(crate) fn call(&self) -> bool {
        self.wanted.count_call();
        self.wake.notify()
    }

    /// From now on every sample is handed out as it comes, until the guard is dropped. What is
    /// counted as pushed may still be on its way into the ring: one wake for it does not suffice.
    pub(crate) fn hurry(&self) -> Hurry<'_> {
        self.wanted.set_hurry(true);
        self.call();
        Hurry(&self.wanted)
    }

    /// The producer's last act, after its last sample.
    pub(crate) fn finish(&self) {
        // In this order: a consumer that is woken by the last notification must find the flag.
        self.finished.store(true, Ordering::Release);
        self.wake.notify();
    }

    /// The consumer's loop, until the producer is gone and everything was served.
    pub(crate) fn attend(&self, consumer: &mut impl Attend) {
        loop {
            // Before anything that a call may be about.
            let calls = self.wanted.calls();
            let mut served = consumer.serve();
            if served != Served::Batch && self.is_finished() {
                served = consumer.serve();
                if consumer.end(served) {
                    return;
                }
            }
            consumer.pause();
            let wanted = if self.wanted.is_in_a_hurry() {
                0
            } else {
                consumer.wants()
            };
            self.wanted.want(wanted);
            self.wake.wait(&mut || {
                self.wanted.calls() == calls && !consumer.has_work(wanted, self.is_finished())
            });
        }
    }

    /// Whether the producer is gone; everything it pushed is visible then.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }
}

/// Somebody waits for all there is.
pub(crate) struct Hurry<'a>(&'a Wanted);

impl Drop for Hurry<'_> {
    fn drop(&mut self) {
        self.0.set_hurry(false);
    }
}
