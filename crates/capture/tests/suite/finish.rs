//! A reader that ends before its capture, and losses in queues of readers.

use crate::common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use common::{chunks, numbered, spec, take_all, verify};
use noxrun_capture::{CaptureHub, CaptureInput, Dropped, Reader, ReaderSpec, Taken, open};

/// A capture with a reader, and another one whose listener stops the capture thread until the
/// sender says a word. The thread stands still after the first `chunk` frames.
struct Stopped {
    input: CaptureInput,
    hub: CaptureHub,
    reader: Reader,
    _stopper: Reader,
    go: mpsc::Sender<()>,
}

fn stopped(channels: usize, capacity: usize, chunk: usize) -> Stopped {
    let (mut input, hub) = open(spec(channels, capacity)).unwrap();
    let (go, stop) = mpsc::channel::<()>();
    let (arrived, here) = mpsc::channel::<()>();
    let stop = Mutex::new((stop, arrived));
    let reader = hub.reader(chunks(chunk)).unwrap();
    let notify = Arc::new(move || {
        let ends = stop.lock().unwrap();
        let _later = ends.1.send(());
        // Once the sender is gone nothing stops any more.
        let _gone = ends.0.recv();
    });
    let stopper = hub
        .reader(ReaderSpec {
            chunk,
            hop: chunk,
            notify,
        })
        .unwrap();
    input.push(&numbered(0, chunk, channels), 0.0);
    here.recv_timeout(Duration::from_secs(5)).unwrap();
    Stopped {
        input,
        hub,
        reader,
        _stopper: stopper,
        go,
    }
}

/// Lets the thread go on when `finish` waits for it, most likely.
fn finish_while_stopped(reader: &Reader, go: mpsc::Sender<()>) {
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            drop(go);
        });
        reader.finish();
    });
}

#[test]
fn a_reader_that_finishes_has_everything_captured_until_then() {
    let Stopped {
        mut input,
        hub,
        reader,
        go,
        ..
    } = stopped(2, 2_000, 10);
    input.push(&numbered(10, 25, 2), 0.0);
    assert_eq!(hub.stats().buffered, 50, "the thread stands still");
    finish_while_stopped(&reader, go);
    input.push(&numbered(35, 100, 2), 0.0);
    hub.settle();
    let taken = take_all(&reader);
    assert_eq!(verify(&taken, 2, 0), (70, 0, 35));
    assert!(taken.last().unwrap().is_final);
    assert_eq!(reader.take(), Taken::End);
}

#[test]
fn a_reader_that_finishes_is_told_of_a_loss_at_its_very_end() {
    let Stopped {
        mut input,
        hub,
        reader,
        go,
        ..
    } = stopped(2, 40, 10);
    input.push(&numbered(10, 50, 2), 0.0);
    assert_eq!(hub.stats().dropped, 60);
    // Makes room in the reader's own queue.
    let mut taken = take_all(&reader);
    finish_while_stopped(&reader, go);
    let account = reader.stats();
    assert_eq!((account.received, account.dropped), (120, 60));
    taken.extend(take_all(&reader));
    assert_eq!(verify(&taken, 2, 0), (60, 60, 60));
    assert!(taken.last().unwrap().is_final);
}

#[test]
fn a_loss_before_its_time_is_not_told_to_a_reader_that_finishes() {
    let Stopped {
        mut input,
        hub,
        reader: _first,
        go,
        ..
    } = stopped(1, 20, 10);
    input.push(&numbered(10, 50, 1), 0.0);
    let late = hub.reader(chunks(10)).unwrap();
    input.push(&numbered(60, 7, 1), 0.0);
    finish_while_stopped(&late, go);
    // 30 frames were lost before it came, 7 after.
    assert_eq!(hub.stats().dropped, 37);
    let account = late.stats();
    assert_eq!((account.received, account.dropped), (7, 7));
    let taken = take_all(&late);
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].frame, taken[0].dropped_before), (67, 7));
}

#[test]
fn a_reader_may_finish_at_any_moment() {
    for round in 0..60 {
        let (mut input, hub) = open(spec(2, 200)).unwrap();
        let reader = hub.reader(chunks(7)).unwrap();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut frame = 0;
                while !over.load(Ordering::Relaxed) {
                    // Larger than the ring: something is lost each time.
                    input.push(&numbered(frame, 150, 2), 0.0);
                    frame += 150;
                    std::thread::yield_now();
                }
            });
            std::thread::sleep(Duration::from_micros(round * 37));
            let before = hub.stats().captured;
            reader.finish();
            let after = hub.stats().captured;
            over.store(true, Ordering::Relaxed);
            let account = reader.stats();
            assert!(account.received >= before, "{account:?} of {before}");
            assert!(account.received <= after, "{account:?} of {after}");
            let (samples, dropped, end) = verify(&take_all(&reader), 2, 0);
            let account = reader.stats();
            assert_eq!((samples, dropped), (account.delivered, account.dropped));
            assert_eq!(end * 2, account.received);
            assert_eq!(account.buffered, 0);
        });
    }
}

#[test]
fn what_the_queue_of_a_reader_refuses_is_told_like_a_loss_of_the_ring() {
    let (mut input, hub) = open(spec(2, 40)).unwrap();
    let told: Arc<Mutex<Vec<Dropped>>> = Arc::default();
    let list = Arc::clone(&told);
    hub.on_dropped(Arc::new(move |loss| list.lock().unwrap().push(loss)));
    let unread = hub.reader(chunks(5)).unwrap();
    let read = hub.reader(chunks(5)).unwrap();
    for n in 0..30 {
        input.push(&numbered(n * 10, 10, 2), 0.0);
        hub.settle();
        drop(take_all(&read));
    }
    drop(input);
    hub.close_and_join();
    assert_eq!(hub.stats().dropped, 0);
    assert_eq!(unread.stats().dropped, 560);
    let told = told.lock().unwrap();
    assert_eq!(told[0].frame, 20, "the first frame that was lost");
    assert_eq!(told.iter().map(|loss| loss.samples).sum::<u64>(), 560);
}
