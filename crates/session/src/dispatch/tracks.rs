//! What is known of the tracks: their keys, mute and solo, and the gates that follow from them.

use super::Dispatcher;
use crate::batch::{Act, Item, Subject};
use crate::intent::TrackId;
use crate::newest::{Rank, Slot};
use crate::wiring::MASTER;
use noxrun_engine::{Action, EdgeKey, TrackKey, TrackSetup, When};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

pub(super) struct TrackRecord {
    pub key: TrackKey,
    /// Its connections with what it feeds, those that are planned to end included; the newest is
    /// the last. The master has none.
    pub outputs: Vec<Output>,
    muted: bool,
    soloed: bool,
    open: bool,
}

/// A connection of a track with what it feeds.
pub(super) struct Output {
    pub edge: EdgeKey,
    /// When it begins.
    pub since: When,
    /// When it ends, as far as calls have been made.
    pub until: Option<When>,
}

impl Output {
    pub fn new(edge: EdgeKey, since: When) -> Self {
        let until = None;
        Self { edge, since, until }
    }
}

impl TrackRecord {
    fn new(key: TrackKey, output: Option<EdgeKey>, open: bool) -> Self {
        let outputs = output.map(|edge| Output::new(edge, When::Now));
        Self {
            key,
            outputs: outputs.into_iter().collect(),
            muted: false,
            soloed: false,
            open,
        }
    }

    pub fn master() -> (TrackId, Self) {
        (MASTER, Self::new(noxrun_engine::MASTER, None, true))
    }
}

impl Dispatcher {
    pub(super) fn add_track(&mut self, track: TrackId, output: TrackId, volume: f64, pan: f64) {
        let to = self.track_key(output);
        let keys = to.and_then(|to| Some((to, self.tables.track(track)?, self.output_key()?)));
        let Some((to, key, edge)) = keys else {
            return self.stale(false);
        };
        self.wiring.add_track(track, output);
        let open = self.wiring.heard(&self.soloed()).contains(&track);
        let record = TrackRecord::new(key, Some(edge), open);
        self.tracks.insert(track, record);
        self.delays.add_track(key);
        self.delays.add_edge(edge, key, to);
        self.provide_delays();
        let setup = TrackSetup {
            track: key,
            volume,
            pan,
            open,
        };
        // Never part of a batch: a track without sound changes nothing, and calls outside the batch
        // may use it before the batch takes effect.
        let connect = Action::Connect {
            edge,
            from: key,
            to,
            gain: 1.0,
        };
        for action in [Action::AddTrack(setup), connect] {
            self.insert_alone(Item::Do(Act::new(When::Now, action)));
        }
    }

    pub(super) fn remove_track(&mut self, track: TrackId, until: u64) {
        let Some(key) = self.track_key(track).filter(|_| track != MASTER) else {
            return self.stale(true);
        };
        let Some(removed) = self.wiring.remove_track(track) else {
            return self.stale(true);
        };
        for child in removed.children {
            // One that is planned to feed it goes on feeding what it feeds until then.
            let record = self
                .tracks
                .get(&child)
                .and_then(|record| record.outputs.last());
            let at = self.not_before(record.map_or(When::Now, |output| output.since));
            self.connect_output(child, removed.output, (at, false));
        }
        // The engine ends what leads to the track and from it, and gives its effects back.
        for send in removed.sends {
            self.sends.remove(&send);
            self.abandon(Subject::Send(send), until);
        }
        for effect in removed.effects {
            self.effects.remove(&effect);
            self.abandon(Subject::Effect(effect), until);
        }
        self.counted(When::Now, Action::RemoveTrack(key));
        self.tracks.remove(&track);
        self.abandon(Subject::Track(track), until);
        self.update_gates();
    }

    pub(super) fn mute(&mut self, track: TrackId, on: bool) {
        match self.tracks.get_mut(&track) {
            Some(record) => record.muted = on,
            None => return self.stale(false),
        }
        self.update_gates_for(Some(track));
    }

    pub(super) fn solo(&mut self, track: TrackId, on: bool) {
        match self.tracks.get_mut(&track) {
            Some(record) => record.soloed = on,
            None => return self.stale(false),
        }
        self.update_gates_for(Some(track));
    }

    /// Opens and closes what has to be after a change of mutes, solos or connections.
    pub(super) fn update_gates(&mut self) {
        self.update_gates_for(None);
    }

    /// `asked`: somebody sets the gate of this track. One that is to be open is opened, whatever is
    /// known of it: a sample that is no number may have closed it.
    fn update_gates_for(&mut self, asked: Option<TrackId>) {
        let heard = self.wiring.heard(&self.soloed());
        let timed = self.batch_is_timed();
        let mut changes = Vec::new();
        for (track, record) in &mut self.tracks {
            let open = !record.muted && heard.contains(track);
            let changed = std::mem::replace(&mut record.open, open) != open;
            if changed || (open && asked == Some(*track)) {
                changes.push((*track, record.key, open));
            }
        }
        for (id, track, open) in changes {
            if timed {
                // A scheduled point, of which there are no more than tracks: it takes the room of
                // others, but is never refused.
                self.counters.accepted.fetch_add(1, Ordering::Relaxed);
            }
            let act = Act::new(When::Now, Action::Gate { track, open }).of(Subject::Track(id));
            self.value((Slot::Gate(id), Rank::Jump), act);
        }
    }

    /// Everything feeds the master, so a solo of its own changes nothing.
    fn soloed(&self) -> BTreeSet<TrackId> {
        let tracks = self.tracks.iter();
        let soloed = tracks.filter(|(id, record)| **id != MASTER && record.soloed);
        soloed.map(|(id, _)| *id).collect()
    }
}
