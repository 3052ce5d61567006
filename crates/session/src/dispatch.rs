//! The dispatch side: keeps the state of tracks and voices, translates intents into messages,
//! feeds the control queue and frees what the audio thread retires.
//!
//! It is a plain state machine. The dispatch thread drives it; so do a stepped device, before each
//! of its blocks, and an offline rendering, under the same mutex.
//!
//! Here are its state and what it takes in. `cross` says what crosses when, `store` and `beats`
//! where it waits until then, `waiting` how it comes to its place. `translate` makes items of
//! intents, with `tracks`, `wires`, `effects`, `delays`, `transport`, `points`, `taps` and `inputs`;
//! `keys` hands out places in the engine's tables; `reports` passes on what comes back.

mod beats;
mod cross;
mod delays;
mod effects;
mod inputs;
mod keys;
mod points;
mod reports;
mod state;
mod store;
mod taps;
mod tracks;
mod translate;
mod transport;
mod waiting;
mod wires;

use crate::batch::Batch;
use crate::effects::{MakeEffect, build};
use crate::inbox::{Entry, Inbox};
use crate::intent::{EffectId, InputId, Intent, SendId, TrackId, VoiceId};
use crate::newest::Newest;
use crate::outlet::Outlet;
use crate::wiring::Wiring;
use delays::Delays;
use inputs::InputRecord;
use keys::{Needs, Tables};
use noxrun_engine::{Controller, EngineConfig, TapKey};
use reports::Overflow;
use state::{EffectRecord, SendRecord, VoiceRecord};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Instant;
use store::{Place, Store};
use tracks::TrackRecord;

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
    /// Commands for voices, tracks, sends and effects that had ended.
    pub stale: AtomicU64,
    /// Inputs of tracks that callers opened and that have not come back.
    pub inputs: AtomicUsize,
}

