//! What is due first: a binary heap from which any entry can be taken out.
//!
//! An entry is the time at which something is due, its order among those of one time, and its
//! number. Where in the heap each number stands is kept beside it, so taking one out costs by the
//! depth of the heap.

use crate::segments::Segments;

/// Places of the first segment.
pub(crate) const SHIFT: u32 = 10;

/// When something is due: lower times first, then lower orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub time: u64,
    pub order: u64,
    pub id: u32,
}

impl Entry {
    /// Something to make memory of.
    pub const IDLE: Self = Self {
        time: 0,
        order: 0,
        id: 0,
    };
}

/// For each number its place in the heap that it is in. A number is in one heap at most.
pub(crate) type Places = Segments<u32, SHIFT>;

pub(crate) struct Heap {
    entries: Segments<Entry, SHIFT>,
    len: u32,
}

impl Heap {
    pub fn new() -> Self {
        Self {
            entries: Segments::new(),
            len: 0,
        }
    }

    /// More room.
    pub fn grow(&mut self, segment: Box<[Entry]>) -> Option<Box<[Entry]>> {
        self.entries.add(segment)
    }

    /// The entry that is due first.
    #[inline]
    pub fn first(&self) -> Option<Entry> {
        (self.len > 0).then(|| self.entries[0])
    }

    /// Adds one. The caller made sure of the room.
    pub fn insert(&mut self, entry: Entry, places: &mut Places) {
        let place = self.len;
        self.len += 1;
        self.rise(place, entry, places);
    }

    /// Takes the entry of a number out.
    pub fn remove(&mut self, id: u32, places: &mut Places) {
        let place = places[id];
        self.len -= 1;
        let last = self.entries[self.len];
        if place == self.len {
            return;
        }
        if place > 0 && last < self.entries[(place - 1) / 2] {
            self.rise(place, last, places);
        } else {
            self.sink(place, last, places);
        }
    }

    fn put(&mut self, place: u32, entry: Entry, places: &mut Places) {
        self.entries[place] = entry;
        places[entry.id] = place;
    }

    fn rise(&mut self, mut place: u32, entry: Entry, places: &mut Places) {
        while place > 0 {
            let above = (place - 1) / 2;
            let other = self.entries[above];
            if other <= entry {
                break;
            }
            self.put(place, other, places);
            place = above;
        }
        self.put(place, entry, places);
    }

    fn sink(&mut self, mut place: u32, entry: Entry, places: &mut Places) {
        loop {
            let left = 2 * place + 1;
            if left >= self.len {
                break;
            }
            let right = left + 1;
            let mut below = left;
            if right < self.len && self.entries[right] < self.entries[left] {
                below = right;
            }
            let other = self.entries[below];
            if entry <= other {
                break;
            }
            self.put(place, other, places);
            place = below;
        }
        self.put(place, entry, places);
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Heap, Places, SHIFT};
    use crate::segments::Segments;

    #[test]
    fn whatever_is_added_and_taken_out_the_first_is_the_first() {
        let (mut heap, mut places) = (Heap::new(), Places::new());
        for count in 0..2 {
            heap.grow(Segments::<_, SHIFT>::make(count, || Entry::IDLE));
            places.add(Segments::<_, SHIFT>::make(count, || 0));
        }
        let mut random = 1u64;
        let mut below = |end: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005) + 1;
            (random >> 33) % end
        };
        let mut held: Vec<Entry> = Vec::new();
        let mut free: Vec<u32> = (0..3_000).collect();
        for _ in 0..50_000 {
            if held.is_empty() || (below(5) > 1 && !free.is_empty()) {
                let id = free.swap_remove(below(free.len() as u64) as usize);
                let (time, order) = (below(200), below(1 << 30));
                held.push(Entry { time, order, id });
                heap.insert(Entry { time, order, id }, &mut places);
            } else {
                let taken = held.swap_remove(below(held.len() as u64) as usize);
                heap.remove(taken.id, &mut places);
                free.push(taken.id);
            }
            assert_eq!(heap.first(), held.iter().min().copied());
        }
    }
}
