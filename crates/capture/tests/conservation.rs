//! Conservation and order of samples, whatever the sizes, the speeds and the stalls.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use common::{chunks, numbered, spec, verify};
use noxrun_capture::{CaptureHub, ReaderSpec, Taken, WakeKind, open};
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
            let block = numbered(0, 97, channels);
            while callbacks < 20_000 || polls.load(Ordering::Relaxed) < 500 {
                input.push(&block, 0.0);
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
