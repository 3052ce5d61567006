//! What the callback's end, the capture thread, the hub and its readers share.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::gaps::Dropped;
use crate::ledger::Pushed;
use crate::link::Link;
use crate::lock::lock;
use crate::reader::ReaderCore;

/// Who is told of losses.
pub(crate) type LossListener = Arc<dyn Fn(Dropped) + Send + Sync>;

/// The state of one capture. The callback touches its atomics only.
pub(crate) struct Shared {
    pub(crate) link: Arc<Link>,
    /// Held while a batch is handed out, so a reader comes and goes between batches.
    pub(crate) board: Mutex<Board>,
    /// How many are on the board; read where no lock may be taken.
    reader_count: AtomicUsize,
    closing: AtomicBool,
    paused: AtomicBool,
    /// How often the callback went on after a pause.
    resumed: AtomicU64,
    /// Of the resampler: bits of an `f64`, seconds.
    latency: AtomicU64,
    progress: Mutex<Progress>,
    progressed: Condvar,
    on_dropped: Mutex<Option<LossListener>>,
}

/// Who is attached, and what they were told.
#[derive(Default)]
pub(crate) struct Board {
    pub(crate) readers: Vec<Arc<ReaderCore>>,
    pub(crate) ended: bool,
    pub(crate) told: Told,
}

/// How far the stream was handed out, by the newest batch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told {
    /// Samples popped.
    pub(crate) position: u64,
    /// Samples told as refused by the ring.
    pub(crate) dropped: u64,
    /// Index of the next frame.
    pub(crate) frame: u64,
}

/// How far the readers were served, in samples popped.
#[derive(Default)]
struct Progress {
    served: u64,
    ended: bool,
}

impl Shared {
    pub(crate) fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            board: Mutex::new(Board::default()),
            reader_count: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            resumed: AtomicU64::new(0),
            latency: AtomicU64::new(0),
            progress: Mutex::new(Progress::default()),
            progressed: Condvar::new(),
            on_dropped: Mutex::new(None),
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    pub(crate) fn set_paused(&self, paused: bool) {
        self.paused.store(paused, Ordering::Release);
    }

    /// The callback goes on after a pause; before it pushes anything.
    pub(crate) fn count_resume(&self) {
        self.resumed.fetch_add(1, Ordering::Relaxed);
    }

    /// What the ring brings from behind a pause brings its count along.
    pub(crate) fn resumes(&self) -> u64 {
        self.resumed.load(Ordering::Relaxed)
    }

    pub(crate) fn latency(&self) -> f64 {
        f64::from_bits(self.latency.load(Ordering::Relaxed))
    }

    pub(crate) fn set_latency(&self, seconds: f64) {
        self.latency.store(seconds.to_bits(), Ordering::Relaxed);
    }

    /// Whether the thread may end without a reader.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.link.wake.notify();
    }

    pub(crate) fn has_readers(&self) -> bool {
        self.reader_count.load(Ordering::Acquire) > 0
    }

    /// Puts a reader on the board, made for what was pushed before its time; `None`: too late.
    /// `live`: for nothing that the ring holds.
    pub(crate) fn attach(
        &self,
        live: bool,
        make: impl FnOnce(Pushed) -> ReaderCore,
    ) -> Option<Arc<ReaderCore>> {
        let mut board = lock(&self.board);
        if board.ended {
            return None;
        }
        // A first reader gets what the ring holds.
        let is_first = board.readers.is_empty();
        let start = if is_first && !live {
            Pushed::default()
        } else {
            self.link.ledger.pushed()
        };
        let reader = Arc::new(make(start));
        board.readers.push(Arc::clone(&reader));
        self.reader_count
            .store(board.readers.len(), Ordering::Release);
        drop(board);
        self.link.call();
        Some(reader)
    }

    /// Takes a reader off the board; says how far the stream was handed out by then.
    pub(crate) fn detach(&self, reader: &Arc<ReaderCore>) -> Told {
        let mut board = lock(&self.board);
        board.readers.retain(|other| !Arc::ptr_eq(other, reader));
        self.reader_count
            .store(board.readers.len(), Ordering::Release);
        let told = board.told;
        drop(board);
        self.progressed.notify_all();
        told
    }

    pub(crate) fn set_on_dropped(&self, listener: LossListener) {
        *lock(&self.on_dropped) = Some(listener);
    }

    pub(crate) fn on_dropped(&self) -> Option<LossListener> {
        lock(&self.on_dropped).clone()
    }

    /// Waits until the readers were served all that is pushed by now, if there are any.
    pub(crate) fn settle(&self) {
        let target = self.link.ledger.pushed().accepted;
        let _hurry = self.link.hurry();
        let mut progress = lock(&self.progress);
        while progress.served < target && !progress.ended && self.has_readers() {
            // A reader that leaves does so without this lock: look again after a while.
            let waited = self
                .progressed
                .wait_timeout(progress, Duration::from_millis(20));
            progress = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The readers have everything up to this position, and know.
    pub(crate) fn served(&self, position: u64) {
        lock(&self.progress).served = position;
        self.progressed.notify_all();
    }

    /// The capture thread is gone. Only after a panic are there readers that were not told.
    pub(crate) fn end(&self) {
        let mut board = lock(&self.board);
        if !board.ended {
            board.ended = true;
            board.readers.iter().for_each(|reader| reader.abandon());
        }
        drop(board);
        lock(&self.progress).ended = true;
        self.progressed.notify_all();
    }
}
