//! An effect's place in a chain: whether it stays, how much of it is heard, how it comes and goes.

use crate::block::MAX_BLOCK;
use crate::chain::{Effects, Scratch, effects::Slot};
use crate::ramp::{Curve, Ramp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its place is reserved: it comes in when its time comes.
    Planned,
    /// A place that is reserved for an effect that moves there when its time comes.
    Reserved,
    Stays,
    /// It goes back when it has faded out.
    Leaves,
    /// It goes to its other entry when it has faded out.
    Moves,
    /// It waits until it has faded out at its other entry.
    Arrives,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub effect: u32,
    pub fate: Fate,
    pub bypassed: bool,
    /// How much of its output is heard, 0…1. It moves after `wait` frames.
    pub wet: Ramp,
    pub wait: u32,
    /// The command that reserved the place.
    pub seq: u64,
}

impl Entry {
    /// Whether it is in the chain already.
    pub fn is_live(&self) -> bool {
        !matches!(self.fate, Fate::Planned | Fate::Reserved)
    }

    /// Nothing of it is heard, nor will be.
    pub fn is_silent(&self) -> bool {
        !self.wet.is_moving() && self.wet.current() == 0.0
    }

    /// Nothing but it is heard.
    pub fn is_alone(&self) -> bool {
        !self.wet.is_moving() && self.wet.current() == 1.0
    }

    pub fn advance(&mut self, frames: usize) {
        let waits = self.wait.min(frames as u32);
        self.wait -= waits;
        self.wet.advance(frames as u32 - waits);
    }

    /// Writes how much of it is heard on each frame.
    pub fn fill(&mut self, curve: &mut [f32]) {
        let waits = (self.wait as usize).min(curve.len());
        self.wait -= waits as u32;
        let (waiting, moving) = curve.split_at_mut(waits);
        waiting.fill(self.wet.current() as f32);
        self.wet.fill(moving);
    }
}

/// How an effect comes and goes.
impl Effects {
    /// Lets an effect come in where there was none: from its input as it is.
    pub(super) fn enter(&mut self, entry: &mut Entry) {
        let fade = self.fade;
        if let Some(slot) = self.slot(entry.effect) {
            slot.dry.clear();
        }
        if entry.bypassed {
            self.hold_back(entry.effect, false, fade);
        } else {
            entry.wait = self.wake(entry.effect);
            entry.wet.set(1.0, fade, Curve::Linear);
        }
    }

    /// Lets an effect go: to its input as it is.
    pub(super) fn leave(&mut self, entry: &mut Entry) {
        let fade = self.fade;
        if let Some(slot) = self.slot(entry.effect) {
            slot.dry.aim(0, fade, entry.is_alone());
        }
        entry.wait = 0;
        entry.wet.set(0.0, fade, Curve::Linear);
    }
}

impl Slot {
    /// Mixes input and output.
    pub(super) fn crossfade(
        &mut self,
        bus: &mut [f32],
        sounding: bool,
        (frame, frames): (u64, usize),
        entry: &mut Entry,
        scratch: &mut Scratch,
    ) {
        let dry = &mut scratch.lanes[..bus.len()];
        if self.latency > 0 {
            dry.copy_from_slice(self.dry.run(bus, frames, sounding));
        } else {
            dry.copy_from_slice(bus);
        }
        if entry.is_silent() {
            self.body.advance(frames);
        } else {
            self.body.process(bus, frame, frames);
        }
        let curve = &mut scratch.curve[..frames];
        entry.fill(curve);
        let lanes = bus
            .chunks_exact_mut(MAX_BLOCK)
            .zip(dry.chunks_exact(MAX_BLOCK));
        for (wet, dry) in lanes {
            for ((wet, dry), gain) in wet[..frames].iter_mut().zip(dry).zip(&*curve) {
                *wet = dry * (1.0 - gain) + *wet * gain;
            }
        }
    }
}
