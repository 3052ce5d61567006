//! Outputs and sends. What is called now takes effect now, whatever waits for a later time: that
//! comes to nothing where a later call contradicts it.

use super::Dispatcher;
use super::state::SendRecord;
use super::tracks::Output;
use crate::batch::{Act, Item, Subject};
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
        self.connect_output(track, to, (When::Now, true));
        self.update_gates();
    }

    pub(super) fn output_key(&mut self) -> Option<EdgeKey> {
        self.tables.edge(OUTPUT)
    }

    /// Ends a track's outputs, each as soon as it has begun, and makes another.
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
        self.delays.add_edge(edge, from, to);
        self.provide_delays();
        let since = self.later(at);
        let record = self.tracks.get_mut(&track);
        let mut outputs =
            record.map_or_else(Vec::new, |record| std::mem::take(&mut record.outputs));
        outputs.retain(|output| {
            self.tables
                .edges
                .holds(output.edge.index, output.edge.generation)
        });
        for output in &mut outputs {
            let begun = !self.is_later(output.since, since);
            let (end, until) = if begun {
                (at, since)
            } else {
                (output.since, output.since)
            };
            let ends_before = output
                .until
                .is_some_and(|known| known == until || self.is_later(until, known));
            if !ends_before {
                output.until = Some(until);
                self.uncounted(end, Action::Disconnect(output.edge));
            }
        }
        outputs.push(Output::new(edge, since));
        if let Some(record) = self.tracks.get_mut(&track) {
            record.outputs = outputs;
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
        self.delays.add_edge(key, from_key, to_key);
        self.provide_delays();
        let record = SendRecord {
            key,
            since: self.batch_time(),
            waiting: None,
        };
        self.sends.insert(send, record);
        let connect = Action::Connect {
            edge: key,
            from: from_key,
            to: to_key,
            gain,
        };
        self.counted(When::Now, connect);
        self.update_gates();
    }

    pub(super) fn remove_send(&mut self, send: SendId, until: u64) {
        let Some(SendRecord { key, since, .. }) = self.sends.remove(&send) else {
            return self.stale(true);
        };
        self.wiring.remove_send(send);
        // One that has not begun ends when it would begin.
        let at = self.not_before(since);
        self.counted(at, Action::Disconnect(key));
        self.abandon(Subject::Send(send), until);
        self.update_gates();
    }

    /// A time of its own, or the open batch's.
    pub(super) fn later(&self, at: When) -> When {
        match at {
            When::Now => self.batch_time(),
            own => own,
        }
    }

    /// `since`, if that is later than now and than the open batch; [`When::Now`] otherwise.
    pub(super) fn not_before(&self, since: When) -> When {
        if self.is_later(since, self.batch_time()) {
            since
        } else {
            When::Now
        }
    }

    /// Whether one time is later than another. Frames and beats are not compared with each other.
    pub(super) fn is_later(&self, time: When, than: When) -> bool {
        let shared = &self.controller.shared;
        match (time, than) {
            (When::Frame(time), When::Now) => time > shared.clock().frame,
            (When::Frame(time), When::Frame(than)) => time > than,
            (When::Beat(time), When::Now) => time > shared.transport().beat,
            (When::Beat(time), When::Beat(than)) => time > than,
            _ => false,
        }
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
        for output in self
            .tracks
            .values_mut()
            .flat_map(|record| &mut record.outputs)
        {
            forget(&mut output.since);
            if let Some(until) = &mut output.until {
                forget(until);
            }
        }
        let sends = self.sends.values_mut().map(|record| &mut record.since);
        sends.for_each(forget);
        for record in self.effects.values_mut() {
            forget(&mut record.since);
            forget(&mut record.placed);
        }
    }
}
