//! One connection between two tracks, and how what it carries enters a bus.

use crate::block::MAX_BLOCK;
use crate::delay::DelayLine;
use crate::ramp::Ramp;
use noxrun_kernels as kernels;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Free,
    /// Its place is reserved; it begins when its time comes.
    Planned,
    /// It waits until it closes no circle.
    Waiting,
    Live,
    /// It fades out and ends.
    Leaving,
}

#[derive(Debug)]
pub(super) struct Edge {
    pub generation: u32,
    pub state: State,
    pub from: u32,
    pub to: u32,
    pub gain: Ramp,
    /// How much of it is there, 0…1. It moves after `wait` frames.
    pub presence: Ramp,
    pub wait: u32,
    /// Order of making.
    pub seq: u64,
    /// Nothing has passed yet.
    pub fresh: bool,
    pub delay: DelayLine,
    /// What is scheduled for it, and the points of its gain.
    pub planned: u32,
    pub points: u32,
}

impl Edge {
    /// A stretch passes in which nothing comes through it.
    pub fn rest(&mut self, frames: usize) {
        self.gain.advance(frames as u32);
        let waits = self.wait.min(frames as u32);
        self.wait -= waits;
        self.presence.advance(frames as u32 - waits);
        if self.delay.is_used() {
            self.delay.rest(frames);
        } else {
            self.delay.skip();
        }
    }
}

/// Adds what a connection carries, at its gain and as far as it is present.
pub(super) fn mix(
    from: &[f32],
    to: &mut [f32],
    frames: usize,
    (gain, presence, wait): (&mut Ramp, &mut Ramp, &mut u32),
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
        let presence = if *wait > 0 {
            *wait -= 1;
            presence.current()
        } else {
            presence.next_value()
        };
        *value = (gain.next_value() * presence) as f32;
    }
    let curve = &curve[..frames];
    lanes.for_each(|(to, from)| kernels::add_curve(to, from, curve));
}
