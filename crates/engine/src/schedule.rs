//! Actions waiting for their time, in memory reserved once.
//!
//! Binary heaps of small keys over a table: looking at the next one is one read, so a block costs
//! by what is due and not by what is pending. What waits for a frame is in one heap. What waits for
//! a beat is in two: `ahead` holds what the transport comes to next, `behind` what it has passed and
//! would come to again after a loop or a seek. Tempo changes move nothing here: a beat becomes a
//! frame only when it is the next one. What begins as soon as the transport starts is parked.

use crate::command::Action;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// One waiting action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub seq: u64,
    /// Whether it counts among the events of `maxEvents`.
    pub counted: bool,
    /// It was sent without a time of its own.
    pub prompt: bool,
    /// It has had its time, and waits for the latency in front of what it changes. `prompt` is then
    /// kept only where that had not sounded.
    pub compensated: bool,
    /// The beat that it is for, until it is known where that lies.
    pub beat: Option<f64>,
    /// The beat on which what it begins has to end.
    pub aim: Option<f64>,
    pub action: Action,
}

impl Due {
    /// Something to touch memory with.
    pub const IDLE: Self = Self {
        seq: 0,
        counted: false,
        prompt: false,
        compensated: false,
        beat: None,
        aim: None,
        action: Action::StopTransport,
    };
}

/// The earliest first: a heap gives its greatest, so the order is reversed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByFrame {
    frame: u64,
    seq: u64,
    slot: u32,
}

impl Ord for ByFrame {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.frame, other.seq).cmp(&(self.frame, self.seq))
    }
}
impl PartialOrd for ByFrame {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The earliest beat first.
#[derive(Debug, Clone, Copy)]
struct Ahead {
    beat: f64,
    seq: u64,
    slot: u32,
}

impl Ord for Ahead {
    fn cmp(&self, other: &Self) -> Ordering {
        let beats = other.beat.total_cmp(&self.beat);
        beats.then(other.seq.cmp(&self.seq))
    }
}
impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Ahead {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Ahead {}

/// The latest beat first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Behind(Ahead);

impl Ord for Behind {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.cmp(&self.0)
    }
}
impl PartialOrd for Behind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

pub(crate) struct Schedule {
    items: Vec<Due>,
    free: Vec<u32>,
    capacity: usize,
    frames: BinaryHeap<ByFrame>,
    ahead: BinaryHeap<Ahead>,
    behind: BinaryHeap<Behind>,
    /// What begins when the transport starts.
    parked: Vec<u32>,
}

/// The next action of a kind: when, and its sequence number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Next<T> {
    pub at: T,
    pub seq: u64,
}

impl Schedule {
    pub fn with_capacity(capacity: usize, touch: bool) -> Self {
        let mut schedule = Self {
            items: Vec::with_capacity(capacity),
            free: Vec::with_capacity(capacity),
            capacity,
            frames: BinaryHeap::with_capacity(capacity),
            ahead: BinaryHeap::with_capacity(capacity),
            behind: BinaryHeap::with_capacity(capacity),
            parked: Vec::with_capacity(capacity),
        };
        // Touch every page now, not in a callback.
        if touch {
            schedule.items.resize(capacity, Due::IDLE);
            schedule.free.extend((0..capacity as u32).rev());
            schedule.parked.resize(capacity, 0);
            schedule.parked.clear();
        }
        for seq in 0..if touch { capacity as u64 } else { 0 } {
            let key = Ahead {
                beat: 0.0,
                seq,
                slot: 0,
            };
            schedule.frames.push(ByFrame {
                frame: 0,
                seq,
                slot: 0,
            });
            schedule.ahead.push(key);
            schedule.behind.push(Behind(key));
        }
        schedule.frames.clear();
        schedule.ahead.clear();
        schedule.behind.clear();
        schedule
    }

    /// Whether `count` more fit.
    pub fn has_room(&self, count: usize) -> bool {
        self.free.len() + self.capacity - self.items.len() >= count
    }

    fn store(&mut self, due: Due) -> Option<u32> {
        if let Some(slot) = self.free.pop() {
            self.items[slot as usize] = due;
            return Some(slot);
        }
        // Places that were never used are taken when they are needed: memory for them is there.
        let room = self.items.len() < self.capacity;
        debug_assert!(room, "the caller made sure of the room");
        room.then(|| {
            self.items.push(due);
            self.items.len() as u32 - 1
        })
    }

    fn release(&mut self, slot: u32) -> Due {
        self.free.push(slot);
        self.items[slot as usize]
    }

    /// Adds one that waits for a frame. The caller made sure of the room.
    pub fn push(&mut self, frame: u64, due: Due) {
        let seq = due.seq;
        if let Some(slot) = self.store(due) {
            self.frames.push(ByFrame { frame, seq, slot });
        }
    }

    /// Adds one that waits for a beat which the transport comes to next.
    pub fn push_ahead(&mut self, beat: f64, due: Due) {
        let seq = due.seq;
        if let Some(slot) = self.store(due) {
            self.ahead.push(Ahead { beat, seq, slot });
        }
    }

    /// Adds one that waits for a beat which the transport has passed.
    pub fn push_behind(&mut self, beat: f64, due: Due) {
        let seq = due.seq;
        if let Some(slot) = self.store(due) {
            self.behind.push(Behind(Ahead { beat, seq, slot }));
        }
    }

