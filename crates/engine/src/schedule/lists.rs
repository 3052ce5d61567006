//! The points of each parameter: one list, owned by what the parameter belongs to.
//!
//! A list has two orders, by frames and by beats; they know nothing of each other. Each is a tree
//! that keeps itself balanced (a treap: the numbers of the places are the chance), so that adding a
//! point in any order and dropping the latest ones cost by the depth of the tree. Every point knows
//! what is due first among those below it; of the whole list only that stands in the heaps.

use super::item::{Due, Item, ordered};
use super::{Aim, HEAPS, NONE, PARKED, Schedule};
use crate::command::Target;
use crate::heap::Entry;

/// What the times of points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Frames,
    Beats,
}

/// One parameter's points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List {
    pub(super) target: Target,
    /// The trees of frames and of beats, and the latest point of each.
    pub(super) roots: [u32; 2],
    pub(super) lasts: [u32; 2],
    /// Which points stand in the heaps.
    queued: [u32; HEAPS],
    /// Neighbours among the lists with parked points.
    is_parked: bool,
    parked: [u32; 2],
    /// Points whose way waits for the end of a ramp.
    delayed: u32,
    /// The ramp that has to end on a beat, and the neighbours among the lists with one.
    pub(super) aim: Option<Aim>,
    pub(super) aiming: [u32; 2],
}

impl List {
    pub(super) const IDLE: Self = Self {
        target: Target::TrackVolume(crate::key::MASTER),
        roots: [NONE; 2],
        lasts: [NONE; 2],
        queued: [NONE; HEAPS],
        is_parked: false,
        parked: [NONE; 2],
        delayed: 0,
        aim: None,
        aiming: [NONE; 2],
    };

    fn is_empty(&self) -> bool {
        self.roots == [NONE; 2] && self.aim.is_none()
    }
}

impl Schedule {
    /// The list that `owner` names; a new one where there was none. The caller made sure of the
    /// room.
    pub fn list_of(&mut self, owner: &mut u32, target: Target) -> u32 {
        if *owner != NONE {
            return *owner;
        }
        self.held_lists += 1;
        let list = if self.free_list == NONE {
            self.unused_list += 1;
            self.unused_list - 1
        } else {
            let list = self.free_list;
            self.free_list = self.lists[list].roots[0];
            list
        };
        self.lists[list] = List {
            target,
            ..List::IDLE
        };
        *owner = list;
        list
    }

    /// Gives a list back that holds nothing. Returns whether it did: its owner has none then.
    pub fn give_back(&mut self, list: u32) -> bool {
        let is_empty = self.lists[list].is_empty();
        if is_empty {
            self.release_list(list);
        }
        is_empty
    }

    fn release_list(&mut self, list: u32) {
        self.held_lists -= 1;
        self.lists[list].roots[0] = self.free_list;
        self.free_list = list;
    }

    /// The owner of a list is gone: so is everything that it holds.
    pub fn drop_list(&mut self, owner: &mut u32) {
        let list = std::mem::replace(owner, NONE);
        if list == NONE {
            return;
        }
        for queued in self.lists[list].queued {
            if queued != NONE {
                self.leave_heap(queued);
            }
        }
        if self.lists[list].is_parked {
            self.unlink_parked(list);
        }
        self.forget_aim(list);
        for kind in [Kind::Frames, Kind::Beats] {
            self.drop_tree(list, kind);
        }
        self.release_list(list);
    }

    fn drop_tree(&mut self, list: u32, kind: Kind) {
        let mut next = self.first_to_free(list, kind);
        while let Some(id) = next {
            self.dropped += u64::from(self.items[id].counted);
            next = self.free_leaf(id);
        }
    }

    pub fn target(&self, list: u32) -> Target {
        self.lists[list].target
    }

    /// Adds a point. The caller made sure of the room.
    pub fn add_point(&mut self, list: u32, kind: Kind, item: Item) -> u32 {
        let id = self.store(Item {
            list,
            on_beat: kind == Kind::Beats,
            ..item
        });
        self.insert_into_tree(id);
        self.refresh(list);
        id
    }

    /// Takes a point out and gives its place back.
    pub fn remove_point(&mut self, id: u32) {
        let list = self.items[id].list;
        self.set_delayed(id, false);
        self.unqueue(id);
        self.remove_from_tree(id);
        if let Some(aim) = &mut self.lists[list].aim
            && aim.point == id
        {
            aim.point = NONE;
        }
        self.release(id);
        self.refresh(list);
    }

    /// Drops a point that has not taken effect.
    pub fn drop_point(&mut self, id: u32) {
        self.dropped += u64::from(self.items[id].counted);
        self.remove_point(id);
    }

