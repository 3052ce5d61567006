//! Intents come in: checked, counted, put in order.

use super::Engine;
use crate::error::{Error, ErrorCode};
use crate::inbox::Entry;
use crate::intent::{Intent, when};
use crate::outlet::lock;
use crate::wiring::Wiring;
use noxrun_engine::When;
use std::sync::atomic::Ordering;

impl Engine {
    /// Submits one intent.
    ///
    /// # Errors
    /// `ERR_CLOSED`; `ERR_QUEUE_FULL` when `max_events` events wait; `ERR_LIMIT` for tracks, sends
    /// and effects where there is no room; `ERR_INVALID_ARG` for a circle and for a track that is
    /// not there; those of [`Intent::check`]. Nothing is changed then.
    pub fn submit(&self, intent: Intent) -> Result<(), Error> {
        self.check(&intent)?;
        let count = u64::from(intent.is_event(false));
        let limit = self.limit_of(&intent);
        if !Wiring::concerns(&intent) {
            self.reserve(count, limit)?;
            self.core.inbox.put([Entry::Intent(intent)]);
            return Ok(());
        }
        // Held to the end: what is put in has the order in which it was found possible.
        let mut wiring = lock(&self.wiring);
        wiring.check(&intent)?;
        self.reserve(count, limit)?;
        wiring.accept(&intent);
        self.core.inbox.put([Entry::Intent(intent)]);
        Ok(())
    }

    /// Submits several intents, each with its own time: all of them or none.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub fn submit_many(&self, intents: Vec<Intent>) -> Result<(), Error> {
        self.submit_all(intents, false, None)
    }

    /// Submits a batch: all of it takes effect on one frame, but for intents with a time of their
    /// own.
    ///
    /// # Errors
    /// As [`Engine::submit`]; a batch is accepted whole or not at all.
    pub fn submit_batch(&self, intents: Vec<Intent>, at: When) -> Result<(), Error> {
        when("at", at)?;
        self.submit_all(intents, at != When::Now, Some(at))
    }

    fn submit_all(
        &self,
        intents: Vec<Intent>,
        timed: bool,
        batch: Option<When>,
    ) -> Result<(), Error> {
        self.ensure_open()?;
        for intent in &intents {
            self.check(intent)?;
        }
        let mut wiring = lock(&self.wiring);
        let after = wiring.try_all(&intents)?;
        // Values of a batch with a time are scheduled points.
        let events = intents.iter().filter(|intent| intent.is_event(timed));
        self.reserve(events.count() as u64, self.config.max_events as u64)?;
        if let Some(after) = after {
            *wiring = after;
        }
        let inner = intents.into_iter().map(Entry::Intent);
        match batch {
            Some(at) => {
                let entries = std::iter::once(Entry::Batch { at }).chain(inner);
                self.core.inbox.put(entries.chain([Entry::Commit]));
            }
            None => self.core.inbox.put(inner),
        }
        Ok(())
    }

    /// What does not depend on the graph.
    fn check(&self, intent: &Intent) -> Result<(), Error> {
        self.ensure_open()?;
        intent.check()?;
        if let Intent::Play { playback, .. } = intent {
            let (own, rate) = (self.config.sample_rate, playback.sample.rate());
            if rate != own {
                let message =
                    format!("the sample's rate must be the engine's, {own} Hz, got {rate} Hz");
                return Err(Error::new(ErrorCode::InvalidArg, message));
            }
        }
        Ok(())
    }

    /// How many events may wait for this one to be accepted: whoever takes back what he planned
    /// must not be refused because of it.
    fn limit_of(&self, intent: &Intent) -> u64 {
        let limit = self.config.max_events as u64;
        match intent {
            Intent::Cancel { .. } => limit.saturating_mul(2),
            _ => limit,
        }
    }

    /// Counts `count` events in, if `limit` allows.
    fn reserve(&self, count: u64, limit: u64) -> Result<(), Error> {
        if count == 0 {
            return Ok(());
        }
        let counters = &self.core.counters;
        let accepted = counters.accepted.fetch_add(count, Ordering::Relaxed) + count;
        let done = counters.settled_here.load(Ordering::Acquire) + self.core.shared.events_done();
        if accepted.saturating_sub(done) > limit {
            counters.accepted.fetch_sub(count, Ordering::Relaxed);
            let most = self.config.max_events;
            let waiting = (accepted - count).saturating_sub(done);
            let remedy = if count > limit {
                "make it several calls"
            } else {
                "try again when some have taken effect"
            };
            return Err(Error::new(
                ErrorCode::QueueFull,
                format!(
                    "{waiting} events wait already and {count} more would be beyond {most} \
                     (maxEvents); nothing was changed, {remedy}"
                ),
            ));
        }
        Ok(())
    }
}
