//! How to spare wakes wrongly, one mistake a test: each has to be found. The other half of each is
//! what ships.

use std::sync::atomic::Ordering;

use super::wanted::{Chunks, FAR, Scene, Stream, attach, fill, push_up_to, too_little};
use super::{MakeWake, condvar, unpark};
use crate::link::{Attend, Link, Served};
use crate::wanted::Patience;

/// A reader of small chunks comes beside one of large ones: the wish becomes a nearer one, while the
/// callback brings just that much. Farther ones can only wake too often.
fn while_the_wish_shrinks(wake: MakeWake, consumer: fn(&Link, &mut Chunks), producer: fn(&Stream)) {
    let mut scene = Scene::new(wake, FAR, producer);
    scene.consumer = consumer;
    scene.other = Some(attach);
    scene.check();
}

fn producer_without_a_fence(stream: &Stream) {
    stream.push(1);
    if stream.link.wanted.position.load(Ordering::Acquire) <= 1 {
        stream.link.wake.notify();
    }
}

#[test]
#[should_panic(expected = "deadlock")]
fn no_fence_in_the_producer_condvar() {
    while_the_wish_shrinks(condvar, Link::attend, producer_without_a_fence);
}

#[test]
#[should_panic(expected = "deadlock")]
fn no_fence_in_the_producer_unpark() {
    while_the_wish_shrinks(unpark, Link::attend, producer_without_a_fence);
}

/// Looks what is wanted, then pushes.
fn ask_first(stream: &Stream) {
    let is_reached = stream.link.wanted.is_reached(1);
    stream.push(1);
    if is_reached {
        stream.link.wake.notify();
    }
}

#[test]
#[should_panic(expected = "deadlock")]
fn asking_before_the_push() {
    while_the_wish_shrinks(condvar, Link::attend, ask_first);
}

/// What is wrong with a consumer's loop.
#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    /// None: the copy is a true one.
    Nothing,
    NoFence,
    WantsAfterTheCheck,
    NotesCallsLate,
    DeafToCalls,
}

/// The loop that ships, but for the mistake.
fn attend(link: &Link, consumer: &mut Chunks, mistake: Mistake) {
    loop {
        let mut calls = link.wanted.calls();
        let mut served = consumer.serve();
        if served != Served::Batch && link.is_finished() {
            served = consumer.serve();
            if consumer.end(served) {
                return;
            }
        }
        let wanted = if link.wanted.is_in_a_hurry() {
            0
        } else {
            consumer.wants()
        };
        match mistake {
            Mistake::NoFence => link.wanted.position.store(wanted, Ordering::Release),
            Mistake::WantsAfterTheCheck => {}
            _ => link.wanted.want(wanted),
        }
        if mistake == Mistake::NotesCallsLate {
            calls = link.wanted.calls();
        }
        link.wake.wait(&mut || {
            let is_called = mistake != Mistake::DeafToCalls && link.wanted.calls() != calls;
            let is_idle = !is_called && !consumer.has_work(wanted, link.is_finished());
            if mistake == Mistake::WantsAfterTheCheck {
                link.wanted.want(wanted);
            }
            is_idle
        });
    }
}

#[test]
fn the_copy_of_the_loop_holds_without_a_mistake() {
    while_the_wish_shrinks(
        condvar,
        |link, chunks| attend(link, chunks, Mistake::Nothing),
        too_little,
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn no_fence_in_the_consumer_condvar() {
    while_the_wish_shrinks(
        condvar,
        |link, chunks| attend(link, chunks, Mistake::NoFence),
        too_little,
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn no_fence_in_the_consumer_unpark() {
    while_the_wish_shrinks(
        unpark,
        |link, chunks| attend(link, chunks, Mistake::NoFence),
        too_little,
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn storing_the_wish_after_the_check_condvar() {
    while_the_wish_shrinks(
        condvar,
        |link, chunks| attend(link, chunks, Mistake::WantsAfterTheCheck),
        too_little,
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn storing_the_wish_after_the_check_unpark() {
    while_the_wish_shrinks(
        unpark,
        |link, chunks| attend(link, chunks, Mistake::WantsAfterTheCheck),
        too_little,
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn noting_the_calls_after_having_looked() {
    while_the_wish_shrinks(
        condvar,
        |link, chunks| attend(link, chunks, Mistake::NotesCallsLate),
        too_little,
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn leaving_the_calls_out_of_the_check() {
    while_the_wish_shrinks(
        condvar,
        |link, chunks| attend(link, chunks, Mistake::DeafToCalls),
        too_little,
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn wanting_more_than_the_ring_holds() {
    let mut scene = Scene::new(condvar, FAR, fill);
    scene.patience = Patience::bounded(FAR, 2 * FAR);
    scene.check();
}

/// The last act treated like any callback.
fn finish_if_wanted(link: &Link) {
    link.finished.store(true, Ordering::Release);
    link.pushed(1);
}

#[test]
#[should_panic(expected = "deadlock")]
fn leaving_out_the_last_notification_because_too_little_came() {
    let mut scene = Scene::new(condvar, FAR, too_little);
    scene.finish = finish_if_wanted;
    scene.check();
}

fn beside_a_callback(other: fn(&Stream)) {
    let mut scene = Scene::new(condvar, FAR, too_little);
    scene.other = Some(other);
    scene.check();
}

#[test]
#[should_panic(expected = "deadlock")]
fn waiting_for_all_there_is_without_a_wake() {
    beside_a_callback(|stream| {
        stream.link.wanted.set_hurry(true);
        stream.wait_for(1);
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn waiting_for_all_there_is_with_one_wake() {
    beside_a_callback(|stream| {
        stream.link.call();
        stream.wait_for(1);
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn calling_before_the_reader_is_there() {
    beside_a_callback(|stream| {
        stream.link.call();
        stream.chunk.store(1, Ordering::Release);
        stream.wait_for(1);
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_call_that_is_not_counted() {
    beside_a_callback(|stream| {
        stream.chunk.store(1, Ordering::Release);
        stream.link.wake.notify();
        stream.wait_for(1);
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn counting_a_call_after_the_notification() {
    Scene::new(condvar, FAR, |stream| {
        push_up_to(stream, 1);
        stream.link.wake.notify();
        stream.link.wanted.count_call();
        stream.wait_for(1);
    })
    .check();
}
