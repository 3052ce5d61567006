//! Readers: accounts, queues, overlap, coming and going.

use crate::common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use common::{chunks, numbered, spec, take_all, verify};
use noxrun_capture::{CaptureError, Reader, ReaderSpec, ReaderStats, Taken, open};

#[test]
fn a_stalled_reader_loses_its_own_and_nobody_elses() {
    let (mut input, hub) = open(spec(2, 200)).unwrap();
    let (stalled, live) = (
        hub.reader(chunks(30)).unwrap(),
        hub.reader(chunks(7)).unwrap(),
    );
    let mut heard = Vec::new();
    for n in 0..40 {
        input.push(&numbered(n * 10, 10, 2), 0.0);
        hub.settle();
        heard.extend(take_all(&live));
    }
    // The stalled one has kept the first 100 frames, and lost the rest by itself.
    assert_eq!(
        stalled.stats(),
        ReaderStats {
            received: 800,
            delivered: 0,
            dropped: 600,
            buffered: 200
        }
    );
    assert_eq!(hub.stats().dropped, 0);
    let mut late = take_all(&stalled);
    input.push(&numbered(400, 10, 2), 0.0);
    drop(input);
    hub.close_and_join();
    heard.extend(take_all(&live));
    late.extend(take_all(&stalled));
    assert_eq!(verify(&heard, 2, 0), (820, 0, 410));
    assert_eq!(verify(&late, 2, 0), (220, 600, 410));
    let frames: Vec<_> = late
        .iter()
        .map(|c| (c.frame, c.samples.len() / 2))
        .collect();
    assert_eq!(frames, [(0, 30), (30, 30), (60, 30), (90, 10), (400, 10)]);
}

#[test]
fn a_queue_holds_at_least_one_chunk() {
    // The ring is smaller than the chunk.
    let (mut input, hub) = open(spec(2, 8)).unwrap();
    let reader = hub.reader(chunks(10)).unwrap();
    for n in 0..5 {
        input.push(&numbered(n * 4, 4, 2), 0.0);
        hub.settle();
    }
    assert_eq!(
        reader.stats(),
        ReaderStats {
            received: 40,
            delivered: 0,
            dropped: 20,
            buffered: 20
        }
    );
    assert_eq!(verify(&take_all(&reader), 2, 0), (20, 0, 10));
}

#[test]
fn overlapping_chunks_count_their_samples_once() {
    let (mut input, hub) = open(spec(1, 1_000)).unwrap();
    let reader = hub
        .reader(ReaderSpec {
            chunk: 10,
            hop: 4,
            notify: Arc::new(|| {}),
        })
        .unwrap();
    input.push(&numbered(0, 21, 1), 0.0);
    hub.settle();
    let mut starts = Vec::new();
    let mut waiting = 21;
    while let Taken::Chunk(chunk) = reader.take() {
        assert_eq!(chunk.samples, numbered(chunk.frame, 10, 1));
        starts.push(chunk.frame);
        waiting -= if starts.len() == 1 { 10 } else { 4 };
        let account = reader.stats();
        assert_eq!(
            (account.delivered, account.buffered),
            (21 - waiting, waiting)
        );
    }
    assert_eq!(starts, [0, 4, 8]);
    drop(input);
    hub.close_and_join();
    // What is left: the overlap and what is new.
    let Taken::Chunk(last) = reader.take() else {
        panic!("no final chunk")
    };
    assert!(last.is_final);
    assert_eq!((last.frame, last.samples), (12, numbered(12, 9, 1)));
    assert_eq!(reader.take(), Taken::End);
    assert_eq!(
        reader.stats(),
        ReaderStats {
            received: 21,
            delivered: 21,
            dropped: 0,
            buffered: 0
        }
    );
}

#[test]
fn an_overlap_never_reaches_across_a_gap() {
    let (mut input, hub) = open(spec(1, 100)).unwrap();
    let reader = hub
        .reader(ReaderSpec {
            chunk: 6,
            hop: 2,
            notify: Arc::new(|| {}),
        })
        .unwrap();
    input.push(&numbered(0, 9, 1), 0.0);
    hub.settle();
    input.device_gap(100);
    input.push(&numbered(109, 7, 1), 0.0);
    hub.settle();
    let taken: Vec<_> = take_all(&reader)
        .into_iter()
        .map(|c| (c.frame, c.samples))
        .collect();
    assert_eq!(
        taken,
        [
            (0, numbered(0, 6, 1)),
            (2, numbered(2, 6, 1)),
            // Short: the overlap and the one new frame before the gap.
            (4, numbered(4, 5, 1)),
            (109, numbered(109, 6, 1)),
        ]
    );
    assert_eq!(
        reader.stats(),
        ReaderStats {
            received: 16,
            delivered: 15,
            dropped: 0,
            buffered: 1
        }
    );
}

