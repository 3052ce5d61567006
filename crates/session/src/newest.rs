//! Which waiting values a newer one supersedes.
//!
//! Of the values of one parameter that take effect on one frame, a ramp supersedes an earlier ramp,
//! for both start from the value before. It does not supersede a jump, which it starts from: "0 at
//! once, then 1 over two seconds" is a fade-in. A short ramp is a jump to an object that has not
//! sounded yet, so it stands between the two.

use crate::intent::TrackId;
use noxrun_engine::{Curve, EffectKey, Target};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Something whose newest value alone matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Slot {
    Value(Target),
    Gate(TrackId),
    Bypass(EffectKey),
}

/// What a value supersedes: everything that waits at its own rank or above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Jump,
    Short,
    Ramp,
}

impl Rank {
    /// Of a write that takes `frames`; `short` is the length of the default ramp.
    pub fn of(frames: u32, curve: Curve, short: u32) -> Self {
        if frames == 0 || curve == Curve::Step {
            Self::Jump
        } else if frames <= short {
            Self::Short
        } else {
            Self::Ramp
        }
    }
}

/// Where the newest values wait, by slot and rank. In each slot, lower ranks wait in front.
pub(crate) struct Newest<P> {
    places: HashMap<Slot, [Option<P>; 3], BuildHasherDefault<KeyHasher>>,
}

/// For small numbers that nobody chooses to do harm: a fraction of the default's cost, which would
/// be most of what a value costs.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        // Odd, and close to 2⁶⁴ over the golden ratio: it spreads what is close together. The table
        // takes the lower bits and the topmost.
        let spread = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = spread ^ (spread >> 32);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }
}

impl<P: Copy + PartialEq> Newest<P> {
    pub fn new() -> Self {
        Self {
            places: HashMap::default(),
        }
    }

    /// The places whose values a newer one of this rank supersedes; the first is that of its own
    /// rank from now on. It has to be written to all of them, or, if there is none, to be put
    /// behind everything and [noted](Self::note).
    pub fn supersede(&mut self, slot: Slot, rank: Rank) -> [Option<P>; 3] {
        let Some(places) = self.places.get_mut(&slot) else {
            return [None; 3];
        };
        let mut superseded = *places;
        superseded[..rank as usize].fill(None);
        if let Some(first) = superseded.iter().position(Option::is_some) {
            places.swap(rank as usize, first);
        }
        superseded
    }

    pub fn note(&mut self, slot: Slot, rank: Rank, place: P) {
        self.places.entry(slot).or_insert([None; 3])[rank as usize] = Some(place);
    }

    /// Nothing that waits in this slot may be superseded any more. Returns where it waits.
    pub fn forget(&mut self, slot: Slot) -> [Option<P>; 3] {
        self.places.remove(&slot).unwrap_or([None; 3])
    }

    /// What waited at `place` has gone.
    pub fn leave(&mut self, slot: Slot, place: P) {
        let Some(places) = self.places.get_mut(&slot) else {
            return;
        };
        for waiting in places.iter_mut() {
            *waiting = waiting.filter(|waiting| *waiting != place);
        }
        if places.iter().all(Option::is_none) {
            self.places.remove(&slot);
        }
    }

    /// Every slot with the ranks that wait in it.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, Rank)> {
        let ranks = [Rank::Jump, Rank::Short, Rank::Ramp];
        self.places.iter().flat_map(move |(slot, places)| {
            let waiting = ranks.into_iter().zip(places);
            waiting.filter_map(|(rank, place)| place.map(|_| (*slot, rank)))
        })
    }

    pub fn len(&self) -> usize {
        let count = |places: &[Option<P>; 3]| places.iter().flatten().count();
        self.places.values().map(count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: Slot = Slot::Gate(1);

    /// Plays a sequence of ranks through a `Newest` over a plain list of values.
    fn coalesced(ranks: &[Rank]) -> Vec<usize> {
        let mut newest = Newest::new();
        let mut list: Vec<usize> = Vec::new();
        for (value, rank) in ranks.iter().enumerate() {
            let places = newest.supersede(SLOT, *rank);
            for place in places.iter().flatten() {
                list[*place] = value;
            }
            if places.iter().all(Option::is_none) {
                newest.note(SLOT, *rank, list.len());
                list.push(value);
            }
        }
        list
    }

    #[test]
    fn a_ramp_keeps_the_jump_that_it_starts_from_and_nothing_else() {
        use Rank::{Jump, Ramp, Short};
        assert_eq!(coalesced(&[Ramp, Ramp, Ramp]), [2]);
        assert_eq!(coalesced(&[Jump, Ramp, Ramp]), [0, 2]);
        assert_eq!(coalesced(&[Ramp, Jump, Ramp]), [1, 2]);
        assert_eq!(coalesced(&[Jump, Short, Ramp, Short]), [0, 3, 3]);
        assert_eq!(coalesced(&[Jump, Ramp, Jump]), [2, 2]);
        assert_eq!(coalesced(&[Jump, Ramp, Jump, Ramp]), [2, 3]);
    }

    #[test]
    fn a_flood_of_any_mix_waits_in_three_places() {
        let ranks = [Rank::Jump, Rank::Short, Rank::Ramp];
        let mix: Vec<Rank> = (0..10_000usize).map(|i| ranks[i * i % 7 % 3]).collect();
        assert!(coalesced(&mix).len() <= 3);
    }
}
