//! One sounding voice: its read heads, its gain and speed, and how it ends.

use crate::command::{PlaySpec, RATES};
use crate::event::EndReason;
use crate::key::VoiceKey;
use crate::play::{Cursor, Head, Line, Room, Stretch, speed};
use crate::ramp::Ramp;
use crate::shared::VoiceReading;

const HEADS: usize = 3;

/// A voice before its first frame.
pub(crate) struct Score {
    pub spec: PlaySpec,
    pub gain: Ramp,
    pub rate: Ramp,
    /// Sequence number of its `play`: age for stealing, and what a track's stop compares.
    pub seq: u64,
    pub paused: bool,
}

impl Score {
    pub fn new(spec: PlaySpec, seq: u64) -> Self {
        let gain = if spec.gain.is_finite() {
            spec.gain
        } else {
            0.0
        };
        let rate = if RATES.contains(&spec.rate) {
            spec.rate
        } else {
            1.0
        };
        Self {
            gain: Ramp::at(gain),
            rate: Ramp::at(rate),
            spec,
            seq,
            paused: false,
        }
    }

    /// Moves gain and speed on by `frames` frames of waiting.
    pub fn advance(&mut self, frames: u64) {
        let frames = u32::try_from(frames).unwrap_or(u32::MAX);
        self.gain.advance(frames);
        self.rate.advance(frames);
    }
}

pub(crate) struct Voice {
    pub key: VoiceKey,
    pub score: Score,
    /// It has sounded.
    pub started: bool,
    /// It has been stolen: it fades and no longer counts.
    pub stolen: bool,
    line: Line,
    ending: Option<EndReason>,
    /// Where it goes on when it is resumed.
    held: Option<Cursor>,
    heads: [Head; HEADS],
}

impl Voice {
    pub fn new(key: VoiceKey, score: Score) -> Self {
        let spec = &score.spec;
        let line = Line::new(spec.sample.frames(), spec.repeat);
        let cursor = Cursor::new(&line, spec.offset, spec.length);
        let mut heads = [Head::new(cursor, 0); HEADS];
        for head in &mut heads[usize::from(!score.paused)..] {
            head.active = false;
        }
        Self {
            key,
            held: score.paused.then_some(cursor),
            score,
            started: false,
            stolen: false,
            line,
            ending: None,
            heads,
        }
    }

    /// Loudness by its parameters alone, so that stealing does not depend on the block size.
    pub fn level(&self) -> f64 {
        let (fade_out, rate) = (self.score.spec.fade_out, self.score.rate.current());
        let levels = self.heads.iter();
        let levels = levels.map(|head| head.level(&self.line, fade_out, rate));
        self.score.gain.current().abs() * levels.fold(0.0, f64::max)
    }

    pub fn pause(&mut self, fade: u32) {
        if self.held.is_some() || self.ending.is_some() {
            return;
        }
        // What has not sounded has nothing to fade.
        let fade = if self.started { fade } else { 0 };
        if let Some(head) = self.playing() {
            let cursor = head.cursor;
            head.die(fade);
            self.held = Some(cursor);
        }
    }

    pub fn resume(&mut self, fade: u32) {
        if self.ending.is_some() {
            return;
        }
        if let Some(cursor) = self.held.take() {
            self.enter(cursor, fade);
        }
    }

    /// Goes on from another frame of its sound.
    pub fn seek(&mut self, position: u64, fade: u32) {
        if self.ending.is_some() {
            return;
        }
        let line = self.line;
        if let Some(held) = &mut self.held {
            *held = held.sought(&line, position);
            return;
        }
        let leaving = if self.started { fade } else { 0 };
        if let Some(head) = self.playing() {
            let cursor = head.cursor.sought(&line, position);
            head.die(leaving);
            self.enter(cursor, fade);
        }
    }

    /// Lets another head play, in the place of the one that is heard least.
    fn enter(&mut self, cursor: Cursor, fade: u32) {
        if cursor.is_over(&self.line) {
            return;
        }
        let level = |head: &Head| {
            if head.active {
                head.fade.current()
            } else {
                -1.0
            }
        };
        let heads = self.heads.iter_mut();
        if let Some(place) = heads.min_by(|a, b| level(a).total_cmp(&level(b))) {
            // A voice that has not sounded starts as any other: without a fade.
            *place = Head::new(cursor, if self.started { fade } else { 0 });
        }
    }

    fn playing(&mut self) -> Option<&mut Head> {
        let mut heads = self.heads.iter_mut();
        heads.find(|head| head.active && !head.dying)
    }

    /// Fades everything out and ends with `reason`. A second stop may only shorten the first.
    pub fn stop(&mut self, fade: u32, reason: EndReason) {
        for head in self.heads.iter_mut().filter(|head| head.active) {
            if !(head.dying && head.fade.remaining() <= fade) {
                head.die(fade);
            }
        }
        self.held = None;
        self.ending.get_or_insert(reason);
    }

    /// Frames until a stopped voice is silent.
    pub fn remaining(&self) -> u32 {
        let active = self.heads.iter().filter(|head| head.active);
        active.map(|head| head.fade.remaining()).max().unwrap_or(0)
    }

    /// Whether nothing of it will be heard any more.
    pub fn is_over(&self) -> bool {
        self.held.is_none() && self.heads.iter().all(|head| !head.active)
    }

    /// Why it ends.
    pub fn reason(&self) -> EndReason {
        self.ending.unwrap_or(EndReason::Finished)
    }

    /// Adds `frames` frames to `bus` and returns how many of them sounded.
    pub fn render(&mut self, bus: &mut [f32], frames: usize, room: &mut Room) -> usize {
        let Score {
            spec, gain, rate, ..
        } = &mut self.score;
        let gain_moves = gain.is_moving();
        if gain_moves {
            gain.fill(&mut room.gain[..frames]);
        }
        let moving = (rate.remaining() as usize).min(frames);
        for value in &mut room.rate[..moving] {
            *value = rate.next_value();
        }
        let stretch = Stretch {
            sample: &spec.sample,
            line: self.line,
            fade_in: spec.fade_in,
            fade_out: spec.fade_out,
            frames,
            gain: gain.current() as f32,
            gain_moves,
            moving,
            rate: rate.current(),
        };
        let mut sounded = 0;
        for head in self.heads.iter_mut().filter(|head| head.active) {
            sounded = sounded.max(head.render(bus, &stretch, room));
        }
        sounded
    }

    /// What is shown of it: the position of the next frame, or where it goes on.
    pub fn reading(&self) -> VoiceReading {
        let active = self.heads.iter().filter(|head| head.active);
        let front = active.min_by_key(|head| (head.dying, u32::MAX - head.fade.remaining()));
        let cursor = self.held.as_ref().or(front.map(|head| &head.cursor));
        VoiceReading {
            gain: self.score.gain.current(),
            rate: speed(self.score.rate.current()),
            position: cursor.map_or(0.0, Cursor::position),
            moving: self.held.is_none() && front.is_some(),
            repeat: self.line.region,
            frames: self.line.frames,
        }
    }
}
