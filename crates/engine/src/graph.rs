//! Which track feeds which, in what order tracks are worked, and how the sound of one enters
//! another.
//!
//! Every connection comes and goes over a 10 ms crossfade. One that would close a circle with a
//! connection that is on its way out waits until that is gone; so what sounds never has a circle
//! and there always is an order.

mod edge;
mod order;

use crate::block::MAX_BLOCK;
use crate::delay::DelayLine;
use crate::ends::Ends;
use crate::key::{EdgeKey, TrackKey};
use crate::ramp::{Curve, Ramp};
use crate::schedule::NONE;
use crate::shared::Shared;
use crate::track::Track;
use edge::{Edge, State, mix};

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
            wait: 0,
            seq: 0,
            fresh: true,
            delay: DelayLine::default(),
            planned: NONE,
            points: NONE,
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

    /// Reserves the place of a connection that begins later. Returns whether it was free.
    pub fn plan(&mut self, key: EdgeKey, (from, to): (TrackKey, TrackKey), gain: f64) -> bool {
        let Some(edge) = self.edges.get_mut(key.index as usize) else {
            return false;
        };
        if edge.state != State::Free {
            return false;
        }
        edge.generation = key.generation;
        edge.state = State::Planned;
        edge.from = from.index;
        edge.to = to.index;
        edge.gain = Ramp::at(if gain.is_finite() { gain } else { 0.0 });
        edge.presence = Ramp::at(0.0);
        edge.wait = 0;
        edge.fresh = true;
        edge.delay.clear();
        self.top = self.top.max(key.index as usize + 1);
        true
    }

    /// Lets a planned connection begin. `None`: it was not planned, or its tracks are not in
    /// service; it has ended then.
    pub fn connect(
        &mut self,
        key: EdgeKey,
        (from, to): (TrackKey, TrackKey),
        seq: u64,
        tracks: &[Track],
        ends: &mut Ends,
    ) -> Option<()> {
        let edge = self.get(key)?;
        if edge.state != State::Planned {
            return None;
        }
        let in_service = |key: TrackKey| tracks.get(key.index as usize)?.is(key).then_some(());
        if in_service(from).and(in_service(to)).is_none() {
            self.free(key.index as usize, ends);
            return None;
        }
        edge.state = State::Waiting;
        edge.from = from.index;
        edge.to = to.index;
        edge.seq = seq;
        self.waiting += 1;
        self.changed = true;
        Some(())
    }

    /// Whether a connection has a reserved place and has not begun.
    pub fn is_planned(&mut self, key: EdgeKey) -> bool {
        self.get(key)
            .is_some_and(|edge| edge.state == State::Planned)
    }

    /// What is scheduled for a connection.
    pub fn planned(&mut self, key: EdgeKey) -> Option<&mut u32> {
        Some(&mut self.get(key)?.planned)
    }

    /// The points of a connection's gain.
    pub fn points(&mut self, key: EdgeKey) -> Option<&mut u32> {
        Some(&mut self.get(key)?.points)
    }

    /// Lets a connection fade out. Returns whether there is a fade to wait for; `None`: there is no
    /// such connection.
    pub fn disconnect(&mut self, key: EdgeKey, ends: &mut Ends) -> Option<bool> {
        let fade = self.fade;
        let edge = self.get(key)?;
        if edge.state == State::Live && !edge.fresh {
            edge.state = State::Leaving;
            edge.wait = 0;
            edge.presence.set(0.0, fade, Curve::Linear);
            return Some(true);
        }
        if edge.state != State::Leaving {
            self.free(key.index as usize, ends);
        }
        Some(false)
    }

    /// Ends every connection of a track at once.
    pub fn cut_off(&mut self, track: u32, ends: &mut Ends) {
        for index in 0..self.top {
            let edge = &self.edges[index];
            if edge.state != State::Free && (edge.from == track || edge.to == track) {
                self.free(index, ends);
            }
        }
        self.changed = true;
    }

    fn free(&mut self, index: usize, ends: &mut Ends) {
        let edge = &mut self.edges[index];
        self.waiting -= usize::from(edge.state == State::Waiting);
        edge.state = State::Free;
        ends.schedule.drop_owned(&mut edge.planned);
        ends.schedule.drop_list(&mut edge.points);
        ends.reports.edge_gone(EdgeKey {
            index: index as u32,
            generation: edge.generation,
        });
        while self.top > 0 && self.edges[self.top - 1].state == State::Free {
            self.top -= 1;
        }
        self.changed = true;
    }

    /// The gain of a connection that has begun, and whether nothing has passed it yet.
    pub fn gain(&mut self, key: EdgeKey) -> Option<(&mut Ramp, bool)> {
        let edge = self.get(key)?;
        let fresh = edge.fresh;
        (edge.state != State::Planned).then_some((&mut edge.gain, fresh))
    }

    /// The gain of a connection that is planned: it moves when that begins.
    pub fn planned_gain(&mut self, key: EdgeKey) -> Option<&mut Ramp> {
        let edge = self.get(key)?;
        (edge.state == State::Planned).then_some(&mut edge.gain)
    }

    /// Gives a connection memory to delay with, and gives back what it had. It may travel ahead of
    /// the connection.
    pub fn equip(&mut self, key: EdgeKey, memory: Box<[f32]>, channels: usize) -> Box<[f32]> {
        match self.edges.get_mut(key.index as usize) {
            Some(edge) if edge.state == State::Free || edge.generation == key.generation => {
                edge.delay.equip(memory, channels)
            }
            _ => memory,
        }
    }

    /// Ends the connections whose fade is over.
    pub fn settle(&mut self, ends: &mut Ends) {
        for index in 0..self.top {
            let edge = &self.edges[index];
            if edge.state == State::Leaving && !edge.presence.is_moving() {
                self.free(index, ends);
            }
        }
    }

    /// Something changed that the order or the latencies depend on.
    pub fn touch(&mut self) {
        self.changed = true;
    }

    /// How much later what a connection brings comes to the track that it feeds.
    pub fn lateness(&mut self, key: EdgeKey, tracks: &[Track]) -> u32 {
        let begun = self.get(key).filter(|edge| edge.state != State::Planned);
        begun.map_or(0, |edge| {
            let from = &tracks[edge.from as usize];
            from.arrival() + from.latency() + edge.delay.goal() as u32
        })
    }

    /// Frames for which what a track has made may still be under way.
    pub fn longest_delay(&self, from: u32) -> usize {
        let delays = self.edges[..self.top].iter();
        let delays = delays.filter(|edge| edge.state != State::Free && edge.from == from);
        delays.map(|edge| edge.delay.longest()).max().unwrap_or(0)
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
                edge.rest(frames);
                continue;
            }
            bus.sounding = true;
            let Edge {
                gain,
                presence,
                wait,
                delay,
                ..
            } = edge;
            let lanes = if delay.is_used() {
                delay.run(&source.bus, frames, source.sounding)
            } else {
                delay.skip();
                &source.bus
            };
            mix(lanes, &mut bus.bus, frames, (gain, presence, wait), curve);
        }
    }

    /// A stretch passes for what waits.
    pub fn pass(&mut self, frames: usize) {
        if self.waiting > 0 {
            for edge in &mut self.edges[..self.top] {
                if edge.state == State::Waiting {
                    edge.gain.advance(frames as u32);
                }
            }
        }
    }

    pub fn publish(&self, shared: &Shared) {
        for (index, edge) in self.edges[..self.top].iter().enumerate() {
            if !matches!(edge.state, State::Free | State::Planned) {
                let index = index as u32;
                let generation = edge.generation;
                shared.publish_edge(EdgeKey { index, generation }, edge.gain.current());
            }
        }
        shared.publish_graph_latency(self.latency);
    }
}

/// Memory that has been written once, so that no callback is the first to touch it.
fn touched(len: usize) -> Vec<u32> {
    (0..len).map(|_| std::hint::black_box(0)).collect()
}
