//! Ramps that have to end on a beat, so that a change of tempo can aim them anew.

use crate::command::Target;
use crate::ramp::Curve;

/// Ramps that are known at most; the oldest is forgotten and keeps its end.
const MOST: usize = 1_024;

/// One ramp under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim {
    pub target: Target,
    pub value: f64,
    pub beat: f64,
    pub curve: Curve,
    /// Frames after the beat on which it ends: latency in front of what it moves.
    pub late: u64,
    /// It stands still with the transport.
    pub held: bool,
}

pub(crate) struct Aims {
    list: Vec<Aim>,
}

impl Aims {
    pub fn new() -> Self {
        Self {
            list: Vec::with_capacity(MOST),
        }
    }

    /// Notes a ramp in place of one that the parameter had. `is_over`: whether a ramp has ended.
    pub fn note(&mut self, aim: Aim, mut is_over: impl FnMut(&Aim) -> bool) {
        self.list
            .retain(|old| old.target != aim.target && !is_over(old));
        if self.list.len() == MOST {
            self.list.remove(0);
        }
        self.list.push(aim);
    }

    /// The parameter has been moved by something else.
    pub fn forget(&mut self, target: Target) {
        self.list.retain(|aim| aim.target != target);
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<Aim> {
        self.list.get(index).copied()
    }

    /// Notes that one stands still or goes on; `None`: it is not needed any more.
    pub fn update(&mut self, index: usize, held: Option<bool>) {
        match held {
            Some(held) => self.list[index].held = held,
            None => {
                self.list.remove(index);
            }
        }
    }
}
