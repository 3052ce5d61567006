//! One sounding voice: its read heads, its gain and how it ends.
//!
//! A pause fades out over 10 ms while the position stays where the pause was asked for; a resume
//! before that fade is over must not click. So a voice reads its sample through several heads: one
//! that plays and the fading tails of earlier pauses.

use crate::channel::{Gains, mix};
use crate::command::{TrackKey, VoiceKey};
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

/// A voice before its first frame.
pub(crate) struct Score {
    pub sample: Arc<SampleData>,
    pub track: TrackKey,
    pub gain: Ramp,
    /// Sequence number of its `play`: age for stealing, and what a track's stop compares.
    pub seq: u64,
    pub paused: bool,
}

pub(crate) struct Voice {
    pub key: VoiceKey,
    pub track: TrackKey,
    pub seq: u64,
    pub sample: Arc<SampleData>,
    pub gain: Ramp,
    /// It has sounded.
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
    pub fn new(key: VoiceKey, score: Score) -> Self {
        let mut heads = [IDLE; HEADS];
        heads[0].active = !score.paused;
        Self {
            key,
            track: score.track,
            seq: score.seq,
            sample: score.sample,
            gain: score.gain,
            started: false,
            stolen: false,
            ending: None,
            paused_at: score.paused.then_some(0),
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
            // What has not sounded has nothing to fade.
            die(head, if self.started { fade } else { 0 });
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
            // A voice that has not sounded starts as any other: without a fade.
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

    /// Whether anything of it is heard in the next frame.
    pub fn is_active(&self) -> bool {
        self.heads.iter().any(|head| head.active)
    }

    /// Whether nothing of it will be heard any more.
    pub fn is_over(&self) -> bool {
        !self.is_active() && self.paused_at.is_none()
    }

    /// Why it ends.
    pub fn reason(&self) -> EndReason {
        self.ending.unwrap_or(EndReason::Finished)
    }

    /// Whether the next rendered frame is its first. An empty sound has none.
    pub fn is_about_to_start(&self) -> bool {
        !self.started && self.is_active() && self.sample.frames() > 0
    }

    /// Adds `frames` frames to `bus` and returns how many of them sounded.
    pub fn render(&mut self, bus: &mut [f32], frames: usize, scratch: &mut Scratch) -> usize {
        let gain_moves = self.gain.is_moving();
        if gain_moves {
            self.gain.fill(&mut scratch.gain[..frames]);
        }
        let flat = self.gain.current() as f32;
        let length = self.sample.frames();
        let mut sounded = 0;
        for head in self.heads.iter_mut().filter(|head| head.active) {
            // The last frame of a fade to nothing is silent already.
            let audible = if head.dying {
                head.fade.remaining().saturating_sub(1) as usize
            } else {
                usize::MAX
            };
            let count = frames.min(length - head.position).min(audible);
            let curve = &mut scratch.fade[..count];
            let gains = match (gain_moves, head.fade.is_moving()) {
                (false, false) => Gains::Flat(flat * head.fade.current() as f32),
                (true, false) => {
                    let fade = head.fade.current() as f32;
                    for (value, gain) in curve.iter_mut().zip(&scratch.gain) {
                        *value = gain * fade;
                    }
                    Gains::Curve(curve)
                }
                (true, true) => {
                    head.fade.fill(curve);
                    for (value, gain) in curve.iter_mut().zip(&scratch.gain) {
                        *value *= gain;
                    }
                    Gains::Curve(curve)
                }
                (false, true) => {
                    head.fade.fill(curve);
                    for value in curve.iter_mut() {
                        *value *= flat;
                    }
                    Gains::Curve(curve)
                }
            };
            mix(bus, &self.sample, head.position, count, gains);
            head.position += count;
            sounded = sounded.max(count);
            if head.position == length || (head.dying && head.fade.remaining() <= 1) {
                head.active = false;
            }
        }
        sounded
    }
}

/// Lets a head fade out. A fade of one frame has no audible one.
fn die(head: &mut Head, fade: u32) {
    head.dying = true;
    if fade <= 1 {
        head.active = false;
    } else {
        head.fade.set(0.0, fade, Curve::Linear);
    }
}