    /// Gives a point another time, earlier ones of that time staying in front of it.
    pub fn move_point(&mut self, id: u32, at: u64) {
        let list = self.items[id].list;
        self.unqueue(id);
        self.remove_from_tree(id);
        self.items[id].at = at;
        self.insert_into_tree(id);
        self.refresh(list);
    }

    pub(super) fn set_point_due(&mut self, id: u32, due: Due) {
        self.change_due(id, self.items[id].seq, due);
    }

    /// Lets a point wait for something else, in the order of another command.
    pub fn change_due(&mut self, id: u32, seq: u64, due: Due) {
        self.unqueue(id);
        let item = &mut self.items[id];
        item.due = due;
        item.seq = seq;
        let list = item.list;
        self.climb(id);
        self.refresh(list);
    }

    /// Notes whether the way to a point waits for the end of a ramp.
    pub fn set_delayed(&mut self, id: u32, delayed: bool) {
        let item = &mut self.items[id];
        let list = item.list;
        let before = std::mem::replace(&mut item.delayed, delayed);
        let count = &mut self.lists[list].delayed;
        *count = *count + u32::from(delayed) - u32::from(before);
    }

    /// Drops the points older than `age` whose way waits for the end of a ramp.
    pub fn drop_delayed(&mut self, list: u32, age: u64) {
        for kind in [Kind::Frames, Kind::Beats] {
            let mut next = self.first_point(list, kind);
            while let Some(id) = next.filter(|_| self.lists[list].delayed > 0) {
                next = self.next_point(id);
                if self.items[id].delayed && self.items[id].age < age {
                    self.drop_point(id);
                }
            }
        }
    }

    /// The latest point of a kind.
    pub fn last_point(&self, list: u32, kind: Kind) -> Option<u32> {
        let last = self.lists[list].lasts[kind as usize];
        (last != NONE).then_some(last)
    }

    /// Takes a point out of the heap that it stands in.
    fn unqueue(&mut self, id: u32) {
        let item = &self.items[id];
        if let Some((class, ..)) = item.due.place(item.seq)
            && class < HEAPS
            && self.lists[item.list].queued[class] == id
        {
            self.lists[item.list].queued[class] = NONE;
            self.heaps[class].remove(id, &mut self.places);
        }
    }

    /// What is due first of a class in the whole list.
    fn first_of(&self, list: u32, class: usize) -> u32 {
        let [one, other] = self.lists[list].roots.map(|root| match root {
            NONE => NONE,
            root => self.items[root].first[class],
        });
        self.earlier(one, other)
    }

    /// Lets the heaps know what is due first.
    fn refresh(&mut self, list: u32) {
        for class in 0..HEAPS {
            let first = self.first_of(list, class);
            let queued = self.lists[list].queued[class];
            if queued == first {
                continue;
            }
            if queued != NONE {
                self.heaps[class].remove(queued, &mut self.places);
            }
            self.lists[list].queued[class] = first;
            if first != NONE
                && let Some((_, time, order)) = self.items[first].due.place(self.items[first].seq)
            {
                let entry = Entry {
                    time,
                    order,
                    id: first,
                };
                self.heaps[class].insert(entry, &mut self.places);
            }
        }
        let parked = self.first_of(list, PARKED) != NONE;
        match (parked, self.lists[list].is_parked) {
            (true, false) => self.link_parked(list),
            (false, true) => self.unlink_parked(list),
            _ => {}
        }
    }

    fn link_parked(&mut self, list: u32) {
        let next = std::mem::replace(&mut self.parked, list);
        self.lists[list].is_parked = true;
        self.lists[list].parked = [NONE, next];
        if next != NONE {
            self.lists[next].parked[0] = list;
        }
    }

    fn unlink_parked(&mut self, list: u32) {
        let [before, after] = self.lists[list].parked;
        self.lists[list].is_parked = false;
        if before == NONE {
            self.parked = after;
        } else {
            self.lists[before].parked[1] = after;
        }
        if after != NONE {
            self.lists[after].parked[0] = before;
        }
    }

    /// A point that waits for the transport's start.
    pub(super) fn first_parked(&self) -> Option<u32> {
        (self.parked != NONE).then(|| self.first_of(self.parked, PARKED))
    }

    /// The next parked point of a list.
    pub fn parked_of(&self, list: u32) -> Option<u32> {
        let first = self.first_of(list, PARKED);
        (first != NONE).then_some(first)
    }

    /// Drops the parked points whose beat comes before `beat`.
    pub fn drop_parked_before(&mut self, beat: f64) {
        let mut list = self.parked;
        while list != NONE {
            let next = self.lists[list].parked[1];
            let mut point = self.first_point(list, Kind::Beats);
            while let Some(id) = point {
                point = self.next_point(id);
                let item = &self.items[id];
                if item.due == Due::Parked && item.end < ordered(beat) {
                    self.drop_point(id);
                }
            }
            list = next;
        }
    }
}
