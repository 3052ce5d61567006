//! How to wake wrongly, one mistake a test: each has to be found, or the models prove nothing.
//!
//! The first is code of ours; the others are copies with one mistake each.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use super::{check, consume, produce};
use crate::sync::thread::{self, Thread};
use crate::sync::{AtomicBool, Condvar, Mutex, fence};
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
