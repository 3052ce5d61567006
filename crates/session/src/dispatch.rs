//! The dispatch side: keeps the state of tracks and voices, translates intents into messages,
//! feeds the control queue and frees what the audio thread retires.
//!
//! It is a plain state machine. The dispatch thread drives it; so does a stepped device, before
//! each of its blocks, under the same mutex.

use crate::batch::{Batch, Item};
use crate::inbox::Entry;
use crate::intent::{Intent, ParamId, TrackId, VoiceId};
use crate::newest::{Newest, Rank, Slot};
use crate::outlet::{Outlet, Reason, Report, Warning};
use noxrun_engine::{
    Action, Commit, Controller, EndReason, EngineConfig, Event, Message, NOW, PlaySpec, Target,
    TrackSetup, VoiceKey,
};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Included};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

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

/// When a message crosses: those without a frame first, in order.
type Place = (u64, u64);

enum Waiting {
    One(Item),
    Batch(Batch),
}

struct VoiceRecord {
    key: VoiceKey,
    /// Where its `Play` waits, until it has crossed.
    waiting: Option<Place>,
}

#[derive(Default, Clone, Copy)]
struct TrackRecord {
    muted: bool,
    soloed: bool,
    open: bool,
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

/// One warning for each time the queue runs over, and not more than one a second.
#[derive(Default)]
struct Overflow {
    reported: u64,
    running: bool,
    last: Option<Instant>,
}

const WARN_EVERY: Duration = Duration::from_secs(1);

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
            tracks: vec![TrackRecord {
                open: true,
                ..TrackRecord::default()
            }],
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

