//! Ramps that have to end on a beat, so that a change of tempo can aim them anew: one of each
//! parameter at most, kept with its points.

use super::{NONE, Schedule};
use crate::ramp::Curve;

/// One ramp under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim {
    pub value: f64,
    pub beat: f64,
    pub curve: Curve,
    /// Frames after the beat on which it ends: latency in front of what it moves.
    pub late: u64,
    /// It stands still with the transport.
    pub held: bool,
    /// The point that it leads to, while that is there.
    pub point: u32,
}

impl Schedule {
    /// Notes a ramp in place of one that the parameter had.
    pub fn set_aim(&mut self, list: u32, aim: Aim) {
        if self.lists[list].aim.replace(aim).is_none() {
            let next = std::mem::replace(&mut self.aiming, list);
            self.lists[list].aiming = [NONE, next];
            if next != NONE {
                self.lists[next].aiming[0] = list;
            }
        }
    }

    /// The parameter has been moved by something else.
    pub fn forget_aim(&mut self, list: u32) {
        if self.lists[list].aim.take().is_none() {
            return;
        }
        let [before, after] = self.lists[list].aiming;
        if before == NONE {
            self.aiming = after;
        } else {
            self.lists[before].aiming[1] = after;
        }
        if after != NONE {
            self.lists[after].aiming[0] = before;
        }
    }

    pub fn aim(&self, list: u32) -> Option<Aim> {
        self.lists[list].aim
    }

    /// The first list with such a ramp, or the next one after another.
    pub fn next_aiming(&self, after: Option<u32>) -> Option<u32> {
        let next = match after {
            None => self.aiming,
            Some(list) => self.lists[list].aiming[1],
        };
        (next != NONE).then_some(next)
    }
}
