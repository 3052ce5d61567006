//! One thing that waits: an action, and when it is due.

use super::{AHEAD, BEHIND, CLASSES, FRAMES, NONE, PARKED};
use crate::command::Action;

/// What an item waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Due {
    Frame(u64),
    /// A beat that the transport comes to.
    Ahead(f64),
    /// A beat that it has passed and may come to again.
    Behind(f64),
    /// The start of the transport. Only points of a parameter wait for it.
    Parked,
}

impl Due {
    /// Where it belongs: the heap, its time there, and its order among those of one time.
    #[inline]
    pub(super) fn place(self, seq: u64) -> Option<(usize, u64, u64)> {
        Some(match self {
            Self::Frame(frame) => (FRAMES, frame, seq),
            Self::Ahead(beat) => (AHEAD, ordered(beat), seq),
            // The latest first.
            Self::Behind(beat) => (BEHIND, !ordered(beat), !seq),
            Self::Parked => (PARKED, seq, 0),
        })
    }
}

/// A beat as a number of the same order.
#[inline]
pub(crate) fn ordered(beat: f64) -> u64 {
    let bits = beat.to_bits();
    if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    }
}

/// The beat of such a number.
#[inline]
pub(crate) fn beat_of(order: u64) -> f64 {
    f64::from_bits(if order >> 63 == 1 {
        order & !(1 << 63)
    } else {
        !order
    })
}

pub(super) const LEFT: usize = 0;
pub(super) const RIGHT: usize = 1;
pub(super) const UP: usize = 2;

/// One waiting action, or a point of a parameter, which is a `Set`, a `Reach` or a `Cancel`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub action: Action,
    /// Order of taking effect among those that are due at one time.
    pub seq: u64,
    pub due: Due,
    /// The beat that it is for, until it is judged where that lies.
    pub beat: Option<f64>,
    /// Whether it counts among the events of `maxEvents`.
    pub counted: bool,
    /// It was sent without a time of its own. Of a point that is reached: it moves there at once,
    /// not from a point that keeps its frame.
    pub prompt: bool,
    /// It has had its time, and waits for the latency in front of what it changes. `prompt` is then
    /// kept only where that had not sounded.
    pub compensated: bool,
    /// A point of an automation: what is added in front of it later leads to it.
    pub is_automated: bool,
    /// A second way to such a point.
    pub is_second: bool,
    /// Of a point that is reached: a cancel has cut the way there short.
    pub is_cut: bool,
    /// Of a point that is reached: the way there has begun. It stays until its time has passed.
    pub begun: bool,
    /// Of a point that is reached: the way there waits for the end of a ramp under way.
    pub delayed: bool,
    /// Of a point that is reached at a beat: the frame of that, once it is known.
    pub reached: Option<u64>,
    /// Of a point: its time, as a number, and its age among points of one time.
    pub at: u64,
    pub age: u64,
    /// Of a point that is reached: its time; a cancel may have moved `at` before it.
    pub end: u64,
    /// The list that it is a point of.
    pub(super) list: u32,
    /// Whether an owner's list names it.
    pub(super) owned: bool,
    /// Whether its time is a beat.
    pub(super) on_beat: bool,
    /// Neighbours in a tree of points, or in the list of an owner.
    pub(super) links: [u32; 3],
    /// Of the points below it and itself, what is due first of each class.
    pub(super) first: [u32; CLASSES],
}

impl Item {
    /// Something to make memory of.
    pub const IDLE: Self = Self {
        action: Action::StopTransport,
        seq: 0,
        due: Due::Frame(0),
        beat: None,
        counted: false,
        prompt: false,
        compensated: false,
        is_automated: false,
        is_second: false,
        is_cut: false,
        begun: false,
        delayed: false,
        reached: None,
        at: 0,
        age: 0,
        end: 0,
        list: NONE,
        owned: false,
        on_beat: false,
        links: [NONE; 3],
        first: [NONE; CLASSES],
    };

    /// A command that was taken in.
    pub fn new(action: Action, seq: u64, counted: bool, prompt: bool) -> Self {
        Self {
            action,
            seq,
            age: seq,
            counted,
            prompt,
            ..Self::IDLE
        }
    }

    /// The same point of an automation, to be reached once more: from a newer point, which has that
    /// order and, if it is at a beat, stands at `beat`.
    pub fn led_from(self, beat: Option<f64>, seq: u64) -> Self {
        Self {
            seq,
            age: seq,
            counted: false,
            begun: false,
            prompt: false,
            compensated: false,
            delayed: false,
            is_second: true,
            reached: None,
            beat,
            ..self
        }
    }

    /// Whether it is a point of a parameter.
    pub fn is_point(&self) -> bool {
        self.list != NONE
    }

    /// The list that it is a point of.
    pub fn list(&self) -> u32 {
        self.list
    }

    /// The beat of its time.
    pub fn at_beat(&self) -> Option<f64> {
        self.on_beat.then(|| beat_of(self.at))
    }

    /// The beat on which it is reached.
    pub fn end_beat(&self) -> Option<f64> {
        self.on_beat.then(|| beat_of(self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::{beat_of, ordered};

    #[test]
    fn beats_keep_their_order_and_come_back() {
        let beats = [-1e12, -2.5, -1e-9, 0.0, 1e-9, 0.25, 1.0, 1e12];
        assert!(beats.map(ordered).is_sorted());
        assert_eq!(beats.map(ordered).map(beat_of), beats);
    }
}
