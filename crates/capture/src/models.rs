//! The hand-off under loom, which runs the orders of its steps and the stale values that a load may
//! give: `RUSTFLAGS="--cfg noxrun_loom" cargo test -p noxrun-capture --lib models`.
//!
//! What is modelled is what ships: the wakes, the protocol of `link.rs`, the ledger. Only the ring
//! is a stand-in, since loom does not see into another crate's: it publishes as that one does, the
//! samples before the position that makes them readable. Time does not pass here, so the 100 ms net
//! is not there: a missed wake is a deadlock. `holds` and `wanted` are what must be true, `wrong_…` how to get it
//! wrong, each mistake a test that fails unless it is found.

mod account;
mod holds;
mod wanted;
mod wrong_protocol;
mod wrong_wakes;
mod wrong_wishes;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use loom::model::Builder;

use crate::link::{Attend, Link, Served};
use crate::sync::{AtomicU64, thread};
use crate::wake::{Condvar, Unpark, Wake};

/// Samples of a run. The second one meets a consumer anywhere between its first check and its sleep.
const SAMPLES: u64 = 2;

/// Times that a thread is interrupted where it could have gone on, at most. No mistake here
/// needs more than 2; without a bound a run takes minutes: `LOOM_MAX_PREEMPTIONS=100`.
const PREEMPTIONS: usize = 4;

/// Makes a wake, inside the model.
type MakeWake = fn() -> Arc<dyn Wake>;

fn condvar() -> Arc<dyn Wake> {
    Arc::new(Condvar::default())
}

fn unpark() -> Arc<dyn Wake> {
    Arc::new(Unpark::default())
}

/// One producer, one consumer, room for everything: what is refused never wakes anybody.
#[derive(Default)]
struct Ring {
    slots: [AtomicU64; SAMPLES as usize],
    readable: AtomicU64,
}

impl Ring {
    /// Pushes sample `n`, counted from 1; its value is `n`.
    fn push(&self, n: u64) {
        self.slots[n as usize - 1].store(n, Ordering::Relaxed);
        self.readable.store(n, Ordering::Release);
    }
}

/// The consumer's end, for the shipped loop and for broken ones.
struct Reader {
    ring: Arc<Ring>,
    received: Vec<u64>,
}

impl Reader {
    fn is_empty(&self) -> bool {
        self.ring.readable.load(Ordering::Acquire) == self.received.len() as u64
    }
}

impl Attend for Reader {
    fn serve(&mut self) -> Served {
        let readable = self.ring.readable.load(Ordering::Acquire) as usize;
        let waiting = &self.ring.slots[self.received.len()..readable];
        self.received
            .extend(waiting.iter().map(|slot| slot.load(Ordering::Relaxed)));
        if waiting.is_empty() {
            Served::Nothing
        } else {
            Served::Batch
        }
    }

    fn end(&mut self, served: Served) -> bool {
        served == Served::Nothing
    }

    fn pause(&mut self) {}

    fn wants(&mut self) -> u64 {
        self.received.len() as u64 + 1
    }

    fn has_work(&self, wanted: u64, is_finished: bool) -> bool {
        let readable = self.ring.readable.load(Ordering::Acquire);
        (readable > self.received.len() as u64 && readable >= wanted) || is_finished
    }
}

/// Pushes and wakes as the callback does, then ends as its drop does.
fn produce(link: &Link, ring: &Ring) {
    for n in 1..=SAMPLES {
        ring.push(n);
        link.pushed(n);
    }
    link.finish();
}

/// The loop that ships.
fn consume(link: &Link, reader: &mut Reader) {
    link.attend(reader);
}

/// All orders with at most so many preemptions, or what `LOOM_MAX_PREEMPTIONS` says.
fn model(preemptions: usize) -> Builder {
    let mut model = Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(preemptions));
    model
}

/// Runs a producer against a consumer. Panics when the consumer sleeps for
/// ever, or has not got every sample in order when it ends.
fn check(wake: MakeWake, producer: fn(&Link, &Ring), consumer: fn(&Link, &mut Reader)) {
    model(PREEMPTIONS).check(move || {
        let link = Arc::new(Link::new(wake()));
        let ring = Arc::new(Ring::default());
        let mut reader = Reader {
            ring: Arc::clone(&ring),
            received: Vec::new(),
        };
        let its_link = Arc::clone(&link);
        let thread = thread::Builder::new()
            .spawn(move || {
                consumer(&its_link, &mut reader);
                reader.received
            })
            .unwrap();
        link.wake.bind(thread.thread());
        producer(&link, &ring);
        let received = thread.join().unwrap();
        let sent: Vec<u64> = (1..=SAMPLES).collect();
        assert_eq!(received, sent, "samples were lost");
    });
}
