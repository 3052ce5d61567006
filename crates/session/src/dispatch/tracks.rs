//! Tracks, their outputs and sends, and the gates that follow from mute and solo.

use super::Dispatcher;
use super::model::{Output, Removed, Send, Track};
use crate::key::pack;
use crate::operation::{SendId, TrackId};
use noxrun_engine::{Action, EdgeKey, TrackKey, TrackSetup, When};

/// The owner of outputs among connections: no send has this number.
const OUTPUT: u64 = u64::MAX;

impl Dispatcher {
    /// Never part of a batch: a track without sound changes nothing, and calls outside the batch may
    /// use it before the batch takes effect.
    pub(super) fn add_track(&mut self, id: TrackId, output: TrackId, volume: f64, pan: f64) -> u64 {
        let keys = self.track_key(output).and_then(|to| {
            // Which place it has decides the order of sums: the calls alone decide that.
            let (index, generation) = self.model.track_keys.take(id.into(), |_, _| false)?;
            Some((to, TrackKey { index, generation }, self.edge_key(OUTPUT)?))
        });
        let Some((to, key, edge)) = keys else {
            return 0;
        };
        let mut track = Track::new(key, output, true);
        track.outputs.push(Output {
            edge,
            since: When::Now,
        });
        self.model.tracks.insert(id, track);
        let open = self.model.heard().contains(&id);
        if let Some(track) = self.model.tracks.get_mut(&id) {
            track.open = open;
        }
        self.model.delays.add_track(key);
        self.model.delays.add_edge(edge, key, to);
        self.provide_delays();
        self.command_ahead(Action::AddTrack(TrackSetup {
            track: key,
            volume,
            pan,
            open,
        }));
        self.command_ahead(Action::Connect {
            edge,
            from: key,
            to,
            gain: 1.0,
        });
        pack(key.index, key.generation)
    }

    fn edge_key(&mut self, owner: u64) -> Option<EdgeKey> {
        let vacancies = &self.vacancies;
        let is_vacant = |index, generation| vacancies.is_edge_free(index, generation);
        let (index, generation) = self.model.edge_keys.take(owner, is_vacant)?;
        Some(EdgeKey { index, generation })
    }

    pub(super) fn remove_track(&mut self, id: TrackId) {
        let Some(Removed { track, children }) = self.model.remove_track(id) else {
            return self.settle(1);
        };
        for child in children {
            // Until a scheduled route to the removed track takes effect, the old one stays connected.
            let newest = self.model.tracks.get(&child);
            let newest = newest.and_then(|child| child.outputs.last());
            let at = self.not_before(newest.map_or(When::Now, |output| output.since));
            self.connect_output(child, track.output, (at, false));
        }
        // The engine ends what leads to the track and from it, and gives its effects back.
        self.counted(When::Now, Action::RemoveTrack(track.key));
        self.update_gates(None);
    }

    pub(super) fn route(&mut self, track: TrackId, to: TrackId) {
        self.connect_output(track, to, (When::Now, true));
        self.update_gates(None);
    }

    /// Lets a track feed another one than before. Connections that wait for their time come to
    /// nothing: a later call contradicts them.
    fn connect_output(&mut self, id: TrackId, to: TrackId, (at, counted): (When, bool)) {
        let since = self.later(at);
        let edge = self.edge_key(OUTPUT);
        let to_key = self.track_key(to);
        let (Some(track), Some(to_key), Some(edge)) =
            (self.model.tracks.get_mut(&id), to_key, edge)
        else {
            return self.settle(u64::from(counted));
        };
        track.output = to;
        let from = track.key;
        let mut outputs = std::mem::take(&mut track.outputs);
        outputs.retain(|output| !self.vacancies.is_edge_gone(output.edge));
        self.model.delays.add_edge(edge, from, to_key);
        self.provide_delays();
        let connect = Action::Connect {
            edge,
            from,
            to: to_key,
            gain: 1.0,
        };
        if counted {
            self.counted(at, connect);
        } else {
            self.uncounted(at, connect);
        }
        for output in &outputs {
            self.model.edge_keys.leave(output.edge.index);
            self.uncounted(at, Action::Disconnect(output.edge));
        }
        if since == When::Now {
            // They are on their way out; with a time, a later call may be for an earlier one.
            outputs.clear();
        }
        outputs.push(Output { edge, since });
        if let Some(track) = self.model.tracks.get_mut(&id) {
            track.outputs = outputs;
        }
    }

    pub(super) fn add_send(
        &mut self,
        id: SendId,
        (from, to): (TrackId, TrackId),
        gain: f64,
    ) -> u64 {
        let ends = (self.track_key(from), self.track_key(to));
        let ((Some(from_key), Some(to_key)), Some(edge)) = (ends, self.edge_key(id)) else {
            self.settle(1);
            return 0;
        };
        let send = Send {
            key: edge,
            from,
            to,
        };
        self.model.add_send(id, send);
        self.model.delays.add_edge(edge, from_key, to_key);
        self.provide_delays();
        self.counted(
            When::Now,
            Action::Connect {
                edge,
                from: from_key,
                to: to_key,
                gain,
            },
        );
        self.update_gates(None);
        pack(edge.index, edge.generation)
    }

    pub(super) fn remove_send(&mut self, send: SendId) {
        let Some(edge) = self.model.remove_send(send) else {
            return self.stale(1);
        };
        self.counted(When::Now, Action::Disconnect(edge));
        self.update_gates(None);
    }

    pub(super) fn mute(&mut self, id: TrackId, on: bool) {
        if let Some(track) = self.model.tracks.get_mut(&id) {
            track.muted = on;
        }
        self.update_gates(Some(id));
    }

    pub(super) fn solo(&mut self, id: TrackId, on: bool) {
        if let Some(track) = self.model.tracks.get_mut(&id) {
            track.soloed = on;
        }
        self.update_gates(Some(id));
    }

    /// Opens and closes what has to be after a change of mutes, solos or connections. `asked`:
    /// somebody sets the gate of this track. One that is to be open is opened, whatever is known of
    /// it: a sample that is no number may have closed it.
    fn update_gates(&mut self, asked: Option<TrackId>) {
        let heard = self.model.heard();
        let mut changes = Vec::new();
        for (id, track) in &mut self.model.tracks {
            let open = !track.muted && heard.contains(id);
            let changed = std::mem::replace(&mut track.open, open) != open;
            if changed || (open && asked == Some(*id)) {
                changes.push((track.key, open));
            }
        }
        for (track, open) in changes {
            let gate = Action::Gate { track, open };
            let batch = self.batch.as_mut();
            if !batch.is_some_and(|batch| batch.supersedes_gate(gate)) {
                self.uncounted(When::Now, gate);
            }
        }
    }

    /// `since`, if that is later than now and than the open batch; [`When::Now`] otherwise. Frames
    /// and beats are not compared with each other.
    fn not_before(&self, since: When) -> When {
        let shared = &self.controller.shared;
        let is_later = match (since, self.later(When::Now)) {
            (When::Frame(time), When::Now) => time > shared.clock().frame,
            (When::Frame(time), When::Frame(than)) => time > than,
            (When::Beat(time), When::Now) => time > shared.transport().beat,
            (When::Beat(time), When::Beat(than)) => time > than,
            _ => false,
        };
        if is_later { since } else { When::Now }
    }
}
