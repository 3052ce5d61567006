//! What holds, in every order of the steps that is tried.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{
    MakeWake, PREEMPTIONS, Reader, Ring, SAMPLES, check, condvar, consume, model, produce, unpark,
};
use crate::ledger::{Ledger, Pushed};
use crate::link::Link;
use crate::sync::thread;

#[test]
fn condvar_loses_no_wake_no_sample_and_no_end() {
    check(condvar, produce, consume);
}

#[test]
fn unpark_loses_no_wake_no_sample_and_no_end() {
    check(unpark, produce, consume);
}

/// Only the end is notified: the last samples are nobody's but the end's.
fn produce_quietly(link: &Link, ring: &Ring) {
    for n in 1..=SAMPLES {
        ring.push(n);
    }
    link.finish();
}

#[test]
fn condvar_ends_with_the_last_sample() {
    check(condvar, produce_quietly, consume);
}

#[test]
fn unpark_ends_with_the_last_sample() {
    check(unpark, produce_quietly, consume);
}

#[test]
fn an_empty_stream_ends() {
    for wake in [condvar as MakeWake, unpark] {
        model(PREEMPTIONS).check(move || {
            let link = Arc::new(Link::new(wake()));
            let mut reader = Reader {
                ring: Arc::new(Ring::default()),
                received: Vec::new(),
            };
            let its_link = Arc::clone(&link);
            let thread = thread::Builder::new()
                .spawn(move || consume(&its_link, &mut reader))
                .unwrap();
            link.wake.bind(thread.thread());
            link.finish();
            thread.join().unwrap();
        });
    }
}

/// Readers that attach and waits for a settled stream notify too, from threads of their own.
fn holds_with_a_third_thread(wake: MakeWake) {
    model(3).check(move || {
        let link = Arc::new(Link::new(wake()));
        let ring = Arc::new(Ring::default());
        let mut reader = Reader {
            ring: Arc::clone(&ring),
            received: Vec::new(),
        };
        let its_link = Arc::clone(&link);
        let consumer = thread::Builder::new()
            .spawn(move || {
                consume(&its_link, &mut reader);
                reader.received
            })
            .unwrap();
        link.wake.bind(consumer.thread());
        let its_link = Arc::clone(&link);
        let other = thread::Builder::new()
            .spawn(move || its_link.wake.notify())
            .unwrap();
        ring.push(1);
        link.wake.notify();
        link.finish();
        other.join().unwrap();
        assert_eq!(consumer.join().unwrap(), [1], "samples were lost");
    });
}

#[test]
fn condvar_holds_when_others_notify_too() {
    holds_with_a_third_thread(condvar);
}

#[test]
fn unpark_holds_when_others_notify_too() {
    holds_with_a_third_thread(unpark);
}

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
