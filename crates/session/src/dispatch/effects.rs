//! Effects: their making, their order in a chain, their end.

use super::Dispatcher;
use super::state::EffectRecord;
use crate::batch::{Act, Item, Load, Subject};
use crate::effects::build;
use crate::intent::{EffectId, EffectSetup, TrackId};
use crate::newest::{Rank, Slot};
use noxrun_engine::{Action, EffectKey, When};
use std::sync::Arc;

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
        let before = self.wiring.add_effect(id, track, index, setup.kind);
        let before = self.effect_key(before);
        let at = self.shape(track);
        let body = Box::new(build(setup, self.sample_rate, self.channels));
        let record = EffectRecord {
            key: effect,
            track,
            since: self.later(at),
            readout: Arc::clone(body.readout()),
            waiting: None,
        };
        self.effects.insert(id, record);
        let action = Action::AddEffect {
            effect,
            track: track_key,
            before,
            bypass,
        };
        let load = Load::Effect(effect, body);
        let act = Act::new(at, action).counted();
        self.insert(Item::Carry(Some(load), act));
    }

    fn effect_key(&self, effect: Option<EffectId>) -> Option<EffectKey> {
        self.effects.get(&effect?).map(|record| record.key)
    }

    pub(super) fn move_effect(&mut self, id: EffectId, index: u32) {
        let key = self.effect_key(Some(id));
        let moved = key.and_then(|key| Some((key, self.wiring.move_effect(id, index)?)));
        let Some((effect, (track, before))) = moved else {
            return self.stale(true);
        };
        let before = self.effect_key(before);
        let at = self.shape(track);
        self.counted(at, Action::MoveEffect { effect, before });
    }

    pub(super) fn remove_effect(&mut self, id: EffectId) {
        let Some(record) = self.effects.remove(&id) else {
            return self.stale(true);
        };
        self.wiring.remove_effect(id);
        let at = self.shape(record.track);
        self.counted(at, Action::RemoveEffect(record.key));
    }

    pub(super) fn clear_effects(&mut self, track: TrackId) {
        if self.track_key(track).is_none() {
            return self.stale(true);
        }
        let effects = self.wiring.clear_effects(track);
        let records = effects.iter().filter_map(|id| self.effects.remove(id));
        let mut keys: Vec<EffectKey> = records.map(|record| record.key).collect();
        let Some(last) = keys.pop() else {
            return self.settle(true);
        };
        let at = self.shape(track);
        for key in keys {
            self.uncounted(at, Action::RemoveEffect(key));
        }
        self.counted(at, Action::RemoveEffect(last));
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
