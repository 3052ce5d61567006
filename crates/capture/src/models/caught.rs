//! How to get it wrong, one mistake a test: each has to be found, or the models prove nothing.
//!
//! Half of these are shipped code put together wrongly; a mistake inside of a function is shown by
//! a copy of it with that mistake alone.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use super::{PREEMPTIONS, Reader, Ring, SAMPLES, check, condvar, consume, model, produce, unpark};
use crate::ledger::Pushed;
use crate::link::{Attend, Link, Served};
use crate::sync::thread::{self, Thread};
use crate::sync::{AtomicBool, AtomicU64, Condvar, Mutex, fence};
use crate::wake::{Lockless, Wake};

#[test]
#[should_panic(expected = "deadlock")]
fn notifying_without_the_lock() {
    check(|| Arc::new(Lockless::default()), produce, consume);
}

/// A condition variable with the check outside of the lock.
#[derive(Default)]
struct CheckedTooEarly {
    window: Mutex<()>,
    condition: Condvar,
}

impl Wake for CheckedTooEarly {
    fn notify(&self) -> bool {
        drop(self.window.lock().unwrap());
        self.condition.notify_one();
        false
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        if idle() {
            let window = self.window.lock().unwrap();
            drop(self.condition.wait(window).unwrap());
        }
    }
}

#[test]
#[should_panic(expected = "deadlock")]
fn checking_before_the_lock_is_taken() {
    check(|| Arc::new(CheckedTooEarly::default()), produce, consume);
}

/// A condition variable that spares notifications, wrongly: it looks whether the consumer sleeps
/// before it takes the lock, or it takes that note back itself, after the notification.
#[derive(Default)]
struct SparedWrongly<const LOOKS_EARLY: bool> {
    window: Mutex<()>,
    condition: Condvar,
    asleep: AtomicBool,
}

impl<const LOOKS_EARLY: bool> Wake for SparedWrongly<LOOKS_EARLY> {
    fn notify(&self) -> bool {
        let early = self.asleep.load(Ordering::Acquire);
        let window = self.window.lock().unwrap();
        let locked = self.asleep.load(Ordering::Acquire);
        drop(window);
        if LOOKS_EARLY && early {
            self.condition.notify_one();
        } else if !LOOKS_EARLY && locked {
            self.condition.notify_one();
            self.asleep.store(false, Ordering::Release);
        }
        false
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        let window = self.window.lock().unwrap();
        if idle() {
            self.asleep.store(true, Ordering::Release);
            let window = self.condition.wait(window).unwrap();
            self.asleep.store(false, Ordering::Release);
            drop(window);
        }
    }
}

#[test]
#[should_panic(expected = "deadlock")]
fn looking_whether_it_sleeps_before_the_lock_is_taken() {
    check(
        || Arc::new(SparedWrongly::<true>::default()),
        produce,
        consume,
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn taking_the_note_of_a_sleep_back_after_it() {
    check(
        || Arc::new(SparedWrongly::<false>::default()),
        produce,
        consume,
    );
}

/// A flag in front of `unpark` that spares the call while the consumer is awake.
struct SleepingFlag<const FENCED: bool> {
    asleep: AtomicBool,
    consumer: OnceLock<Thread>,
}

impl<const FENCED: bool> SleepingFlag<FENCED> {
    fn make() -> Arc<dyn Wake> {
        Arc::new(Self {
            asleep: AtomicBool::new(false),
            consumer: OnceLock::new(),
        })
    }

    fn cross(&self) {
        if FENCED {
            fence(Ordering::SeqCst);
        }
    }
}

impl<const FENCED: bool> Wake for SleepingFlag<FENCED> {
    fn notify(&self) -> bool {
        self.cross();
        if self.asleep.load(Ordering::Acquire)
            && let Some(consumer) = self.consumer.get()
        {
            consumer.unpark();
        }
        false
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        self.asleep.store(true, Ordering::Release);
        self.cross();
        if idle() {
            thread::park();
        }
        self.asleep.store(false, Ordering::Release);
    }

    fn bind(&self, consumer: &Thread) {
        self.consumer.get_or_init(|| consumer.clone());
    }
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_sleeping_flag_without_fences() {
    check(SleepingFlag::<false>::make, produce, consume);
}

/// The other half of that: it is the fences that were missing, nothing else.
#[test]
fn a_sleeping_flag_with_fences_holds() {
    check(SleepingFlag::<true>::make, produce, consume);
}

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
        link.wake.wait(&mut || !reader.has_work(link.is_finished()));
    }
}

#[test]
#[should_panic(expected = "samples were lost")]
fn looking_at_the_flag_before_draining() {
    check(condvar, produce, look_at_the_flag_first);
}

fn believe_the_flag_at_once(link: &Link, reader: &mut Reader) {
    while reader.serve() == Served::Batch || !link.is_finished() {
        link.wake.wait(&mut || !reader.has_work(link.is_finished()));
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
