//! Intents on their way to the dispatch thread.
//!
//! A caller must not pay for a wake-up with every call, so the dispatch thread goes on looking for
//! a moment after it was woken and only then says that it sleeps.

use crate::input::Hold;
use crate::intent::{InputId, Intent, ParamId, TrackId};
use crate::newest::Rank;
use crate::outlet::lock;
use noxrun_engine::{Input, Sink, When};
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// One entry: an intent, or a border of a batch.
#[derive(Debug)]
pub(crate) enum Entry {
    Intent(Intent),
    /// Everything up to `Commit` takes effect on one frame.
    Batch {
        at: When,
    },
    Commit,
    /// A sink for a track's sound.
    Tap {
        tap: u64,
        track: TrackId,
        sink: Box<dyn Sink>,
    },
    /// It is wanted no longer.
    EndTap(u64),
    /// An input, to be put on a track later.
    Input {
        input: InputId,
        hold: Hold,
        source: Box<Input>,
    },
    /// It is wanted no longer.
    EndInput(InputId),
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    sleeping: bool,
    called: bool,
    /// Values that newer ones may supersede.
    loose: usize,
    /// As many of them are looked through next.
    compact_at: usize,
}

impl Entry {
    /// Outside of batches: whether it is a value without a time.
    fn is_loose(&self) -> bool {
        matches!(self, Self::Intent(Intent::Set { at: When::Now, .. }))
    }
}

pub(crate) struct Inbox {
    state: Mutex<State>,
    wake: Condvar,
    /// Length of the default ramp in frames.
    short_ramp: u32,
}

/// Values beyond which superseded ones are thrown out.
const COMPACT: usize = 16_384;

impl Inbox {
    pub fn new(short_ramp: u32) -> Self {
        Self {
            state: Mutex::default(),
            wake: Condvar::new(),
            short_ramp,
        }
    }

    /// Puts entries in, all or none visible to the dispatch side, and wakes it when it sleeps.
    pub fn put(&self, entries: impl IntoIterator<Item = Entry>) {
        let mut state = lock(&self.state);
        let entries = entries.into_iter();
        state.entries.reserve(entries.size_hint().0);
        let mut in_batch = false;
        for entry in entries {
            match &entry {
                Entry::Batch { .. } => in_batch = true,
                Entry::Commit => in_batch = false,
                entry if !in_batch && entry.is_loose() => state.loose += 1,
                _ => {}
            }
            state.entries.push(entry);
        }
        if state.loose > state.compact_at.max(COMPACT) {
            state.loose = compact(&mut state.entries, self.short_ramp);
            state.compact_at = 2 * state.loose;
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

    /// Moves everything into `into`, which is empty: its memory is what comes next is put into.
    /// Returns whether there was anything.
    pub fn take(&self, into: &mut Vec<Entry>) -> bool {
        let mut state = lock(&self.state);
        std::mem::swap(&mut state.entries, into);
        (state.loose, state.compact_at) = (0, 0);
        !into.is_empty()
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

/// Throws out values without a time, outside batches, that newer ones supersede. Says how many stay.
fn compact(entries: &mut Vec<Entry>, short_ramp: u32) -> usize {
    let mut loose = 0;
    let mut newest: HashMap<ParamId, Rank> = HashMap::new();
    let mut in_batch = false;
    entries.reverse();
    entries.retain(|entry| {
        match entry {
            Entry::Commit => in_batch = true,
            Entry::Batch { .. } => in_batch = false,
            Entry::Intent(Intent::Set {
                param,
                ramp,
                curve,
                at: When::Now,
                ..
            }) if !in_batch => {
                let rank = Rank::of(*ramp, *curve, short_ramp);
                if newest.get(param).is_some_and(|newer| *newer <= rank) {
                    return false;
                }
                newest.insert(*param, rank);
                loose += 1;
            }
            _ => {}
        }
        true
    });
    entries.reverse();
    loose
}

#[cfg(test)]
mod tests {
    use super::*;
    use noxrun_engine::Curve;

    fn set(track: u32, value: f64, ramp: u32) -> Entry {
        Entry::Intent(Intent::Set {
            param: ParamId::TrackVolume(track),
            value,
            ramp,
            curve: Curve::Linear,
            at: When::Now,
        })
    }

    #[test]
    fn an_entry_takes_no_more_than_a_cache_line() {
        assert!(size_of::<Entry>() <= 64, "{}", size_of::<Entry>());
    }

    #[test]
    fn a_flood_of_values_keeps_the_newest_of_each_parameter() {
        let inbox = Inbox::new(240);
        for i in 0..100_000u32 {
            inbox.put([set(i % 3, f64::from(i), 240)]);
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

    #[test]
    fn what_a_ramp_starts_from_and_what_is_in_a_batch_is_kept() {
        let values = |entries: &[Entry]| -> Vec<f64> {
            let value = |entry: &Entry| match entry {
                Entry::Intent(Intent::Set { value, .. }) => Some(*value),
                _ => None,
            };
            entries.iter().filter_map(value).collect()
        };
        let mut entries = vec![
            set(1, 1.0, 9000),
            set(1, 2.0, 0),
            set(2, 3.0, 0),
            Entry::Batch { at: When::Now },
            set(1, 4.0, 0),
            Entry::Commit,
            set(1, 5.0, 9000),
            set(1, 6.0, 240),
            set(1, 7.0, 9000),
        ];
        compact(&mut entries, 240);
        assert_eq!(values(&entries), [2.0, 3.0, 4.0, 6.0, 7.0]);
    }
}
