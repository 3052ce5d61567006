//! Effects: their place in a chain, their bypass, their end.

use super::model::Effect;
use super::{Dispatcher, Made};
use crate::effects::MakeEffect;
use crate::key::pack;
use crate::operation::{EffectId, Operation, TrackId};
use noxrun_engine::{Action, EffectKey, Message, When};

impl Dispatcher {
    pub(super) fn add_effect(
        &mut self,
        id: EffectId,
        (track, kind): (TrackId, u8),
        (index, bypass): (Option<u32>, bool),
        made: Made,
    ) -> u64 {
        let vacancies = &self.vacancies;
        let is_vacant = |index, generation| vacancies.is_effect_free(index, generation);
        let keys = self.track_key(track).and_then(|track| {
            let (index, generation) = self.model.effect_keys.take(id, is_vacant)?;
            Some((track, EffectKey { index, generation }))
        });
        let (Some((track_key, effect)), Some((_, body))) = (keys, made) else {
            self.settle(1);
            return 0;
        };
        let record = Effect {
            key: effect,
            track,
            kind,
        };
        let before = self.model.add_effect(id, record, index);
        self.model
            .delays
            .add_effect(effect, track_key, body.latency());
        self.provide_delays();
        self.send_ahead(Message::Effect(effect, body));
        self.counted(
            When::Now,
            Action::AddEffect {
                effect,
                track: track_key,
                before,
                bypass,
            },
        );
        pack(effect.index, effect.generation)
    }

    pub(super) fn move_effect(&mut self, id: EffectId, index: u32) {
        let Some(effect) = self.effect_key(id) else {
            return self.stale(1);
        };
        let before = self.model.move_effect(id, index);
        self.counted(When::Now, Action::MoveEffect { effect, before });
    }

    pub(super) fn remove_effect(&mut self, id: EffectId) {
        match self.model.remove_effect(id) {
            Some(effect) => self.counted(When::Now, Action::RemoveEffect(effect)),
            None => self.stale(1),
        }
    }

    pub(super) fn clear_effects(&mut self, track: TrackId) {
        let chain = self.model.chain(track).to_vec();
        if chain.is_empty() {
            return self.settle(1);
        }
        for (place, id) in chain.iter().enumerate() {
            let Some(effect) = self.model.remove_effect(*id) else {
                continue;
            };
            // One of them is the operation's own event.
            if place == 0 {
                self.counted(When::Now, Action::RemoveEffect(effect));
            } else {
                self.uncounted(When::Now, Action::RemoveEffect(effect));
            }
        }
    }

    pub(super) fn bypass(&mut self, id: EffectId, on: bool, at: When) {
        let counted = self.later(at) != When::Now;
        match self.effect_key(id) {
            Some(effect) => self.command(at, counted, Action::Bypass { effect, on }),
            None => self.stale(counted.into()),
        }
    }

    pub(super) fn effect_key(&self, effect: EffectId) -> Option<EffectKey> {
        self.model.effects.get(&effect).map(|effect| effect.key)
    }
}

/// What an operation needs that takes a while to make: before anybody's lock is taken.
pub(crate) fn made(operation: &Operation, make: MakeEffect, rate: u32, channels: usize) -> Made {
    match operation {
        Operation::AddEffect {
            effect,
            kind,
            variant,
            values,
            ..
        } => {
            let body = make(*kind, *variant, values, rate, channels);
            Some((*effect, Box::new(body)))
        }
        _ => None,
    }
}
