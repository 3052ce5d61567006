//! Effects: their making, their order in a chain, their end.

use super::Dispatcher;
use super::state::EffectRecord;
use crate::batch::{Act, Item, Load, Subject};
use crate::intent::{EffectId, EffectSetup, TrackId};
use crate::newest::{Rank, Slot};
use noxrun_engine::{Action, EffectKey, When};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Dispatcher {
    pub(super) fn add_effect(
        &mut self,
        id: EffectId,
        track: TrackId,
        (index, bypass): (Option<u32>, bool),
        setup: &EffectSetup,
    ) {
        let track_key = self.track_key(track);
        let keys = track_key.and_then(|track| Some((track, self.tables.effect(id)?)));
        let Some((track_key, effect)) = keys else {
            return self.stale(true);
        };
        self.wiring.add_effect(id, track, index, setup.kind);
        let since = self.batch_time();
        let body = Box::new((self.make_effect)(setup, self.sample_rate, self.channels));
        self.delays.add_effect(effect, track_key, body.latency());
        self.provide_delays();
        let record = EffectRecord {
            key: effect,
            track,
            since,
            placed: since,
            anchor: None,
            correction: None,
            readout: Arc::clone(body.readout()),
            waiting: None,
        };
        self.effects.insert(id, record);
        let before = self.place(id);
        let action = Action::AddEffect {
            effect,
            track: track_key,
            before,
            bypass,
        };
        let load = Load::Effect(effect, body);
        let act = Act::new(When::Now, action).counted();
        self.insert(Item::Carry(Some(load), act));
        self.correct_planned(track);
    }

    /// What an effect is to be put in front of when its time comes; notes what that depends on.
    fn place(&mut self, id: EffectId) -> Option<EffectKey> {
        let placed = self.effects.get(&id)?.placed;
        let in_time = |record: &EffectRecord| !self.is_later(record.placed, placed);
        let before = self.next_of(id, in_time);
        let anchor = self.anchor(id);
        self.effects.get_mut(&id)?.anchor = anchor;
        before
    }

    fn place_at(&mut self, id: EffectId, time: When) -> Option<EffectKey> {
        self.effects.get_mut(&id)?.placed = time;
        self.place(id)
    }

    /// The next effect behind one that has its place earlier than this one.
    fn anchor(&self, id: EffectId) -> Option<EffectKey> {
        let placed = self.effects.get(&id)?.placed;
        self.next_of(id, |record| {
            record.placed == When::Now || self.is_later(placed, record.placed)
        })
    }

    fn next_of(&self, id: EffectId, is_meant: impl Fn(&EffectRecord) -> bool) -> Option<EffectKey> {
        let mut behind = self.wiring.behind(id).filter_map(|id| self.effects.get(id));
        let next = behind.find(|record| is_meant(record))?;
        Some(next.key)
    }

    /// A chain has changed: what is planned to come into it later, or to move in it, has to come to
    /// its place among what is there then.
    fn correct_planned(&mut self, track: TrackId) {
        let chain: Vec<EffectId> = self.wiring.chain(track).to_vec();
        // The last first: each goes in front of one that is in its place.
        for id in chain.into_iter().rev() {
            let Some(EffectRecord { placed, anchor, .. }) = self.effects.get(&id) else {
                continue;
            };
            let planned = *placed != When::Now && self.not_before(*placed) != When::Now;
            if planned && self.anchor(id) != *anchor {
                self.correct(id);
            }
        }
    }

    /// Puts an effect in its place when it has come to another one.
    fn correct(&mut self, id: EffectId) {
        let before = self.place(id);
        let Some(record) = self.effects.get_mut(&id) else {
            return;
        };
        let (effect, placed) = (record.key, record.placed);
        let older = record.correction.take();
        if older.is_some_and(|place| self.store.remove(place).is_some()) {
            self.settle(true);
        }
        let action = Action::MoveEffect { effect, before };
        let act = Act::new(placed, action).of(Subject::Effect(id)).counted();
        // Never refused, but it takes the room of an event.
        self.counters.accepted.fetch_add(1, Ordering::Relaxed);
        let correction = Some(self.insert_alone(Item::Do(act)));
        if let Some(record) = self.effects.get_mut(&id) {
            record.correction = correction;
        }
    }

    fn effect_key(&self, effect: Option<EffectId>) -> Option<EffectKey> {
        self.effects.get(&effect?).map(|record| record.key)
    }

    pub(super) fn move_effect(&mut self, id: EffectId, index: u32) {
        let key = self.effect_key(Some(id));
        let moved = key.and_then(|key| Some((key, self.wiring.move_effect(id, index)?)));
        let Some((effect, (track, _))) = moved else {
            return self.stale(true);
        };
        let now = self.batch_time();
        let Some(EffectRecord { since, placed, .. }) = self.effects.get(&id) else {
            return self.stale(true);
        };
        let (begins, moves) = (self.not_before(*since), self.not_before(*placed));
        if begins == When::Now && moves == When::Now {
            self.place_at(id, now);
        } else if begins == When::Now {
            // It is planned to move again, and is to come to this place then, too.
            let planned = *placed;
            let before = self.place_at(id, now);
            self.place_at(id, planned);
            self.counted(When::Now, Action::MoveEffect { effect, before });
            self.correct(id);
            return self.correct_planned(track);
        }
        let before = self.place(id);
        let act = Act::new(begins, Action::MoveEffect { effect, before }).counted();
        self.insert(Item::Do(act.of(Subject::Effect(id))));
        self.correct_planned(track);
    }

    pub(super) fn remove_effect(&mut self, id: EffectId, until: u64) {
        let Some(track) = self.effects.get(&id).map(|record| record.track) else {
            return self.stale(true);
        };
        self.wiring.remove_effect(id);
        self.take_out(id, true, until);
        self.correct_planned(track);
    }

    pub(super) fn clear_effects(&mut self, track: TrackId, until: u64) {
        if self.track_key(track).is_none() {
            return self.stale(true);
        }
        let effects = self.wiring.clear_effects(track);
        let Some((last, others)) = effects.split_last() else {
            return self.settle(true);
        };
        for id in others {
            self.take_out(*id, false, until);
        }
        self.take_out(*last, true, until);
    }

    /// One that has not begun goes when it would begin.
    fn take_out(&mut self, id: EffectId, counted: bool, until: u64) {
        let Some(EffectRecord { key, since, .. }) = self.effects.remove(&id) else {
            return self.stale(counted);
        };
        let at = self.not_before(since);
        if counted {
            self.counted(at, Action::RemoveEffect(key));
        } else {
            self.uncounted(at, Action::RemoveEffect(key));
        }
        self.abandon(Subject::Effect(id), until);
    }

    pub(super) fn bypass(&mut self, id: EffectId, on: bool, at: When) {
        let Some(EffectRecord { key, since, .. }) = self.effects.get(&id) else {
            return self.stale(at != When::Now || self.batch_is_timed());
        };
        let (effect, since) = (*key, *since);
        let mut act = Act::new(at, Action::Bypass { effect, on }).of(Subject::Effect(id));
        let slot = (Slot::Bypass(effect), Rank::Jump);
        // Nothing is to be bypassed before it begins.
        if at == When::Now {
            act.at = self.not_before(since);
            if act.at != When::Now {
                return self.value_from(slot, act);
            }
        }
        self.value(slot, act);
    }
}
