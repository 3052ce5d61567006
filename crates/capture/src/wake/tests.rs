//! What the ways do on real threads.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use super::*;

const ROUNDS: u32 = 2_000;

/// Rounds of ping-pong that took as long as a lost notification costs. A busy machine holds up every
/// round a little, but hardly one by so much.
fn slow_rounds(kind: WakeKind) -> u32 {
    let (there, back) = (wake(kind), wake(kind));
    let (ball, returned) = (AtomicU32::new(0), AtomicU32::new(0));
    let mut slow = 0;
    thread::scope(|scope| {
        let answerer = scope.spawn(|| {
            thread::park();
            for n in 1..=ROUNDS {
                while ball.load(Ordering::Acquire) < n {
                    there.wait(&mut || ball.load(Ordering::Acquire) < n);
                }
                returned.store(n, Ordering::Release);
                back.notify();
            }
        });
        there.bind(answerer.thread());
        back.bind(&thread::current());
        answerer.thread().unpark();
        for n in 1..=ROUNDS {
            let begin = Instant::now();
            ball.store(n, Ordering::Release);
            there.notify();
            while returned.load(Ordering::Acquire) < n {
                back.wait(&mut || returned.load(Ordering::Acquire) < n);
            }
            slow += u32::from(begin.elapsed() >= TIMEOUT);
        }
    });
    slow
}

#[test]
fn no_wake_is_missed() {
    for kind in [WakeKind::Condvar, WakeKind::Unpark] {
        let slow = slow_rounds(kind);
        assert!(slow < ROUNDS / 100, "{kind:?}: {slow} rounds");
    }
}

#[test]
fn a_wake_before_the_sleep_is_not_lost() {
    for kind in [WakeKind::Condvar, WakeKind::Unpark] {
        let wake = wake(kind);
        wake.bind(&thread::current());
        let mut slow = 0;
        for _ in 0..20 {
            let begin = Instant::now();
            // The notification falls between the check and the sleep.
            thread::scope(|scope| {
                let mut notifier = None;
                wake.wait(&mut || {
                    let wake = &wake;
                    notifier = Some(scope.spawn(move || wake.notify()));
                    thread::sleep(Duration::from_millis(2));
                    true
                });
            });
            slow += u32::from(begin.elapsed() >= TIMEOUT);
        }
        // Were it lost, all would be.
        assert!(slow < 10, "{kind:?}: {slow} of 20");
    }
}

#[test]
fn a_consumer_that_nobody_wakes_looks_again_by_itself() {
    let wake = wake(WakeKind::Poll);
    let ball = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=20 {
                while ball.load(Ordering::Acquire) < n {
                    // Whoever waits for a notification would wait for ever.
                    wake.wait(&mut || ball.load(Ordering::Acquire) < n);
                }
            }
            ball.store(100, Ordering::Release);
        });
        for n in 1..=20 {
            ball.store(n, Ordering::Release);
            assert!(!wake.notify(), "nothing to contend for");
            thread::sleep(Duration::from_millis(1));
        }
    });
    assert_eq!(ball.load(Ordering::Acquire), 100);
}
