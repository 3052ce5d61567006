//! Where losses stand.

use crate::common;

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{chunks, numbered, spec, take_all, verify};
use noxrun_capture::{Chunk, Dropped, Reader, ReaderSpec, Taken, open};

fn shape(chunks: &[Chunk], channels: usize) -> Vec<(u64, usize, u64, bool)> {
    chunks
        .iter()
        .map(|c| {
            (
                c.frame,
                c.samples.len() / channels,
                c.dropped_before,
                c.is_final,
            )
        })
        .collect()
}

#[test]
fn without_a_reader_the_ring_fills_and_drops_are_counted() {
    let (mut input, hub) = open(spec(2, 21)).unwrap();
    input.push(&numbered(0, 25, 2), 0.0);
    let stats = hub.stats();
    // 21 samples are 10 frames.
    assert_eq!(
        (
            stats.captured,
            stats.buffered,
            stats.dropped,
            stats.delivered
        ),
        (50, 20, 30, 0)
    );
    assert_eq!(stats.high_water, 20);
    hub.settle();
    assert_eq!(hub.stats().buffered, 20, "settling hands nothing to nobody");
}

#[test]
fn gap_positions_are_exact() {
    let (mut input, hub) = open(spec(2, 20)).unwrap();
    input.push(&numbered(0, 25, 2), 0.0);
    let reader = hub.reader(chunks(4)).unwrap();
    hub.settle();
    let first = take_all(&reader);
    assert_eq!(shape(&first, 2), [(0, 4, 0, false), (4, 4, 0, false)]);
    assert_eq!(
        reader.stats().buffered,
        4,
        "a partial chunk counts as buffered"
    );
    input.push(&numbered(25, 6, 2), 0.0);
    hub.settle();
    let second = take_all(&reader);
    // The chunk before the gap is short, the one after it says what was lost.
    assert_eq!(shape(&second, 2), [(8, 2, 0, false), (25, 4, 30, false)]);
    input.push(&numbered(31, 3, 2), 0.0);
    drop(input);
    hub.close_and_join();
    let third = take_all(&reader);
    assert_eq!(shape(&third, 2), [(29, 4, 0, false), (33, 1, 0, true)]);
    assert_eq!(reader.take(), Taken::End);
    assert_eq!(verify(&[first, second, third].concat(), 2, 0), (38, 30, 34));
}

#[test]
fn a_loss_at_the_very_end_is_told_by_the_final_chunk() {
    let (mut input, hub) = open(spec(1, 8)).unwrap();
    input.push(&numbered(0, 11, 1), 0.0);
    drop(input);
    let reader = hub.reader(chunks(8)).unwrap();
    let taken: Vec<Chunk> = std::iter::from_fn(|| match reader.wait_take(Duration::from_secs(5)) {
        Taken::Chunk(chunk) => Some(chunk),
        _ => None,
    })
    .collect();
    assert_eq!(shape(&taken, 1), [(0, 8, 0, false), (11, 0, 3, true)]);
    let account = reader.stats();
    assert_eq!(
        (
            account.received,
            account.delivered,
            account.dropped,
            account.buffered
        ),
        (11, 8, 3, 0)
    );
}

#[test]
fn a_ring_of_one_frame_works() {
    let (mut input, hub) = open(spec(8, 1)).unwrap();
    let reader = hub.reader(chunks(2)).unwrap();
    let mut taken = Vec::new();
    for frame in 0..7 {
        input.push(&numbered(frame, 1, 8), 0.0);
        hub.settle();
        taken.extend(take_all(&reader));
    }
    // A block that is larger than the ring keeps its first frame.
    input.push(&numbered(7, 5, 8), 0.0);
    hub.settle();
    taken.extend(take_all(&reader));
    input.push(&numbered(12, 1, 8), 0.0);
    drop(input);
    hub.close_and_join();
    taken.extend(take_all(&reader));
    assert_eq!(
        shape(&taken, 8),
        [
            (0, 2, 0, false),
            (2, 2, 0, false),
            (4, 2, 0, false),
            (6, 2, 0, false),
            (12, 1, 32, true)
        ]
    );
    verify(&taken, 8, 0);
}

#[test]
fn more_gaps_than_the_side_ring_holds_cost_samples_but_no_exactness() {
    let (mut input, hub) = open(spec(1, 1 << 16)).unwrap();
    // Every second frame is lost by the device, and nobody reads.
    for n in 0..1_500 {
        input.push(&numbered(n * 2, 1, 1), 0.0);
        input.device_gap(1);
    }
    drop(input);
    let reader = hub.reader(chunks(10)).unwrap();
    hub.close_and_join();
    let taken = take_all(&reader);
    let (mut samples, mut dropped) = (0, 0);
    for chunk in &taken {
        assert_eq!(chunk.samples, numbered(chunk.frame, chunk.samples.len(), 1));
        samples += chunk.samples.len() as u64;
        dropped += chunk.dropped_before;
    }
    assert_eq!(samples + dropped, 1_500);
    assert!(samples >= 1_000, "{samples}");
    assert_eq!(
        taken.last().map(|c| (c.frame, c.is_final)),
        Some((3_000, true))
    );
    assert_eq!(
        (hub.stats().dropped, hub.stats().lost_by_device),
        (dropped, 1_500)
    );
}

