//! The account of the ring: whole at every moment, and torn without its fences.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{PREEMPTIONS, Ring, model};
use crate::ledger::{Ledger, Pushed};
use crate::sync::{AtomicU64, fence, thread};

#[test]
fn both_counters_of_the_ledger_are_of_one_moment() {
    model(3).check(|| {
        let ledger = Arc::new(Ledger::default());
        let its_ledger = Arc::clone(&ledger);
        let writer = thread::Builder::new()
            .spawn(move || {
                for n in 1..=2 {
                    its_ledger.publish(Pushed {
                        accepted: n * 3,
                        refused: n * 7,
                    });
                }
            })
            .unwrap();
        let mut last = 0;
        for _ in 0..2 {
            let pushed = ledger.pushed();
            assert_eq!(pushed.accepted * 7, pushed.refused * 3, "a torn pair");
            assert!(pushed.accepted >= last, "back in time");
            last = pushed.accepted;
        }
        writer.join().unwrap();
    });
}

#[test]
fn no_more_is_popped_than_was_pushed_in_any_account() {
    model(3).check(|| {
        let ledger = Arc::new(Ledger::default());
        let ring = Arc::new(Ring::default());
        let (its_ledger, its_ring) = (Arc::clone(&ledger), Arc::clone(&ring));
        let producer = thread::Builder::new()
            .spawn(move || {
                its_ledger.publish(Pushed {
                    accepted: 1,
                    refused: 0,
                });
                its_ring.push(1);
            })
            .unwrap();
        let its_ledger = Arc::clone(&ledger);
        let consumer = thread::Builder::new()
            .spawn(move || its_ledger.pop(ring.readable.load(Ordering::Acquire)))
            .unwrap();
        let (pushed, popped) = ledger.balance();
        assert!(popped <= pushed.accepted, "{popped} of {pushed:?}");
        producer.join().unwrap();
        consumer.join().unwrap();
    });
}

/// The ledger's two counters, with a sequence around them or a fence missing.
#[derive(Default)]
struct Pair {
    sequence: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
}

impl Pair {
    fn publish(&self, pushed: Pushed, is_fenced: bool) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence + 1, Ordering::Relaxed);
        if is_fenced {
            fence(Ordering::Release);
        }
        self.accepted.store(pushed.accepted, Ordering::Relaxed);
        self.refused.store(pushed.refused, Ordering::Relaxed);
        self.sequence.store(sequence + 2, Ordering::Release);
    }

    /// One attempt.
    fn read(&self, is_fenced: bool) -> Option<Pushed> {
        let before = self.sequence.load(Ordering::Acquire);
        let accepted = self.accepted.load(Ordering::Relaxed);
        let refused = self.refused.load(Ordering::Relaxed);
        if is_fenced {
            fence(Ordering::Acquire);
        }
        let is_whole = before.is_multiple_of(2) && self.sequence.load(Ordering::Relaxed) == before;
        is_whole.then_some(Pushed { accepted, refused })
    }
}

fn read_while_published(writer_fenced: bool, reader_fenced: bool) {
    model(PREEMPTIONS).check(move || {
        let pair = Arc::new(Pair::default());
        let its_pair = Arc::clone(&pair);
        let writer = thread::Builder::new()
            .spawn(move || {
                let pushed = Pushed {
                    accepted: 3,
                    refused: 7,
                };
                its_pair.publish(pushed, writer_fenced);
            })
            .unwrap();
        if let Some(pushed) = pair.read(reader_fenced) {
            assert_eq!(pushed.accepted * 7, pushed.refused * 3, "a torn pair");
        }
        writer.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "a torn pair")]
fn a_ledger_whose_writer_has_no_fence() {
    read_while_published(false, true);
}

#[test]
#[should_panic(expected = "a torn pair")]
fn a_ledger_whose_reader_has_no_fence() {
    read_while_published(true, false);
}
