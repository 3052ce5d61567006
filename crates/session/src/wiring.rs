//! What feeds what, and what stands in which chain, as far as calls have been made.
//!
//! The submitting side keeps one to refuse what cannot be: circles, tracks that are not there,
//! more than there is room for. The dispatch side keeps another, which follows the intents as they
//! are translated.

mod refuse;
#[cfg(test)]
mod tests;

use crate::intent::{EffectId, Intent, SendId, TrackId};
use noxrun_engine::{EngineConfig, MAX_CHAIN};
use std::collections::{BTreeMap, BTreeSet};

/// The master's id.
pub(crate) const MASTER: TrackId = 0;
/// Sends a track has at most.
pub(crate) const MAX_SENDS: usize = 8;

/// How much there may be.
#[derive(Debug, Clone, Copy)]
struct Limits {
    tracks: usize,
    track_keys: usize,
    edge_keys: usize,
    effect_keys: usize,
}

/// A track's place in the graph.
#[derive(Debug, Clone, Default)]
struct Node {
    /// The master's is itself.
    output: TrackId,
    sends: Vec<SendId>,
    chain: Vec<EffectId>,
}

/// Places in the engine's tables that the batch which is being checked takes out of use: they come
/// back only after it.
#[derive(Debug, Clone, Copy, Default)]
struct Parting {
    tracks: usize,
    edges: usize,
    effects: usize,
}

// Ordered maps, so that the same calls always give the same actions in the same order.
#[derive(Debug, Clone)]
pub(crate) struct Wiring {
    tracks: BTreeMap<TrackId, Node>,
    sends: BTreeMap<SendId, (TrackId, TrackId)>,
    /// Each effect's track and the place of its kind.
    effects: BTreeMap<EffectId, (TrackId, u8)>,
    limits: Limits,
    parting: Parting,
}

/// What went with a track.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Removed {
    /// What it fed.
    pub output: TrackId,
    /// Tracks that fed it, which now feed its output.
    pub children: Vec<TrackId>,
    /// Sends from it and to it.
    pub sends: Vec<SendId>,
    /// Its effects.
    pub effects: Vec<EffectId>,
}

impl Wiring {
    /// Nothing but the master.
    pub fn new(config: &EngineConfig) -> Self {
        Self {
            tracks: BTreeMap::from([(MASTER, Node::default())]),
            sends: BTreeMap::new(),
            effects: BTreeMap::new(),
            limits: Limits {
                tracks: config.max_tracks,
                track_keys: config.track_keys(),
                edge_keys: config.edge_keys(),
                effect_keys: config.effect_keys(),
            },
            parting: Parting::default(),
        }
    }

    /// Checks every intent in order, each with those before it done.
    ///
    /// # Errors
    /// As [`Wiring::check`]; nothing has changed then.
    pub fn try_all(&self, intents: &[Intent]) -> Result<Option<Self>, crate::Error> {
        if !intents.iter().any(Intent::is_structural) {
            for intent in intents {
                self.check(intent)?;
            }
            return Ok(None);
        }
        let mut after = self.clone();
        for intent in intents {
            after.check(intent)?;
            after.apply(intent);
        }
        after.parting = Parting::default();
        Ok(Some(after))
    }

    /// Does what a checked intent says, outside of batches.
    pub fn accept(&mut self, intent: &Intent) {
        self.apply(intent);
        self.parting = Parting::default();
    }

    fn apply(&mut self, intent: &Intent) {
        match intent {
            Intent::AddTrack { track, output, .. } => self.add_track(*track, *output),
            Intent::RemoveTrack(track) => {
                self.remove_track(*track);
            }
            Intent::Route { track, to } => {
                self.route(*track, *to);
            }
            Intent::AddSend { send, from, to, .. } => self.add_send(*send, *from, *to),
            Intent::RemoveSend(send) => {
                self.remove_send(*send);
            }
            Intent::AddEffect {
                effect,
                track,
                index,
                setup,
                ..
            } => {
                self.add_effect(*effect, *track, *index, setup.kind);
            }
            Intent::MoveEffect { effect, index } => {
                self.move_effect(*effect, *index);
            }
            Intent::RemoveEffect(effect) => {
                self.remove_effect(*effect);
            }
            Intent::ClearEffects(track) => {
                self.clear_effects(*track);
            }
            _ => {}
        }
    }

    pub fn has_track(&self, track: TrackId) -> bool {
        self.tracks.contains_key(&track)
    }

    /// The place of an effect's kind.
    pub fn effect_kind(&self, effect: EffectId) -> Option<u8> {
        self.effects.get(&effect).map(|(_, kind)| *kind)
    }

    pub fn add_track(&mut self, track: TrackId, output: TrackId) {
        let node = Node {
            output,
            ..Node::default()
        };
        self.tracks.insert(track, node);
    }

    /// Tracks whose output a track is.
    pub fn children(&self, track: TrackId) -> impl Iterator<Item = TrackId> {
        let feeds = move |(id, node): &(&TrackId, &Node)| node.output == track && **id != MASTER;
        self.tracks.iter().filter(feeds).map(|(id, _)| *id)
    }

