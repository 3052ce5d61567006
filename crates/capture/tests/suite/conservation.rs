//! Conservation and order of samples, whatever the sizes, the speeds and the stalls.

use crate::common;
use crate::ideal;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use common::{chunks, numbered, spec, verify};
use ideal::{Act, Ideal, device};
use noxrun_capture::{
    CaptureHub, CaptureSpec, Chunk, Quality, Reader, ReaderSpec, Taken, WakeKind, open,
};
use proptest::prelude::*;

/// Polls the accounts until told to stop, and counts how often.
fn poll(hub: &CaptureHub, capacity: usize, stop: &AtomicBool, polls: &AtomicU64) {
    let mut last = 0;
    while !stop.load(Ordering::Relaxed) {
        let stats = hub.stats();
        assert_eq!(
            stats.captured,
            stats.delivered + stats.dropped + stats.buffered
        );
        assert!(stats.buffered <= capacity as u64, "{stats:?}");
        assert!(stats.high_water <= capacity as u64, "{stats:?}");
        assert!(stats.captured >= last, "{stats:?}");
        for reader in &stats.readers {
            assert_eq!(
                reader.received,
                reader.delivered + reader.dropped + reader.buffered
            );
        }
        last = stats.captured;
        polls.fetch_add(1, Ordering::Relaxed);
        thread::yield_now();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sample_ever_appears_in_another_place(
        channels in 1usize..=8,
        ring_frames in prop_oneof![Just(1usize), 2usize..40, 100usize..3_000],
        spare in 0usize..8,
        blocks in prop::collection::vec(1usize..700, 20..150),
        chunk in prop_oneof![Just(1usize), 2usize..50, 100usize..900],
        stalls in prop::collection::vec(0u64..300, 1..6),
        pace in 0u64..60,
        unpark: bool,
    ) {
        let capacity = ring_frames * channels;
        let mut spec = spec(channels, capacity + spare % channels);
        spec.wake = if unpark { WakeKind::Unpark } else { WakeKind::Condvar };
        let (mut input, hub) = open(spec).unwrap();
        // A listener that is slow now and then stalls the capture thread itself.
        let waits = Arc::new((AtomicBool::new(false), stalls.clone()));
        let stalled = Arc::clone(&waits);
        let notify = Arc::new(move || {
            if stalled.0.swap(false, Ordering::Relaxed) {
                thread::sleep(Duration::from_micros(stalled.1[0] * 3));
            }
        });
        let reader = hub.reader(ReaderSpec { chunk, hop: chunk, notify }).unwrap();
        let total: usize = blocks.iter().sum();
        let stop = AtomicBool::new(false);
        let taken = thread::scope(|scope| {
            scope.spawn(|| poll(&hub, capacity, &stop, &AtomicU64::new(0)));
            scope.spawn(|| {
                let mut frame = 0;
                for (n, &block) in blocks.iter().enumerate() {
                    input.push(&numbered(frame, block, channels), frame as f64 / 48_000.0);
                    frame += block as u64;
                    waits.0.store(n % 7 == 0, Ordering::Relaxed);
                    if pace > 0 {
                        thread::sleep(Duration::from_micros(pace));
                    }
                }
                // Closes in full traffic, wherever the other threads are.
                drop(input);
            });
            let mut taken = Vec::new();
            loop {
                match reader.wait_take(Duration::from_secs(10)) {
                    Taken::Chunk(chunk) => taken.push(chunk),
                    Taken::End => break,
                    Taken::Empty => panic!("the end never came"),
                }
                let stall = stalls[taken.len() % stalls.len()];
                if taken.len() % 5 == 0 {
                    thread::sleep(Duration::from_micros(stall));
                }
            }
            stop.store(true, Ordering::Relaxed);
            taken
        });
        let (samples, dropped, end) = verify(&taken, channels, 0);
        prop_assert_eq!(end, total as u64, "the last loss is told too");
        prop_assert_eq!(samples + dropped, (total * channels) as u64);
        for (n, taken_chunk) in taken.iter().enumerate() {
            let frames = taken_chunk.samples.len() / channels;
            prop_assert_eq!(taken_chunk.is_final, n + 1 == taken.len());
            let before_gap = taken.get(n + 1).is_none_or(|next| next.dropped_before > 0 || next.is_final);
            prop_assert!(frames == chunk || taken_chunk.is_final || (before_gap && frames < chunk && frames > 0));
        }
        let account = reader.stats();
        prop_assert_eq!((account.delivered, account.dropped, account.buffered), (samples, dropped, 0));
        hub.close_and_join();
        let stats = hub.stats();
        prop_assert_eq!(stats.captured, (total * channels) as u64);
        prop_assert_eq!(stats.buffered, 0);
        prop_assert_eq!(stats.callbacks, blocks.len() as u64);
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        10 => (0usize..700).prop_map(Act::Push),
        1 => Just(Act::Push(5_000)),
        1 => prop_oneof![0usize..4, 0usize..700].prop_map(Act::Paused),
        1 => prop_oneof![0u64..4, 0u64..700].prop_map(Act::Gap),
    ]
}

/// How a capture ends.
#[derive(Debug, Clone, Copy)]
enum Close {
    Drop,
    /// By `finish`, after which further callbacks do nothing.
    Finish,
    /// Somebody already waits for the end.
    AwaitedDrop,
}

/// Takes everything until the end, with stalls.
fn take_to_the_end(reader: &Reader, stalls: &[u64]) -> Vec<Chunk> {
    let mut taken = Vec::new();
    loop {
        match reader.wait_take(Duration::from_secs(10)) {
            Taken::Chunk(chunk) => taken.push(chunk),
            Taken::End => return taken,
            Taken::Empty => panic!("the end never came"),
        }
        if taken.len() % 4 == 0 {
            thread::sleep(Duration::from_micros(stalls[taken.len() % stalls.len()]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_sample_arrives_in_its_place_or_is_told_lost_there(
        channels in 1usize..=4,
        capacity in prop_oneof![8usize..64, 64usize..2_000, Just(20_000usize)],
        granted in prop_oneof![Just(1usize), 2usize..64, 64usize..1_024],
        delivered in prop_oneof![2 => Just(48_000u32), 1 => Just(16_000), 1 => Just(44_100), 1 => Just(96_000)],
        acts in prop::collection::vec(act(), 1..60),
        close in prop_oneof![Just(Close::Drop), Just(Close::Finish), Just(Close::AwaitedDrop)],
        chunk in prop_oneof![Just(1usize), 2usize..50, 100usize..900],
        overlap in 0usize..40,
        stalls in prop::collection::vec(0u64..400, 1..6),
        pace in 0u64..40,
        unpark: bool,
    ) {
        let (mut input, hub) = open(CaptureSpec {
            rate: delivered,
            capacity,
            quality: Quality::LowLatency,
            wake: if unpark { WakeKind::Unpark } else { WakeKind::Condvar },
            max_callback_frames: granted,
            ..spec(channels, 0)
        }).unwrap();
        let ideal = Ideal::new(&acts, channels, 48_000, delivered);
        let stall = stalls[0];
        // A listener that is slow now and then holds up the capture thread itself, and so the ring.
        let turns = AtomicU64::new(0);
        let slow = Arc::new(move || {
            if turns.fetch_add(1, Ordering::Relaxed) % 5 == 4 {
                thread::sleep(Duration::from_micros(2 * stall));
            }
        });
        let plain = hub.reader(ReaderSpec { chunk, hop: chunk, notify: slow }).unwrap();
        let hop = chunk - overlap.min(chunk - 1);
        let overlapping = hub.reader(ReaderSpec { chunk, hop, notify: Arc::new(|| {}) }).unwrap();
        let leaving = hub.reader(chunks(chunk)).unwrap();
        let stop = AtomicBool::new(false);
        let ring = (capacity / channels).max(1) * channels;
        let (heard, overlapped) = thread::scope(|scope| {
            scope.spawn(|| poll(&hub, ring, &stop, &AtomicU64::new(0)));
            if matches!(close, Close::AwaitedDrop) {
                scope.spawn(|| hub.close_and_join());
            }
            let (hub, acts, leaving) = (&hub, &acts, &leaving);
            scope.spawn(move || {
                let mut frame = 0;
                for (n, act) in acts.iter().enumerate() {
                    match *act {
                        Act::Push(frames) | Act::Paused(frames) => {
                            if matches!(act, Act::Paused(_)) { hub.pause() } else { hub.resume() }
                            input.push(&device(frame, frames, channels), frame as f64 / 48_000.0);
                            frame += frames as u64;
                        }
                        Act::Gap(frames) => {
                            input.device_gap(frames);
                            frame += frames;
                        }
                    }
                    if n == acts.len() / 2 {
                        leaving.detach();
                    }
                    if pace > 0 {
                        thread::sleep(Duration::from_micros(pace));
                    }
                }
                if matches!(close, Close::Finish) {
                    input.finish();
                    input.push(&[1.0; 64], 0.0);
                    input.device_gap(5);
                }
                drop(input);
            });
            let other = scope.spawn(|| take_to_the_end(&overlapping, &stalls));
            let heard = take_to_the_end(&plain, &stalls);
            let overlapped = other.join().unwrap();
            stop.store(true, Ordering::Relaxed);
            (heard, overlapped)
        });
        hub.close_and_join();
        let stats = hub.stats();
        prop_assert_eq!(stats.captured, ideal.samples(), "everything that came out is counted");
        prop_assert_eq!((stats.delivered + stats.dropped, stats.buffered), (stats.captured, 0));
        for (reader, taken) in [(&plain, &heard), (&overlapping, &overlapped)] {
            let (delivered, dropped) = ideal.verify(taken);
            let account = reader.stats();
            prop_assert_eq!(
                (account.received, account.delivered, account.dropped, account.buffered),
                (ideal.samples(), delivered, dropped, 0)
            );
            prop_assert!(account.dropped >= stats.dropped, "what the ring lost, each of them lost");
        }
        let left = leaving.stats();
        prop_assert_eq!(left.received, left.delivered + left.dropped + left.buffered);
    }
}

#[test]
fn accounts_hold_at_every_moment_while_the_callback_runs() {
    for wake in [WakeKind::Condvar, WakeKind::Unpark] {
        let channels = 3;
        let capacity = 600;
        let (mut input, hub) = open({
            let mut spec = spec(channels, capacity);
            spec.wake = wake;
            spec
        })
        .unwrap();
        let stop = AtomicBool::new(false);
        let polls = AtomicU64::new(0);
        let (begun, done) = (AtomicU64::new(0), AtomicU64::new(0));
        let mut callbacks = 0;
        thread::scope(|scope| {
            scope.spawn(|| poll(&hub, capacity, &stop, &polls));
            scope.spawn(|| {
                // Readers come and go, so the ring drains, fills and overflows.
                while !stop.load(Ordering::Relaxed) {
                    let reader = hub.reader(chunks(64)).unwrap();
                    for _ in 0..20 {
                        let _chunk = reader.wait_take(Duration::from_millis(1));
                    }
                    drop(reader);
                    thread::sleep(Duration::from_micros(200));
                }
            });
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let least = done.load(Ordering::Acquire);
                    let captured = hub.stats().captured;
                    let most = begun.load(Ordering::Acquire);
                    assert!(
                        (least..=most).contains(&captured),
                        "{least} {captured} {most}"
                    );
                    thread::yield_now();
                }
            });
            let block = numbered(0, 97, channels);
            while callbacks < 20_000 || polls.load(Ordering::Relaxed) < 500 {
                begun.fetch_add(block.len() as u64, Ordering::Release);
                input.push(&block, 0.0);
                done.fetch_add(block.len() as u64, Ordering::Release);
                callbacks += 1;
            }
            stop.store(true, Ordering::Relaxed);
        });
        drop(input);
        hub.close_and_join();
        let stats = hub.stats();
        assert_eq!(stats.captured, callbacks * 97 * channels as u64);
        assert_eq!(
            stats.captured,
            stats.delivered + stats.dropped + stats.buffered
        );
    }
}
