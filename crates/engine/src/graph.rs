//! Which track feeds which, in what order tracks are worked, and how the sound of one enters
//! another.
//!
//! Every connection comes and goes over a 10 ms crossfade. One that would close a circle with a
//! connection that is on its way out waits until that is gone; so what sounds never has a circle
//! and there always is an order.

use crate::command::{EdgeKey, TrackKey};
use crate::delay::DelayLine;
use crate::ramp::{Curve, Ramp};
use crate::reports::Reports;
use crate::shared::Shared;
use crate::track::Track;
use noxrun_kernels as kernels;

use crate::renderer::MAX_BLOCK;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    /// It waits until it closes no circle.
    Waiting,
    Live,
    /// It fades out and ends.
    Leaving,
}

#[derive(Debug)]
struct Edge {
    generation: u32,
    state: State,
    from: u32,
    to: u32,
    gain: Ramp,
    presence: Ramp,
    /// Order of making.
    seq: u64,
    /// Nothing has passed yet.
    fresh: bool,
    delay: DelayLine,
}

pub(crate) struct Graph {
    edges: Vec<Edge>,
    /// Every edge from here on is free.
    top: usize,
    /// Tracks in service, those that feed in front of those that are fed.
    order: Vec<u32>,
    /// For each track, where its edges begin in `outgoing`; one more at the end.
    starts: Vec<u32>,
    outgoing: Vec<u32>,
    /// Room for finding the order: feeding edges that are left, a list, latencies.
    feeding: Vec<u32>,
    stack: Vec<u32>,
    arrival: Vec<u32>,
    changed: bool,
    waiting: usize,
    fade: u32,
    latency: u32,
    late: bool,
}

impl Graph {
    pub fn new(tracks: usize, edges: usize, fade: u32) -> Self {
        let edge = || Edge {
            generation: u32::MAX,
            state: State::Free,
            from: 0,
            to: 0,
            gain: Ramp::at(0.0),
            presence: Ramp::at(0.0),
            seq: 0,
            fresh: true,
            delay: DelayLine::default(),
        };
        let mut graph = Self {
            edges: (0..edges).map(|_| edge()).collect(),
            top: 0,
            order: touched(tracks),
            starts: touched(tracks + 1),
            outgoing: touched(edges),
            feeding: touched(tracks),
            stack: touched(tracks),
            arrival: touched(tracks),
            changed: true,
            waiting: 0,
            fade,
            latency: 0,
            late: false,
        };
        graph.order.clear();
        graph.stack.clear();
        graph
    }

    fn get(&mut self, key: EdgeKey) -> Option<&mut Edge> {
        let edge = self.edges.get_mut(key.index as usize)?;
        (edge.generation == key.generation && edge.state != State::Free).then_some(edge)
    }

    /// Makes a connection. `None`: its key is in use or its tracks are not in service.
    pub fn connect(
        &mut self,
        key: EdgeKey,
        (from, to): (TrackKey, TrackKey),
        gain: f64,
        seq: u64,
        tracks: &[Track],
    ) -> Option<()> {
        let in_service = |key: TrackKey| tracks.get(key.index as usize)?.is(key).then_some(());
        in_service(from).and(in_service(to))?;
        let edge = self.edges.get_mut(key.index as usize)?;
        if edge.state != State::Free {
            return None;
        }
        edge.generation = key.generation;
        edge.state = State::Waiting;
        edge.from = from.index;
        edge.to = to.index;
        edge.gain = Ramp::at(if gain.is_finite() { gain } else { 0.0 });
        edge.presence = Ramp::at(0.0);
        edge.seq = seq;
        edge.fresh = true;
        edge.delay.clear();
        self.waiting += 1;
        self.top = self.top.max(key.index as usize + 1);
        self.changed = true;
        Some(())
    }

    /// Lets a connection fade out. Returns whether there is a fade to wait for; `None`: there is no
    /// such connection.
    pub fn disconnect(&mut self, key: EdgeKey, reports: &mut Reports) -> Option<bool> {
        let fade = self.fade;
        let edge = self.get(key)?;
        if edge.state == State::Live && !edge.fresh {
            edge.state = State::Leaving;
            edge.presence.set(0.0, fade, Curve::Linear);
            return Some(true);
        }
        if edge.state != State::Leaving {
            self.free(key.index as usize, reports);
        }
        Some(false)
    }

    /// Ends every connection of a track at once.
    pub fn cut_off(&mut self, track: u32, reports: &mut Reports) {
        for index in 0..self.top {
            let edge = &self.edges[index];
            if edge.state != State::Free && (edge.from == track || edge.to == track) {
                self.free(index, reports);
            }
        }
        self.changed = true;
    }

    fn free(&mut self, index: usize, reports: &mut Reports) {
        let edge = &mut self.edges[index];
        self.waiting -= usize::from(edge.state == State::Waiting);
        edge.state = State::Free;
        reports.edge_gone(EdgeKey {
            index: index as u32,
            generation: edge.generation,
        });
        while self.top > 0 && self.edges[self.top - 1].state == State::Free {
            self.top -= 1;
        }
        self.changed = true;
    }

