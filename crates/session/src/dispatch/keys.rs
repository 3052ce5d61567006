//! Which places of the engine's tables are free, and whose the others are.

use noxrun_engine::{EdgeKey, EffectKey, EngineConfig, InputKey, TapKey, TrackKey, VoiceKey};
use std::collections::VecDeque;

/// The places of one table.
#[derive(Debug)]
pub(super) struct Keys {
    /// Of the places that were used: generation and owner.
    used: Vec<(u32, Option<u64>)>,
    count: usize,
    /// The one that has been free for longest is used first: which place a thing gets then depends
    /// on the order of what came and went, not on when that was noticed. Those that were never used
    /// come before all of these.
    free: VecDeque<u32>,
}

impl Keys {
    /// All places but the first `taken` are free.
    fn new(count: usize, taken: usize) -> Self {
        Self {
            used: vec![(0, None); taken],
            count,
            free: VecDeque::new(),
        }
    }

    pub fn available(&self) -> usize {
        self.free.len() + self.count - self.used.len()
    }

    /// Takes a place for `owner`: its index and generation.
    pub fn take(&mut self, owner: u64) -> Option<(u32, u32)> {
        if self.used.len() < self.count {
            self.used.push((1, Some(owner)));
            return Some((self.used.len() as u32 - 1, 1));
        }
        let index = self.free.pop_front()?;
        let place = &mut self.used[index as usize];
        *place = (place.0.wrapping_add(1), Some(owner));
        Some((index, place.0))
    }

    /// Whose a place is.
    pub fn owner(&self, index: u32) -> Option<u64> {
        self.used.get(index as usize)?.1
    }

    /// Whether a place is still its owner's.
    pub fn holds(&self, index: u32, generation: u32) -> bool {
        let place = self.used.get(index as usize);
        place.is_some_and(|(current, owner)| *current == generation && owner.is_some())
    }

    /// Gives a place back. Returns whose it was; a place that is free already stays so.
    pub fn give_back(&mut self, index: u32, generation: u32) -> Option<u64> {
        let place = self.used.get_mut(index as usize)?;
        if place.0 != generation {
            return None;
        }
        let owner = place.1.take()?;
        self.free.push_back(index);
        Some(owner)
    }
}

/// The places of every table.
pub(super) struct Tables {
    pub voices: Keys,
    pub tracks: Keys,
    pub edges: Keys,
    pub effects: Keys,
    pub taps: Keys,
    pub inputs: Keys,
}

/// How many places something needs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Needs {
    pub voices: usize,
    pub tracks: usize,
    pub edges: usize,
    pub effects: usize,
    pub taps: usize,
    pub inputs: usize,
}

impl Tables {
    pub fn new(config: &EngineConfig) -> Self {
        Self {
            voices: Keys::new(config.voice_keys(), 0),
            // The master's is its own.
            tracks: Keys::new(config.track_keys(), 1),
            edges: Keys::new(config.edge_keys(), 0),
            effects: Keys::new(config.effect_keys(), 0),
            taps: Keys::new(config.tap_keys(), 0),
            inputs: Keys::new(config.input_keys(), 0),
        }
    }

    pub fn have(&self, needs: Needs) -> bool {
        self.voices.available() >= needs.voices
            && self.tracks.available() >= needs.tracks
            && self.edges.available() >= needs.edges
            && self.effects.available() >= needs.effects
            && self.taps.available() >= needs.taps
            && self.inputs.available() >= needs.inputs
    }

    pub fn voice(&mut self, owner: u64) -> Option<VoiceKey> {
        let (index, generation) = self.voices.take(owner)?;
        Some(VoiceKey { index, generation })
    }

    pub fn track(&mut self, owner: u32) -> Option<TrackKey> {
        let (index, generation) = self.tracks.take(owner.into())?;
        Some(TrackKey { index, generation })
    }

    pub fn edge(&mut self, owner: u64) -> Option<EdgeKey> {
        let (index, generation) = self.edges.take(owner)?;
        Some(EdgeKey { index, generation })
    }

    pub fn effect(&mut self, owner: u64) -> Option<EffectKey> {
        let (index, generation) = self.effects.take(owner)?;
        Some(EffectKey { index, generation })
    }

    pub fn input(&mut self, owner: u64) -> Option<InputKey> {
        let (index, generation) = self.inputs.take(owner)?;
        Some(InputKey { index, generation })
    }

    pub fn tap(&mut self, owner: u64) -> Option<TapKey> {
        let (index, generation) = self.taps.take(owner)?;
        Some(TapKey { index, generation })
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn a_place_used_again_has_another_generation_and_is_given_back_once() {
        let mut keys = Keys::new(3, 1);
        let (index, generation) = keys.take(7).unwrap();
        assert_eq!((index, keys.owner(index)), (1, Some(7)));
        assert_eq!(keys.give_back(index, generation), Some(7));
        assert_eq!(keys.give_back(index, generation), None);
        assert_eq!(keys.available(), 2);
        keys.take(8).unwrap();
        let (again, newer) = keys.take(9).unwrap();
        assert_eq!(again, index);
        assert_ne!(newer, generation);
        assert_eq!(keys.give_back(index, generation), None);
        assert!(keys.take(10).is_none());
    }

    #[test]
    fn places_do_not_depend_on_how_soon_others_were_given_back() {
        let places = |late: bool| {
            let mut keys = Keys::new(4, 0);
            let first = keys.take(1).unwrap();
            let second = keys.take(2).unwrap();
            if !late {
                keys.give_back(first.0, first.1);
            }
            let third = keys.take(3).unwrap();
            if late {
                keys.give_back(first.0, first.1);
            }
            keys.give_back(second.0, second.1);
            let rest: Vec<u32> = (4..7).filter_map(|id| Some(keys.take(id)?.0)).collect();
            (third.0, rest)
        };
        assert_eq!(places(true), places(false));
    }
}
