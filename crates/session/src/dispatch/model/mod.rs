//! The one model of an engine: what feeds what, what stands in which chain, what is muted, and which
//! places of the engine's tables belong to whom. Every call asks it and changes it before anything
//! crosses, so it is always as far as the calls are.
//!
//! `refuse.rs` says what cannot be, `keys.rs` hands places of the engine's tables out.

mod keys;
mod refuse;
#[cfg(test)]
mod tests;

pub(super) use keys::Keys;

use super::delays::Delays;
use crate::operation::{EffectId, SendId, TrackId};
use noxrun_engine::{EdgeKey, EffectKey, EngineConfig, MAX_CHAIN, TrackKey, When};
use std::collections::{BTreeMap, BTreeSet};

/// The master's id.
pub(crate) const MASTER: TrackId = 0;
/// Sends a track has at most.
const MAX_SENDS: usize = 8;

/// A track.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub key: TrackKey,
    /// What it feeds; the master's is itself.
    pub output: TrackId,
    /// Its connections with what it feeds that the engine has not ended yet; the newest is the last.
    pub outputs: Vec<Output>,
    sends: Vec<SendId>,
    chain: Vec<EffectId>,
    pub muted: bool,
    pub soloed: bool,
    /// Whether its gate was opened last.
    pub open: bool,
}

/// A connection of a track with what it feeds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub edge: EdgeKey,
    /// When it begins.
    pub since: When,
}

/// A send.
#[derive(Debug, Clone)]
pub(super) struct Send {
    pub key: EdgeKey,
    pub from: TrackId,
    pub to: TrackId,
}

/// An effect.
#[derive(Debug, Clone)]
pub(super) struct Effect {
    pub key: EffectKey,
    pub track: TrackId,
    /// The place of its kind.
    pub kind: u8,
}

/// What went with a track.
pub(super) struct Removed {
    pub track: Track,
    /// Tracks that fed it, which now feed what it fed.
    pub children: Vec<TrackId>,
}

// Ordered maps, so that the same calls always give the same commands in the same order.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub tracks: BTreeMap<TrackId, Track>,
    pub sends: BTreeMap<SendId, Send>,
    pub effects: BTreeMap<EffectId, Effect>,
    pub track_keys: Keys,
    pub edge_keys: Keys,
    pub effect_keys: Keys,
    pub delays: Delays,
    max_tracks: usize,
}

impl Model {
    /// Nothing but the master.
    pub fn new(config: &EngineConfig) -> Self {
        let master = Track::new(noxrun_engine::MASTER, MASTER, true);
        Self {
            tracks: BTreeMap::from([(MASTER, master)]),
            sends: BTreeMap::new(),
            effects: BTreeMap::new(),
            // The master's place is its own.
            track_keys: Keys::new(config.track_keys(), 1),
            edge_keys: Keys::new(config.edge_keys(), 0),
            effect_keys: Keys::new(config.effect_keys(), 0),
            delays: Delays::default(),
            max_tracks: config.max_tracks,
        }
    }

    /// Places that were given up may be given out again.
    pub fn keys_are_settled(&mut self) {
        self.track_keys.settle();
        self.edge_keys.settle();
        self.effect_keys.settle();
    }

    /// Tracks whose output a track is.
    pub fn children(&self, track: TrackId) -> impl Iterator<Item = TrackId> {
        let feeds = move |(id, other): &(&TrackId, &Track)| other.output == track && **id != MASTER;
        self.tracks.iter().filter(feeds).map(|(id, _)| *id)
    }

    /// Takes a track out, with its sends and those to it, and with its effects.
    pub fn remove_track(&mut self, id: TrackId) -> Option<Removed> {
        if id == MASTER {
            return None;
        }
        let track = self.tracks.remove(&id)?;
        let children: Vec<TrackId> = self.children(id).collect();
        let touches = |send: &Send| send.from == id || send.to == id;
        let ends = self.sends.iter().filter(|(_, send)| touches(send));
        for send in ends.map(|(send, _)| *send).collect::<Vec<_>>() {
            self.remove_send(send);
        }
        for effect in &track.chain {
            if let Some(effect) = self.effects.remove(effect) {
                self.effect_keys.leave(effect.key.index);
            }
        }
        self.track_keys.leave(track.key.index);
        for output in &track.outputs {
            self.edge_keys.leave(output.edge.index);
        }
        Some(Removed { track, children })
    }

