//! The dispatch side: keeps the state of tracks and voices, translates intents into messages,
//! feeds the control queue and frees what the audio thread retires.
//!
//! It is a plain state machine. The dispatch thread drives it; so does a stepped device, before
//! each of its blocks, under the same mutex.
//!
//! Here are its state and what crosses when. `translate` makes items of intents, `tracks` keeps the
//! gates of mute and solo, `waiting` gives items their places, `reports` passes on what comes back.

mod reports;
mod tracks;
mod translate;
mod waiting;

use crate::batch::{Batch, Item};
use crate::inbox::Entry;
use crate::intent::VoiceId;
use crate::newest::Newest;
use crate::outlet::Outlet;
use noxrun_engine::{Commit, Controller, EngineConfig, Message, VoiceKey};
use reports::Overflow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Included};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tracks::TrackRecord;
use waiting::{Place, Waiting};

/// Actions for frames farther away than this stay on the dispatch side, seconds.
pub(crate) const HORIZON: f64 = 0.250;

/// How the control queue fared, and how many events wait. Written by the dispatch side.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Messages that entered the queue.
    pub pushed: AtomicU64,
    /// Messages that found it full.
    pub overflows: AtomicU64,
    /// Counted events that callers submitted.
    pub accepted: AtomicU64,
    /// Counted events that ended on the dispatch side.
    pub settled_here: AtomicU64,
    /// Commands for voices that had ended.
    pub stale: AtomicU64,
}

struct VoiceRecord {
    key: VoiceKey,
    /// Where its `Play` waits, until it has crossed.
    waiting: Option<Place>,
}

pub(crate) struct Dispatcher {
    controller: Controller,
    counters: Arc<Counters>,
    outlet: Arc<Outlet>,
    seq: u64,
    queue: BTreeMap<Place, Waiting>,
    /// Where the newest values wait, for the next ones to supersede them.
    newest: Newest<Place>,
    /// Length of the default ramp in frames.
    short_ramp: u32,
    /// Places given out since the queue was last pumped.
    fresh: Vec<Place>,
    /// Up to here, what found the control queue full has been counted.
    refused_to: Place,
    /// The batch that is being taken in.
    batch: Option<Batch>,
    /// A waiting batch of nothing but values, which the next such batch joins.
    values: Option<Place>,
    voices: HashMap<VoiceId, VoiceRecord>,
    ids: Vec<VoiceId>,
    generations: Vec<u32>,
    free: Vec<u32>,
    tracks: Vec<TrackRecord>,
    overflow: Overflow,
    late_seen: u64,
    last_late: Option<Instant>,
}

impl Dispatcher {
    pub fn new(
        controller: Controller,
        config: &EngineConfig,
        counters: Arc<Counters>,
        outlet: Arc<Outlet>,
    ) -> Self {
        let keys = config.voice_keys();
        Self {
            controller,
            counters,
            outlet,
            seq: 1,
            queue: BTreeMap::new(),
            newest: Newest::new(),
            short_ramp: (f64::from(config.sample_rate) * 0.005).round() as u32,
            fresh: Vec::new(),
            refused_to: (0, 0),
            batch: None,
            values: None,
            voices: HashMap::new(),
            ids: vec![0; keys],
            generations: vec![0; keys],
            free: (0..keys as u32).rev().collect(),
            tracks: vec![TrackRecord::new(true)],
            overflow: Overflow::default(),
            late_seen: 0,
            last_late: None,
        }
    }

    /// Length of the default ramp in frames.
    pub fn short_ramp(&self) -> u32 {
        self.short_ramp
    }

    /// Takes intents in, in order, and sends what fits.
    pub fn accept(&mut self, entries: &mut Vec<Entry>, until: u64) {
        for entry in entries.drain(..) {
            match entry {
                Entry::Intent(intent) => self.translate(intent, until),
                Entry::Batch { at } => self.batch = Some(Batch::new(at)),
                Entry::Commit => self.close_batch(),
            }
            self.pump(until);
        }
        self.report_overflow();
    }

