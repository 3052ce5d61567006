//! A batch on its way: actions that are held back until all of them are here.

use crate::command::When;
use crate::schedule::Due;

pub(crate) struct Staged {
    actions: Vec<(When, Due)>,
    capacity: usize,
}

impl Staged {
    pub fn with_capacity(capacity: usize, touch: bool) -> Self {
        let mut actions = Vec::with_capacity(capacity);
        if touch {
            // Written once, so that no callback is the first to touch the memory.
            actions.resize(capacity, (When::Now, Due::IDLE));
            actions.clear();
        }
        Self { actions, capacity }
    }

    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether it takes up most of what there is.
    pub fn is_large(&self) -> bool {
        2 * self.actions.len() >= self.capacity
    }

    pub fn is_full(&self) -> bool {
        self.actions.len() == self.capacity
    }

    pub fn push(&mut self, at: When, due: Due) {
        self.actions.push((at, due));
    }

    pub fn get(&self, index: usize) -> Option<(When, Due)> {
        self.actions.get(index).copied()
    }

    pub fn clear(&mut self) {
        self.actions.clear();
    }
}
