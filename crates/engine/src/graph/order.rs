//! In what order tracks are worked, which connections may begin, and how late everything is.

use super::Graph;
use super::edge::{Edge, State};
use crate::key::MASTER;
use crate::ramp::{Curve, Ramp};
use crate::track::Track;

impl Graph {
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
            fading |= self.begin_before_circles(tracks);
            self.index(false);
            // None that has to wait could begin after another has begun.
            let mut last = None;
            while let Some((age, index)) = self.next_waiting(last) {
                last = Some(age);
                let Edge { from, to, .. } = self.edges[index];
                if !self.reaches(to, from) {
                    fading |= self.begin(index, tracks);
                    self.index(false);
                }
            }
        }
        self.sort(tracks);
        self.align(tracks);
        fading
    }

    /// Lets those waiting connections begin that come from tracks which no circle reaches, after an
    /// order was looked for and not found.
    fn begin_before_circles(&mut self, tracks: &[Track]) -> bool {
        let mut fading = false;
        for index in 0..self.top {
            let edge = &self.edges[index];
            if edge.state == State::Waiting && self.feeding[edge.from as usize] == 0 {
                fading |= self.begin(index, tracks);
            }
        }
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

    /// The oldest connection that waits and was made after another one.
    fn next_waiting(&self, after: Option<(u64, usize)>) -> Option<((u64, usize), usize)> {
        if self.waiting == 0 {
            return None;
        }
        let edges = self.edges[..self.top].iter().enumerate();
        let waiting = edges.filter(|(_, edge)| edge.state == State::Waiting);
        let ages = waiting.map(|(index, edge)| (edge.seq, index));
        let oldest = ages.filter(|age| Some(*age) > after).min()?;
        Some((oldest, oldest.1))
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

    pub(super) fn range(&self, track: u32) -> std::ops::Range<usize> {
        self.starts[track as usize] as usize..self.starts[track as usize + 1] as usize
    }

    /// Lists the connections that sound, or those that wait to as well, by the track they come from.
    fn index(&mut self, waiting: bool) {
        let sounds = |edge: &&Edge| match edge.state {
            State::Live | State::Leaving => true,
            State::Waiting => waiting,
            State::Free | State::Planned => false,
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
                // Nothing comes out of a line that is new.
                if edge.fresh && edge.presence.is_moving() {
                    edge.wait = edge.delay.goal() as u32;
                }
            }
        }
        let master = &tracks[MASTER.index as usize];
        self.latency = self.arrival[MASTER.index as usize] + master.latency();
    }
}
