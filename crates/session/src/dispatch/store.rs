//! Where things wait to cross: for a frame, or for a beat.

use super::beats::{Beat, Beats};
use crate::batch::{Batch, Item};
use noxrun_engine::{Target, When};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where something waits, and its sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// For a frame; those without one have 0 and go first, in order.
    Frame(u64, u64),
    /// For a beat.
    Beat(Beat, u64),
}

impl Place {
    pub fn new(at: When, seq: u64) -> Self {
        match at {
            When::Now => Self::Frame(0, seq),
            When::Frame(frame) => Self::Frame(frame, seq),
            When::Beat(beat) => Self::Beat(Beat(beat), seq),
        }
    }

    pub fn seq(self) -> u64 {
        match self {
            Self::Frame(_, seq) | Self::Beat(_, seq) => seq,
        }
    }
}

pub(super) enum Waiting {
    One(Item),
    Batch(Batch),
}

pub(super) struct Store {
    frames: BTreeMap<(u64, u64), Waiting>,
    pub beats: Beats<Waiting>,
    /// For each parameter, where its scheduled points wait, with their index in a batch.
    points: HashMap<Target, BTreeSet<(Place, usize)>>,
}

impl Store {
    pub fn new() -> Self {
        Self {
            frames: BTreeMap::new(),
            beats: Beats::new(),
            points: HashMap::new(),
        }
    }

    pub fn insert(&mut self, place: Place, waiting: Waiting) {
        self.index(place, &waiting, true);
        match place {
            Place::Frame(frame, seq) => {
                self.frames.insert((frame, seq), waiting);
            }
            Place::Beat(Beat(beat), seq) => self.beats.insert(beat, seq, waiting),
        }
    }

    pub fn get(&self, place: Place) -> Option<&Waiting> {
        match place {
            Place::Frame(frame, seq) => self.frames.get(&(frame, seq)),
            Place::Beat(beat, seq) => self.beats.get((beat, seq)),
        }
    }

    pub fn get_mut(&mut self, place: Place) -> Option<&mut Waiting> {
        match place {
            Place::Frame(frame, seq) => self.frames.get_mut(&(frame, seq)),
            Place::Beat(beat, seq) => self.beats.get_mut((beat, seq)),
        }
    }

    pub fn remove(&mut self, place: Place) -> Option<Waiting> {
        let waiting = match place {
            Place::Frame(frame, seq) => self.frames.remove(&(frame, seq)),
            Place::Beat(beat, seq) => self.beats.remove((beat, seq)),
        }?;
        self.index(place, &waiting, false);
        Some(waiting)
    }

    /// What waits for the earliest frame.
    pub fn first(&self) -> Option<(u64, u64)> {
        self.frames.first_key_value().map(|(key, _)| *key)
    }

    /// How many wait for frames after `after` and up to `to`.
    pub fn count_between(&self, after: (u64, u64), to: (u64, u64)) -> usize {
        use std::ops::Bound::{Excluded, Included};
        self.frames.range((Excluded(after), Included(to))).count()
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.beats.is_empty()
    }

    pub fn clear(&mut self) {
        self.frames.clear();
        self.beats.clear();
        self.points.clear();
    }

    /// Lets something cross next, in its order among all that has no frame.
    pub fn promote(&mut self, place: Place) -> Option<Place> {
        let waiting = self.remove(place)?;
        let urgent = Place::Frame(0, place.seq());
        self.insert(urgent, waiting);
        Some(urgent)
    }

    /// As [`Store::promote`], for the next of what waits for `limit` or an earlier beat. Returns
    /// where it waited and where it waits now.
    pub fn promote_due(&mut self, limit: f64) -> Option<(Place, Place)> {
        let ((beat, seq), waiting) = self.beats.take_due(limit)?;
        let place = Place::Beat(beat, seq);
        self.index(place, &waiting, false);
        let urgent = Place::Frame(0, seq);
        self.insert(urgent, waiting);
        Some((place, urgent))
    }

    /// Takes out what waits for a beat before `beat`.
    pub fn take_before(&mut self, beat: f64) -> Vec<(Place, Waiting)> {
        let taken = self.beats.take_before(beat);
        let taken: Vec<(Place, Waiting)> = taken
            .into_iter()
            .map(|((beat, seq), waiting)| (Place::Beat(beat, seq), waiting))
            .collect();
        for (place, waiting) in &taken {
            self.index(*place, waiting, false);
        }
        taken
    }

    /// Takes the scheduled points of a parameter out that `is_meant` says, by their time. Returns
    /// how many of them were counted.
    pub fn take_points(&mut self, target: Target, is_meant: impl Fn(When) -> bool) -> u64 {
        let places = self.points.remove(&target).unwrap_or_default();
        let mut counted = 0;
        let mut kept = BTreeSet::new();
        for (place, index) in places {
            let item = match self.get(place) {
                Some(Waiting::One(item)) => Some(item),
                Some(Waiting::Batch(batch)) => batch.get(index),
                None => None,
            };
            let Some((_, at)) = item.and_then(Item::act).and_then(|act| act.point()) else {
                continue;
            };
            // What a batch holds has the batch's time.
            let at = match (at, place) {
                (When::Now, Place::Beat(Beat(beat), _)) => When::Beat(beat),
                (at, _) => at,
            };
            if !is_meant(at) {
                kept.insert((place, index));
                continue;
            }
            let item = match self.get_mut(place) {
                Some(Waiting::Batch(batch)) => batch.remove(index),
                _ => match self.remove(place) {
                    Some(Waiting::One(item)) => Some(item),
                    _ => None,
                },
            };
            counted += u64::from(item.is_some_and(|item| item.is_counted()));
        }
        if !kept.is_empty() {
            self.points.insert(target, kept);
        }
        counted
    }

    /// Keeps the list of points: of single ones with a time, and of batches that wait for a beat.
    fn index(&mut self, place: Place, waiting: &Waiting, enters: bool) {
        let timed = matches!(place, Place::Beat(..));
        match waiting {
            Waiting::One(item) => {
                let point = item.act().filter(|act| act.counted);
                if let Some((target, _)) = point.and_then(|act| act.point()) {
                    self.note(target, (place, 0), enters);
                }
            }
            Waiting::Batch(batch) if timed => {
                for (index, item) in batch.items() {
                    if let Some((target, _)) = item.act().and_then(|act| act.point()) {
                        self.note(target, (place, index), enters);
                    }
                }
            }
            Waiting::Batch(_) => {}
        }
    }

    fn note(&mut self, target: Target, point: (Place, usize), enters: bool) {
        if enters {
            self.points.entry(target).or_default().insert(point);
        } else if let Some(points) = self.points.get_mut(&target) {
            points.remove(&point);
            if points.is_empty() {
                self.points.remove(&target);
            }
        }
    }
}
