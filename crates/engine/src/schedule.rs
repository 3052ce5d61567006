//! Everything that waits for its time, in memory that was sent ahead.
//!
//! What waits for a frame is in one heap. What waits for a beat is in two: `ahead` holds what the
//! transport comes to next, `behind` what it has passed and would come to again after a loop or a
//! seek. Tempo changes move nothing here: a beat becomes a frame only when it is the next one. Of
//! each parameter's points only the next one stands in a heap; [`lists`] keeps the others.
//!
//! Whatever is dropped is taken out of the heaps at once and gives its place back.

mod aims;
mod item;
mod lists;
mod trees;

pub(crate) use aims::Aim;
pub(crate) use item::{Due, Item, beat_of, ordered};
pub(crate) use lists::Kind;

use crate::heap::{Entry, Heap, Places, SHIFT};
use crate::segments::Segments;
use item::{LEFT, RIGHT};
use lists::List;

/// No item, no list.
pub(crate) const NONE: u32 = u32::MAX;

/// The heaps, by what is waited for.
const FRAMES: usize = 0;
const AHEAD: usize = 1;
const BEHIND: usize = 2;
const HEAPS: usize = 3;
/// What begins as soon as the transport starts is in no heap.
const PARKED: usize = 3;
const CLASSES: usize = 4;

pub(crate) struct Schedule {
    items: Segments<Item, SHIFT>,
    /// Places that were given back, each naming the next one, and those that were never used.
    free: u32,
    unused: u32,
    held: u32,
    heaps: [Heap; HEAPS],
    places: Places,
    lists: Segments<List, SHIFT>,
    free_list: u32,
    unused_list: u32,
    held_lists: u32,
    /// The first of the lists with parked points, and of those with a ramp that ends on a beat.
    parked: u32,
    aiming: u32,
    /// Counted items that were dropped.
    dropped: u64,
}

/// Room for as many more items as there are.
pub(crate) struct ItemSegment {
    items: Box<[Item]>,
    heaps: [Box<[Entry]>; HEAPS],
    places: Box<[u32]>,
}

/// Room for as many more lists of points as there are.
pub(crate) struct ListSegment(Box<[List]>);

impl ItemSegment {
    /// The next one when there are `count`.
    pub fn make(count: usize) -> Self {
        Self {
            items: Segments::<_, SHIFT>::make(count, || Item::IDLE),
            heaps: std::array::from_fn(|_| Segments::<_, SHIFT>::make(count, || Entry::IDLE)),
            places: Segments::<_, SHIFT>::make(count, || 0),
        }
    }
}

impl ListSegment {
    /// The next one when there are `count`.
    pub fn make(count: usize) -> Self {
        Self(Segments::<_, SHIFT>::make(count, || List::IDLE))
    }
}

/// The next item of a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Next<T> {
    pub at: T,
    pub seq: u64,
    pub id: u32,
}

impl Schedule {
    pub fn new() -> Self {
        Self {
            items: Segments::new(),
            free: NONE,
            unused: 0,
            held: 0,
            heaps: std::array::from_fn(|_| Heap::new()),
            places: Places::new(),
            lists: Segments::new(),
            free_list: NONE,
            unused_list: 0,
            held_lists: 0,
            parked: NONE,
            aiming: NONE,
            dropped: 0,
        }
    }

    /// Places for items, or for lists, that `count` segments have together.
    pub const fn capacity_of(count: usize) -> usize {
        Segments::<Item, SHIFT>::capacity_of(count)
    }

    pub fn grow(&mut self, segment: ItemSegment) {
        let ItemSegment {
            items,
            heaps,
            places,
        } = segment;
        let mut odd = self.items.add(items).is_some() | self.places.add(places).is_some();
        for (heap, segment) in self.heaps.iter_mut().zip(heaps) {
            odd |= heap.grow(segment).is_some();
        }
        debug_assert!(!odd, "the controller makes segments in their order");
    }

    pub fn grow_lists(&mut self, segment: ListSegment) {
        let odd = self.lists.add(segment.0).is_some();
        debug_assert!(!odd, "the controller makes segments in their order");
    }

    /// Items that still fit.
    pub fn room(&self) -> usize {
        self.items.len() - self.held as usize
    }

    /// Lists that still fit.
    pub fn list_room(&self) -> usize {
        self.lists.len() - self.held_lists as usize
    }

    /// Places in use: of items, of lists.
    pub fn held(&self) -> (u32, u32) {
        (self.held, self.held_lists)
    }

