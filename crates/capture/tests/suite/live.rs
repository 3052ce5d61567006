//! Readers that take all that has come, from now on.

use crate::common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{chunks, numbered, spec};
use noxrun_capture::{CaptureError, CaptureHub, CaptureSpec, Reader, open};

fn live(hub: &CaptureHub) -> Reader {
    hub.live_reader(Arc::new(|| {})).unwrap()
}

/// All that waits: (index, frames, seconds) of each stretch, and the samples.
fn read_all(reader: &Reader) -> (Vec<(u64, usize, f64)>, Vec<f32>) {
    let mut samples = Vec::new();
    let mut stretches = Vec::new();
    while let Some(stretch) = reader.read_into(&mut samples) {
        stretches.push((stretch.frame, stretch.frames, stretch.time));
    }
    (stretches, samples)
}

#[test]
fn a_live_reader_gets_nothing_of_before_even_as_the_first_and_everything_after() {
    let (mut input, hub) = open(spec(2, 20_000)).unwrap();
    input.push(&numbered(0, 1_000, 2), 0.0);
    let reader = live(&hub);
    input.push(&numbered(1_000, 333, 2), 1_000.0 / 48_000.0);
    input.push(&numbered(1_333, 1, 2), 1_333.0 / 48_000.0);
    hub.settle();
    let (stretches, samples) = read_all(&reader);
    assert_eq!(samples, numbered(1_000, 334, 2));
    let frames: usize = stretches.iter().map(|(_, frames, _)| frames).sum();
    assert_eq!((stretches[0].0, frames), (1_000, 334));
    assert!((stretches[0].2 - 1_000.0 / 48_000.0).abs() < 1e-9);
    let stats = reader.stats();
    assert_eq!(
        (
            stats.received,
            stats.delivered,
            stats.dropped,
            stats.buffered
        ),
        (668, 668, 0, 0)
    );
}

#[test]
fn a_reader_knows_of_pauses_that_left_no_gap() {
    let (mut input, hub) = open(CaptureSpec {
        pre_roll: 1_000,
        ..spec(1, 20_000)
    })
    .unwrap();
    let reader = live(&hub);
    input.push(&numbered(0, 100, 1), 0.0);
    assert_eq!(reader.resumes(), 0);
    hub.pause();
    input.push(&numbered(100, 500, 1), 0.0);
    assert_eq!(reader.resumes(), 0);
    hub.resume();
    // A pause that no callback saw is none.
    hub.pause();
    hub.resume();
    input.push(&numbered(600, 50, 1), 0.0);
    assert_eq!(reader.resumes(), 1);
    hub.settle();
    assert_eq!(read_all(&reader).1, numbered(0, 650, 1));
}

#[test]
fn a_gap_ends_a_stretch_and_the_index_says_how_long_it_is() {
    let (mut input, hub) = open(spec(1, 20_000)).unwrap();
    let reader = live(&hub);
    input.push(&numbered(0, 100, 1), 0.0);
    input.device_gap(50);
    input.push(&numbered(150, 70, 1), 150.0 / 48_000.0);
    hub.settle();
    let (stretches, samples) = read_all(&reader);
    let ends: Vec<(u64, usize)> = stretches
        .iter()
        .map(|(at, frames, _)| (*at, *frames))
        .collect();
    assert_eq!(ends, [(0, 100), (150, 70)]);
    assert_eq!(
        samples,
        [numbered(0, 100, 1), numbered(150, 70, 1)].concat()
    );
    assert!((stretches[1].2 - 150.0 / 48_000.0).abs() < 1e-9);
}

#[test]
fn it_is_told_of_every_batch_and_of_the_end_and_changes_nothing_for_others() {
    let (mut input, hub) = open(spec(1, 20_000)).unwrap();
    let told = Arc::new(AtomicUsize::new(0));
    let reader = {
        let told = Arc::clone(&told);
        let count = move || {
            told.fetch_add(1, Ordering::Relaxed);
        };
        hub.live_reader(Arc::new(count)).unwrap()
    };
    let other = hub.reader(chunks(64)).unwrap();
    for block in 0..10 {
        input.push(&numbered(10 * block, 10, 1), 0.0);
        hub.settle();
        assert_eq!(told.load(Ordering::Relaxed), block as usize + 1);
        assert_eq!(read_all(&reader).1, numbered(10 * block, 10, 1));
        assert!(!reader.has_ended());
    }
    drop(input);
    hub.close_and_join();
    assert_eq!(told.load(Ordering::Relaxed), 11);
    assert!(read_all(&reader).1.is_empty() && reader.has_ended());
    let all: Vec<f32> = common::take_all(&other)
        .into_iter()
        .flat_map(|c| c.samples)
        .collect();
    assert_eq!(all, numbered(0, 100, 1));
    let late = hub.live_reader(Arc::new(|| {}));
    assert!(matches!(late, Err(CaptureError::Closed)));
}
