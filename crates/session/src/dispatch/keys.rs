//! Which places of the engine's tables are free, and whose the others are.

use noxrun_engine::{EdgeKey, EffectKey, EngineConfig, TapKey, TrackKey, VoiceKey};
use std::collections::VecDeque;

/// The places of one table.
#[derive(Debug)]
pub(super) struct Keys {
    generations: Vec<u32>,
    owners: Vec<Option<u64>>,
    /// The one that has been free for longest is used first: which place a thing gets then depends
    /// on the order of what came and went, not on when that was noticed.
    free: VecDeque<u32>,
}

impl Keys {
    /// All places but the first `taken` are free.
    fn new(count: usize, taken: usize) -> Self {
        Self {
            generations: vec![0; count],
            owners: vec![None; count],
            free: (taken as u32..count as u32).collect(),
        }
    }

    pub fn available(&self) -> usize {
        self.free.len()
    }

    /// Takes a place for `owner`: its index and generation.
    pub fn take(&mut self, owner: u64) -> Option<(u32, u32)> {
        let index = self.free.pop_front()?;
        let place = index as usize;
        self.generations[place] = self.generations[place].wrapping_add(1);
        self.owners[place] = Some(owner);
        Some((index, self.generations[place]))
    }

    /// Whose a place is.
    pub fn owner(&self, index: u32) -> Option<u64> {
        *self.owners.get(index as usize)?
    }

    /// Gives a place back. Returns whose it was; a place that is free already stays so.
    pub fn give_back(&mut self, index: u32, generation: u32) -> Option<u64> {
        let place = index as usize;
        if self.generations.get(place) != Some(&generation) {
            return None;
        }
        let owner = self.owners[place].take()?;
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
}

/// How many places something needs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Needs {
    pub voices: usize,
    pub tracks: usize,
    pub edges: usize,
    pub effects: usize,
    pub taps: usize,
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
        }
    }

    pub fn have(&self, needs: Needs) -> bool {
        self.voices.available() >= needs.voices
            && self.tracks.available() >= needs.tracks
            && self.edges.available() >= needs.edges
            && self.effects.available() >= needs.effects
            && self.taps.available() >= needs.taps
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