    pub fn remove_track(&mut self, track: TrackId) -> Option<Removed> {
        if track == MASTER {
            return None;
        }
        let node = self.tracks.remove(&track)?;
        let children: Vec<TrackId> = self.children(track).collect();
        for child in &children {
            self.route(*child, node.output);
        }
        let touches = |(from, to): &(TrackId, TrackId)| *from == track || *to == track;
        let ends = self.sends.iter().filter(|(_, ways)| touches(ways));
        let sends: Vec<SendId> = ends.map(|(send, _)| *send).collect();
        for send in &sends {
            self.remove_send(*send);
        }
        for effect in &node.chain {
            self.effects.remove(effect);
        }
        self.parting.tracks += 1;
        self.parting.edges += 1;
        self.parting.effects += node.chain.len();
        Some(Removed {
            output: node.output,
            children,
            sends,
            effects: node.chain,
        })
    }

    /// Returns what the track fed before.
    pub fn route(&mut self, track: TrackId, to: TrackId) -> Option<TrackId> {
        let node = self.tracks.get_mut(&track)?;
        self.parting.edges += 1;
        Some(std::mem::replace(&mut node.output, to))
    }

    pub fn add_send(&mut self, send: SendId, from: TrackId, to: TrackId) {
        if let Some(node) = self.tracks.get_mut(&from) {
            node.sends.push(send);
            self.sends.insert(send, (from, to));
        }
    }

    /// Returns what the send led from and to.
    pub fn remove_send(&mut self, send: SendId) -> Option<(TrackId, TrackId)> {
        let ways = self.sends.remove(&send)?;
        if let Some(node) = self.tracks.get_mut(&ways.0) {
            node.sends.retain(|one| *one != send);
        }
        self.parting.edges += 1;
        Some(ways)
    }

    /// Returns the effect that the new one stands before, if it is not the last.
    pub fn add_effect(
        &mut self,
        effect: EffectId,
        track: TrackId,
        index: Option<u32>,
        kind: u8,
    ) -> Option<EffectId> {
        let chain = &mut self.tracks.get_mut(&track)?.chain;
        let last = chain.len();
        let index = index.map_or(last, |index| last.min(index as usize));
        let before = chain.get(index).copied();
        chain.insert(index, effect);
        self.effects.insert(effect, (track, kind));
        before
    }

    /// Returns the effect's track and the effect that it stands before now, if it is not the last.
    pub fn move_effect(
        &mut self,
        effect: EffectId,
        index: u32,
    ) -> Option<(TrackId, Option<EffectId>)> {
        let (track, _) = *self.effects.get(&effect)?;
        let chain = &mut self.tracks.get_mut(&track)?.chain;
        chain.retain(|one| *one != effect);
        let index = chain.len().min(index as usize);
        let before = chain.get(index).copied();
        chain.insert(index, effect);
        Some((track, before))
    }

    /// A track's effects in order.
    pub fn chain(&self, track: TrackId) -> &[EffectId] {
        self.tracks.get(&track).map_or(&[], |node| &node.chain)
    }

    /// What stands behind an effect in its chain, in order.
    pub fn behind(&self, effect: EffectId) -> impl Iterator<Item = &EffectId> {
        let track = self.effects.get(&effect).map(|(track, _)| *track);
        let chain = track.map_or(&[][..], |track| self.chain(track));
        chain.iter().skip_while(move |one| **one != effect).skip(1)
    }

    /// Returns the effect's track.
    pub fn remove_effect(&mut self, effect: EffectId) -> Option<TrackId> {
        let (track, _) = self.effects.remove(&effect)?;
        if let Some(node) = self.tracks.get_mut(&track) {
            node.chain.retain(|one| *one != effect);
        }
        self.parting.effects += 1;
        Some(track)
    }

    /// Returns the track's effects.
    pub fn clear_effects(&mut self, track: TrackId) -> Vec<EffectId> {
        let node = self.tracks.get_mut(&track);
        let chain = node.map_or_else(Vec::new, |node| std::mem::take(&mut node.chain));
        for effect in &chain {
            self.effects.remove(effect);
        }
        self.parting.effects += chain.len();
        chain
    }

    /// What a track feeds: its output and where its sends lead.
    fn fed_by(&self, track: TrackId) -> impl Iterator<Item = TrackId> {
        let node = self.tracks.get(&track).filter(|_| track != MASTER);
        let output = node.map(|node| node.output);
        let sends = self.tracks.get(&track).into_iter();
        let sends = sends.flat_map(|node| node.sends.iter());
        let to = |send: &SendId| self.sends.get(send).map(|(_, to)| *to);
        output.into_iter().chain(sends.filter_map(to))
    }

    /// Whether sound goes from one track to another.
    pub fn reaches(&self, from: TrackId, to: TrackId) -> bool {
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
    /// its output. Everything when there is none; the master always.
    pub fn heard(&self, soloed: &BTreeSet<TrackId>) -> BTreeSet<TrackId> {
        if soloed.is_empty() {
            return self.tracks.keys().copied().collect();
        }
        let mut heard = self.downstream(soloed.iter().copied());
        heard.insert(MASTER);
        for track in self.tracks.keys() {
            let mut ways = *track;
            while ways != MASTER && !soloed.contains(&ways) {
                ways = self.tracks.get(&ways).map_or(MASTER, |node| node.output);
            }
            if ways != MASTER {
                heard.insert(*track);
            }
        }
        heard
    }
}
