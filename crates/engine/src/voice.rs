//! One sounding voice: its read heads, its gain and how it ends.
//!
//! A pause fades out over 10 ms while the position stays where the pause was asked for; a resume
//! before that fade is over must not click. So a voice reads its sample through several heads: one
//! that plays and the fading tails of earlier pauses.

use crate::channel::{Gains, mix};
use crate::command::VoiceKey;
use crate::event::EndReason;
use crate::ramp::{Curve, Ramp};
use crate::renderer::MAX_BLOCK;
use crate::sample::SampleData;
use std::sync::Arc;

const HEADS: usize = 3;

#[derive(Clone, Copy)]
struct Head {
    active: bool,
    position: usize,
    fade: Ramp,
    /// It ends with its fade.
    dying: bool,
}

const IDLE: Head = Head {
    active: false,
    position: 0,
    fade: Ramp::at(1.0),
    dying: false,
};

pub(crate) struct Voice {
    pub key: VoiceKey,
    pub track: u32,
    /// Sequence number of its `play`: age for stealing, and what a track's stop compares.
    pub seq: u64,
    pub sample: Arc<SampleData>,
    pub gain: Ramp,
    pub started: bool,
    /// It has been stolen: it fades and no longer counts.
    pub stolen: bool,
    ending: Option<EndReason>,
    paused_at: Option<usize>,
    heads: [Head; HEADS],
}

/// Room for the two curves of a stretch.
pub(crate) struct Scratch {
    pub gain: [f32; MAX_BLOCK],
    pub fade: [f32; MAX_BLOCK],
}

impl Voice {
    pub fn new(
        key: VoiceKey,
        track: u32,
        seq: u64,
        sample: Arc<SampleData>,
        gain: f64,
        paused: bool,
    ) -> Self {
        let mut heads = [IDLE; HEADS];
        heads[0].active = !paused;
        Self {
            key,
            track,
            seq,
            sample,
            gain: Ramp::at(gain),
            started: false,
            stolen: false,
            ending: None,
            paused_at: paused.then_some(0),
            heads,
        }
    }

    /// Loudness by its parameters alone, so that stealing does not depend on the block size.
    pub fn level(&self) -> f64 {
        let fade = self.heads.iter().filter(|head| head.active);
        let fade = fade.map(|head| head.fade.current()).fold(0.0, f64::max);
        self.gain.current().abs() * fade
    }

    pub fn pause(&mut self, fade: u32) {
        if self.paused_at.is_some() || self.ending.is_some() {
            return;
        }
        if let Some(head) = self.heads.iter_mut().find(|h| h.active && !h.dying) {
            self.paused_at = Some(head.position);
            die(head, fade);
        }
    }

    pub fn resume(&mut self, fade: u32) {
        if self.ending.is_some() {
            return;
        }
        let Some(position) = self.paused_at.take() else {
            return;
        };
        let quietest = |a: &Head, b: &Head| {
            let level = |h: &Head| if h.active { h.fade.current() } else { -1.0 };
            level(a).total_cmp(&level(b))
        };
        if let Some(place) = self.heads.iter_mut().min_by(|a, b| quietest(a, b)) {
            let mut ramp = Ramp::at(if self.started { 0.0 } else { 1.0 });
            ramp.set(1.0, fade, Curve::Linear);
            *place = Head {
                active: true,
                position,
                fade: ramp,
                dying: false,
            };
        }
    }

    /// Fades everything out and ends with `reason`. A second stop may only shorten the first.
    pub fn stop(&mut self, fade: u32, reason: EndReason) {
        for head in self.heads.iter_mut().filter(|head| head.active) {
            if !(head.dying && head.fade.remaining() <= fade) {
                die(head, fade);
            }
        }
        self.paused_at = None;
        self.ending.get_or_insert(reason);
    }

    /// Frames until a stopped voice is silent.
    pub fn remaining(&self) -> u32 {
        let active = self.heads.iter().filter(|head| head.active);
        active.map(|head| head.fade.remaining()).max().unwrap_or(0)
    }

    /// Whether the next rendered frame is its first.
    pub fn is_about_to_start(&self) -> bool {
        !self.started && self.heads.iter().any(|head| head.active)
    }

    /// Adds `frames` frames to `bus`. Returns how many frames it sounded and why it ended, once it
    /// has.
    pub fn render(
        &mut self,
        bus: &mut [f32],
        frames: usize,
        scratch: &mut Scratch,
    ) -> Option<(usize, EndReason)> {
        let gain_moves = self.gain.is_moving();
        if gain_moves {
            self.gain.fill(&mut scratch.gain[..frames]);
        }
        let flat = self.gain.current() as f32;
        let length = self.sample.frames();
        let mut sounded = 0;
        let mut finished = false;
        for head in self.heads.iter_mut().filter(|head| head.active) {
            // The last frame of a fade to nothing is silent already.
            let audible = if head.dying {
                head.fade.remaining().saturating_sub(1) as usize
            } else {
                usize::MAX
            };
            let count = frames.min(length - head.position).min(audible);
            let gains = match (gain_moves, head.fade.is_moving()) {
                (false, false) => Gains::Flat(flat * head.fade.current() as f32),
                (true, false) => {
                    let fade = head.fade.current() as f32;
                    for i in 0..count {
                        scratch.fade[i] = scratch.gain[i] * fade;
                    }
                    Gains::Curve(&scratch.fade[..count])
                }
                (moves, true) => {
                    head.fade.fill(&mut scratch.fade[..count]);
                    for i in 0..count {
                        scratch.fade[i] *= if moves { scratch.gain[i] } else { flat };
                    }
                    Gains::Curve(&scratch.fade[..count])
                }
            };
            mix(bus, 0, &self.sample, head.position, count, gains);
            head.position += count;
            sounded = sounded.max(count);
            let over = head.position == length;
            finished |= over && !head.dying;
            if over || (head.dying && head.fade.remaining() <= 1) {
                head.active = false;
            }
        }
        if self.heads.iter().any(|head| head.active) || self.paused_at.is_some() {
            return None;
        }
        let reason = match self.ending {
            Some(reason) => reason,
            None if finished || !self.started || sounded > 0 => EndReason::Finished,
            None => EndReason::Stopped,
        };
        Some((sounded, reason))
    }
}

fn die(head: &mut Head, fade: u32) {
    head.dying = true;
    if fade == 0 {
        head.active = false;
    } else {
        head.fade.set(0.0, fade, Curve::Linear);
    }
}
