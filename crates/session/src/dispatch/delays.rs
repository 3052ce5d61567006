//! Memory for what has to wait for effects that look ahead, sent before it is needed.
//!
//! Nothing waits longer than the longest way through the graph takes, over every effect and every
//! connection that is there, planned or on its way out: so much memory each connection and each
//! track's voices get. It is not taken back: who uses the place next finds it there.

#[cfg(test)]
mod tests;

use super::Dispatcher;
use noxrun_engine::{DelayPlace, EdgeKey, EffectKey, MASTER, Message, TrackKey, line_memory};
use std::collections::{BTreeMap, HashSet};

/// A connection and the places of the tracks that it joins.
type Way = (EdgeKey, usize, usize);

/// What can be delayed, by its place in the engine's tables, and how much memory each place has.
#[derive(Debug, Clone)]
pub(super) struct Delays {
    /// Effects that look ahead: the place of their track, and frames.
    latent: BTreeMap<u32, (usize, usize)>,
    tracks: BTreeMap<u32, TrackKey>,
    edges: BTreeMap<u32, Way>,
    /// Frames of delay that there is memory for.
    voices_have: BTreeMap<u32, usize>,
    edges_have: BTreeMap<u32, usize>,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            latent: BTreeMap::new(),
            tracks: BTreeMap::from([(MASTER.index, MASTER)]),
            edges: BTreeMap::new(),
            voices_have: BTreeMap::new(),
            edges_have: BTreeMap::new(),
        }
    }
}

impl Delays {
    pub fn add_track(&mut self, track: TrackKey) {
        self.tracks.insert(track.index, track);
    }

    pub fn track_gone(&mut self, track: TrackKey) {
        self.tracks.remove(&track.index);
    }

    pub fn add_edge(&mut self, edge: EdgeKey, from: TrackKey, to: TrackKey) {
        let way = (edge, from.index as usize, to.index as usize);
        self.edges.insert(edge.index, way);
    }

    pub fn edge_gone(&mut self, edge: EdgeKey) {
        self.edges.remove(&edge.index);
    }

    /// An effect that makes sound later by `frames` frames.
    pub fn add_effect(&mut self, effect: EffectKey, track: TrackKey, frames: usize) {
        if frames > 0 {
            self.latent
                .insert(effect.index, (track.index as usize, frames));
        }
    }

    pub fn effect_gone(&mut self, effect: EffectKey) {
        self.latent.remove(&effect.index);
    }

    /// What needs memory, or more of it, and for how many frames; it has it from now on.
    fn lacking(&mut self) -> Vec<(DelayPlace, usize)> {
        let longest = self.longest();
        if longest == 0 {
            return Vec::new();
        }
        // Steps of twice the size: a chain that grows by and by is not given memory each time.
        let frames = longest.next_power_of_two();
        let mut lacking = Vec::new();
        let mut look = |have: &mut BTreeMap<u32, usize>, index: u32, place: DelayPlace| {
            let old = have.get(&index).copied().unwrap_or(0);
            if old < frames {
                have.insert(index, frames);
                lacking.push((place, frames));
            }
        };
        for (index, track) in &self.tracks {
            look(&mut self.voices_have, *index, DelayPlace::Voices(*track));
        }
        for (index, (edge, ..)) in &self.edges {
            look(&mut self.edges_have, *index, DelayPlace::Edge(*edge));
        }
        lacking
    }

    /// Frames that the longest way takes. Where what ends and what is planned close a circle, which
    /// never sounds as a whole: what all effects take together.
    fn longest(&self) -> usize {
        // Mostly nothing looks ahead, and then this costs nothing.
        if self.latent.is_empty() {
            return 0;
        }
        let last = self.tracks.last_key_value();
        let places = last.map_or(0, |(index, _)| *index as usize + 1);
        let mut takes = vec![0; places];
        for (track, frames) in self.latent.values() {
            if let Some(takes) = takes.get_mut(*track) {
                *takes += frames;
            }
        }
        let total: usize = self.latent.values().map(|(_, frames)| frames).sum();
        let ways = self
            .edges
            .values()
            .filter(|(_, from, to)| *from.max(to) < places);
        let mut feeding = vec![0; places];
        let mut fed = vec![Vec::new(); places];
        for (_, from, to) in ways {
            feeding[*to] += 1;
            fed[*from].push(*to);
        }
        let mut arrival = vec![0; places];
        let mut open: Vec<usize> = (0..places).filter(|track| feeding[*track] == 0).collect();
        let (mut seen, mut longest) = (0, 0);
        while let Some(track) = open.pop() {
            seen += 1;
            let leaves = arrival[track] + takes[track];
            longest = longest.max(leaves);
            for to in std::mem::take(&mut fed[track]) {
                arrival[to] = arrival[to].max(leaves);
                feeding[to] -= 1;
                if feeding[to] == 0 {
                    open.push(to);
                }
            }
        }
        if seen == places { longest } else { total }
    }
}

/// Memory for delays that is under way. What takes the place of other memory sends that back, and the
/// ring that carries it has room for one a track and one a connection.
#[derive(Debug)]
pub(super) struct Lines {
    /// Places that were given memory: of connections, or of tracks' voices.
    given: HashSet<(bool, u32)>,
    coming_back: usize,
    most: usize,
}

impl Lines {
    pub fn new(most: usize) -> Self {
        Self {
            given: HashSet::new(),
            coming_back: 0,
            most,
        }
    }

    pub fn have_room(&self) -> bool {
        self.coming_back < self.most
    }

    pub fn sent(&mut self, place: DelayPlace) {
        let place = match place {
            DelayPlace::Edge(edge) => (true, edge.index),
            DelayPlace::Voices(track) => (false, track.index),
        };
        self.coming_back += usize::from(!self.given.insert(place));
    }

    pub fn came_back(&mut self) {
        self.coming_back = self.coming_back.saturating_sub(1);
    }
}

impl Dispatcher {
    /// Sends the memory that is lacking, ahead of what comes next.
    pub(super) fn provide_delays(&mut self) {
        for (place, frames) in self.model.delays.lacking() {
            let memory = line_memory(frames, self.channels);
            self.send_ahead(Message::Line(place, memory));
        }
    }
}