    /// Takes what the audio thread says, frees what it retired, passes reports on.
    pub fn collect(&mut self) {
        while let Ok(event) = self.controller.events.pop() {
            let report = match event {
                Event::Started { voice, frame } => Report::Started {
                    voice: self.ids[voice.index as usize],
                    frame,
                },
                Event::Ended {
                    voice,
                    frame,
                    reason,
                } => {
                    let id = self.ids[voice.index as usize];
                    self.voices.remove(&id);
                    // Its memory came back before the report did; free it before the key is used
                    // again, or the ring of returned memory could fill.
                    while self.controller.trash.pop().is_ok() {}
                    self.free.push(voice.index);
                    Report::Ended {
                        voice: id,
                        frame,
                        reason: match reason {
                            EndReason::Finished => Reason::Finished,
                            EndReason::Stopped => Reason::Stopped,
                            EndReason::Stolen => Reason::Stolen,
                        },
                    }
                }
            };
            self.outlet.push(report);
        }
        for track in 0..self.tracks.len() as TrackId {
            if self.controller.shared.take_poisoned(track) {
                self.warn(Warning::NonFinite { track });
            }
        }
        let late = self.controller.shared.late_events();
        if late > self.late_seen && self.last_late.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            self.late_seen = late;
            self.last_late = Some(Instant::now());
            let by = self.controller.shared.late_by();
            self.warn(Warning::Late { by });
        }
        self.report_overflow();
    }

    /// Ends every voice that is alive, at `frame`.
    pub fn close(&mut self, frame: u64) {
        self.collect();
        let mut ids: Vec<VoiceId> = self.voices.drain().map(|(id, _)| id).collect();
        ids.sort_unstable();
        for voice in ids {
            let reason = Reason::Closed;
            self.outlet.push(Report::Ended {
                voice,
                frame,
                reason,
            });
        }
        self.queue.clear();
    }

    fn translate(&mut self, intent: Intent, until: u64) {
        match intent {
            Intent::AddTrack { track, volume, pan } => self.add_track(track, volume, pan),
            Intent::Mute { track, on } => {
                if let Some(record) = self.tracks.get_mut(track as usize) {
                    record.muted = on;
                    self.update_gates();
                }
            }
            Intent::Solo { track, on } => {
                if let Some(record) = self.tracks.get_mut(track as usize) {
                    record.soloed = on;
                    self.update_gates();
                }
            }
            Intent::Play {
                voice,
                track,
                sample,
                gain,
                at,
            } => self.play(voice, track, sample, gain, at),
            Intent::Stop { voice, fade, at } => {
                if at.is_none() && self.cancel(voice, until) {
                    return;
                }
                self.command_voice(voice, at, true, |voice| Action::Stop { voice, fade });
            }
            Intent::Pause { voice, at } => self.command_voice(voice, at, true, Action::Pause),
            Intent::Resume { voice, at } => self.command_voice(voice, at, true, Action::Resume),
            Intent::StopTrack { track, fade, at } => {
                let item = Item::Do {
                    frame: at.unwrap_or(NOW),
                    counted: true,
                    voice: None,
                    action: Action::StopTrack { track, fade },
                    value: None,
                };
                self.insert(at, item);
            }
            Intent::Set {
                param,
                value,
                ramp: frames,
                curve,
                at,
            } => {
                let (target, voice) = match param {
                    ParamId::TrackVolume(track) => (Target::TrackVolume(track), None),
                    ParamId::TrackPan(track) => (Target::TrackPan(track), None),
                    ParamId::VoiceGain(id) => match self.voices.get(&id) {
                        Some(record) => (Target::VoiceGain(record.key), Some(id)),
                        None => return self.stale(at.is_some() || self.batch_is_timed()),
                    },
                };
                let action = Action::Set {
                    target,
                    value,
                    frames,
                    curve,
                };
                let rank = Rank::of(frames, curve, self.short_ramp);
                // A voice that has not sounded takes a short ramp at once.
                if let Some(id) = voice
                    && at.is_none()
                    && rank <= Rank::Short
                    && let Some(spec) = self.distant(id, until)
                {
                    spec.gain = value;
                    return;
                }
                self.value((Slot::Value(target), rank), at, voice, action);
            }
        }
    }

    fn add_track(&mut self, track: TrackId, volume: f64, pan: f64) {
        let index = track as usize;
        if self.tracks.len() <= index {
            self.tracks.resize(index + 1, TrackRecord::default());
        }
        let open = !self.any_solo();
        self.tracks[index] = TrackRecord {
            open,
            ..TrackRecord::default()
        };
        let setup = TrackSetup {
            track,
            volume,
            pan,
            open,
        };
        // Never part of a batch: a track without sound changes nothing, and calls outside the batch
        // may use it before the batch takes effect.
        let place = self.next_place(None);
        let item = Item::Do {
            frame: NOW,
            counted: false,
            voice: None,
            action: Action::AddTrack(setup),
            value: None,
        };
        self.queue.insert(place, Waiting::One(item));
    }

    fn play(
        &mut self,
        id: VoiceId,
        track: TrackId,
        sample: Arc<noxrun_engine::SampleData>,
        gain: f64,
        at: Option<u64>,
    ) {
        let Some(index) = self.free.pop() else {
            // More events than `max_events`: the submitting side refuses them before they come here.
            return self.stale(true);
        };
        let slot = index as usize;
        self.generations[slot] = self.generations[slot].wrapping_add(1);
        self.ids[slot] = id;
        let key = VoiceKey {
            index,
            generation: self.generations[slot],
        };
        let spec = PlaySpec {
            sample,
            track,
            gain,
        };
        let item = Item::Play {
            frame: at.unwrap_or(NOW),
            voice: id,
            spec,
        };
        let waiting = self.insert(at, item);
        self.voices.insert(id, VoiceRecord { key, waiting });
    }

    fn command_voice(
        &mut self,
        id: VoiceId,
        at: Option<u64>,
        counted: bool,
        action: impl FnOnce(VoiceKey) -> Action,
    ) {
        match self.voices.get(&id) {
            Some(record) => {
                let action = action(record.key);
                let frame = at.unwrap_or(NOW);
                let voice = Some(id);
                let item = Item::Do {
                    frame,
                    counted,
                    voice,
                    action,
                    value: None,
                };
                self.insert(at, item);
            }
            None => self.stale(counted),
        }
    }

    /// The play of a voice that waits here for a frame beyond `until`, outside of batches.
    fn distant(&mut self, id: VoiceId, until: u64) -> Option<&mut PlaySpec> {
        let place = self.voices.get(&id)?.waiting?;
        if self.batch.is_some() || place.0 <= until {
            return None;
        }
        match self.queue.get_mut(&place) {
            Some(Waiting::One(Item::Play { spec, .. })) => Some(spec),
            _ => None,
        }
    }

    /// Ends a voice whose start is far away. Nothing of it remains, so that whoever plans ahead and
    /// changes his mind does not run out of events.
    fn cancel(&mut self, id: VoiceId, until: u64) -> bool {
        if self.distant(id, until).is_none() {
            return false;
        }
        if let Some(record) = self.voices.remove(&id) {
            if let Some(place) = record.waiting {
                self.queue.remove(&place);
            }
            self.free.push(record.key.index);
        }
        // The play and its stop.
        self.settle(true);
        self.settle(true);
        self.outlet.push(Report::Ended {
            voice: id,
            frame: self.controller.shared.clock().frame,
            reason: Reason::Stopped,
        });
        true
    }

    fn update_gates(&mut self) {
        let any_solo = self.any_solo();
        for track in 0..self.tracks.len() {
            let record = self.tracks[track];
            // Solo in place: the master carries what is soloed.
            let heard = track == 0 || !any_solo || record.soloed;
            let open = !record.muted && heard;
            if open == record.open {
                continue;
            }
            self.tracks[track].open = open;
            let track = track as TrackId;
            let action = Action::Gate { track, open };
            if self.batch_is_timed() {
                // A scheduled point, of which there are no more than tracks: it takes the room of
                // others, but is never refused.
                self.counters.accepted.fetch_add(1, Ordering::Relaxed);
            }
            self.value((Slot::Gate(track), Rank::Jump), None, None, action);
        }
    }

    /// Everything feeds the master, so a solo of its own changes nothing.
    fn any_solo(&self) -> bool {
        self.tracks.iter().skip(1).any(|track| track.soloed)
    }

    /// Takes a value in. Those without a time of their own supersede the ones that wait, within
    /// their batch or outside of batches.
    fn value(
        &mut self,
        (slot, rank): (Slot, Rank),
        at: Option<u64>,
        voice: Option<VoiceId>,
        action: Action,
    ) {
        let counted = at.is_some() || self.batch_is_timed();
        let item = Item::Do {
            frame: at.unwrap_or(NOW),
            counted,
            voice,
            action,
            value: at.is_none().then_some((slot, rank)),
        };
        if counted {
            // Later values must not go in front of this one.
            self.newest.forget(slot);
        }
        if at.is_some() {
            self.insert(at, item);
            return;
        }
        if let Some(batch) = &mut self.batch {
            let superseded = batch.value(slot, rank, &item);
            self.settle(superseded && counted);
            return;
        }
        let places = self.newest.supersede(slot, rank);
        for place in places.iter().flatten() {
            match self.queue.get_mut(place) {
                Some(Waiting::One(older)) => *older = item.clone(),
                // In a batch that has not begun to cross: the newest value takes effect with it.
                Some(Waiting::Batch(batch)) => {
                    batch.value(slot, rank, &item);
                }
                None => {}
            }
        }
        if places.iter().all(Option::is_none)
            && let Some(place) = self.insert(None, item)
        {
            self.newest.note(slot, rank, place);
        }
    }

    /// Adds an item to the open batch, or to the queue at the place that is returned.
    fn insert(&mut self, at: Option<u64>, item: Item) -> Option<Place> {
        if let Some(batch) = &mut self.batch {
            batch.push(item);
            return None;
        }
        let place = self.next_place(at);
        self.queue.insert(place, Waiting::One(item));
        Some(place)
    }

    fn batch_is_timed(&self) -> bool {
        self.batch.as_ref().is_some_and(Batch::is_timed)
    }

    fn close_batch(&mut self) {
        let Some(batch) = self.batch.take() else {
            return;
        };
        // Values that wait outside are older than the batch's own.
        if !batch.is_timed() {
            for (slot, rank) in batch.values() {
                for place in self.newest.supersede(slot, rank).into_iter().flatten() {
                    self.newest.leave(slot, place);
                    if matches!(self.queue.get(&place), Some(Waiting::One(_))) {
                        self.queue.remove(&place);
                    }
                }
            }
        }
        let place = self.join_values(batch);
        if let Some(Waiting::Batch(batch)) = self.queue.get(&place)
            && !batch.is_timed()
        {
            for (slot, rank) in batch.values() {
                self.newest.note(slot, rank, place);
            }
        }
    }

    /// Puts a batch in the queue; one of nothing but values joins one that waits whole: both then
    /// take effect on one frame, and no flood of batches can fill the queue.
    fn join_values(&mut self, mut batch: Batch) -> Place {
        batch.reserve();
        let only_values = batch.is_only_values();
        if only_values
            && let Some(place) = self.values
            && let Some(Waiting::Batch(waiting)) = self.queue.get_mut(&place)
            && waiting.is_whole()
        {
            waiting.join(batch);
            return place;
        }
        let place = self.next_place(None);
        // A sequence number for each item: what comes later sorts behind all of them.
        self.seq += batch.reserved;
        // Behind anything else a voice may be waiting that a later value belongs to.
        self.values = only_values.then_some(place);
        self.queue.insert(place, Waiting::Batch(batch));
        place
    }

    fn next_place(&mut self, at: Option<u64>) -> Place {
        let seq = self.seq;
        self.seq += 1;
        let place = (at.unwrap_or(0), seq);
        self.fresh.push(place);
        place
    }

    fn stale(&mut self, counted: bool) {
        self.counters.stale.fetch_add(1, Ordering::Relaxed);
        self.settle(counted);
    }

    /// A counted event came to nothing here.
    fn settle(&self, counted: bool) {
        if counted {
            self.counters.settled_here.fetch_add(1, Ordering::Release);
        }
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

    fn report_overflow(&mut self) {
        let total = self.counters.overflows.load(Ordering::Relaxed);
        let overflow = &mut self.overflow;
        let count = total - std::mem::replace(&mut overflow.reported, total);
        if count == 0 {
            overflow.running &= self.controller.messages.is_full();
            return;
        }
        let recently = overflow.last.is_some_and(|at| at.elapsed() < WARN_EVERY);
        if !std::mem::replace(&mut overflow.running, true) && !recently {
            overflow.last = Some(Instant::now());
            self.warn(Warning::QueueOverflow { count });
        }
    }

    fn warn(&self, warning: Warning) {
        self.outlet.push(Report::Warning(warning));
    }
}
