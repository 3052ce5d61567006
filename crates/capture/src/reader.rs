//! A reader: a bounded queue and an account of its own.

mod live;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::chunker::{Chunk, Chunker};
use crate::consumer::Piece;
use crate::gaps::Dropped;
use crate::ledger::Pushed;
use crate::lock::lock;
use crate::shared::{Shared, Told};
use crate::spec::ReaderSpec;
use crate::stats::ReaderStats;
use crate::voice_log::{Heard, VoiceLog};

/// What a [`Reader`] has at the moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// The next chunk.
    Chunk(Chunk),
    /// Nothing yet.
    Empty,
    /// Nothing any more: the final chunk was taken, or the reader is detached.
    End,
}

/// One listener of a capture, from the moment it was made. Dropping it detaches it.
pub struct Reader {
    core: Arc<ReaderCore>,
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn new(core: Arc<ReaderCore>, shared: Arc<Shared>) -> Self {
        Self { core, shared }
    }

    /// The next chunk, without waiting for one. Copies it out of the queue: not for an audio
    /// callback.
    #[must_use]
    pub fn take(&self) -> Taken {
        lock(&self.core.state).take(&self.core)
    }

    /// The next chunk; waits for it, `timeout` at most. For a thread of its own.
    #[must_use]
    pub fn wait_take(&self, timeout: Duration) -> Taken {
        let deadline = Instant::now() + timeout;
        let mut state = lock(&self.core.state);
        loop {
            match state.take(&self.core) {
                Taken::Empty => {}
                taken => return taken,
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::Empty;
            }
            let woken = self.core.ready.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The account, of one moment.
    #[must_use]
    pub fn stats(&self) -> ReaderStats {
        self.core.stats()
    }

    /// Takes in what was captured, or lost, until now, and nothing after it. What waits can still
    /// be taken, a partial chunk as the final one; then comes the end.
    ///
    /// Waits for the capture thread to hand out what the ring holds: not for that thread.
    pub fn finish(&self) {
        let now = self.shared.link.ledger.pushed();
        self.shared.settle();
        let told = self.shared.detach(&self.core);
        self.core.finish_at(now, told);
    }

    /// Leaves the capture: gets nothing more, and what waits is forgotten. The account stays as it
    /// was, with the forgotten samples as `buffered`: nothing refused them. May be called again.
    pub fn detach(&self) {
        self.shared.detach(&self.core);
        lock(&self.core.state).chunker.clear();
        self.core.ready.notify_all();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.detach();
    }
}

/// What the capture thread and the reader share.
pub(crate) struct ReaderCore {
    channels: u64,
    /// Whether chunks say if they are speech.
    listens: bool,
    /// Most samples that wait, a whole number of frames.
    bound: usize,
    /// What the callback had pushed when the reader was made: nothing before that is its own.
    start: Pushed,
    notify: Arc<dyn Fn() + Send + Sync>,
    state: Mutex<State>,
    ready: Condvar,
    /// Set by the capture thread while it serves a batch: something was ready.
    due: AtomicBool,
}

struct State {
    chunker: Chunker,
    /// Frame up to which the newest samples go that were kept.
    held: u64,
    /// Where speech is, if anybody listens for it.
    voice: Option<VoiceLog>,
    received: u64,
    delivered: u64,
    dropped: u64,
    /// Of all that the ring refused, how much was counted here or is not this reader's.
    counted: u64,
}

impl ReaderCore {
    /// `spec` is checked; `capacity` in samples; `start` is zero for a first reader, which gets
    /// what the ring holds.
    pub(crate) fn new(
        spec: ReaderSpec,
        channels: usize,
        rate: u32,
        capacity: usize,
        start: Pushed,
        listens: bool,
    ) -> Self {
        Self {
            channels: channels as u64,
            listens,
            bound: capacity.max(spec.chunk * channels),
            start,
            state: Mutex::new(State {
                chunker: Chunker::new(channels, rate, spec.chunk, spec.hop),
                held: 0,
                voice: None,
                received: 0,
                delivered: 0,
                dropped: 0,
                counted: start.refused,
            }),
            notify: spec.notify,
            ready: Condvar::new(),
            due: AtomicBool::new(false),
        }
    }

    /// Takes in what comes next in the stream, as far as it belongs to this reader. Says what its
    /// own queue refused. `heard`: what a listener for speech says of it.
    pub(crate) fn offer(&self, piece: &Piece<'_>, heard: Option<Heard<'_>>) -> Option<Dropped> {
        let mut refused = None;
        let mut state = lock(&self.state);
        match *piece {
            Piece::Samples {
                samples,
                position,
                frame,
                time,
            } => {
                let before = self
                    .start
                    .accepted
                    .saturating_sub(position)
                    .min(samples.len() as u64);
                let frame = frame + before / self.channels;
                refused = state.receive(
                    &samples[before as usize..],
                    frame,
                    time,
                    self.channels,
                    self.bound,
                );
            }
            Piece::Gap {
                gap,
                dropped_before,
                frame,
            } => {
                if gap.position < self.start.accepted {
                    state.hear(heard);
                    return None;
                }
                let refused = dropped_before + gap.dropped;
                state.count_refused(refused);
                let own = self.own_loss(dropped_before, refused);
                state.chunker.push_gap(own, frame);
            }
        }
        state.hear(heard);
        if state.chunker.is_ready() {
            drop(state);
            self.due.store(true, Ordering::Relaxed);
            self.ready.notify_all();
        }
        refused
    }

    /// Of what the ring refused between two of its counts, the part that is this reader's: a gap
    /// that was open when the reader came is its own only from then on.
    fn own_loss(&self, from: u64, to: u64) -> u64 {
        to.saturating_sub(from.max(self.start.refused))
    }

    /// The ring has refused so many samples so far: counts those that are not yet. Where in the
    /// stream they are missing is said by the gap that is still to come.
    pub(crate) fn count_refused(&self, refused: u64) {
        lock(&self.state).count_refused(refused);
    }

    /// The stream ends for this reader alone, at the moment of `now`, with everything up to `told`
    /// handed out.
    fn finish_at(&self, now: Pushed, told: Told) {
        let mut state = lock(&self.state);
        // With samples behind that moment handed out, so was every loss before it.
        if told.position == now.accepted {
            state.count_refused(now.refused);
        }
        // A loss at the very end is told with the next sample, which this reader will not see.
        let untold = state.counted.saturating_sub(told.dropped);
        if untold > 0 {
            let own = self.own_loss(told.dropped, state.counted);
            state
                .chunker
                .push_gap(own, told.frame + untold / self.channels);
        }
        state.chunker.abandon();
        drop(state);
        self.ready.notify_all();
    }

    /// The stream ends before `frame`.
    pub(crate) fn finish(&self, frame: u64, time: f64) {
        lock(&self.state).chunker.finish(frame, time);
        self.due.store(true, Ordering::Relaxed);
        self.ready.notify_all();
    }

    /// The capture thread is gone without an orderly end: what waits can still be taken.
    pub(crate) fn abandon(&self) {
        lock(&self.state).chunker.abandon();
        self.ready.notify_all();
    }

    /// Where in the ring's count this reader's next chunk is complete, with everything before
    /// `position` handed out.
    pub(crate) fn completes_at(&self, position: u64) -> u64 {
        let missing = lock(&self.state).chunker.missing() as u64;
        position.max(self.start.accepted) + missing
    }

    /// Whom to tell that something became ready, once.
    pub(crate) fn due(&self) -> Option<Arc<dyn Fn() + Send + Sync>> {
        self.due
            .swap(false, Ordering::Relaxed)
            .then(|| Arc::clone(&self.notify))
    }

    pub(crate) fn stats(&self) -> ReaderStats {
        let state = lock(&self.state);
        ReaderStats {
            received: state.received,
            delivered: state.delivered,
            dropped: state.dropped,
            buffered: state.received - state.delivered - state.dropped,
        }
    }
}

impl State {
    fn receive(
        &mut self,
        samples: &[f32],
        frame: u64,
        time: f64,
        channels: u64,
        bound: usize,
    ) -> Option<Dropped> {
        let room = bound.saturating_sub(self.chunker.buffered());
        let room = room - room % channels as usize;
        let (kept, refused) = samples.split_at(room.min(samples.len()));
        self.received += samples.len() as u64;
        self.chunker.push_samples(kept, frame, time);
        if !kept.is_empty() {
            self.held = frame + kept.len() as u64 / channels;
        }
        if refused.is_empty() {
            return None;
        }
        let lost = refused.len() as u64;
        self.dropped += lost;
        let next = frame + samples.len() as u64 / channels;
        self.chunker.push_gap(lost, next);
        Some(Dropped {
            samples: lost,
            frame: next - lost / channels,
        })
    }

    /// See [`ReaderCore::count_refused`].
    fn count_refused(&mut self, refused: u64) {
        let more = refused.saturating_sub(self.counted);
        self.counted += more;
        self.received += more;
        self.dropped += more;
    }

    fn hear(&mut self, heard: Option<Heard<'_>>) {
        if let Some(heard) = heard {
            self.voice
                .get_or_insert_with(|| VoiceLog::new(heard.before))
                .note(heard.changes, self.held);
        }
    }

    fn take(&mut self, core: &ReaderCore) -> Taken {
        match self.chunker.next_chunk() {
            Some((mut chunk, fresh)) => {
                self.delivered += fresh as u64;
                let end = chunk.frame + chunk.samples.len() as u64 / core.channels;
                let voice = self.voice.as_mut();
                let is_speech = voice.is_some_and(|voice| voice.is_speech(chunk.frame, end));
                chunk.speech = core.listens.then_some(is_speech);
                Taken::Chunk(chunk)
            }
            None if self.chunker.has_ended() => Taken::End,
            None => Taken::Empty,
        }
    }
}