pub(crate) struct Dispatcher {
    controller: Controller,
    counters: Arc<Counters>,
    outlet: Arc<Outlet>,
    sample_rate: u32,
    channels: usize,
    /// Entries that have not been translated: the first needs a place in one of the engine's tables
    /// where none is free yet.
    backlog: VecDeque<Entry>,
    /// Empty: memory for what is taken from the inbox.
    incoming: Vec<Entry>,
    seq: u64,
    store: Store,
    /// The batch of which a part has crossed: nothing else crosses before the rest.
    crossing: Option<Place>,
    /// Where the newest values wait, for the next ones to supersede them.
    newest: Newest<Place>,
    /// Length of the default ramp in frames.
    short_ramp: u32,
    /// Places given out since the queue was last pumped.
    fresh: Vec<(u64, u64)>,
    /// Up to here, what found the control queue full has been counted.
    refused_to: (u64, u64),
    /// The batch that is being taken in.
    batch: Option<Batch>,
    /// A waiting batch of nothing but values, which the next such batch joins.
    values: Option<Place>,
    tables: Tables,
    wiring: Wiring,
    voices: HashMap<VoiceId, VoiceRecord>,
    tracks: BTreeMap<TrackId, TrackRecord>,
    sends: HashMap<SendId, SendRecord>,
    effects: HashMap<EffectId, EffectRecord>,
    make_effect: MakeEffect,
    delays: Delays,
    /// Tracks and connections that there can be.
    delayed: usize,
    taps: HashMap<u64, TapKey>,
    inputs: HashMap<InputId, InputRecord>,
    /// Markers that have crossed and not come back.
    markers: usize,
    max_markers: usize,
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
        Self {
            controller,
            counters,
            outlet,
            sample_rate: config.sample_rate,
            channels: config.channels,
            backlog: VecDeque::new(),
            incoming: Vec::new(),
            seq: 1,
            store: Store::new(),
            crossing: None,
            newest: Newest::new(),
            short_ramp: (f64::from(config.sample_rate) * 0.005).round() as u32,
            fresh: Vec::new(),
            refused_to: (0, 0),
            batch: None,
            values: None,
            tables: Tables::new(config),
            wiring: Wiring::new(config),
            voices: HashMap::new(),
            tracks: BTreeMap::from([TrackRecord::master()]),
            sends: HashMap::new(),
            effects: HashMap::new(),
            make_effect: build,
            delays: Delays::default(),
            delayed: config.track_keys() + config.edge_keys(),
            taps: HashMap::new(),
            inputs: HashMap::new(),
            markers: 0,
            max_markers: config.max_events,
            overflow: Overflow::default(),
            late_seen: 0,
            last_late: None,
        }
    }

    /// Length of the default ramp in frames.
    pub fn short_ramp(&self) -> u32 {
        self.short_ramp
    }

    /// Takes in what callers put into the inbox, in order, and sends what fits. Returns whether
    /// there was anything.
    ///
    /// The inbox is emptied here, under the dispatcher's own lock, so that two threads that do so
    /// cannot turn the order around.
    pub fn take_in(&mut self, inbox: &Inbox, until: u64) -> bool {
        let had_some = inbox.take(&mut self.incoming);
        if had_some {
            if self.backlog.is_empty() {
                let taken = std::mem::take(&mut self.incoming).into();
                self.incoming = std::mem::replace(&mut self.backlog, taken).into();
            } else {
                self.backlog.extend(self.incoming.drain(..));
            }
            self.work_off(until);
            self.report_overflow();
        }
        had_some
    }

    /// Goes on with what waits. Returns false when something has to wait: the control queue is
    /// full, or a place in the engine's tables is not free.
    pub fn pump(&mut self, until: u64) -> bool {
        self.work_off(until) && self.cross(until)
    }

    /// Translates entries for which there is room, sending as it goes. Returns whether that was all
    /// of them.
    fn work_off(&mut self, until: u64) -> bool {
        while let Some(entry) = self.backlog.front() {
            if !self.has_room(entry) {
                self.collect();
            }
            let Some(entry) = self.backlog.front() else {
                break;
            };
            if !self.has_room(entry) {
                // What crosses may bring places back.
                self.cross(until);
                return false;
            }
            match self.backlog.pop_front() {
                Some(Entry::Intent(intent)) => self.translate(intent, until),
                Some(Entry::Batch { at }) => self.batch = Some(Batch::new(at)),
                Some(Entry::Commit) => self.close_batch(),
                Some(Entry::Tap { tap, track, sink }) => self.add_tap(tap, track, sink),
                Some(Entry::EndTap(tap)) => self.end_tap(tap),
                Some(Entry::Input {
                    input,
                    hold,
                    source,
                }) => self.keep_input(input, hold, source),
                Some(Entry::EndInput(input)) => self.end_input(input),
                None => {}
            }
            self.cross(until);
        }
        true
    }

    /// Whether there is a place for all that an entry brings, and for what it sends back.
    fn has_room(&self, entry: &Entry) -> bool {
        self.tables.have(self.needs(entry)) && self.delays.have_room(self.delayed)
    }

    /// Places in the engine's tables that an entry takes.
    fn needs(&self, entry: &Entry) -> Needs {
        let mut needs = Needs::default();
        match entry {
            Entry::Tap { .. } => needs.taps = 1,
            Entry::Intent(Intent::Play { .. }) => needs.voices = 1,
            Entry::Intent(Intent::AddTrack { .. }) => (needs.tracks, needs.edges) = (1, 1),
            Entry::Intent(Intent::Route { .. } | Intent::AddSend { .. }) => needs.edges = 1,
            Entry::Intent(Intent::RemoveTrack(track)) => {
                needs.edges = self.wiring.children(*track).count();
            }
            Entry::Intent(Intent::AddEffect { .. }) => needs.effects = 1,
            Entry::Intent(Intent::AddInput { .. }) => needs.inputs = 1,
            _ => {}
        }
        needs
    }

    /// How far it has come: changes whenever something goes on.
    pub fn progress(&self) -> (u64, usize) {
        use std::sync::atomic::Ordering;
        let pushed = self.counters.pushed.load(Ordering::Relaxed);
        (pushed, self.backlog.len())
    }

    /// Whether anything waits for its time.
    pub fn is_waiting(&self) -> bool {
        !self.store.is_empty() || !self.backlog.is_empty()
    }

    /// Whether voices are alive, so that reports are to be expected.
    pub fn is_busy(&self) -> bool {
        !self.voices.is_empty()
    }
}
