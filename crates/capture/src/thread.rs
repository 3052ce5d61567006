//! The capture thread: waits, pops, serves the readers, tells losses.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::consumer::{Consumer, Piece};
use crate::gaps::Dropped;
use crate::link::{Attend, Served};
use crate::lock::lock;
use crate::shared::Shared;
use crate::side::Merge;
use crate::voice::Voice;

/// Nine reports fit into any second, and the one at the end makes ten.
const REPORT_INTERVAL: Duration = Duration::from_millis(112);

/// What the thread owns.
pub(crate) struct CaptureThread {
    consumer: Consumer,
    shared: Arc<Shared>,
    voice: Option<Voice>,
    /// Losses not told yet.
    untold: Option<Dropped>,
    told_at: Option<Instant>,
    /// Reused: who is to be told after a batch.
    due: Vec<Arc<dyn Fn() + Send + Sync>>,
    #[cfg(feature = "sabotage")]
    stops_at: Option<Instant>,
}

impl CaptureThread {
    pub(crate) fn new(consumer: Consumer, shared: Arc<Shared>, voice: Option<Voice>) -> Self {
        Self {
            consumer,
            shared,
            voice,
            untold: None,
            told_at: None,
            due: Vec::new(),
            #[cfg(feature = "sabotage")]
            stops_at: Some(Instant::now() + Duration::from_secs(1)),
        }
    }

    /// Runs until the producer is gone and the readers, if any, have everything.
    pub(crate) fn run(mut self) {
        // Also when a listener panics: nobody may wait for ever.
        let _end = EndGuard(Arc::clone(&self.shared));
        let link = Arc::clone(&self.shared.link);
        link.attend(&mut self);
    }

    fn tell_readers(&mut self) {
        for notify in self.due.drain(..) {
            notify();
        }
    }

    /// Tells what was lost, summed, at most ten times a second.
    fn report(&mut self, is_last: bool) {
        while let Some(loss) = self.consumer.loss() {
            add(&mut self.untold, loss);
        }
        let is_time = is_last
            || self
                .told_at
                .is_none_or(|at| at.elapsed() >= REPORT_INTERVAL);
        if let Some(loss) = self.untold.filter(|_| is_time)
            && let Some(listener) = self.shared.on_dropped()
        {
            self.untold = None;
            self.told_at = Some(Instant::now());
            listener(loss);
        }
    }

    /// Planted fault: 3 s of sleep, once, a second after the start.
    #[cfg(feature = "sabotage")]
    fn stop_once(&mut self) {
        if noxrun_sabotage::is(noxrun_sabotage::Fault::StoppedCaptureThread)
            && self.stops_at.is_some_and(|at| Instant::now() >= at)
        {
            self.stops_at = None;
            std::thread::sleep(Duration::from_secs(3));
        }
    }
}

impl Attend for CaptureThread {
    /// Hands one batch to the readers. Without readers the ring fills.
    fn serve(&mut self) -> Served {
        #[cfg(feature = "sabotage")]
        self.stop_once();
        let served = {
            let mut board = lock(&self.shared.board);
            let (untold, voice) = (&mut self.untold, &mut self.voice);
            let offer = |piece: Piece<'_>| {
                let heard = voice.as_mut().map(|voice| voice.hear(&piece));
                let readers = board.readers.iter();
                let refusals = readers.map(|reader| reader.offer(&piece, heard));
                refusals.flatten().for_each(|loss| add(untold, loss));
            };
            let served = if board.readers.is_empty() {
                Served::Nobody
            } else if self.consumer.drain(offer) {
                Served::Batch
            } else {
                Served::Nothing
            };
            if let Some(refused) = self.consumer.refused_at_end() {
                let readers = board.readers.iter();
                readers.for_each(|reader| reader.count_refused(refused));
            }
            board.told = self.consumer.told();
            self.due
                .extend(board.readers.iter().filter_map(|reader| reader.due()));
            served
        };
        self.tell_readers();
        if served == Served::Batch {
            self.shared.served(self.consumer.position());
        }
        served
    }

    /// Ends the readers if the last attempt, after the producer was gone, found nothing to serve.
    fn end(&mut self, served: Served) -> bool {
        {
            let mut board = lock(&self.shared.board);
            let is_over = match served {
                Served::Batch => false,
                Served::Nothing => true,
                // Until the close somebody may still come for what the ring holds.
                Served::Nobody => board.readers.is_empty() && self.shared.is_closing(),
            };
            if !is_over {
                return false;
            }
            board.ended = true;
            for reader in &board.readers {
                reader.finish(self.consumer.frame(), self.consumer.time());
                self.due.extend(reader.due());
            }
        }
        self.tell_readers();
        self.report(true);
        true
    }

    fn pause(&mut self) {
        self.report(false);
    }

    /// Where the first of the readers' next chunks is complete; at once without readers. A listener
    /// that needs less than a chunk lowers it here.
    fn wants(&mut self) -> u64 {
        let board = lock(&self.shared.board);
        let position = self.consumer.position();
        let readers = board.readers.iter();
        let complete = readers.map(|reader| reader.completes_at(position)).min();
        complete.map_or(0, |complete| self.consumer.wanted(complete))
    }

    fn has_work(&self, wanted: u64, is_finished: bool) -> bool {
        let shared = &self.shared;
        let readable = shared.has_readers() && self.consumer.reaches(wanted);
        let ending = is_finished && (shared.has_readers() || shared.is_closing());
        readable || ending
    }
}

/// Adds a loss to those that are not told yet.
fn add(untold: &mut Option<Dropped>, loss: Dropped) {
    match untold {
        Some(untold) => untold.merge(loss),
        None => *untold = Some(loss),
    }
}

/// Marks the end however the thread ends.
struct EndGuard(Arc<Shared>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        self.0.end();
    }
}