#[test]
fn the_ring_fills_again_when_all_readers_left() {
    let (mut input, hub) = open(spec(1, 10)).unwrap();
    let first = hub.reader(chunks(5)).unwrap();
    input.push(&numbered(0, 10, 1), 0.0);
    hub.settle();
    assert_eq!(take_all(&first).len(), 2);
    drop(first);
    input.push(&numbered(10, 30, 1), 0.0);
    assert_eq!(hub.stats().buffered, 10);
    assert_eq!(hub.stats().dropped, 20);
    let second = hub.reader(chunks(5)).unwrap();
    hub.settle();
    let mut taken = take_all(&second);
    input.push(&numbered(40, 5, 1), 0.0);
    hub.settle();
    taken.extend(take_all(&second));
    assert_eq!(
        shape(&taken, 1),
        [(10, 5, 0, false), (15, 5, 0, false), (40, 5, 20, false)]
    );
    assert_eq!(second.stats().received, 35);
}

#[test]
fn later_readers_start_at_now_and_pay_for_no_earlier_loss() {
    let (mut input, hub) = open(spec(1, 10)).unwrap();
    // The first reader holds the capture thread inside its notification.
    let (entered_in, entered) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (entered_in, released) = (Mutex::new(entered_in), Mutex::new(released));
    let notify = Arc::new(move || {
        let _gone = entered_in.lock().unwrap().send(());
        let _gone = released.lock().unwrap().recv();
    });
    let first = hub
        .reader(ReaderSpec {
            chunk: 1,
            hop: 1,
            notify,
        })
        .unwrap();
    input.push(&numbered(0, 4, 1), 0.0);
    entered.recv_timeout(Duration::from_secs(5)).unwrap();
    // The ring holds 4..14, 14..20 is lost; then the second reader comes, and 20..23 is lost.
    input.push(&numbered(4, 16, 1), 0.0);
    let second = hub.reader(chunks(4)).unwrap();
    input.push(&numbered(20, 3, 1), 0.0);
    let mut heard = take_all(&first);
    drop(release);
    hub.settle();
    heard.extend(take_all(&first));
    input.push(&numbered(23, 6, 1), 0.0);
    hub.settle();
    heard.extend(take_all(&first));
    assert_eq!(shape(&take_all(&second), 1), [(23, 4, 3, false)]);
    assert_eq!(second.stats().received, 9);
    assert_eq!(second.stats().dropped, 3);
    assert_eq!(verify(&heard, 1, 0), (20, 9, 29));
    assert_eq!(first.stats().dropped, 9);
}

#[test]
fn losses_are_told_without_a_reader_summed_and_at_most_ten_a_second() {
    let (mut input, hub) = open(spec(2, 20)).unwrap();
    let told: Arc<Mutex<Vec<(Instant, Dropped)>>> = Arc::default();
    let list = Arc::clone(&told);
    hub.on_dropped(Arc::new(move |loss| {
        list.lock().unwrap().push((Instant::now(), loss))
    }));
    input.push(&numbered(0, 10, 2), 0.0);
    let begin = Instant::now();
    let mut lost = 0;
    while begin.elapsed() < Duration::from_millis(700) {
        input.push(&numbered(0, 3, 2), 0.0);
        lost += 6;
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(input);
    hub.close_and_join();
    // Ten a second, the first at once and the last at the end.
    let most = 2 + (10.0 * begin.elapsed().as_secs_f64()) as usize;
    let told = told.lock().unwrap();
    assert_eq!(told.iter().map(|(_, loss)| loss.samples).sum::<u64>(), lost);
    assert!((2..=most).contains(&told.len()), "{} events", told.len());
    // Each begins where the one before ended: the loss is one.
    let mut next = 10;
    for (_, loss) in told.iter() {
        assert_eq!(loss.frame, next);
        next += loss.samples / 2;
    }
}

#[test]
fn a_reader_counts_what_the_ring_refused_once_nothing_is_buffered() {
    let (mut input, hub) = open(spec(2, 20)).unwrap();
    // Lost before anybody came: the first reader's own, not the second one's.
    input.push(&numbered(0, 25, 2), 0.0);
    let first = hub.reader(chunks(10)).unwrap();
    hub.settle();
    let second = hub.reader(chunks(10)).unwrap();
    let account = |reader: &Reader| (reader.stats().received, reader.stats().dropped);
    wait_until(|| account(&first) == (50, 30));
    let mut refused = 30;
    let mut taken = take_all(&first);
    for n in 0..20 {
        // Half of it finds no room, and no sample follows.
        input.push(&numbered(25 + 20 * n, 20, 2), 0.0);
        refused = hub.stats().dropped;
        wait_until(|| hub.stats().buffered == 0 && account(&first).1 == refused);
        assert_eq!(account(&first).0, hub.stats().captured);
        wait_until(|| account(&second) == (40 * (n + 1), refused - 30));
        taken.extend(take_all(&first));
        take_all(&second);
    }
    assert_eq!(refused, 30 + 20 * 20);
    drop(input);
    hub.close_and_join();
    taken.extend(take_all(&first));
    // The places are told as ever, and nothing was counted twice.
    let lost: u64 = taken.iter().map(|chunk| chunk.dropped_before).sum();
    assert_eq!((lost, account(&first)), (refused, (50 + 800, refused)));
    assert_eq!(account(&second), (800, refused - 30));
    assert_eq!(verify(&taken, 2, 0), (850 - refused, refused, 425));
}

/// Waits for what comes without further ado; it need not be soon.
fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}
