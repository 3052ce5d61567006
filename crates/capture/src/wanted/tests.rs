//! Which callbacks wake, on real threads, and where chunks are complete.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::chunker::Chunker;
use crate::handoff::handoff;
use crate::hub::{CaptureHub, open_with};
use crate::input::CaptureInput;
use crate::reader::Taken;
use crate::spec::{CaptureSpec, ReaderSpec, WakeKind};
use crate::wake::{Wake, wake};

/// A millisecond.
const CALLBACK: usize = 48;
/// 20 ms.
const CHUNK: usize = 960;

/// What ships, with its notifications counted.
struct Counted {
    wake: Arc<dyn Wake>,
    notified: AtomicU64,
}

impl Counted {
    fn new(kind: WakeKind) -> Arc<Self> {
        Arc::new(Self {
            wake: wake(kind),
            notified: AtomicU64::new(0),
        })
    }

    /// Notifications of `work`.
    fn during(&self, work: impl FnOnce()) -> u64 {
        let before = self.notified.load(Ordering::SeqCst);
        work();
        self.notified.load(Ordering::SeqCst) - before
    }
}

impl Wake for Counted {
    fn notify(&self) -> bool {
        self.notified.fetch_add(1, Ordering::SeqCst);
        self.wake.notify()
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        self.wake.wait(idle);
    }

    fn bind(&self, consumer: &Thread) {
        self.wake.bind(consumer);
    }
}

fn spec(capacity: usize, wake: WakeKind) -> CaptureSpec {
    CaptureSpec {
        device_rate: 48_000,
        device_channels: 1,
        rate: 48_000,
        channels: 1,
        capacity,
        quality: noxrun_resample::Quality::Balanced,
        wake,
        max_callback_frames: CALLBACK,
        channel_map: None,
        pre_roll: 0,
        voice: None,
    }
}

fn chunks(chunk: usize) -> ReaderSpec {
    ReaderSpec {
        chunk,
        hop: chunk,
        notify: Arc::new(|| {}),
    }
}

fn started(kind: WakeKind) -> (CaptureInput, CaptureHub, Arc<Counted>) {
    let counted = Counted::new(kind);
    let wake: Arc<dyn Wake> = Arc::clone(&counted) as Arc<dyn Wake>;
    let (input, hub) = open_with(spec(48_000, kind), wake).unwrap();
    (input, hub, counted)
}

/// Waits until the capture thread has said so.
fn wait_for_wish(hub: &CaptureHub, position: u64) {
    let begin = Instant::now();
    while hub.wanted() != position {
        let waited = begin.elapsed();
        assert!(waited < Duration::from_secs(20), "wants {}", hub.wanted());
        thread::yield_now();
    }
}

#[test]
fn a_callback_wakes_only_if_it_completes_a_chunk() {
    for kind in [WakeKind::Condvar, WakeKind::Unpark] {
        let (mut input, hub, counted) = started(kind);
        let reader = hub.reader(chunks(CHUNK)).unwrap();
        for n in 1..=30u64 {
            wait_for_wish(&hub, n * CHUNK as u64);
            for callback in 1..=CHUNK / CALLBACK {
                let notified = counted.during(|| input.push(&[0.5; CALLBACK], 0.0));
                assert_eq!(
                    notified,
                    u64::from(callback == CHUNK / CALLBACK),
                    "{kind:?}"
                );
            }
            let taken = reader.wait_take(Duration::from_secs(20));
            let Taken::Chunk(chunk) = taken else {
                panic!("no chunk: {taken:?}");
            };
            assert_eq!(chunk.frame, (n - 1) * CHUNK as u64);
        }
    }
}

#[test]
fn the_smallest_chunk_of_all_readers_decides_while_its_reader_is_there() {
    let (mut input, hub, _counted) = started(WakeKind::Condvar);
    let _large = hub.reader(chunks(2_000)).unwrap();
    wait_for_wish(&hub, 2_000);
    let small = hub.reader(chunks(500)).unwrap();
    wait_for_wish(&hub, 500);
    drop(small);
    input.push(&[0.5; 600], 0.0);
    wait_for_wish(&hub, 2_000);
}

#[test]
fn nobody_waits_longer_than_50_ms_of_sound() {
    let (mut input, hub, counted) = started(WakeKind::Condvar);
    let _reader = hub.reader(chunks(48_000)).unwrap();
    wait_for_wish(&hub, 2_400);
    assert_eq!(counted.during(|| input.push(&[0.5; 2_400], 0.0)), 1);
    wait_for_wish(&hub, 4_800);
}

