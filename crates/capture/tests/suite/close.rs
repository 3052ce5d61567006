//! Ends: the last sample arrives, nobody waits for ever.

use crate::common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{chunks, numbered, spec, take_all, verify};
use noxrun_capture::{CaptureError, ReaderSpec, Taken, WakeKind, open};

/// What a wake costs that is lost: the thread looks again by itself after so long. Rounds that took it
/// are counted one by one, because a busy machine delays each of them a little.
const LOST_WAKE: Duration = Duration::from_millis(100);

#[test]
fn the_last_sample_arrives_however_close_the_end_is() {
    for wake in [WakeKind::Condvar, WakeKind::Unpark] {
        let mut slow = 0;
        for round in 0..300 {
            let begin = Instant::now();
            let mut spec = spec(2, 10_000);
            spec.wake = wake;
            let (mut input, hub) = open(spec).unwrap();
            let reader = hub.reader(chunks(16)).unwrap();
            input.push(&numbered(0, 1 + round, 2), 0.0);
            if round % 3 == 0 {
                std::thread::yield_now();
            }
            drop(input);
            hub.close_and_join();
            let (samples, dropped, _) = verify(&take_all(&reader), 2, 0);
            assert_eq!((samples, dropped), (2 * (1 + round as u64), 0));
            assert_eq!(reader.take(), Taken::End);
            slow += u32::from(begin.elapsed() >= LOST_WAKE);
        }
        assert!(slow < 100, "{wake:?}: {slow} of 300 rounds");
    }
}

#[test]
fn a_callback_wakes_the_capture_thread_at_once() {
    for wake in [WakeKind::Condvar, WakeKind::Unpark] {
        let mut spec = spec(1, 1_000);
        spec.wake = wake;
        let (mut input, hub) = open(spec).unwrap();
        let reader = hub.reader(chunks(1)).unwrap();
        let mut slow = 0;
        for n in 0..40 {
            // By then it sleeps again.
            std::thread::sleep(Duration::from_millis(2));
            let begin = Instant::now();
            input.push(&numbered(n, 1, 1), 0.0);
            assert!(matches!(
                reader.wait_take(Duration::from_secs(20)),
                Taken::Chunk(_)
            ));
            slow += u32::from(begin.elapsed() >= LOST_WAKE / 2);
        }
        assert!(slow < 20, "{wake:?}: {slow} of 40 chunks");
    }
}

#[test]
fn the_capture_thread_never_stands_still() {
    let (mut input, hub) = open(spec(1, 100)).unwrap();
    let reader = hub.reader(chunks(1)).unwrap();
    for n in 0..60 {
        std::thread::sleep(Duration::from_millis(20));
        input.push(&numbered(n, 1, 1), 0.0);
        // Generous to a loaded machine.
        assert!(
            matches!(reader.wait_take(Duration::from_secs(20)), Taken::Chunk(_)),
            "frame {n}"
        );
    }
}

#[test]
fn with_no_reader_the_rest_stays_buffered() {
    let (mut input, hub) = open(spec(2, 100)).unwrap();
    input.push(&numbered(0, 70, 2), 0.0);
    input.finish();
    input.finish();
    input.push(&numbered(70, 5, 2), 0.0);
    input.device_gap(5);
    hub.close_and_join();
    hub.close_and_join();
    let stats = hub.stats();
    assert_eq!(
        (
            stats.captured,
            stats.buffered,
            stats.dropped,
            stats.delivered
        ),
        (140, 100, 40, 0)
    );
    assert!(matches!(hub.reader(chunks(5)), Err(CaptureError::Closed)));
    hub.settle();
}

#[test]
fn a_reader_that_comes_after_the_input_ended_still_gets_what_the_ring_holds() {
    let (mut input, hub) = open(spec(2, 100)).unwrap();
    input.push(&numbered(0, 30, 2), 0.0);
    drop(input);
    std::thread::sleep(Duration::from_millis(20));
    let reader = hub.reader(chunks(30)).unwrap();
    hub.close_and_join();
    assert_eq!(verify(&take_all(&reader), 2, 0), (60, 0, 30));
}

#[test]
fn readers_may_be_emptied_after_everything_else_is_gone() {
    let (mut input, hub) = open(spec(1, 100)).unwrap();
    let reader = hub.reader(chunks(10)).unwrap();
    input.push(&numbered(0, 33, 1), 0.0);
    drop(hub);
    input.push(&numbered(33, 33, 1), 0.0);
    drop(input);
    let mut taken = Vec::new();
    while let Taken::Chunk(chunk) = reader.wait_take(Duration::from_secs(5)) {
        taken.push(chunk);
    }
    assert_eq!(verify(&taken, 1, 0), (66, 0, 66));
    assert_eq!(taken.last().map(|chunk| chunk.is_final), Some(true));
}

#[test]
fn waiting_ends_with_its_time() {
    let (_input, hub) = open(spec(1, 100)).unwrap();
    let reader = hub.reader(chunks(10)).unwrap();
    assert_eq!(reader.wait_take(Duration::from_millis(5)), Taken::Empty);
}

#[test]
fn a_listener_that_panics_leaves_nobody_waiting() {
    let (mut input, hub) = open(spec(1, 100)).unwrap();
    let healthy = hub.reader(chunks(5)).unwrap();
    let broken = ReaderSpec {
        chunk: 5,
        hop: 5,
        notify: Arc::new(|| panic!("on purpose")),
    };
    let broken = hub.reader(broken).unwrap();
    input.push(&numbered(0, 5, 1), 0.0);
    for reader in [healthy, broken] {
        let mut taken = Vec::new();
        while let Taken::Chunk(chunk) = reader.wait_take(Duration::from_secs(5)) {
            taken.push(chunk);
        }
        assert_eq!(verify(&taken, 1, 0), (5, 0, 5));
        assert_eq!(reader.take(), Taken::End);
    }
    hub.settle();
    input.push(&numbered(5, 200, 1), 0.0);
    drop(input);
    hub.close_and_join();
    let stats = hub.stats();
    assert_eq!(
        stats.captured,
        stats.delivered + stats.dropped + stats.buffered
    );
}

#[test]
fn settling_is_deterministic() {
    for wake in [WakeKind::Condvar, WakeKind::Unpark] {
        let mut spec = spec(1, 64);
        spec.wake = wake;
        let (mut input, hub) = open(spec).unwrap();
        let reader = hub.reader(chunks(1)).unwrap();
        for n in 0..2_000u64 {
            let block = 1 + (n % 64) as usize;
            input.push(&numbered(0, block, 1), 0.0);
            hub.settle();
            assert_eq!(hub.stats().buffered, 0);
            assert_eq!(take_all(&reader).len(), block);
        }
        assert_eq!(hub.stats().dropped, 0);
    }
}
