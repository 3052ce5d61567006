//! Actions waiting for their frame, ordered by (frame, sequence), in memory reserved once.
//!
//! A binary heap: looking at the next one is one read, so a block costs by what is due and not by
//! what is pending.

use crate::command::Action;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// One waiting action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub frame: u64,
    pub seq: u64,
    /// Whether it counts among the events of `maxEvents`.
    pub counted: bool,
    /// It was sent without a frame of its own.
    pub prompt: bool,
    pub action: Action,
}

impl Due {
    /// Something to touch memory with.
    pub const IDLE: Self = Self {
        frame: 0,
        seq: 0,
        counted: false,
        prompt: false,
        action: Action::StopTrack {
            track: u32::MAX,
            fade: 0,
        },
    };
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.frame, self.seq) == (other.frame, other.seq)
    }
}
impl Eq for Due {}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Due {
    // The heap gives its greatest first: the earliest must compare as the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.frame, other.seq).cmp(&(self.frame, self.seq))
    }
}

pub(crate) struct Schedule {
    heap: BinaryHeap<Due>,
    capacity: usize,
}

impl Schedule {
    pub fn with_capacity(capacity: usize) -> Self {
        let mut heap = BinaryHeap::with_capacity(capacity);
        // Touch every page now, not in a callback.
        for seq in 0..capacity as u64 {
            heap.push(Due { seq, ..Due::IDLE });
        }
        heap.clear();
        Self { heap, capacity }
    }

    /// Whether `count` more fit.
    pub fn has_room(&self, count: usize) -> bool {
        self.heap.len() + count <= self.capacity
    }

    /// Adds one. The caller made sure of the room.
    pub fn push(&mut self, due: Due) {
        debug_assert!(self.has_room(1));
        self.heap.push(due);
    }

    /// Takes the earliest one that is due at `frame` or before.
    pub fn pop_due(&mut self, frame: u64) -> Option<Due> {
        if self.heap.peek()?.frame <= frame {
            self.heap.pop()
        } else {
            None
        }
    }

    /// The frame of the earliest one.
    pub fn next_frame(&self) -> Option<u64> {
        self.heap.peek().map(|due| due.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_by_frame_then_by_sequence() {
        let mut schedule = Schedule::with_capacity(8);
        for (frame, seq) in [(5, 3), (1, 4), (5, 1), (9, 0), (1, 2)] {
            schedule.push(Due {
                frame,
                seq,
                ..Due::IDLE
            });
        }
        let mut order = Vec::new();
        while let Some(due) = schedule.pop_due(5) {
            order.push((due.frame, due.seq));
        }
        assert_eq!(order, [(1, 2), (1, 4), (5, 1), (5, 3)]);
        assert_eq!(schedule.next_frame(), Some(9));
    }
}
