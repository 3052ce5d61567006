//! One callback: drain the queue, apply what is due, render up to the next event, publish.

use crate::command::{Action, Message, Target};
use crate::config::MASTER;
use crate::ramp::Change;
use crate::safety;
use crate::schedule::{Due, Schedule};
use crate::shared::{ClockReading, Shared};
use crate::track::Track;
use crate::voices::Voices;
use std::sync::Arc;

/// Frames that are rendered in one stretch at most; longer blocks are cut.
pub const MAX_BLOCK: usize = 256;

/// When a block runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockClock {
    /// Monotonic nanoseconds at the start of the callback.
    pub now_ns: u64,
}

/// The audio thread's end of an engine.
///
/// ```
/// use noxrun_engine::{BlockClock, EngineConfig, build};
/// let (mut renderer, _controller) = build(&EngineConfig::default());
/// let mut out = [1.0; 2 * 64];
/// renderer.process(&mut out, BlockClock::default());
/// assert_eq!(out, [0.0; 128]);
/// ```
pub struct Renderer {
    pub(crate) channels: usize,
    pub(crate) frame: u64,
    pub(crate) messages: rtrb::Consumer<Message>,
    pub(crate) schedule: Schedule,
    pub(crate) staged: Vec<Due>,
    pub(crate) staged_capacity: usize,
    pub(crate) tracks: Vec<Track>,
    pub(crate) voices: Voices,
    pub(crate) curve: Box<[f32; MAX_BLOCK]>,
    /// Frames of a ramp whose length nobody chose.
    pub(crate) default_ramp: u32,
    pub(crate) safety: bool,
    pub(crate) shared: Arc<Shared>,
}

impl Renderer {
    /// Renders one block of any length into `out` (interleaved; samples beyond the last whole frame
    /// become 0). A block of no frames drains the queue and applies what is due.
    pub fn process(&mut self, out: &mut [f32], clock: BlockClock) {
        let block = out.len() / self.channels;
        let (mut rest, beyond) = out.split_at_mut(block * self.channels);
        beyond.fill(0.0);
        self.drain();
        self.apply_due();
        while !rest.is_empty() {
            let mut frames = (rest.len() / self.channels).min(MAX_BLOCK);
            if let Some(next) = self.schedule.next_frame() {
                frames = frames.min(usize::try_from(next - self.frame).unwrap_or(usize::MAX));
            }
            let (now, later) = rest.split_at_mut(frames * self.channels);
            self.render(now, frames);
            self.frame += frames as u64;
            rest = later;
            if !rest.is_empty() {
                self.apply_due();
            }
        }
        for (index, track) in self.tracks.iter().enumerate() {
            if track.in_service {
                track.publish(index, &self.shared);
            }
        }
        self.voices.publish(&self.shared);
        self.shared.publish_clock(ClockReading {
            frame: self.frame,
            block: block as u64,
            at_ns: clock.now_ns,
        });
    }

    /// The next frame to be rendered.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// What it publishes.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn apply_due(&mut self) {
        let mut applied = 0;
        while let Some(due) = self.schedule.pop_due(self.frame) {
            applied += u64::from(due.counted);
            self.apply(due);
        }
        if applied > 0 {
            self.shared.count_done(applied);
        }
    }

    fn apply(&mut self, due: Due) {
        let frame = self.frame;
        let shared = &*self.shared;
        match due.action {
            Action::Start(voice) => self.voices.start(voice, frame, &self.tracks, shared),
            Action::Stop { voice, fade } => self.voices.stop(voice, fade, frame, shared),
            Action::StopTrack { track, fade } => {
                if let Some(strip) = self.tracks.get_mut(track as usize) {
                    strip.stopped_before = strip.stopped_before.max(due.seq);
                    self.voices.stop_track(track, fade, due.seq, frame);
                }
            }
            Action::Pause(voice) => self.voices.pause(voice, true, shared),
            Action::Resume(voice) => self.voices.pause(voice, false, shared),
            Action::Set {
                target,
                value,
                frames,
                curve,
            } => {
                let change = Change {
                    value,
                    frames,
                    curve,
                    initial: due.prompt && frames <= self.default_ramp,
                };
                match target {
                    Target::TrackVolume(track) => {
                        if let Some(track) = self.tracks.get_mut(track as usize) {
                            track.set_volume(change);
                        }
                    }
                    Target::TrackPan(track) => {
                        if let Some(track) = self.tracks.get_mut(track as usize) {
                            track.set_pan(change);
                        }
                    }
                    Target::VoiceGain(voice) => {
                        self.voices.set_gain(voice, change, frame, shared);
                    }
                }
            }
            Action::Gate { track, open } => {
                if let Some(track) = self.tracks.get_mut(track as usize) {
                    track.set_gate(open, due.prompt);
                }
            }
            Action::AddTrack(setup) => {
                if let Some(track) = self.tracks.get_mut(setup.track as usize) {
                    track.set_up(&setup);
                }
            }
        }
    }

    /// Renders a stretch without events.
    fn render(&mut self, out: &mut [f32], frames: usize) {
        self.voices.render(self.frame, frames, &mut self.tracks);
        let (master, tracks) = self.tracks.split_at_mut(MASTER as usize + 1);
        let master = &mut master[MASTER as usize];
        for (index, track) in tracks.iter_mut().enumerate().filter(|(_, t)| t.in_service) {
            if track.process(frames, &mut self.curve) {
                self.shared.note_poisoned(index + 1);
            }
            if track.sounding {
                master.sounding = true;
                add_bus(&mut master.bus, &track.bus, frames);
                track.clear(frames);
            }
        }
        if master.process(frames, &mut self.curve) {
            self.shared.note_poisoned(MASTER as usize);
        }
        if !master.sounding {
            out.fill(0.0);
            return;
        }
        if self.safety {
            for lane in master.bus.chunks_exact_mut(MAX_BLOCK) {
                safety::limit_all(&mut lane[..frames]);
            }
        }
        interleave(out, &master.bus, self.channels);
        master.clear(frames);
    }
}

fn add_bus(to: &mut [f32], from: &[f32], frames: usize) {
    let lanes = to
        .chunks_exact_mut(MAX_BLOCK)
        .zip(from.chunks_exact(MAX_BLOCK));
    for (to, from) in lanes {
        for (to, from) in to[..frames].iter_mut().zip(&from[..frames]) {
            *to += from;
        }
    }
}

fn interleave(out: &mut [f32], bus: &[f32], channels: usize) {
    if channels == 2 {
        // Two lanes known to be two: this loop becomes shuffles.
        let (left, right) = bus.split_at(MAX_BLOCK);
        for (frame, (l, r)) in out.chunks_exact_mut(2).zip(left.iter().zip(right)) {
            frame[0] = *l;
            frame[1] = *r;
        }
        return;
    }
    for (channel, lane) in bus.chunks_exact(MAX_BLOCK).enumerate() {
        for (frame, sample) in out.chunks_exact_mut(channels).zip(lane) {
            frame[channel] = *sample;
        }
    }
}
