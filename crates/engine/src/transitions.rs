//! The frames on which crossfades of chains, connections and leaving tracks are over.
//!
//! All of them take 10 ms, so the one that began first ends first, and there are no more ends than
//! frames in 10 ms.

use std::collections::VecDeque;

pub(crate) struct Transitions {
    ends: VecDeque<u64>,
    fade: u64,
}

impl Transitions {
    pub fn new(fade: u32) -> Self {
        let room = fade as usize + 2;
        let mut ends: VecDeque<u64> = (0..room as u64).collect();
        ends.clear();
        Self {
            ends,
            fade: u64::from(fade),
        }
    }

    /// A crossfade begins on `frame`.
    pub fn begin(&mut self, frame: u64) {
        let end = frame + self.fade;
        if self.ends.back() != Some(&end) && self.ends.len() < self.ends.capacity() {
            self.ends.push_back(end);
        }
    }

    /// The first frame after the crossfade that ends next.
    pub fn next(&self) -> Option<u64> {
        self.ends.front().copied()
    }

    /// Whether crossfades are over at `frame`.
    pub fn take(&mut self, frame: u64) -> bool {
        let mut any = false;
        while self.ends.front().is_some_and(|end| *end <= frame) {
            self.ends.pop_front();
            any = true;
        }
        any
    }
}
