//! What crosses to the audio thread, and in what order: what has no time first, in the order of
//! the calls; then by frame. What names a thing crosses after it, batches cross whole.

use super::store::{Place, Waiting};
use super::{Dispatcher, VoiceRecord};
use crate::batch::{Item, Load, Next, Subject};
use crate::intent::TrackId;
use noxrun_engine::{Action, Commit, Message, When};
use std::sync::atomic::Ordering;

/// What a place needs before something of it can cross.
enum Way {
    /// It is free: this place is next.
    Free(Place),
    /// Something else goes first, at a place of its own.
    Changed,
    /// A marker has to come back before.
    Marker,
}

impl Dispatcher {
    /// Sends what is due to cross before frame `until`. Returns false when the queue is full and
    /// something still waits.
    pub(super) fn cross(&mut self, until: u64) -> bool {
        self.promote_beats(until);
        while let Some(place) = self.next_place_to_cross(until) {
            if self.controller.messages.is_full() {
                self.count_refused(until);
                return false;
            }
            match self.way(place) {
                Way::Free(place) => self.send(place),
                Way::Changed => {}
                Way::Marker => return false,
            }
        }
        self.fresh.clear();
        true
    }

    /// Lets cross what waits for a beat that the transport could come to before the next look.
    fn promote_beats(&mut self, until: u64) {
        let shared = &self.controller.shared;
        let messages = &self.controller.messages;
        let drained = messages.slots() == messages.buffer().capacity();
        let beats = &mut self.store.beats;
        // In this order: the reading shows what this frame's callback did.
        let frame = shared.clock().frame;
        beats.settle(frame, drained);
        if beats.is_empty() {
            return;
        }
        let seconds = until.saturating_sub(frame) as f64 / f64::from(self.sample_rate);
        let limit = beats.limit(&shared.transport(), seconds);
        while let Some((before, place)) = self.store.promote_due(limit) {
            self.moved(before, place);
        }
    }

    /// Lets something cross next.
    fn promote(&mut self, before: Place) {
        if let Some(place) = self.store.promote(before) {
            self.moved(before, place);
        }
    }

    /// Something waits at another place from now on.
    fn moved(&mut self, before: Place, place: Place) {
        if let Place::Frame(frame, seq) = place {
            self.fresh.push((frame, seq));
        }
        if let Some(Waiting::One(item)) = self.store.get(place)
            && let Some((slot, rank)) = item.value()
        {
            self.newest.leave(slot, before);
            self.newest.note(slot, rank, place);
        }
        self.note_place(place, Some(place));
    }

    fn next_place_to_cross(&self, until: u64) -> Option<Place> {
        if self.crossing.is_some() {
            return self.crossing;
        }
        let (frame, seq) = self.store.first()?;
        (frame <= until).then_some(Place::Frame(frame, seq))
    }

    /// Clears the way for what waits at a place.
    fn way(&mut self, place: Place) -> Way {
        if self.bring_plays(place) {
            return Way::Changed;
        }
        let mut awaited = Vec::new();
        let next = match self.store.get(place) {
            None => {
                self.crossing = None;
                return Way::Changed;
            }
            Some(Waiting::One(item)) => Some(item),
            Some(Waiting::Batch(batch)) => {
                if batch.is_whole() {
                    let subjects = batch.items().map(|(_, item)| item.subject());
                    awaited.extend(subjects.filter_map(|subject| self.awaited(subject)));
                }
                batch.next_item()
            }
        };
        if next.is_some_and(Item::is_marker) && self.markers >= self.max_markers {
            return Way::Marker;
        }
        let play = next.and_then(|item| self.awaited(item.subject()));
        // A batch goes as a whole, before anything that names what it brings.
        awaited.extend(play);
        let is_batch = |other: &Place| matches!(self.store.get(*other), Some(Waiting::Batch(_)));
        awaited.retain(|other| is_batch(other) && *other != place);
        let Some(first) = awaited.first().copied() else {
            return Way::Free(play.unwrap_or(place));
        };
        awaited.retain(|other| matches!(other, Place::Beat(..)));
        if awaited.is_empty() {
            return Way::Free(first);
        }
        for other in awaited {
            self.promote(other);
        }
        Way::Changed
    }