    pub fn add_send(&mut self, id: SendId, send: Send) {
        if let Some(track) = self.tracks.get_mut(&send.from) {
            track.sends.push(id);
            self.sends.insert(id, send);
        }
    }

    pub fn remove_send(&mut self, id: SendId) -> Option<EdgeKey> {
        let send = self.sends.remove(&id)?;
        if let Some(track) = self.tracks.get_mut(&send.from) {
            track.sends.retain(|one| *one != id);
        }
        self.edge_keys.leave(send.key.index);
        Some(send.key)
    }

    /// Returns the effect that the new one stands before, if it is not the last.
    pub fn add_effect(
        &mut self,
        id: EffectId,
        effect: Effect,
        index: Option<u32>,
    ) -> Option<EffectKey> {
        let chain = &mut self.tracks.get_mut(&effect.track)?.chain;
        let last = chain.len();
        let index = index.map_or(last, |index| last.min(index as usize));
        let before = chain.get(index).copied();
        chain.insert(index, id);
        self.effects.insert(id, effect);
        self.effects.get(&before?).map(|effect| effect.key)
    }

    /// Returns the effect that it stands before now, if it is not the last.
    pub fn move_effect(&mut self, id: EffectId, index: u32) -> Option<EffectKey> {
        let track = self.effects.get(&id)?.track;
        let chain = &mut self.tracks.get_mut(&track)?.chain;
        chain.retain(|one| *one != id);
        let index = chain.len().min(index as usize);
        let before = chain.get(index).copied();
        chain.insert(index, id);
        self.effects.get(&before?).map(|effect| effect.key)
    }

    pub fn remove_effect(&mut self, id: EffectId) -> Option<EffectKey> {
        let effect = self.effects.remove(&id)?;
        if let Some(track) = self.tracks.get_mut(&effect.track) {
            track.chain.retain(|one| *one != id);
        }
        self.effect_keys.leave(effect.key.index);
        Some(effect.key)
    }

    /// A track's effects in order.
    pub fn chain(&self, track: TrackId) -> &[EffectId] {
        self.tracks.get(&track).map_or(&[], |track| &track.chain)
    }

    /// What a track feeds: its output and where its sends lead.
    fn fed_by(&self, id: TrackId) -> impl Iterator<Item = TrackId> {
        let track = self.tracks.get(&id);
        let output = track.filter(|_| id != MASTER).map(|track| track.output);
        let sends = track.into_iter().flat_map(|track| track.sends.iter());
        let to = |send: &SendId| self.sends.get(send).map(|send| send.to);
        output.into_iter().chain(sends.filter_map(to))
    }

    /// Whether sound goes from one track to another.
    fn reaches(&self, from: TrackId, to: TrackId) -> bool {
        self.downstream([from]).contains(&to)
    }

    /// Tracks that sound from `start` goes to, `start` included.
    fn downstream(&self, start: impl IntoIterator<Item = TrackId>) -> BTreeSet<TrackId> {
        let mut found: BTreeSet<TrackId> = start.into_iter().collect();
        let mut open: Vec<TrackId> = found.iter().copied().collect();
        while let Some(track) = open.pop() {
            for next in self.fed_by(track) {
                if found.insert(next) {
                    open.push(next);
                }
            }
        }
        found
    }

    /// What is heard while some tracks are soloed: these, what they feed, and what feeds them by
    /// its output. Everything when there is none; the master always, and a solo of its own changes
    /// nothing: everything feeds it.
    pub fn heard(&self) -> BTreeSet<TrackId> {
        let tracks = self.tracks.iter();
        let soloed = tracks.filter(|(id, track)| **id != MASTER && track.soloed);
        let soloed: BTreeSet<TrackId> = soloed.map(|(id, _)| *id).collect();
        if soloed.is_empty() {
            return self.tracks.keys().copied().collect();
        }
        let mut heard = self.downstream(soloed.iter().copied());
        heard.insert(MASTER);
        for id in self.tracks.keys() {
            let mut fed = *id;
            while fed != MASTER && !soloed.contains(&fed) {
                fed = self.tracks.get(&fed).map_or(MASTER, |track| track.output);
            }
            if fed != MASTER {
                heard.insert(*id);
            }
        }
        heard
    }
}

impl Track {
    pub fn new(key: TrackKey, output: TrackId, open: bool) -> Self {
        Self {
            key,
            output,
            outputs: Vec::new(),
            sends: Vec::new(),
            chain: Vec::new(),
            muted: false,
            soloed: false,
            open,
        }
    }
}
