//! A batch on its way: actions that are held back until all of them are here.

use crate::command::When;
use crate::schedule::Due;

pub(crate) struct Staged {
    actions: Vec<(When, Due)>,
    capacity: usize,
}

impl Staged {
    pub fn with_capacity(capacity: usize) -> Self {
        // Written once, so that no callback is the first to touch the memory.
        let mut actions = vec![(When::Now, Due::IDLE); capacity];
        actions.clear();
        Self { actions, capacity }
    }

    pub fn len(&self) -> usize {
        self.actions.len()
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
