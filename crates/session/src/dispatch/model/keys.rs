//! Which places of one of the engine's tables are free, and whose the others are.

use std::collections::VecDeque;

/// The places of one table. A place that is given up is given out again before the engine has let go
/// of it: the command that fills it waits for that.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    /// Of the places that were used: generation and owner.
    used: Vec<(u32, Option<u64>)>,
    count: usize,
    /// In the order in which they were given up, so that which place a thing gets depends on the calls
    /// and not on when their end was noticed. Places that were never used come before all of these.
    free: VecDeque<u32>,
    /// Given up by the call or the batch that is under way, which cannot have them itself.
    leaving: Vec<u32>,
}

impl Keys {
    /// All places but the first `taken` are free.
    pub fn new(count: usize, taken: usize) -> Self {
        Self {
            used: vec![(0, None); taken],
            count,
            free: VecDeque::new(),
            leaving: Vec::new(),
        }
    }

    /// How many places there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many places can be given out now.
    pub fn available(&self) -> usize {
        self.free.len() + self.count - self.used.len()
    }

    /// Takes a place for `owner`: its index and generation. Of those that were used, one that
    /// `is_vacant` says is taken first, by its index and the generation that had it.
    pub fn take(&mut self, owner: u64, is_vacant: impl Fn(u32, u32) -> bool) -> Option<(u32, u32)> {
        if self.used.len() < self.count {
            self.used.push((1, Some(owner)));
            return Some((self.used.len() as u32 - 1, 1));
        }
        let vacant = |index: &u32| is_vacant(*index, self.used[*index as usize].0);
        let first = self.free.iter().position(vacant).unwrap_or(0);
        let index = self.free.remove(first)?;
        let place = &mut self.used[index as usize];
        *place = (place.0.wrapping_add(1), Some(owner));
        Some((index, place.0))
    }

    /// Whose a place is.
    pub fn owner(&self, index: u32, generation: u32) -> Option<u64> {
        let place = self.used.get(index as usize)?;
        place.1.filter(|_| place.0 == generation)
    }

    /// Gives a place up. Nothing happens where that was done before.
    pub fn leave(&mut self, index: u32) {
        let place = self.used.get_mut(index as usize);
        if place.is_some_and(|place| place.1.take().is_some()) {
            self.leaving.push(index);
        }
    }

    /// As [`Self::leave`], for good, when the engine says that it has let go. Returns whose it was.
    pub fn gone(&mut self, index: u32, generation: u32) -> Option<u64> {
        let owner = self.owner(index, generation)?;
        self.used[index as usize].1 = None;
        self.free.push_back(index);
        Some(owner)
    }

    /// What was given up may be given out.
    pub fn settle(&mut self) {
        self.free.extend(self.leaving.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;

    const NEVER: fn(u32, u32) -> bool = |_, _| false;

    #[test]
    fn a_place_used_again_has_another_generation_and_is_given_up_once() {
        let mut keys = Keys::new(3, 1);
        let (index, generation) = keys.take(7, NEVER).unwrap();
        assert_eq!((index, keys.owner(index, generation)), (1, Some(7)));
        keys.leave(index);
        keys.leave(index);
        keys.settle();
        assert_eq!(keys.available(), 2);
        keys.take(8, NEVER).unwrap();
        let (again, newer) = keys.take(9, NEVER).unwrap();
        assert_eq!(again, index);
        assert_ne!(newer, generation);
        assert_eq!(keys.gone(index, generation), None);
        assert!(keys.take(10, NEVER).is_none());
    }

    #[test]
    fn one_batch_cannot_have_what_it_gives_up() {
        let mut keys = Keys::new(1, 0);
        let (index, _) = keys.take(1, NEVER).unwrap();
        keys.leave(index);
        assert!(keys.take(2, NEVER).is_none());
        keys.settle();
        assert_eq!(keys.take(2, NEVER), Some((0, 2)));
    }

    #[test]
    fn what_is_vacant_is_taken_before_what_may_still_wait_for_its_time() {
        let mut keys = Keys::new(2, 0);
        for owner in [1, 2] {
            let (index, _) = keys.take(owner, NEVER).unwrap();
            keys.leave(index);
        }
        keys.settle();
        assert_eq!(keys.take(3, |index, _| index == 1), Some((1, 2)));
        assert_eq!(keys.take(4, |index, _| index == 1), Some((0, 2)));
    }
}