#[test]
fn pauses_and_holes_wake_at_once() {
    for kind in [WakeKind::Condvar, WakeKind::Unpark] {
        let (mut input, hub, counted) = started(kind);
        let _reader = hub.reader(chunks(CHUNK)).unwrap();
        wait_for_wish(&hub, CHUNK as u64);
        let push = |input: &mut CaptureInput| counted.during(|| input.push(&[0.5; CALLBACK], 0.0));
        assert_eq!(push(&mut input), 0);
        hub.pause();
        assert_eq!(push(&mut input), 1, "the pause");
        assert_eq!(push(&mut input), 0);
        hub.resume();
        assert_eq!(push(&mut input), 1, "the first sample after it");
        assert_eq!(push(&mut input), 0);
        assert_eq!(counted.during(|| input.device_gap(100)), 1, "a hole");
        assert_eq!(push(&mut input), 1, "the first sample after it");
        assert_eq!(push(&mut input), 0);
        assert_eq!(counted.during(|| input.finish()), 1, "the end");
    }
}

#[test]
fn without_readers_every_callback_wakes() {
    let (mut input, _hub, counted) = started(WakeKind::Condvar);
    let notified = counted.during(|| (0..10).for_each(|_| input.push(&[0.5; CALLBACK], 0.0)));
    assert_eq!(notified, 10);
}

#[test]
fn a_consumer_that_looks_by_itself_wants_everything() {
    let (_input, hub, _counted) = started(WakeKind::Poll);
    let _reader = hub.reader(chunks(CHUNK)).unwrap();
    thread::sleep(Duration::from_millis(30));
    assert_eq!(hub.wanted(), 0);
}

/// What happens to a chunker.
#[derive(Debug, Clone, Copy)]
enum Step {
    Push(usize),
    Gap(u64),
    Take,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1usize..30).prop_map(Step::Push),
        1 => (0u64..5).prop_map(Step::Gap),
        2 => Just(Step::Take),
    ];
    prop::collection::vec(step, 0..25)
}

/// After `steps`, and so many frames more.
fn chunker(steps: &[Step], channels: usize, chunk: usize, hop: usize, more: usize) -> Chunker {
    let mut chunker = Chunker::new(channels, 48_000, chunk, hop);
    let mut frame = 0;
    for &step in steps.iter().chain(&[Step::Push(more)]) {
        match step {
            Step::Push(frames) => {
                chunker.push_samples(&vec![0.5; frames * channels], frame, 0.0);
                frame += frames as u64;
            }
            Step::Gap(frames) => {
                frame += frames;
                chunker.push_gap(frames * channels as u64, frame);
            }
            Step::Take => drop(chunker.next_chunk()),
        }
    }
    chunker
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_sample_that_completes_a_chunk_is_known(
        steps in steps(),
        channels in 1usize..4,
        chunk in 1usize..40,
        overlap in 0usize..40,
    ) {
        let hop = chunk - overlap.min(chunk - 1);
        let ready = |more| {
            let mut chunker = chunker(&steps, channels, chunk, hop, more);
            std::iter::from_fn(|| chunker.next_chunk()).count()
        };
        let now = ready(0);
        // A chunk starts at least every `chunk` frames.
        let first = (1..=chunk).find(|&more| ready(more) > now);
        let missing = chunker(&steps, channels, chunk, hop, 0).missing();
        prop_assert_eq!(Some(missing), first.map(|frames| frames * channels));
    }

    #[test]
    fn no_ring_overflows_before_a_wake(
        capacity in 1usize..400,
        blocks in prop::collection::vec(1usize..=CALLBACK, 1..40),
    ) {
        let counted = Counted::new(WakeKind::Condvar);
        let wake: Arc<dyn Wake> = Arc::clone(&counted) as Arc<dyn Wake>;
        let (mut producer, consumer, link) = handoff(&spec(capacity, WakeKind::Condvar), wake);
        // Sleeps for a chunk that is never complete.
        link.wanted.want(consumer.wanted(u64::MAX));
        let mut has_woken = false;
        for (n, &block) in blocks.iter().enumerate() {
            producer.push(&vec![0.5; block]);
            let is_lost = link.ledger.pushed().refused > 0;
            prop_assert!(!is_lost || has_woken || n == 0, "lost without a wake before");
            has_woken |= counted.during(|| producer.notify()) > 0;
            let half = (capacity / 2) as u64;
            prop_assert!(has_woken || link.ledger.pushed().accepted < half);
        }
    }
}
