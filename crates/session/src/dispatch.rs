//! The dispatch side: keeps the state of tracks and voices, translates intents into messages,
//! feeds the control queue and frees what the audio thread retires.
//!
//! It is a plain state machine. The dispatch thread drives it; so does a stepped device, before
//! each of its blocks, under the same mutex.

use crate::inbox::Entry;
use crate::intent::{Intent, ParamId, TrackId, VoiceId};
use crate::outlet::{Outlet, Reason, Report, Warning};
use noxrun_engine::{
    Action, Commit, Controller, EndReason, EngineConfig, Event, Message, NOW, PlaySpec, Target,
    TrackSetup, VoiceKey,
};
use std::collections::{BTreeMap, HashMap};
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
    Do {
        frame: u64,
        staged: bool,
        counted: bool,
        voice: Option<VoiceId>,
        action: Action,
    },
    Play {
        frame: u64,
        staged: bool,
        voice: VoiceId,
        spec: PlaySpec,
    },
    Commit {
        frame: u64,
    },
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
    /// Where the newest value of a target waits, for the next one to replace it.
    newest: HashMap<Target, Place>,
    gates: HashMap<TrackId, Place>,
    /// Places given out for the entry in hand.
    fresh: Vec<Place>,
    in_batch: bool,
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
            newest: HashMap::new(),
            gates: HashMap::new(),
            fresh: Vec::new(),
            in_batch: false,
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

    /// Takes intents in, in order, and sends what fits.
    pub fn accept(&mut self, entries: &mut Vec<Entry>, until: u64) {
        for entry in entries.drain(..) {
            match entry {
                Entry::Intent(intent) => self.translate(intent),
                Entry::Batch => self.in_batch = true,
                Entry::Commit { at } => {
                    self.in_batch = false;
                    let place = self.next_place(None);
                    let frame = at.unwrap_or(NOW);
                    self.queue.insert(place, Waiting::Commit { frame });
                }
            }
            if !self.pump(until) {
                let refused = |place: &&Place| place.0 <= until && self.queue.contains_key(place);
                let refused = self.fresh.iter().filter(refused).count() as u64;
                self.counters
                    .overflows
                    .fetch_add(refused, Ordering::Relaxed);
            }
            self.fresh.clear();
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
            // A voice must be known on the other side before anything that is said of it.
            let first = match waiting {
                Waiting::Do {
                    voice: Some(id), ..
                } => self
                    .voices
                    .get(id)
                    .and_then(|record| record.waiting)
                    .unwrap_or(place),
                _ => place,
            };
            if self.controller.messages.is_full() {
                return false;
            }
            self.send(first);
        }
        true
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

    fn translate(&mut self, intent: Intent) {
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
                self.command_voice(voice, at, true, |voice| Action::Stop { voice, fade });
            }
            Intent::Pause { voice, at } => self.command_voice(voice, at, true, Action::Pause),
            Intent::Resume { voice, at } => self.command_voice(voice, at, true, Action::Resume),
            Intent::StopTrack { track, fade, at } => {
                self.insert(at, true, None, Action::StopTrack { track, fade });
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
                        None => return self.stale(at.is_some() || self.in_batch),
                    },
                };
                let action = Action::Set {
                    target,
                    value,
                    frames,
                    curve,
                };
                if at.is_some() || self.in_batch {
                    self.newest.remove(&target);
                    self.insert(at, at.is_some() || self.in_batch, voice, action);
                } else if !self.replace(self.newest.get(&target).copied(), action) {
                    let place = self.insert(None, false, voice, action);
                    self.newest.insert(target, place);
                }
            }
        }
    }

    fn add_track(&mut self, track: TrackId, volume: f64, pan: f64) {
        let index = track as usize;
        if self.tracks.len() <= index {
            self.tracks.resize(index + 1, TrackRecord::default());
        }
        let open = !self.tracks.iter().any(|t| t.soloed);
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
        // Never staged: a track without sound changes nothing, and calls outside the batch may use
        // it before the batch takes effect.
        let place = self.next_place(None);
        self.queue.insert(
            place,
            Waiting::Do {
                frame: NOW,
                staged: false,
                counted: false,
                voice: None,
                action: Action::AddTrack(setup),
            },
        );
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
        let place = self.next_place(at);
        let spec = PlaySpec {
            sample,
            track,
            gain,
        };
        let waiting = Waiting::Play {
            frame: at.unwrap_or(NOW),
            staged: self.in_batch,
            voice: id,
            spec,
        };
        self.queue.insert(place, waiting);
        let waiting = Some(place);
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
                self.insert(at, counted, Some(id), action);
            }
            None => self.stale(counted),
        }
    }

    fn update_gates(&mut self) {
        let any_solo = self.tracks.iter().any(|t| t.soloed);
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
            if self.in_batch {
                self.gates.remove(&track);
                self.insert(None, true, None, action);
                self.counters.accepted.fetch_add(1, Ordering::Relaxed);
            } else if !self.replace(self.gates.get(&track).copied(), action) {
                let place = self.insert(None, false, None, action);
                self.gates.insert(track, place);
            }
        }
    }

    /// Replaces the value that waits at `place`, if it still does.
    fn replace(&mut self, place: Option<Place>, newer: Action) -> bool {
        match place.and_then(|place| self.queue.get_mut(&place)) {
            Some(Waiting::Do { action, .. }) => {
                *action = newer;
                true
            }
            _ => false,
        }
    }

    fn insert(
        &mut self,
        at: Option<u64>,
        counted: bool,
        voice: Option<VoiceId>,
        action: Action,
    ) -> Place {
        let place = self.next_place(at);
        let waiting = Waiting::Do {
            frame: at.unwrap_or(NOW),
            staged: self.in_batch,
            counted,
            voice,
            action,
        };
        self.queue.insert(place, waiting);
        place
    }

    fn next_place(&mut self, at: Option<u64>) -> Place {
        let seq = self.seq;
        self.seq += 1;
        // A batch crosses whole and early: it waits complete on the other side.
        let frame = if self.in_batch { 0 } else { at.unwrap_or(0) };
        self.fresh.push((frame, seq));
        (frame, seq)
    }

    fn stale(&mut self, counted: bool) {
        self.counters.stale.fetch_add(1, Ordering::Relaxed);
        if counted {
            self.counters.settled_here.fetch_add(1, Ordering::Release);
        }
    }

    /// Sends what waits at `place`; the queue has room.
    fn send(&mut self, place: Place) {
        let Some(waiting) = self.queue.remove(&place) else {
            return;
        };
        let seq = place.1;
        let message = match waiting {
            Waiting::Do {
                frame,
                staged,
                counted,
                action,
                ..
            } => {
                self.forget(place, &action);
                Message::Do {
                    frame,
                    seq,
                    staged,
                    counted,
                    action,
                }
            }
            Waiting::Play {
                frame,
                staged,
                voice: id,
                spec,
            } => {
                let Some(record) = self.voices.get_mut(&id) else {
                    return;
                };
                record.waiting = None;
                Message::Play {
                    frame,
                    seq,
                    staged,
                    voice: record.key,
                    spec,
                }
            }
            Waiting::Commit { frame } => Message::Commit(Commit { frame }),
        };
        if self.controller.messages.push(message).is_ok() {
            self.counters.pushed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A value that has crossed can no longer be replaced.
    fn forget(&mut self, place: Place, action: &Action) {
        match action {
            Action::Set { target, .. } if self.newest.get(target) == Some(&place) => {
                self.newest.remove(target);
            }
            Action::Gate { track, .. } if self.gates.get(track) == Some(&place) => {
                self.gates.remove(track);
            }
            _ => {}
        }
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
