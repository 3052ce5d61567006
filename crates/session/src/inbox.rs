//! Intents on their way to the dispatch thread.
//!
//! A caller must not pay for a wake-up with every call, so the dispatch thread goes on looking for
//! a moment after it was woken and only then says that it sleeps.

use crate::intent::{Intent, ParamId};
use crate::outlet::lock;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// One entry: an intent, or a border of a batch.
#[derive(Debug)]
pub(crate) enum Entry {
    Intent(Intent),
    /// Everything up to `Commit` takes effect on one frame: `at`, or the first of a block.
    Batch {
        at: Option<u64>,
    },
    Commit,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    sleeping: bool,
    called: bool,
    compact_at: usize,
}

#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    wake: Condvar,
}

/// Entries beyond which superseded values are thrown out.
const COMPACT: usize = 16_384;

impl Inbox {
    /// Puts entries in, all or none visible to the dispatch side, and wakes it when it sleeps.
    pub fn put(&self, entries: impl IntoIterator<Item = Entry>) {
        let mut state = lock(&self.state);
        state.entries.extend(entries);
        if state.entries.len() > state.compact_at.max(COMPACT) {
            compact(&mut state.entries);
            state.compact_at = 2 * state.entries.len();
        }
        if std::mem::take(&mut state.sleeping) {
            drop(state);
            self.wake.notify_one();
        }
    }

    /// Wakes the dispatch side without an entry.
    pub fn call(&self) {
        let mut state = lock(&self.state);
        state.called = true;
        state.sleeping = false;
        drop(state);
        self.wake.notify_one();
    }

    /// Moves everything into `into`.
    pub fn take(&self, into: &mut Vec<Entry>) {
        let mut state = lock(&self.state);
        into.append(&mut state.entries);
        state.compact_at = 0;
    }

    /// Sleeps until something comes or `timeout` passes. Returns whether something came.
    pub fn wait(&self, timeout: Duration) -> bool {
        let mut state = lock(&self.state);
        if state.entries.is_empty() && !state.called {
            state.sleeping = true;
            state = self
                .wake
                .wait_timeout_while(state, timeout, |s| s.entries.is_empty() && !s.called)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.sleeping = false;
        }
        std::mem::take(&mut state.called) || !state.entries.is_empty()
    }
}

/// Keeps the newest of each parameter's values without a time, outside batches.
fn compact(entries: &mut Vec<Entry>) {
    let mut newest: HashMap<ParamId, usize> = HashMap::new();
    let mut in_batch = false;
    let mut keep = vec![true; entries.len()];
    for (index, entry) in entries.iter().enumerate() {
        match entry {
            Entry::Batch { .. } => in_batch = true,
            Entry::Commit => in_batch = false,
            Entry::Intent(Intent::Set {
                param, at: None, ..
            }) if !in_batch => {
                if let Some(older) = newest.insert(*param, index) {
                    keep[older] = false;
                }
            }
            Entry::Intent(_) => {}
        }
    }
    let mut index = 0;
    entries.retain(|_| {
        index += 1;
        keep[index - 1]
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use noxrun_engine::Curve;

    fn set(track: u32, value: f64) -> Entry {
        Entry::Intent(Intent::Set {
            param: ParamId::TrackVolume(track),
            value,
            ramp: 0,
            curve: Curve::Linear,
            at: None,
        })
    }

    #[test]
    fn a_flood_of_values_keeps_the_newest_of_each_parameter() {
        let inbox = Inbox::default();
        for i in 0..100_000u32 {
            inbox.put([set(i % 3, f64::from(i))]);
        }
        let mut entries = Vec::new();
        inbox.take(&mut entries);
        assert!(entries.len() <= COMPACT + 1);
        let mut last = [0.0; 3];
        for entry in entries {
            if let Entry::Intent(Intent::Set {
                param: ParamId::TrackVolume(track),
                value,
                ..
            }) = entry
            {
                last[track as usize] = value;
            }
        }
        assert_eq!(last, [99_999.0, 99_997.0, 99_998.0]);
    }
}
