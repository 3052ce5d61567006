//! Which voices wait for their start, by track: lists through the places of the table of voices, so
//! that stopping a track costs by what is stopped.

use crate::schedule::NONE;
use crate::segments::Segments;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    before: u32,
    after: u32,
}

pub(crate) const ALONE: Link = Link {
    before: NONE,
    after: NONE,
};

pub(crate) struct Waits<const SHIFT: u32> {
    /// For each track the place of its newest.
    newest: Box<[u32]>,
    links: Segments<Link, SHIFT>,
}

impl<const SHIFT: u32> Waits<SHIFT> {
    pub fn new(tracks: usize) -> Self {
        Self {
            newest: vec![NONE; tracks].into(),
            links: Segments::new(),
        }
    }

    /// Room for more voices. Returns whether it does not fit.
    pub fn grow(&mut self, segment: Box<[Link]>) -> bool {
        self.links.add(segment).is_some()
    }

    /// The voice at `place`, of which there is room for, begins to wait for a track.
    pub fn enter(&mut self, track: u32, place: u32) {
        let Some(newest) = self.newest.get_mut(track as usize) else {
            return;
        };
        let before = std::mem::replace(newest, place);
        self.links[place] = Link {
            before,
            after: NONE,
        };
        if let Some(older) = self.links.get_mut(before) {
            older.after = place;
        }
    }

    /// The voice at `place`, which waited for this track, waits no more.
    pub fn leave(&mut self, track: u32, place: u32) {
        let Some(newest) = self.newest.get_mut(track as usize) else {
            return;
        };
        let Link { before, after } = std::mem::replace(&mut self.links[place], ALONE);
        if *newest == place {
            *newest = before;
        }
        if let Some(older) = self.links.get_mut(before) {
            older.after = after;
        }
        if let Some(newer) = self.links.get_mut(after) {
            newer.before = before;
        }
    }

    /// The newest voice that waits for a track.
    pub fn newest(&self, track: u32) -> Option<u32> {
        let place = self.newest.get(track as usize).copied();
        place.filter(|place| *place != NONE)
    }

    /// The next older one than that at `place`.
    pub fn older(&self, place: u32) -> Option<u32> {
        let older = self.links.get(place).map(|link| link.before);
        older.filter(|place| *place != NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::{ALONE, Waits};
    use crate::segments::Segments;

    fn new(tracks: usize) -> Waits<3> {
        let mut waits = Waits::new(tracks);
        waits.grow(Segments::<_, 3>::make(0, || ALONE));
        waits
    }

    fn of(waits: &Waits<3>, track: u32) -> Vec<u32> {
        std::iter::successors(waits.newest(track), |place| waits.older(*place)).collect()
    }

    #[test]
    fn each_track_has_its_own_and_any_of_them_may_leave() {
        let mut waits = new(2);
        for (track, place) in [(0, 3), (1, 0), (0, 1), (0, 7), (1, 2), (0, 4)] {
            waits.enter(track, place);
        }
        assert_eq!(of(&waits, 0), [4, 7, 1, 3]);
        assert_eq!(of(&waits, 1), [2, 0]);
        for (place, left) in [
            (7, vec![4, 1, 3]),
            (4, vec![1, 3]),
            (3, vec![1]),
            (1, vec![]),
        ] {
            waits.leave(0, place);
            assert_eq!(of(&waits, 0), left);
        }
        waits.enter(0, 7);
        assert_eq!(of(&waits, 0), [7]);
        assert_eq!(of(&waits, 1), [2, 0]);
    }

    #[test]
    fn a_track_that_there_is_not_has_none() {
        let mut waits = new(1);
        waits.enter(9, 2);
        waits.leave(9, 2);
        assert_eq!(waits.newest(9), None);
    }
}
