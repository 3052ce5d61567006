//! The user's end of a capture.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use crate::error::CaptureError;
use crate::gaps::Dropped;
use crate::handoff::handoff;
use crate::input::{CaptureInput, conversion};
use crate::lock::lock;
use crate::meter::{Meter, MeterCells, MeterWriter};
use crate::reader::{Reader, ReaderCore};
use crate::shared::Shared;
use crate::spec::{CaptureSpec, ReaderSpec};
use crate::stats::CaptureStats;
use crate::sync::thread::{self, JoinHandle};
use crate::thread::CaptureThread;
use crate::voice::Voice;
use crate::wake::{Wake, wake};

/// Most samples a chunk.
const MAX_CHUNK: usize = 1 << 30;

/// Opens a capture: the callback's end and the user's end. Starts the capture thread.
///
/// # Errors
/// [`CaptureError::Channels`] when the device's channels cannot become the delivered ones,
/// [`CaptureError::ChannelMap`] or [`CaptureError::ChannelMapLength`] when those chosen do not fit,
/// [`CaptureError::Resample`] when a rate is not in 1,000..=768,000 Hz or there are more than 64
/// channels, [`CaptureError::Thread`] when the thread cannot be started.
pub fn open(spec: CaptureSpec) -> Result<(CaptureInput, CaptureHub), CaptureError> {
    let wake = wake(spec.wake);
    open_with(spec, wake)
}

/// The same, with a wake that is at hand.
pub(crate) fn open_with(
    spec: CaptureSpec,
    wake: Arc<dyn Wake>,
) -> Result<(CaptureInput, CaptureHub), CaptureError> {
    #[cfg(feature = "sabotage")]
    noxrun_sabotage::init();
    let (map, resampler) = conversion(&spec)?;
    let (producer, consumer, link) = handoff(&spec, wake);
    let (meter, cells) = MeterWriter::new(spec.channels, spec.rate);
    let shared = Arc::new(Shared::new(link));
    shared.set_latency(resampler.delay_frames() / f64::from(spec.device_rate));
    let voice = spec
        .voice
        .map(|voice| Voice::new(voice, spec.channels, spec.rate))
        .transpose()?;
    let served = CaptureThread::new(consumer, Arc::clone(&shared), voice);
    let thread = thread::Builder::new()
        .name("noxrun-capture".to_owned())
        .spawn(move || served.run())
        .map_err(CaptureError::Thread)?;
    shared.link.wake.bind(thread.thread());
    let input = CaptureInput::new(&spec, map, resampler, producer, meter, Arc::clone(&shared));
    let hub = CaptureHub(Arc::new(Handle {
        shared,
        spec,
        cells,
        thread: Mutex::new(Some(thread)),
    }));
    Ok((input, hub))
}

