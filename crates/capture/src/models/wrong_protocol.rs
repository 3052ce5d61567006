//! How to use a right wake wrongly, one mistake a test: each has to be found. The other half of each
//! is what ships.

use std::sync::atomic::Ordering;

use super::{Reader, Ring, SAMPLES, check, condvar, consume, produce, unpark};
use crate::link::{Attend, Link, Served};

/// Wakes first, then pushes.
fn produce_too_late(link: &Link, ring: &Ring) {
    for n in 1..=SAMPLES {
        link.wake.notify();
        ring.push(n);
    }
    // Without an end, which would make up for it.
}

/// Sleeps until everything is there.
fn consume_all(link: &Link, reader: &mut Reader) {
    while reader.received.len() < SAMPLES as usize {
        reader.serve();
        let is_complete = reader.received.len() == SAMPLES as usize;
        link.wake.wait(&mut || !is_complete && reader.is_empty());
    }
}

#[test]
#[should_panic(expected = "deadlock")]
fn notifying_before_the_push_condvar() {
    check(condvar, produce_too_late, consume_all);
}

#[test]
#[should_panic(expected = "deadlock")]
fn notifying_before_the_push_unpark() {
    check(unpark, produce_too_late, consume_all);
}

fn push_all(link: &Link, ring: &Ring) {
    for n in 1..=SAMPLES {
        ring.push(n);
        link.wake.notify();
    }
}

fn end_without_a_word(link: &Link, ring: &Ring) {
    push_all(link, ring);
    link.finished.store(true, Ordering::Release);
}

#[test]
#[should_panic(expected = "deadlock")]
fn dropping_without_the_final_notification_condvar() {
    check(condvar, end_without_a_word, consume);
}

#[test]
#[should_panic(expected = "deadlock")]
fn dropping_without_the_final_notification_unpark() {
    check(unpark, end_without_a_word, consume);
}

fn flag_after_the_notification(link: &Link, ring: &Ring) {
    push_all(link, ring);
    link.wake.notify();
    link.finished.store(true, Ordering::Release);
}

#[test]
#[should_panic(expected = "deadlock")]
fn setting_the_flag_after_the_notification_condvar() {
    check(condvar, flag_after_the_notification, consume);
}

#[test]
#[should_panic(expected = "deadlock")]
fn setting_the_flag_after_the_notification_unpark() {
    check(unpark, flag_after_the_notification, consume);
}

fn flag_without_release(link: &Link, ring: &Ring) {
    push_all(link, ring);
    link.finished.store(true, Ordering::Relaxed);
    link.wake.notify();
}

#[test]
#[should_panic(expected = "samples were lost")]
fn setting_the_flag_without_release() {
    check(condvar, flag_without_release, consume);
}

fn look_at_the_flag_first(link: &Link, reader: &mut Reader) {
    while !link.is_finished() {
        reader.serve();
        link.wake
            .wait(&mut || !reader.has_work(0, link.is_finished()));
    }
}

#[test]
#[should_panic(expected = "samples were lost")]
fn looking_at_the_flag_before_draining() {
    check(condvar, produce, look_at_the_flag_first);
}

fn believe_the_flag_at_once(link: &Link, reader: &mut Reader) {
    while reader.serve() == Served::Batch || !link.is_finished() {
        link.wake
            .wait(&mut || !reader.has_work(0, link.is_finished()));
    }
}

#[test]
#[should_panic(expected = "samples were lost")]
fn believing_the_flag_without_draining_again() {
    check(condvar, produce, believe_the_flag_at_once);
}

fn sleep_through_the_end(link: &Link, reader: &mut Reader) {
    while reader.serve() == Served::Batch || !link.is_finished() || !reader.is_empty() {
        link.wake.wait(&mut || reader.is_empty());
    }
}

#[test]
#[should_panic(expected = "deadlock")]
fn leaving_the_flag_out_of_the_check() {
    check(condvar, produce, sleep_through_the_end);
}
