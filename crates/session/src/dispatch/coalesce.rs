//! Which waiting values a newer one supersedes.
//!
//! Of the values of one parameter that take effect on one frame, a ramp supersedes an earlier ramp,
//! for both start from the value before. It does not supersede a jump, which it starts from: "0 at
//! once, then 1 over two seconds" is a fade-in. A short ramp is a jump to an object that has not
//! sounded yet, so it stands between the two.

use noxrun_engine::{Action, Command, Curve, EffectKey, Target, TrackKey, When};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Something whose newest value alone matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ValueOf {
    Param(Target),
    Gate(TrackKey),
    Bypass(EffectKey),
}

impl ValueOf {
    /// What an action gives a value to, and what that supersedes; `short` is the length of the
    /// default ramp.
    pub fn of(action: &Action, short: u32) -> Option<(Self, Rank)> {
        Some(match *action {
            Action::Set {
                target,
                frames,
                curve,
                ..
            } => (Self::Param(target), Rank::of(frames, curve, short)),
            Action::Gate { track, .. } => (Self::Gate(track), Rank::Jump),
            Action::Bypass { effect, .. } => (Self::Bypass(effect), Rank::Jump),
            _ => return None,
        })
    }

    /// What an action moves in any way, now or later.
    pub fn named(action: &Action) -> Option<Self> {
        Some(match *action {
            Action::Set { target, .. } | Action::Reach { target, .. } | Action::Cancel(target) => {
                Self::Param(target)
            }
            Action::Gate { track, .. } => Self::Gate(track),
            Action::Bypass { effect, .. } => Self::Bypass(effect),
            _ => return None,
        })
    }
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

/// Where the newest values wait, by what they are of and rank. Of each, lower ranks wait in front.
pub(crate) struct Newest<P> {
    places: HashMap<ValueOf, [Option<P>; 3], BuildHasherDefault<KeyHasher>>,
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
    pub fn supersede(&mut self, of: ValueOf, rank: Rank) -> [Option<P>; 3] {
        let Some(places) = self.places.get_mut(&of) else {
            return [None; 3];
        };
        let mut superseded = *places;
        superseded[..rank as usize].fill(None);
        if let Some(first) = superseded.iter().position(Option::is_some) {
            places.swap(rank as usize, first);
        }
        superseded
    }

    pub fn clear(&mut self) {
        self.places.clear();
    }

    pub fn note(&mut self, of: ValueOf, rank: Rank, place: P) {
        self.places.entry(of).or_insert([None; 3])[rank as usize] = Some(place);
    }

    /// What waited at `place` has gone.
    pub fn leave(&mut self, of: ValueOf, place: P) {
        let Some(places) = self.places.get_mut(&of) else {
            return;
        };
        for waiting in places.iter_mut() {
            *waiting = waiting.filter(|waiting| *waiting != place);
        }
    }

    /// Nothing that waits of this may be superseded any more.
    pub fn forget(&mut self, of: ValueOf) {
        self.places.remove(&of);
    }
}

/// Throws values without a time out that newer ones supersede.
pub(crate) fn compact(commands: &mut Vec<Command>, short: u32) {
    let mut newest: HashMap<ValueOf, Rank, BuildHasherDefault<KeyHasher>> = HashMap::default();
    commands.reverse();
    commands.retain(|command| {
        let Command::Do {
            at,
            counted,
            action,
            ..
        } = command
        else {
            return true;
        };
        let value = ValueOf::of(action, short).filter(|_| *at == When::Now && !counted);
        let Some((of, rank)) = value else {
            if let Some(of) = ValueOf::named(action) {
                newest.remove(&of);
            }
            return true;
        };
        if newest.get(&of).is_some_and(|newer| *newer <= rank) {
            return false;
        }
        newest.insert(of, rank);
        true
    });
    commands.reverse();
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: ValueOf = ValueOf::Gate(noxrun_engine::MASTER);

    /// Plays a sequence of ranks through a `Newest` over a plain list of values.
    fn coalesced(ranks: &[Rank]) -> Vec<usize> {
        let mut newest = Newest::new();
        let mut list: Vec<usize> = Vec::new();
        for (value, rank) in ranks.iter().enumerate() {
            let places = newest.supersede(VALUE, *rank);
            for place in places.iter().flatten() {
                list[*place] = value;
            }
            if places.iter().all(Option::is_none) {
                newest.note(VALUE, *rank, list.len());
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

    #[test]
    fn what_a_ramp_starts_from_is_kept_when_a_batch_is_looked_through() {
        let set = |value: f64, frames: u32| Command::Do {
            at: When::Now,
            seq: 0,
            counted: false,
            action: Action::Set {
                target: Target::TrackVolume(noxrun_engine::MASTER),
                value,
                frames,
                curve: Curve::Linear,
            },
        };
        let mut commands = vec![
            set(1.0, 9000),
            set(2.0, 0),
            set(5.0, 9000),
            set(6.0, 240),
            set(7.0, 9000),
        ];
        compact(&mut commands, 240);
        let values: Vec<f64> = commands
            .iter()
            .filter_map(|command| match command {
                Command::Do {
                    action: Action::Set { value, .. },
                    ..
                } => Some(*value),
                _ => None,
            })
            .collect();
        assert_eq!(values, [2.0, 6.0, 7.0]);
    }
}