    /// Keeps one until the transport starts.
    pub fn park(&mut self, due: Due) {
        if let Some(slot) = self.store(due) {
            self.parked.push(slot);
        }
    }

    /// The transport starts on this frame.
    pub fn unpark(&mut self, frame: u64) {
        for slot in self.parked.drain(..) {
            let seq = self.items[slot as usize].seq;
            self.frames.push(ByFrame { frame, seq, slot });
        }
    }

    /// Drops what is meant of what waits for the transport's start. None of it is counted.
    pub fn drop_parked(&mut self, mut is_meant: impl FnMut(&Due) -> bool) {
        let Self {
            items,
            free,
            parked,
            ..
        } = self;
        parked.retain(|slot| {
            let dropped = is_meant(&items[*slot as usize]);
            if dropped {
                free.push(*slot);
            }
            !dropped
        });
    }

    /// The earliest frame that something waits for.
    pub fn next_frame(&self) -> Option<Next<u64>> {
        self.frames.peek().map(|next| Next {
            at: next.frame,
            seq: next.seq,
        })
    }

    /// The earliest beat that something waits for and the transport comes to.
    pub fn next_beat(&self) -> Option<Next<f64>> {
        self.ahead.peek().map(|next| Next {
            at: next.beat,
            seq: next.seq,
        })
    }

    /// Takes the one with the earliest frame.
    pub fn pop_frame(&mut self) -> Option<Due> {
        let slot = self.frames.pop()?.slot;
        Some(self.release(slot))
    }

    /// Takes the one with the earliest beat.
    pub fn pop_beat(&mut self) -> Option<Due> {
        let slot = self.ahead.pop()?.slot;
        Some(self.release(slot))
    }

    /// The transport goes back to `beat`: what waits from there on lies ahead again.
    pub fn bring_back(&mut self, beat: f64) {
        while let Some(Behind(last)) = self.behind.peek() {
            if last.beat < beat {
                break;
            }
            self.ahead.push(*last);
            self.behind.pop();
        }
    }

    /// Drops what `is_meant` says, of waiting frames and of waiting beats (by when it waits for and
    /// the action itself). Returns how many of them were counted.
    pub fn drop_where(
        &mut self,
        mut of_frames: impl FnMut(u64, &Due) -> bool,
        mut of_beats: impl FnMut(f64, &Due) -> bool,
    ) -> u64 {
        let Self {
            items,
            free,
            frames,
            ahead,
            behind,
            ..
        } = self;
        let mut counted = 0;
        let mut drop_slot = |slot: u32, is_meant: bool, due: &Due| {
            if is_meant {
                free.push(slot);
                counted += u64::from(due.counted);
            }
            !is_meant
        };
        frames.retain(|key| {
            let due = &items[key.slot as usize];
            drop_slot(key.slot, of_frames(key.frame, due), due)
        });
        ahead.retain(|key| {
            let due = &items[key.slot as usize];
            drop_slot(key.slot, of_beats(key.beat, due), due)
        });
        behind.retain(|Behind(key)| {
            let due = &items[key.slot as usize];
            drop_slot(key.slot, of_beats(key.beat, due), due)
        });
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(seq: u64) -> Due {
        Due { seq, ..Due::IDLE }
    }

    #[test]
    fn order_is_by_frame_then_by_sequence() {
        let mut schedule = Schedule::with_capacity(8, true);
        for (frame, seq) in [(5, 3), (1, 4), (5, 1), (9, 0), (1, 2)] {
            schedule.push(frame, due(seq));
        }
        let mut order = Vec::new();
        while schedule.next_frame().is_some_and(|next| next.at <= 5) {
            let at = schedule.next_frame().unwrap().at;
            order.push((at, schedule.pop_frame().unwrap().seq));
        }
        assert_eq!(order, [(1, 2), (1, 4), (5, 1), (5, 3)]);
        assert_eq!(schedule.next_frame(), Some(Next { at: 9, seq: 0 }));
    }

    #[test]
    fn beats_that_were_passed_come_back_in_order_from_where_the_transport_goes() {
        let mut schedule = Schedule::with_capacity(8, true);
        for (beat, seq) in [(1.0, 0), (3.0, 1), (2.0, 2)] {
            schedule.push_behind(beat, due(seq));
        }
        schedule.push_ahead(8.0, due(3));
        schedule.bring_back(2.0);
        let mut order = Vec::new();
        while let Some(next) = schedule.next_beat() {
            order.push((next.at, schedule.pop_beat().unwrap().seq));
        }
        assert_eq!(order, [(2.0, 2), (3.0, 1), (8.0, 3)]);
        schedule.bring_back(0.0);
        assert_eq!(schedule.next_beat(), Some(Next { at: 1.0, seq: 0 }));
    }

    #[test]
    fn what_is_dropped_gives_its_room_back() {
        let mut schedule = Schedule::with_capacity(3, false);
        schedule.push(1, due(0));
        schedule.push_ahead(2.0, due(1));
        schedule.push_behind(1.0, due(2));
        assert!(!schedule.has_room(1));
        schedule.drop_where(|frame, _| frame == 1, |beat, _| beat == 1.0);
        assert!(schedule.has_room(2) && !schedule.has_room(3));
        assert_eq!(schedule.next_frame(), None);
        assert_eq!(schedule.pop_beat().map(|due| due.seq), Some(1));
    }
}