#[test]
fn a_detached_reader_keeps_its_account_and_gets_nothing_more() {
    let (mut input, hub) = open(spec(1, 100)).unwrap();
    let (leaving, staying) = (
        hub.reader(chunks(10)).unwrap(),
        hub.reader(chunks(10)).unwrap(),
    );
    input.push(&numbered(0, 25, 1), 0.0);
    hub.settle();
    assert!(matches!(leaving.take(), Taken::Chunk(_)));
    leaving.detach();
    leaving.detach();
    input.push(&numbered(25, 25, 1), 0.0);
    hub.settle();
    assert_eq!(
        leaving.stats(),
        ReaderStats {
            received: 25,
            delivered: 10,
            dropped: 0,
            buffered: 15
        }
    );
    assert_eq!(leaving.take(), Taken::End);
    assert_eq!(leaving.wait_take(Duration::from_secs(5)), Taken::End);
    assert_eq!(hub.stats().readers, [staying.stats()]);
    assert_eq!(staying.stats().received, 50);
}

#[test]
fn listeners_hear_of_chunks_and_of_the_end() {
    let (mut input, hub) = open(spec(1, 100)).unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&calls);
    let notify = Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let reader = hub
        .reader(ReaderSpec {
            chunk: 10,
            hop: 10,
            notify,
        })
        .unwrap();
    input.push(&numbered(0, 9, 1), 0.0);
    hub.settle();
    assert_eq!(calls.load(Ordering::SeqCst), 0, "nothing is ready");
    input.push(&numbered(9, 1, 1), 0.0);
    hub.settle();
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(take_all(&reader).len(), 1);
    drop(input);
    hub.close_and_join();
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert_eq!(take_all(&reader).len(), 1);
}

#[test]
fn a_reader_may_be_used_from_its_own_notification() {
    let (mut input, hub) = open(spec(1, 100)).unwrap();
    let slot: Arc<OnceLock<Reader>> = Arc::default();
    let done = Arc::new(AtomicU32::new(0));
    let (inner, inside, count) = (Arc::clone(&slot), hub.clone(), Arc::clone(&done));
    let notify = Arc::new(move || {
        let reader = inner.get().unwrap();
        assert!(matches!(reader.take(), Taken::Chunk(_)));
        assert!(inside.stats().captured > 0);
        drop(inside.reader(chunks(3)).unwrap());
        reader.detach();
        count.fetch_add(1, Ordering::SeqCst);
    });
    assert!(
        slot.set(
            hub.reader(ReaderSpec {
                chunk: 5,
                hop: 5,
                notify
            })
            .unwrap()
        )
        .is_ok()
    );
    input.push(&numbered(0, 5, 1), 0.0);
    hub.settle();
    drop(input);
    hub.close_and_join();
    assert_eq!(done.load(Ordering::SeqCst), 1);
    assert_eq!(slot.get().unwrap().take(), Taken::End);
}

#[test]
fn bad_sizes_are_refused() {
    let (_input, hub) = open(spec(2, 100)).unwrap();
    let reader = |chunk, hop| {
        hub.reader(ReaderSpec {
            chunk,
            hop,
            notify: Arc::new(|| {}),
        })
        .map(|_| ())
    };
    assert!(matches!(reader(0, 1), Err(CaptureError::Chunk(0))));
    assert!(matches!(reader(usize::MAX, 1), Err(CaptureError::Chunk(_))));
    assert!(matches!(
        reader(10, 0),
        Err(CaptureError::Hop { hop: 0, chunk: 10 })
    ));
    assert!(matches!(
        reader(10, 11),
        Err(CaptureError::Hop { hop: 11, chunk: 10 })
    ));
    assert!(hub.stats().readers.is_empty());
    let mut wrong = spec(2, 100);
    wrong.channels = 3;
    assert!(matches!(
        open(wrong),
        Err(CaptureError::Channels {
            device: 2,
            delivered: 3
        })
    ));
    let mut wrong = spec(2, 100);
    wrong.rate = 0;
    assert!(matches!(open(wrong), Err(CaptureError::Resample(_))));
}
