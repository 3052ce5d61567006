//! Outputs and sends. What changes the connections or the chain of a track keeps the order of its
//! calls: nothing takes effect before an earlier change that waits for its time.

use super::Dispatcher;
use super::state::SendRecord;
use crate::batch::{Act, Item};
use crate::intent::{SendId, TrackId};
use noxrun_engine::{Action, EdgeKey, When};
use std::sync::atomic::Ordering;

/// The owner of outputs among connections: no send has this number.
const OUTPUT: u64 = u64::MAX;

impl Dispatcher {
    pub(super) fn route(&mut self, track: TrackId, to: TrackId) {
        if self.track_key(to).is_none() || self.wiring.route(track, to).is_none() {
            return self.stale(true);
        }
        let at = self.shape(track);
        self.connect_output(track, to, (at, true));
        self.update_gates();
    }

    pub(super) fn output_key(&mut self) -> Option<EdgeKey> {
        self.tables.edge(OUTPUT)
    }

    /// Ends a track's output and makes another.
    pub(super) fn connect_output(
        &mut self,
        track: TrackId,
        to: TrackId,
        (at, counted): (When, bool),
    ) {
        let ends = (self.track_key(track), self.track_key(to));
        let edge = self.output_key();
        let ((Some(from), Some(to)), Some(edge)) = (ends, edge) else {
            return self.stale(counted);
        };
        let record = self.tracks.get_mut(&track);
        if let Some(before) = record.and_then(|record| record.output.replace(edge)) {
            self.uncounted(at, Action::Disconnect(before));
        }
        let connect = Action::Connect {
            edge,
            from,
            to,
            gain: 1.0,
        };
        if counted {
            self.counted(at, connect);
        } else {
            self.uncounted(at, connect);
        }
    }

    pub(super) fn add_send(&mut self, send: SendId, (from, to): (TrackId, TrackId), gain: f64) {
        let ends = (self.track_key(from), self.track_key(to));
        let ((Some(from_key), Some(to_key)), Some(key)) = (ends, self.tables.edge(send)) else {
            return self.stale(true);
        };
        self.wiring.add_send(send, from, to);
        let at = self.shape(from);
        let record = SendRecord {
            key,
            from,
            since: self.later(at),
            waiting: None,
        };
        self.sends.insert(send, record);
        let connect = Action::Connect {
            edge: key,
            from: from_key,
            to: to_key,
            gain,
        };
        self.counted(at, connect);
        self.update_gates();
    }

    pub(super) fn remove_send(&mut self, send: SendId) {
        let Some(SendRecord { key, from, .. }) = self.sends.remove(&send) else {
            return self.stale(true);
        };
        self.wiring.remove_send(send);
        let at = self.shape(from);
        self.counted(at, Action::Disconnect(key));
        self.update_gates();
    }

    /// When a change of a track's connections or chain takes effect that is called now: when the
    /// open batch does, or with an earlier change that waits for a later time.
    pub(super) fn shape(&mut self, track: TrackId) -> When {
        let shaped = self.tracks.get(&track).map(|record| record.shaped);
        let at = self.not_before(shaped.unwrap_or(When::Now));
        let effective = self.later(at);
        if let Some(record) = self.tracks.get_mut(&track) {
            record.shaped = effective;
        }
        at
    }

    /// A time of its own, or the open batch's.
    pub(super) fn later(&self, at: When) -> When {
        match at {
            When::Now => self.batch_time(),
            own => own,
        }
    }

    /// `since`, if that is later than now and than the open batch; [`When::Now`] otherwise. Frames
    /// and beats are not compared with each other.
    pub(super) fn not_before(&self, since: When) -> When {
        let shared = &self.controller.shared;
        let is_later = match (since, self.batch_time()) {
            (When::Frame(since), When::Now) => since > shared.clock().frame,
            (When::Frame(since), When::Frame(batch)) => since > batch,
            (When::Beat(since), When::Now) => since > shared.transport().beat,
            (When::Beat(since), When::Beat(batch)) => since > batch,
            _ => false,
        };
        if is_later { since } else { When::Now }
    }

    /// An action that comes with another one. Where it waits for its time it takes the room of
    /// events, but is never refused.
    pub(super) fn uncounted(&mut self, at: When, action: Action) {
        let mut act = Act::new(at, action);
        if self.later(at) != When::Now {
            act.counted = true;
            self.counters.accepted.fetch_add(1, Ordering::Relaxed);
        }
        self.insert(Item::Do(act));
    }

    /// The transport is put on `beat`: what waited for an earlier one waits no longer.
    pub(super) fn forget_times_before(&mut self, beat: f64) {
        let forget = |at: &mut When| {
            if matches!(at, When::Beat(at) if *at < beat) {
                *at = When::Now;
            }
        };
        let tracks = self.tracks.values_mut().map(|record| &mut record.shaped);
        let sends = self.sends.values_mut().map(|record| &mut record.since);
        let effects = self.effects.values_mut().map(|record| &mut record.since);
        tracks.chain(sends).chain(effects).for_each(forget);
    }
}
