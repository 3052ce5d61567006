//! What callers may ask the model.

use super::Dispatcher;
use super::model::MASTER;
use crate::operation::{EffectId, InputId, SendId, TrackId};

impl Dispatcher {
    pub fn track_output(&self, track: TrackId) -> Option<TrackId> {
        self.model.tracks.get(&track).map(|track| track.output)
    }

    pub fn tracks(&self) -> Vec<TrackId> {
        let ids = self.model.tracks.keys().copied();
        ids.filter(|id| *id != MASTER).collect()
    }

    pub fn chain(&self, track: TrackId) -> Vec<EffectId> {
        self.model.chain(track).to_vec()
    }

    pub fn has_send(&self, send: SendId) -> bool {
        self.model.sends.contains_key(&send)
    }

    pub fn has_input(&self, input: InputId) -> bool {
        self.inputs
            .get(&input)
            .is_some_and(|record| !record.is_leaving())
    }

    /// The place of an effect's kind.
    pub fn effect_kind(&self, effect: EffectId) -> Option<usize> {
        let effect = self.model.effects.get(&effect);
        effect.map(|effect| usize::from(effect.kind))
    }
}
