//! Wakes that are spared, and calls: nobody waits for ever for a sample that is there.
//!
//! The end would make up for any wake that was missed. So here it comes only after somebody has
//! waited for what was pushed. That one is told by `Notify`, not with a lock: in loom an `unpark` also
//! gets a thread going that waits for a lock.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use loom::sync::Notify;

use super::{MakeWake, condvar, model, unpark};
use crate::link::{Attend, Link, Served};
use crate::sync::{AtomicU64, thread};
use crate::wanted::Patience;

/// Farther than anything that is pushed here.
pub(super) const FAR: u64 = 10;
/// Samples that the ring holds.
pub(super) const CAPACITY: u64 = 2;

/// What all share.
pub(super) struct Stream {
    pub(super) link: Link,
    pub(super) readable: AtomicU64,
    /// Samples a chunk of the reader that there is.
    pub(super) chunk: AtomicU64,
    handed: AtomicU64,
    told: Notify,
}

impl Stream {
    /// Pushes sample `n`, counted from 1, without a word.
    pub(super) fn push(&self, n: u64) {
        self.readable.store(n, Ordering::Release);
    }

    /// Waits until so many samples were handed out.
    pub(super) fn wait_for(&self, samples: u64) {
        while self.handed.load(Ordering::Acquire) < samples {
            self.told.wait();
        }
    }
}

/// The consumer's end.
pub(super) struct Chunks {
    pub(super) stream: Arc<Stream>,
    popped: u64,
    patience: Patience,
}

impl Attend for Chunks {
    fn serve(&mut self) -> Served {
        let readable = self.stream.readable.load(Ordering::Acquire);
        if readable == self.popped {
            return Served::Nothing;
        }
        self.popped = readable;
        self.stream.handed.store(readable, Ordering::Release);
        self.stream.told.notify();
        Served::Batch
    }

    fn end(&mut self, served: Served) -> bool {
        served == Served::Nothing
    }

    fn pause(&mut self) {}

    fn wants(&mut self) -> u64 {
        let chunk = self.stream.chunk.load(Ordering::Relaxed);
        let complete = (self.popped / chunk + 1) * chunk;
        self.patience.until(self.popped, complete)
    }

    fn has_work(&self, wanted: u64, is_finished: bool) -> bool {
        let readable = self.stream.readable.load(Ordering::Acquire);
        (readable > self.popped && readable >= wanted) || is_finished
    }
}

/// What a model is made of; the rest is what ships.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    pub(super) wake: MakeWake,
    pub(super) chunk: u64,
    pub(super) patience: Patience,
    pub(super) consumer: fn(&Link, &mut Chunks),
    /// What the callback does.
    pub(super) producer: fn(&Stream),
    /// What somebody else does meanwhile.
    pub(super) other: Option<fn(&Stream)>,
    /// The callback's last act.
    pub(super) finish: fn(&Link),
}

impl Scene {
    pub(super) fn new(wake: MakeWake, chunk: u64, producer: fn(&Stream)) -> Self {
        Self {
            wake,
            chunk,
            patience: Patience::bounded(FAR, 2 * FAR),
            consumer: Link::attend,
            producer,
            other: None,
            finish: Link::finish,
        }
    }

    /// Runs it. Panics when somebody waits for ever.
    pub(super) fn check(self) {
        let preemptions = if self.other.is_some() { 2 } else { 4 };
        model(preemptions).check(move || {
            let stream = Arc::new(Stream {
                link: Link::new((self.wake)()),
                readable: AtomicU64::new(0),
                chunk: AtomicU64::new(self.chunk),
                handed: AtomicU64::new(0),
                told: Notify::new(),
            });
            let mut chunks = Chunks {
                stream: Arc::clone(&stream),
                popped: 0,
                patience: self.patience,
            };
            let consumer = thread::Builder::new()
                .spawn(move || {
                    let stream = Arc::clone(&chunks.stream);
                    (self.consumer)(&stream.link, &mut chunks);
                })
                .unwrap();
            stream.link.wake.bind(consumer.thread());
            let other = self.other.map(|other| {
                let stream = Arc::clone(&stream);
                thread::Builder::new()
                    .spawn(move || other(&stream))
                    .unwrap()
            });
            (self.producer)(&stream);
            if let Some(other) = other {
                other.join().unwrap();
            }
            (self.finish)(&stream.link);
            consumer.join().unwrap();
        });
    }
}

/// The samples up to `last`, each with its question to the consumer.
pub(super) fn push_up_to(stream: &Stream, last: u64) {
    for n in 1..=last {
        stream.push(n);
        stream.link.pushed(n);
    }
}

/// A chunk of two, and somebody who waits for it.
pub(super) fn one_chunk(stream: &Stream) {
    push_up_to(stream, 2);
    stream.wait_for(2);
}

#[test]
fn a_chunk_is_handed_out_when_it_is_complete() {
    for wake in [condvar as MakeWake, unpark] {
        Scene::new(wake, 2, one_chunk).check();
        Scene::new(wake, 1, one_chunk).check();
    }
}

/// Fills the ring, then needs room.
pub(super) fn fill(stream: &Stream) {
    push_up_to(stream, CAPACITY);
    stream.wait_for(1);
}

#[test]
fn a_ring_never_fills_for_want_of_a_wake() {
    for wake in [condvar as MakeWake, unpark] {
        let mut scene = Scene::new(wake, FAR, fill);
        scene.patience = Patience::bounded(FAR, CAPACITY);
        scene.check();
    }
}

/// Pushes less than a chunk, and has no more to say.
pub(super) fn too_little(stream: &Stream) {
    push_up_to(stream, 1);
}

#[test]
fn the_end_needs_no_wish() {
    for wake in [condvar as MakeWake, unpark] {
        Scene::new(wake, FAR, too_little).check();
    }
}

/// A hole in the stream completes the chunk before it.
fn push_and_call(stream: &Stream) {
    stream.push(1);
    stream.link.call();
    stream.wait_for(1);
}

#[test]
fn what_no_position_tells_is_a_call() {
    for wake in [condvar as MakeWake, unpark] {
        Scene::new(wake, FAR, push_and_call).check();
    }
}

/// A reader of smaller chunks comes.
pub(super) fn attach(stream: &Stream) {
    stream.chunk.store(1, Ordering::Relaxed);
    stream.link.call();
    stream.wait_for(1);
}

#[test]
fn a_reader_that_comes_need_not_wait_for_the_chunks_of_others() {
    for wake in [condvar as MakeWake, unpark] {
        let mut scene = Scene::new(wake, FAR, too_little);
        scene.other = Some(attach);
        scene.check();
    }
}

/// Waits for a sample that is counted, and may still be on its way into the ring.
fn settle(stream: &Stream) {
    let _hurry = stream.link.hurry();
    stream.wait_for(1);
}

#[test]
fn who_waits_for_all_there_is_gets_it() {
    for wake in [condvar as MakeWake, unpark] {
        let mut scene = Scene::new(wake, FAR, too_little);
        scene.other = Some(settle);
        scene.check();
    }
}
