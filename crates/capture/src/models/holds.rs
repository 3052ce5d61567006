//! What holds, in every order of the steps that is tried.

use std::sync::Arc;

use super::{
    MakeWake, PREEMPTIONS, Reader, Ring, SAMPLES, check, condvar, consume, model, produce, unpark,
};
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