/// The user's end of a capture: readers, account, meter. Clones are the same capture.
///
/// The capture ends when its [`CaptureInput`] does; the thread then stays until every reader has
/// been told, or, without readers, until [`close_and_join`](Self::close_and_join) or the last clone
/// is dropped.
#[derive(Clone)]
pub struct CaptureHub(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    spec: CaptureSpec,
    cells: Arc<MeterCells>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl CaptureHub {
    /// A new reader. A first one gets what the ring holds and, in its place, what was lost before;
    /// with others present it starts at now. Its queue holds `max(capacity, one chunk)` samples.
    ///
    /// # Errors
    /// [`CaptureError::Chunk`] or [`CaptureError::Hop`] for sizes out of range,
    /// [`CaptureError::Closed`] when the capture has ended.
    pub fn reader(&self, spec: ReaderSpec) -> Result<Reader, CaptureError> {
        self.attach_reader(spec, false)
    }

    /// `live`: it gets nothing that the ring holds.
    pub(crate) fn attach_reader(
        &self,
        spec: ReaderSpec,
        live: bool,
    ) -> Result<Reader, CaptureError> {
        let channels = self.0.spec.channels;
        let chunk = spec.chunk;
        if chunk == 0
            || chunk
                .checked_mul(channels)
                .is_none_or(|samples| samples > MAX_CHUNK)
        {
            return Err(CaptureError::Chunk(chunk));
        }
        if !(1..=chunk).contains(&spec.hop) {
            return Err(CaptureError::Hop {
                hop: spec.hop,
                chunk,
            });
        }
        let capacity = (self.0.spec.capacity / channels).max(1) * channels;
        let shared = &self.0.shared;
        let core = shared
            .attach(live, |start| {
                let listens = self.0.spec.voice.is_some();
                ReaderCore::new(spec, channels, self.0.spec.rate, capacity, start, listens)
            })
            .ok_or(CaptureError::Closed)?;
        Ok(Reader::new(core, Arc::clone(shared)))
    }

    /// The account, of one moment, and those of the attached readers, each of one moment.
    #[must_use]
    pub fn stats(&self) -> CaptureStats {
        let shared = &self.0.shared;
        let readers = lock(&shared.board)
            .readers
            .iter()
            .map(|reader| reader.stats())
            .collect();
        let ledger = &shared.link.ledger;
        let (pushed, popped) = ledger.balance();
        CaptureStats {
            callbacks: ledger.callbacks.load(Ordering::Relaxed),
            captured: pushed.accepted + pushed.refused,
            delivered: popped,
            dropped: pushed.refused,
            buffered: pushed.accepted - popped,
            high_water: ledger.high_water.load(Ordering::Relaxed),
            lost_by_device: ledger.lost_by_device.load(Ordering::Relaxed),
            contended_wakes: ledger.contended_wakes.load(Ordering::Relaxed),
            readers,
        }
    }

    /// Who is told of what the ring, or the queue of a reader, refuses, instead of who was before: on
    /// the capture thread, with no lock held, readers or none, at most ten times a second, summed.
    /// What two readers lost counts twice. Must return soon.
    pub fn on_dropped(&self, listener: Arc<dyn Fn(Dropped) + Send + Sync>) {
        self.0.shared.set_on_dropped(listener);
    }

    /// Levels of the delivered channels over the last 100 ms. Reading changes nothing; while paused
    /// they are 0.
    #[must_use]
    pub fn meter(&self) -> Meter {
        self.0.cells.read()
    }

    /// From the next callback on nothing is captured, and the frame index follows time.
    pub fn pause(&self) {
        self.0.shared.set_paused(true);
    }

    /// From the next callback on frames are captured again.
    pub fn resume(&self) {
        self.0.shared.set_paused(false);
    }

    /// Waits until everything that is in the ring now has been handed to the readers, and they have
    /// been told. Returns at once with no reader, or when the capture has ended.
    pub fn settle(&self) {
        self.0.shared.settle();
    }

    /// Waits until the ring has been handed to its readers and the capture thread has ended; with
    /// no reader the rest stays counted as buffered. Only after the [`CaptureInput`] was dropped or
    /// finished: until then it waits for that. Does not wait for the readers; may be called again.
    pub fn close_and_join(&self) {
        self.0.shared.close();
        let mut thread = lock(&self.0.thread);
        if thread
            .as_ref()
            .is_some_and(|thread| thread.thread().id() == thread::current().id())
        {
            return;
        }
        if let Some(thread) = thread.take() {
            // A listener that panicked has said so; the readers were ended all the same.
            let _panicked = thread.join();
        }
    }

    /// Seconds by which the resampler delays the stream.
    #[must_use]
    pub fn latency_seconds(&self) -> f64 {
        self.0.shared.latency()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
    }
}

#[cfg(all(test, not(noxrun_loom)))]
impl CaptureHub {
    /// Where the capture thread wants to be woken.
    pub(crate) fn wanted(&self) -> u64 {
        self.0.shared.link.wanted.position.load(Ordering::Relaxed)
    }
}
