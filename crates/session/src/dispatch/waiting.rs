//! How what waits comes to its place: items on their own, batches, and values that supersede older
//! ones.

use super::Dispatcher;
use super::store::{Place, Waiting};
use crate::batch::{Act, Batch, Item};
use crate::newest::{Rank, Slot};
use noxrun_engine::{Action, When};

impl Dispatcher {
    /// Takes a value in. Those without a time of their own supersede the ones that wait, within
    /// their batch or outside of batches.
    pub(super) fn value(&mut self, (slot, rank): (Slot, Rank), mut act: Act) {
        let timed = act.at != When::Now;
        act.counted = timed || self.batch_is_timed();
        if act.counted {
            // Later values must not go in front of this one.
            self.newest.forget(slot);
        }
        if timed {
            self.insert(Item::Do(act));
            return;
        }
        act.value = Some((slot, rank));
        if let Some(batch) = &mut self.batch {
            let superseded = batch.value(slot, rank, &act);
            self.settle(superseded && act.counted);
            return;
        }
        self.newest_value((slot, rank), act);
    }

    /// Takes in a value that nobody gave a time, but that means nothing before `act.at`.
    pub(super) fn value_from(&mut self, (slot, rank): (Slot, Rank), mut act: Act) {
        if self.batch.is_some() {
            self.insert(Item::Do(act));
            return;
        }
        act.value = Some((slot, rank));
        self.newest_value((slot, rank), act);
    }

    fn newest_value(&mut self, (slot, rank): (Slot, Rank), act: Act) {
        let places = self.newest.supersede(slot, rank);
        for place in places.iter().flatten() {
            match self.store.get_mut(*place) {
                Some(Waiting::One(older)) => *older = Item::Do(act.clone()),
                // In a batch that has not begun to cross: the newest value takes effect with it.
                Some(Waiting::Batch(batch)) => {
                    batch.value(slot, rank, &act);
                }
                None => {}
            }
        }
        if places.iter().all(Option::is_none)
            && let Some(place) = self.insert(Item::Do(act))
        {
            self.newest.note(slot, rank, place);
        }
    }

    /// Adds an item to the open batch, or to what waits, at the place that is returned.
    pub(super) fn insert(&mut self, item: Item) -> Option<Place> {
        if let Some(batch) = &mut self.batch {
            batch.push(item);
            return None;
        }
        Some(self.insert_alone(item))
    }

    /// Adds an item outside of batches, even while one is open.
    pub(super) fn insert_alone(&mut self, item: Item) -> Place {
        let place = self.next_place(crossing_time(&item));
        self.store.insert(place, Waiting::One(item));
        place
    }

    pub(super) fn batch_is_timed(&self) -> bool {
        self.batch.as_ref().is_some_and(Batch::is_timed)
    }

    /// The time of the open batch.
    pub(super) fn batch_time(&self) -> When {
        self.batch.as_ref().map_or(When::Now, Batch::at)
    }

    pub(super) fn close_batch(&mut self) {
        let Some(mut batch) = self.batch.take() else {
            return;
        };
        batch.reserve();
        // Its place, then one for each item: what had a time of its own may come to wait in front,
        // among what has none, and must not meet the batch there.
        let count = 1 + batch.reserved;
        // What has a time of its own keeps it, and waits for it on its own.
        let timed = batch.take_timed();
        let first = self.seq;
        if !batch.is_empty() {
            self.place_batch(batch);
        }
        // A sequence number for each item: what comes later sorts behind all of them.
        self.seq = self.seq.max(first + count);
        for (index, item) in timed {
            let place = Place::new(crossing_time(&item), first + 1 + index);
            self.came(place);
            self.store.insert(place, Waiting::One(item));
            self.note_place(place, Some(place));
        }
    }

    fn place_batch(&mut self, batch: Batch) {
        // Values that wait outside are older than the batch's own.
        if !batch.is_timed() {
            for (slot, rank) in batch.values() {
                for place in self.newest.supersede(slot, rank).into_iter().flatten() {
                    self.newest.leave(slot, place);
                    if matches!(self.store.get(place), Some(Waiting::One(_))) {
                        self.store.remove(place);
                    }
                }
            }
        }
        let place = self.join_values(batch);
        if let Some(Waiting::Batch(batch)) = self.store.get(place)
            && !batch.is_timed()
        {
            for (slot, rank) in batch.values() {
                self.newest.note(slot, rank, place);
            }
        }
        if matches!(place, Place::Beat(..)) {
            self.note_place(place, Some(place));
        }
    }

    /// Puts a batch among what waits; one of nothing but values joins one that waits whole: both
    /// then take effect on one frame, and no flood of batches can fill the queue.
    fn join_values(&mut self, batch: Batch) -> Place {
        let only_values = batch.is_only_values();
        if only_values
            && let Some(place) = self.values
            && let Some(Waiting::Batch(waiting)) = self.store.get_mut(place)
            && waiting.is_whole()
        {
            waiting.join(batch);
            return place;
        }
        // One for a frame crosses at once and waits complete on the other side.
        let time = match batch.at() {
            When::Beat(beat) => When::Beat(beat),
            When::Now | When::Frame(_) => When::Now,
        };
        let place = self.next_place(time);
        // Behind anything else a voice may be waiting that a later value belongs to.
        self.values = only_values.then_some(place);
        self.store.insert(place, Waiting::Batch(batch));
        place
    }

    fn next_place(&mut self, at: When) -> Place {
        let place = Place::new(at, self.seq);
        self.seq += 1;
        self.came(place);
        place
    }

    fn came(&mut self, place: Place) {
        if let Place::Frame(frame, seq) = place {
            self.fresh.push((frame, seq));
        }
    }

    /// Notes where that waits which others name: plays on their own, and what a batch brings.
    pub(super) fn note_place(&mut self, of: Place, place: Option<Place>) {
        let (voices, sends, effects) = (&mut self.voices, &mut self.sends, &mut self.effects);
        let inputs = &mut self.inputs;
        let tables = &self.tables;
        let mut note = |item: &Item, in_batch: bool| match item {
            Item::Play { voice, .. } => {
                if let Some(record) = voices.get_mut(voice) {
                    record.waiting = place;
                }
            }
            Item::Do(act) | Item::Carry(_, act) if in_batch => match act.action {
                Action::Connect { edge, .. } => {
                    let send = tables.edges.owner(edge.index);
                    if let Some(record) = send.and_then(|send| sends.get_mut(&send)) {
                        record.waiting = place;
                    }
                }
                Action::AddEffect { effect, .. } => {
                    let effect = tables.effects.owner(effect.index);
                    if let Some(record) = effect.and_then(|effect| effects.get_mut(&effect)) {
                        record.waiting = place;
                    }
                }
                Action::AddInput { input, .. } => {
                    let input = tables.inputs.owner(input.index);
                    if let Some(record) = input.and_then(|input| inputs.get_mut(&input)) {
                        record.waiting = place;
                    }
                }
                _ => {}
            },
            Item::Do(_) | Item::Carry(..) | Item::Line(..) => {}
        };
        match self.store.get(of) {
            Some(Waiting::One(item)) => note(item, false),
            Some(Waiting::Batch(batch)) => batch.items().for_each(|(_, item)| note(item, true)),
            None => {}
        }
    }
}

/// By which time an item has its place: what drops others has to cross at once.
fn crossing_time(item: &Item) -> When {
    let cancels = |act: &Act| matches!(act.action, Action::Cancel(_));
    if item.act().is_some_and(cancels) {
        return When::Now;
    }
    item.at()
}