    /// A connection's gain, and whether nothing has passed it yet.
    pub fn gain(&mut self, key: EdgeKey) -> Option<(&mut Ramp, bool)> {
        let edge = self.get(key)?;
        let fresh = edge.fresh;
        Some((&mut edge.gain, fresh))
    }

    /// Gives a connection memory to delay with, and gives back what it had.
    pub fn equip(&mut self, key: EdgeKey, memory: Box<[f32]>, channels: usize) -> Box<[f32]> {
        match self.get(key) {
            Some(edge) => edge.delay.equip(memory, channels),
            None => memory,
        }
    }

    /// Ends the connections whose fade is over.
    pub fn settle(&mut self, reports: &mut Reports) {
        for index in 0..self.top {
            let edge = &self.edges[index];
            if edge.state == State::Leaving && !edge.presence.is_moving() {
                self.free(index, reports);
            }
        }
    }

    /// Something changed that the order or the latencies depend on.
    pub fn touch(&mut self) {
        self.changed = true;
    }

    /// Whether anything in it makes sound later.
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// The place of the track that a connection comes from.
    pub fn source(&mut self, key: EdgeKey) -> Option<u32> {
        Some(self.get(key)?.from)
    }

    /// Lets waiting connections begin where they close no circle, and finds the order anew.
    /// Returns whether one began to fade in. Cheap when nothing changed.
    pub fn update(&mut self, tracks: &mut [Track]) -> bool {
        if !std::mem::take(&mut self.changed) {
            return false;
        }
        let mut fading = false;
        // Usually all that wait may begin together.
        self.index(true);
        if self.waiting > 0 && self.sort(tracks) {
            for index in 0..self.top {
                if self.edges[index].state == State::Waiting {
                    fading |= self.begin(index, tracks);
                }
            }
        } else {
            self.index(false);
            while let Some(index) = self.next_waiting() {
                fading |= self.begin(index, tracks);
                self.index(false);
            }
        }
        self.sort(tracks);
        self.align(tracks);
        fading
    }

    /// Lets a waiting connection begin. Returns whether it fades in.
    fn begin(&mut self, index: usize, tracks: &[Track]) -> bool {
        self.waiting -= 1;
        let edge = &mut self.edges[index];
        edge.state = State::Live;
        if tracks[edge.from as usize].is_fresh() {
            edge.presence = Ramp::at(1.0);
            return false;
        }
        edge.presence.set(1.0, self.fade, Curve::Linear);
        true
    }

    /// The oldest waiting connection that closes no circle.
    fn next_waiting(&mut self) -> Option<usize> {
        if self.waiting == 0 {
            return None;
        }
        let mut found: Option<(u64, usize)> = None;
        for index in 0..self.top {
            let edge = &self.edges[index];
            if edge.state == State::Waiting
                && found.is_none_or(|(seq, _)| edge.seq < seq)
                && !self.reaches(edge.to, edge.from)
            {
                found = Some((self.edges[index].seq, index));
            }
        }
        found.map(|(_, index)| index)
    }

    /// Whether sound goes from one track to another.
    fn reaches(&mut self, from: u32, to: u32) -> bool {
        if from == to {
            return true;
        }
        // `feeding` marks what was seen.
        self.feeding.fill(0);
        self.stack.clear();
        self.stack.push(from);
        self.feeding[from as usize] = 1;
        while let Some(track) = self.stack.pop() {
            let range = self.range(track);
            for place in range {
                let next = self.edges[self.outgoing[place] as usize].to;
                if next == to {
                    return true;
                }
                if std::mem::replace(&mut self.feeding[next as usize], 1) == 0 {
                    self.stack.push(next);
                }
            }
        }
        false
    }

    fn range(&self, track: u32) -> std::ops::Range<usize> {
        self.starts[track as usize] as usize..self.starts[track as usize + 1] as usize
    }

    /// Lists the connections that sound, or those that wait to as well, by the track they come from.
    fn index(&mut self, waiting: bool) {
        let sounds = |edge: &&Edge| match edge.state {
            State::Live | State::Leaving => true,
            State::Waiting => waiting,
            State::Free => false,
        };
        self.starts.fill(0);
        for edge in self.edges[..self.top].iter().filter(sounds) {
            self.starts[edge.from as usize + 1] += 1;
        }
        for track in 1..self.starts.len() {
            self.starts[track] += self.starts[track - 1];
        }
        // Filled from each list's start; `arrival` counts.
        self.arrival.fill(0);
        for (index, edge) in self.edges[..self.top].iter().enumerate() {
            if !sounds(&edge) {
                continue;
            }
            let from = edge.from as usize;
            let place = self.starts[from] + self.arrival[from];
            self.outgoing[place as usize] = index as u32;
            self.arrival[from] += 1;
        }
    }

