//! Where things wait to cross: for a frame, or for a beat.

use super::beats::{Beat, Beats};
use crate::batch::{Batch, Item, Subject};
use crate::intent::TrackId;
use noxrun_engine::{Target, When};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

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
    points: Index<Target>,
    /// For each thing, where that waits for its time which means nothing without it.
    owned: Index<Subject>,
}

/// Where things wait, with their index in a batch.
type Index<K> = HashMap<K, BTreeSet<(Place, usize)>>;

impl Store {
    pub fn new() -> Self {
        Self {
            frames: BTreeMap::new(),
            beats: Beats::new(),
            points: HashMap::new(),
            owned: HashMap::new(),
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
        self.owned.clear();
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
            let item = self.item(place, index);
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
            let item = self.take((place, index));
            counted += u64::from(item.is_some_and(|item| item.is_counted()));
        }
        if !kept.is_empty() {
            self.points.insert(target, kept);
        }
        counted
    }

    /// Takes out what waits for its time and means nothing without `owner`, as far as `is_meant`
    /// says.
    pub fn take_of(
        &mut self,
        owner: Subject,
        is_meant: impl Fn(Place, &Item) -> bool,
    ) -> Vec<(Place, Item)> {
        let taken = self.of(owner, is_meant).into_iter();
        taken
            .filter_map(|at| Some((at.0, self.take(at)?)))
            .collect()
    }

    /// Where plays on a track wait that were called before `seq`, each place once.
    pub fn plays_of(&self, track: TrackId, seq: u64) -> BTreeSet<Place> {
        let found = self.of(Subject::Track(track), played_before(seq));
        found.into_iter().map(|(place, _)| place).collect()
    }

    fn of(&self, owner: Subject, is_meant: impl Fn(Place, &Item) -> bool) -> Vec<(Place, usize)> {
        let places = self.owned.get(&owner).into_iter().flatten();
        let meant = places.filter(|(place, index)| {
            let item = self.item(*place, *index);
            item.is_some_and(|item| is_meant(*place, item))
        });
        meant.copied().collect()
    }

    /// One thing that waits: of a batch, the one with that index.
    fn item(&self, place: Place, index: usize) -> Option<&Item> {
        match self.get(place)? {
            Waiting::One(item) => Some(item),
            Waiting::Batch(batch) => batch.get(index),
        }
    }

    /// Takes one thing out: of a batch, the one with that index.
    fn take(&mut self, (place, index): (Place, usize)) -> Option<Item> {
        if let Some(Waiting::Batch(batch)) = self.get_mut(place) {
            let item = batch.remove(index)?;
            self.index_item(&item, (place, index), false);
            return Some(item);
        }
        match self.remove(place)? {
            Waiting::One(item) => Some(item),
            Waiting::Batch(_) => None,
        }
    }

    /// Keeps the lists: of single things with a time, and of what is in batches that wait for a
    /// beat.
    fn index(&mut self, place: Place, waiting: &Waiting, enters: bool) {
        match waiting {
            Waiting::One(item) => self.index_item(item, (place, 0), enters),
            Waiting::Batch(batch) if matches!(place, Place::Beat(..)) => {
                for (index, item) in batch.items() {
                    self.index_item(item, (place, index), enters);
                }
            }
            Waiting::Batch(_) => {}
        }
    }

    fn index_item(&mut self, item: &Item, at: (Place, usize), enters: bool) {
        let point = item.act().filter(|act| act.counted);
        if let Some((target, _)) = point.and_then(|act| act.point()) {
            note(&mut self.points, target, at, enters);
        }
        let waits = !matches!(at.0, Place::Frame(0, _));
        if waits && let Some(owner) = item.owner() {
            note(&mut self.owned, owner, at, enters);
        }
    }
}

/// Whether something is a play that was called before `seq`.
pub(super) fn played_before(seq: u64) -> impl Fn(Place, &Item) -> bool {
    move |place, item| place.seq() < seq && matches!(item, Item::Play { .. })
}

fn note<K: Eq + Hash>(lists: &mut Index<K>, key: K, at: (Place, usize), enters: bool) {
    if enters {
        lists.entry(key).or_default().insert(at);
    } else if let Some(list) = lists.get_mut(&key) {
        list.remove(&at);
        if list.is_empty() {
            lists.remove(&key);
        }
    }
}