    /// Sends what is due to cross before frame `until`. Returns false when the queue is full and
    /// something still waits.
    pub fn pump(&mut self, until: u64) -> bool {
        while let Some((&place, waiting)) = self.queue.first_key_value() {
            if place.0 > until {
                break;
            }
            if self.controller.messages.is_full() {
                self.count_refused(until);
                return false;
            }
            // A voice must be known on the other side before anything that is said of it.
            let voice = match waiting {
                Waiting::One(item) => item.voice(),
                Waiting::Batch(batch) => batch.next_item().and_then(Item::voice),
            };
            let play = voice.and_then(|id| self.voices.get(&id)?.waiting);
            self.send(play.unwrap_or(place));
        }
        self.fresh.clear();
        true
    }

    /// Counts what is due to cross before `until` and finds the control queue full, each once.
    fn count_refused(&mut self, until: u64) {
        let known = |place: &&Place| **place <= self.refused_to && self.queue.contains_key(place);
        let mut count = self.fresh.iter().filter(known).count();
        let limit = (until, u64::MAX);
        if limit > self.refused_to {
            let newly_due = (Excluded(self.refused_to), Included(limit));
            count += self.queue.range(newly_due).count();
            self.refused_to = limit;
        }
        self.fresh.clear();
        self.counters
            .overflows
            .fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Whether everything for frames before `until` has crossed.
    pub fn is_drained(&self, until: u64) -> bool {
        self.queue
            .first_key_value()
            .is_none_or(|(place, _)| place.0 > until)
    }

    /// The frame of the earliest waiting action.
    pub fn next_frame(&self) -> Option<u64> {
        self.queue.first_key_value().map(|(place, _)| place.0)
    }

    /// Whether voices are alive, so that reports are to be expected.
    pub fn is_busy(&self) -> bool {
        !self.voices.is_empty()
    }

    /// The key of a voice that has not ended.
    pub fn voice_key(&self, voice: VoiceId) -> Option<VoiceKey> {
        self.voices.get(&voice).map(|record| record.key)
    }

    /// Sends one message of what waits at `place`; the queue has room.
    fn send(&mut self, place: Place) {
        let message = match self.queue.get_mut(&place) {
            None => return,
            Some(Waiting::Batch(batch)) => {
                if batch.is_whole() {
                    // From here on nothing can join or replace its values.
                    for (slot, _) in batch.values() {
                        self.newest.leave(slot, place);
                    }
                }
                match batch.take_next() {
                    Some((item, index)) => {
                        let seq = place.1 + index.min(batch.reserved);
                        self.message(item, seq, true)
                    }
                    None => {
                        let frame = batch.frame();
                        self.queue.remove(&place);
                        Some(Message::Commit(Commit { frame }))
                    }
                }
            }
            Some(Waiting::One(_)) => {
                let Some(Waiting::One(item)) = self.queue.remove(&place) else {
                    return;
                };
                if let Some((slot, _)) = item.value() {
                    self.newest.leave(slot, place);
                }
                self.message(item, place.1, false)
            }
        };
        if let Some(message) = message
            && self.controller.messages.push(message).is_ok()
        {
            self.counters.pushed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn message(&mut self, item: Item, seq: u64, staged: bool) -> Option<Message> {
        if item
            .voice()
            .is_some_and(|id| !self.voices.contains_key(&id))
        {
            self.stale(item.is_counted());
            return None;
        }
        Some(match item {
            Item::Do {
                frame,
                counted,
                action,
                ..
            } => Message::Do {
                frame,
                seq,
                staged,
                counted,
                action,
            },
            Item::Play {
                frame,
                voice: id,
                spec,
            } => {
                let record = self.voices.get_mut(&id)?;
                record.waiting = None;
                Message::Play {
                    frame,
                    seq,
                    staged,
                    voice: record.key,
                    spec,
                }
            }
        })
    }
}