    /// Puts those that feed in front of those that are fed; among equals the lower place goes first.
    /// Returns whether all tracks are in the order: there is no circle.
    fn sort(&mut self, tracks: &[Track]) -> bool {
        self.feeding.fill(0);
        for place in 0..*self.starts.last().unwrap_or(&0) as usize {
            let to = self.edges[self.outgoing[place] as usize].to;
            self.feeding[to as usize] += 1;
        }
        self.order.clear();
        let ready = |track: usize, feeding: &[u32]| feeding[track] == 0 && tracks[track].in_service;
        for track in 0..tracks.len() {
            if ready(track, &self.feeding) {
                self.order.push(track as u32);
            }
        }
        let mut next = 0;
        while let Some(track) = self.order.get(next).copied() {
            next += 1;
            for place in self.range(track) {
                let to = self.edges[self.outgoing[place] as usize].to as usize;
                self.feeding[to] -= 1;
                if ready(to, &self.feeding) {
                    self.order.push(to as u32);
                }
            }
        }
        let in_service = tracks.iter().filter(|track| track.in_service).count();
        self.order.len() == in_service
    }

    /// Makes everything that meets in a track equally late: what comes early is delayed.
    fn align(&mut self, tracks: &mut [Track]) {
        self.arrival.fill(0);
        self.latency = 0;
        // With nobody late there is nothing to do; most graphs are like that.
        let late = tracks.iter().any(|track| track.latency() > 0);
        if !late && !std::mem::replace(&mut self.late, late) {
            return;
        }
        self.late = late;
        if !late {
            for edge in &mut self.edges[..self.top] {
                edge.delay.aim(0, self.fade, edge.fresh);
            }
            for track in tracks.iter_mut() {
                track.arrive_at(0);
            }
            return;
        }
        for index in 0..self.order.len() {
            let track = self.order[index];
            let leaves = self.arrival[track as usize] + tracks[track as usize].latency();
            for place in self.range(track) {
                let to = self.edges[self.outgoing[place] as usize].to as usize;
                self.arrival[to] = self.arrival[to].max(leaves);
            }
        }
        for index in 0..self.order.len() {
            let track = self.order[index];
            let arrival = self.arrival[track as usize];
            tracks[track as usize].arrive_at(arrival);
            let leaves = arrival + tracks[track as usize].latency();
            for place in self.range(track) {
                let edge = &mut self.edges[self.outgoing[place] as usize];
                let late = self.arrival[edge.to as usize] - leaves;
                edge.delay.aim(late, self.fade, edge.fresh);
            }
        }
        let master = &tracks[crate::config::MASTER.index as usize];
        self.latency = self.arrival[crate::config::MASTER.index as usize] + master.latency();
    }

    /// The order of work.
    pub fn order(&self, index: usize) -> Option<usize> {
        self.order.get(index).map(|track| *track as usize)
    }

    /// Adds what a track made in this stretch to the tracks that it feeds.
    pub fn feed(
        &mut self,
        from: usize,
        frames: usize,
        tracks: &mut [Track],
        curve: &mut [f32; MAX_BLOCK],
    ) {
        for place in self.range(from as u32) {
            let edge = &mut self.edges[self.outgoing[place] as usize];
            edge.fresh = false;
            let Ok([source, bus]) = tracks.get_disjoint_mut([from, edge.to as usize]) else {
                continue;
            };
            if !source.sounding && !edge.delay.is_busy() {
                edge.gain.advance(frames as u32);
                edge.presence.advance(frames as u32);
                continue;
            }
            bus.sounding = true;
            let Edge {
                gain,
                presence,
                delay,
                ..
            } = edge;
            let lanes = if delay.is_used() {
                delay.run(&source.bus, frames, source.sounding)
            } else {
                delay.skip();
                &source.bus
            };
            mix(lanes, &mut bus.bus, frames, (gain, presence), curve);
        }
    }

    pub fn publish(&self, shared: &Shared) {
        for (index, edge) in self.edges[..self.top].iter().enumerate() {
            shared.publish_edge(index, edge.gain.current());
        }
        shared.publish_graph_latency(self.latency);
    }
}

/// Adds what a connection carries, at its gain and as far as it is present.
fn mix(
    from: &[f32],
    to: &mut [f32],
    frames: usize,
    (gain, presence): (&mut Ramp, &mut Ramp),
    curve: &mut [f32; MAX_BLOCK],
) {
    let lanes = to
        .chunks_exact_mut(MAX_BLOCK)
        .zip(from.chunks_exact(MAX_BLOCK));
    let lanes = lanes.map(|(to, from)| (&mut to[..frames], &from[..frames]));
    if !gain.is_moving() && !presence.is_moving() {
        let gain = (gain.current() * presence.current()) as f32;
        if gain == 1.0 {
            lanes.for_each(|(to, from)| kernels::add(to, from));
        } else {
            lanes.for_each(|(to, from)| kernels::add_scaled(to, from, gain));
        }
        return;
    }
    for value in &mut curve[..frames] {
        *value = (gain.next_value() * presence.next_value()) as f32;
    }
    let curve = &curve[..frames];
    lanes.for_each(|(to, from)| kernels::add_curve(to, from, curve));
}

/// Memory that has been written once, so that no callback is the first to touch it.
fn touched(len: usize) -> Vec<u32> {
    (0..len).map(|_| std::hint::black_box(0)).collect()
}
