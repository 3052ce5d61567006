//! What waits to cross, and how it comes to its place: items on their own, batches, and values that
//! supersede older ones.

use super::Dispatcher;
use crate::batch::{Batch, Item};
use crate::intent::VoiceId;
use crate::newest::{Rank, Slot};
use noxrun_engine::{Action, NOW};

/// When a message crosses: those without a frame first, in order.
pub(super) type Place = (u64, u64);

pub(super) enum Waiting {
    One(Item),
    Batch(Batch),
}

impl Dispatcher {
    /// Takes a value in. Those without a time of their own supersede the ones that wait, within
    /// their batch or outside of batches.
    pub(super) fn value(
        &mut self,
        (slot, rank): (Slot, Rank),
        at: Option<u64>,
        voice: Option<VoiceId>,
        action: Action,
    ) {
        let counted = at.is_some() || self.batch_is_timed();
        let item = Item::Do {
            frame: at.unwrap_or(NOW),
            counted,
            voice,
            action,
            value: at.is_none().then_some((slot, rank)),
        };
        if counted {
            // Later values must not go in front of this one.
            self.newest.forget(slot);
        }
        if at.is_some() {
            self.insert(at, item);
            return;
        }
        if let Some(batch) = &mut self.batch {
            let superseded = batch.value(slot, rank, &item);
            self.settle(superseded && counted);
            return;
        }
        let places = self.newest.supersede(slot, rank);
        for place in places.iter().flatten() {
            match self.queue.get_mut(place) {
                Some(Waiting::One(older)) => *older = item.clone(),
                // In a batch that has not begun to cross: the newest value takes effect with it.
                Some(Waiting::Batch(batch)) => {
                    batch.value(slot, rank, &item);
                }
                None => {}
            }
        }
        if places.iter().all(Option::is_none)
            && let Some(place) = self.insert(None, item)
        {
            self.newest.note(slot, rank, place);
        }
    }

    /// Adds an item to the open batch, or to the queue at the place that is returned.
    pub(super) fn insert(&mut self, at: Option<u64>, item: Item) -> Option<Place> {
        if let Some(batch) = &mut self.batch {
            batch.push(item);
            return None;
        }
        let place = self.next_place(at);
        self.queue.insert(place, Waiting::One(item));
        Some(place)
    }

    pub(super) fn batch_is_timed(&self) -> bool {
        self.batch.as_ref().is_some_and(Batch::is_timed)
    }

    pub(super) fn close_batch(&mut self) {
        let Some(batch) = self.batch.take() else {
            return;
        };
        // Values that wait outside are older than the batch's own.
        if !batch.is_timed() {
            for (slot, rank) in batch.values() {
                for place in self.newest.supersede(slot, rank).into_iter().flatten() {
                    self.newest.leave(slot, place);
                    if matches!(self.queue.get(&place), Some(Waiting::One(_))) {
                        self.queue.remove(&place);
                    }
                }
            }
        }
        let place = self.join_values(batch);
        if let Some(Waiting::Batch(batch)) = self.queue.get(&place)
            && !batch.is_timed()
        {
            for (slot, rank) in batch.values() {
                self.newest.note(slot, rank, place);
            }
        }
    }

    /// Puts a batch in the queue; one of nothing but values joins one that waits whole: both then
    /// take effect on one frame, and no flood of batches can fill the queue.
    fn join_values(&mut self, mut batch: Batch) -> Place {
        batch.reserve();
        let only_values = batch.is_only_values();
        if only_values
            && let Some(place) = self.values
            && let Some(Waiting::Batch(waiting)) = self.queue.get_mut(&place)
            && waiting.is_whole()
        {
            waiting.join(batch);
            return place;
        }
        let place = self.next_place(None);
        // A sequence number for each item: what comes later sorts behind all of them.
        self.seq += batch.reserved;
        // Behind anything else a voice may be waiting that a later value belongs to.
        self.values = only_values.then_some(place);
        self.queue.insert(place, Waiting::Batch(batch));
        place
    }

    pub(super) fn next_place(&mut self, at: Option<u64>) -> Place {
        let seq = self.seq;
        self.seq += 1;
        let place = (at.unwrap_or(0), seq);
        self.fresh.push(place);
        place
    }
}
