//! Stalls of a consumer whose notification fell between its check and its sleep: prints a line of
//! JSON a case. `--seconds N` a case, default 10, or `--notifications N`, default a million.
//!
//! One notification at a time: the producer waits until the last one was answered, then between 0
//! and 20 µs, at random, so that it meets the consumer anywhere on its way to sleep.

mod common;

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{flag, pin, real_time};
use noxrun_capture::bench::BenchWake;

/// A sleep that was as long although there was work: what ended it was the net of 100 ms.
const STALL: Duration = Duration::from_millis(95);
/// Producer's pause at most, in nanoseconds.
const SPREAD: u64 = 20_000;

fn spin(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        spin_loop();
    }
}

/// Sent and stalled.
fn run(wake: &BenchWake, between: Duration, limit: (Duration, u64)) -> (u64, u64) {
    let (sent, answered, stalls) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let sent_in_all = thread::scope(|scope| {
        let consumer = scope.spawn(|| {
            pin(1);
            // On a busy machine it would be late for other reasons.
            real_time();
            thread::park();
            let mut taken = 0;
            while taken != u64::MAX {
                let begin = Instant::now();
                wake.wait(|| {
                    let idle = sent.load(Ordering::Acquire) == taken;
                    if idle && !between.is_zero() {
                        spin(between);
                    }
                    idle
                });
                let now = sent.load(Ordering::Acquire);
                if now != taken {
                    if begin.elapsed() >= STALL {
                        stalls.fetch_add(1, Ordering::Relaxed);
                    }
                    taken = now;
                    answered.store(taken, Ordering::Release);
                }
            }
        });
        pin(0);
        wake.bind(consumer.thread());
        consumer.thread().unpark();
        let (begin, mut random, mut n) = (Instant::now(), 1u64, 0);
        while n < limit.1 && begin.elapsed() < limit.0 {
            n += 1;
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            spin(Duration::from_nanos((random >> 33) % SPREAD));
            sent.store(n, Ordering::Release);
            wake.notify();
            while answered.load(Ordering::Acquire) != n {
                spin_loop();
            }
        }
        sent.store(u64::MAX, Ordering::Release);
        wake.notify();
        n
    });
    (sent_in_all, stalls.load(Ordering::Relaxed))
}

fn main() {
    let limit = (
        Duration::from_secs(flag("--seconds", 10)),
        flag("--notifications", 1_000_000),
    );
    for between_ns in [0, 1_000] {
        let ways = [
            ("without the lock", BenchWake::lockless()),
            ("condvar", BenchWake::condvar()),
            ("unpark", BenchWake::unpark()),
        ];
        for (way, wake) in ways {
            let (sent, stalls) = run(&wake, Duration::from_nanos(between_ns), limit);
            println!(
                r#"{{"way":"{way}","betweenNs":{between_ns},"spreadNs":{SPREAD},"notifications":{sent},"stalls":{stalls}}}"#
            );
        }
    }
}