    /// Counted items that were dropped since this was asked last.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    pub fn item(&self, id: u32) -> &Item {
        &self.items[id]
    }

    pub fn item_mut(&mut self, id: u32) -> &mut Item {
        &mut self.items[id]
    }

    /// Takes a place. The caller made sure of the room.
    fn store(&mut self, item: Item) -> u32 {
        self.held += 1;
        let id = if self.free == NONE {
            self.unused += 1;
            self.unused - 1
        } else {
            let id = self.free;
            self.free = self.items[id].links[RIGHT];
            id
        };
        self.items[id] = item;
        id
    }

    fn release(&mut self, id: u32) {
        self.held -= 1;
        self.items[id].links[RIGHT] = self.free;
        self.free = id;
    }

    /// Adds an item that stands for itself. The caller made sure of the room.
    pub fn push(&mut self, item: Item) -> u32 {
        let id = self.store(item);
        self.enter_heap(id);
        id
    }

    /// Lets an item wait for something else.
    pub fn set_due(&mut self, id: u32, due: Due) {
        if self.items[id].list == NONE {
            self.leave_heap(id);
            self.items[id].due = due;
            self.enter_heap(id);
        } else {
            self.set_point_due(id, due);
        }
    }

    fn enter_heap(&mut self, id: u32) {
        let item = &self.items[id];
        if let Some((class, time, order)) = item.due.place(item.seq)
            && class < HEAPS
        {
            self.heaps[class].insert(Entry { time, order, id }, &mut self.places);
        }
    }

    fn leave_heap(&mut self, id: u32) {
        let item = &self.items[id];
        if let Some((class, ..)) = item.due.place(item.seq)
            && class < HEAPS
        {
            self.heaps[class].remove(id, &mut self.places);
        }
    }

    /// Takes out an item that stands for itself and that no owner's list names any more.
    pub fn take(&mut self, id: u32) -> Item {
        self.leave_heap(id);
        self.release(id);
        self.items[id]
    }

    /// The item that waits for the earliest frame.
    pub fn next_frame(&self) -> Option<Next<u64>> {
        let Entry { time, order, id } = self.heaps[FRAMES].first()?;
        Some(Next {
            at: time,
            seq: order,
            id,
        })
    }

    /// The item that waits for the earliest beat which the transport comes to.
    pub fn next_beat(&self) -> Option<Next<f64>> {
        let Entry { time, order, id } = self.heaps[AHEAD].first()?;
        Some(Next {
            at: beat_of(time),
            seq: order,
            id,
        })
    }

    /// The transport goes back to `beat`: what waits from there on lies ahead again.
    pub fn bring_back(&mut self, beat: f64) {
        while let Some(Entry { id, .. }) = self.heaps[BEHIND].first() {
            let Due::Behind(last) = self.items[id].due else {
                break;
            };
            if last < beat {
                break;
            }
            self.set_due(id, Due::Ahead(last));
        }
    }

    /// The transport starts on this frame: what was parked begins.
    pub fn unpark(&mut self, frame: u64) {
        while let Some(id) = self.first_parked() {
            self.set_due(id, Due::Frame(frame));
        }
    }

    /// Notes an item in the list of what names one thing, which begins at `head`.
    pub fn own(&mut self, id: u32, head: &mut u32) {
        let item = &mut self.items[id];
        item.owned = true;
        item.links[LEFT] = NONE;
        item.links[RIGHT] = *head;
        if *head != NONE {
            self.items[*head].links[LEFT] = id;
        }
        *head = id;
    }

    /// Takes an item out of the list that begins at `head`.
    pub fn disown(&mut self, id: u32, head: &mut u32) {
        let item = &mut self.items[id];
        if !std::mem::replace(&mut item.owned, false) {
            return;
        }
        let (before, after) = (item.links[LEFT], item.links[RIGHT]);
        if before == NONE {
            *head = after;
        } else {
            self.items[before].links[RIGHT] = after;
        }
        if after != NONE {
            self.items[after].links[LEFT] = before;
        }
    }

    /// What a list names is gone: everything that waits for it is dropped.
    pub fn drop_owned(&mut self, head: &mut u32) {
        let mut id = std::mem::replace(head, NONE);
        while id != NONE {
            let next = self.items[id].links[RIGHT];
            let item = self.take(id);
            self.dropped += u64::from(item.counted);
            id = next;
        }
    }
}

#[cfg(test)]
mod tests;