    /// Lets cross first what a track's stop at a frame is to end on that frame. Returns whether there
    /// is any.
    fn bring_plays(&mut self, place: Place) -> bool {
        let stops: Vec<(TrackId, u64)> = match self.store.get(place) {
            Some(Waiting::One(item)) if matches!(item.at(), When::Frame(_)) => {
                let stopped = item.stopped_track();
                stopped
                    .map(|track| (track, place.seq()))
                    .into_iter()
                    .collect()
            }
            Some(Waiting::Batch(batch))
                if batch.is_whole() && matches!(batch.at(), When::Frame(_)) =>
            {
                let seq = |index: usize| place.seq() + 1 + index as u64;
                let items = batch.items();
                items
                    .filter_map(|(index, item)| Some((item.stopped_track()?, seq(index))))
                    .collect()
            }
            _ => return false,
        };
        let plays: Vec<Place> = stops
            .into_iter()
            .flat_map(|(track, seq)| self.store.plays_of(track, seq))
            .collect();
        for place in &plays {
            self.promote(*place);
        }
        !plays.is_empty()
    }

    /// Counts what is due to cross before `until` and finds the control queue full, each once.
    fn count_refused(&mut self, until: u64) {
        let known = |place: &&(u64, u64)| {
            let waits = self.store.get(Place::Frame(place.0, place.1)).is_some();
            **place <= self.refused_to && waits
        };
        let mut count = self.fresh.iter().filter(known).count();
        let limit = (until, u64::MAX);
        if limit > self.refused_to {
            count += self.store.count_between(self.refused_to, limit);
            self.refused_to = limit;
        }
        self.fresh.clear();
        self.counters
            .overflows
            .fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Sends one message of what waits at `place`; the queue has room.
    fn send(&mut self, place: Place) {
        self.begin(place);
        let message = match self.store.get_mut(place) {
            None => return,
            Some(Waiting::Batch(batch)) => match batch.take_next() {
                Next::Load(load) => Some(loaded(load)),
                Next::Item(item, index) => {
                    let seq = place.seq() + 1 + index.min(batch.reserved);
                    let at = batch.at();
                    self.message(item, seq, Some(at))
                }
                Next::Commit => {
                    let at = batch.at();
                    self.crossing = None;
                    self.store.remove(place);
                    Some(Message::Commit(Commit { at }))
                }
            },
            Some(Waiting::One(item)) => match item.unload() {
                Some(load) => Some(loaded(load)),
                None => {
                    let Some(Waiting::One(item)) = self.store.remove(place) else {
                        return;
                    };
                    if let Some((slot, _)) = item.value() {
                        self.newest.leave(slot, place);
                    }
                    self.message(item, place.seq(), None)
                }
            },
        };
        if let Some(message) = message
            && self.controller.messages.push(message).is_ok()
        {
            self.counters.pushed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A batch that is whole begins to cross: nothing can join or replace its values, and what it
    /// brings is as good as there.
    fn begin(&mut self, place: Place) {
        let Some(Waiting::Batch(batch)) = self.store.get_mut(place) else {
            return;
        };
        if !batch.is_whole() {
            return;
        }
        batch.begin();
        for (slot, _) in batch.values() {
            self.newest.leave(slot, place);
        }
        self.crossing = Some(place);
        self.note_place(place, None);
    }

    /// `batch`: the time of the batch that it is of.
    fn message(&mut self, item: Item, seq: u64, batch: Option<When>) -> Option<Message> {
        let staged = batch.is_some();
        let time = batch.unwrap_or(When::Now);
        if let Subject::Voice(id) = item.subject()
            && !self.voices.contains_key(&id)
        {
            self.stale(item.is_counted());
            return None;
        }
        Some(match item {
            Item::Do(act) | Item::Carry(_, act) => {
                match act.action {
                    Action::SeekTransport(_) if time == When::Now => {
                        self.store.beats.seek_crossed();
                    }
                    Action::StopTrack { .. } if time == When::Now && act.at == When::Now => {
                        if let Subject::Track(track) = act.subject {
                            self.end_plays(track, seq);
                        }
                    }
                    Action::Marker(_) => self.markers += 1,
                    _ => {}
                }
                Message::Do {
                    at: act.at,
                    seq,
                    staged,
                    counted: act.counted,
                    action: act.action,
                }
            }
            Item::Play {
                at, voice, spec, ..
            } => {
                let VoiceRecord { key, waiting, .. } = self.voices.get_mut(&voice)?;
                *waiting = None;
                Message::Play {
                    at,
                    seq,
                    staged,
                    voice: *key,
                    spec,
                }
            }
            Item::Line(place, memory) => Message::Line(place, memory),
        })
    }
}

fn loaded(load: Load) -> Message {
    match load {
        Load::Effect(key, body) => Message::Effect(key, body),
        Load::Tap(key, sink) => Message::Tap(key, sink),
        Load::Input(key, source) => Message::Input(key, source),
    }
}
