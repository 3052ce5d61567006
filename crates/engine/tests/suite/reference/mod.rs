//! A slow mixer written from the public sound definitions and from nothing else: one frame at a
//! time, everything in f64, no blocks, no limits.

pub mod automation;
mod param;

use noxrun_engine::EndReason;
pub use param::Move;
use param::{Param, Passage, pan_law};
use std::f64::consts::FRAC_1_SQRT_2;

/// A command of a score. Voices are named by their place in the score's list of plays.
#[derive(Debug, Clone)]
pub enum Command {
    Play {
        track: usize,
        sound: usize,
        gain: f64,
    },
    Stop {
        voice: usize,
        fade: u64,
    },
    StopTrack {
        track: usize,
        fade: u64,
    },
    Pause {
        voice: usize,
    },
    Resume {
        voice: usize,
    },
    Volume {
        track: usize,
        to: Move,
    },
    Pan {
        track: usize,
        to: Move,
    },
    Gain {
        voice: usize,
        to: Move,
    },
    Gate {
        track: usize,
        open: bool,
    },
}

#[derive(Debug, Clone)]
struct Voice {
    track: usize,
    sound: usize,
    gain: Param,
    begun: bool,
    /// Where it goes on when it is paused.
    held: Option<u64>,
    passages: Vec<Passage>,
    /// It was asked to end.
    asked: bool,
    started: Option<u64>,
    ended: Option<(u64, EndReason)>,
}

#[derive(Debug, Clone)]
struct Track {
    volume: Param,
    pan: Param,
    gate: Param,
}

/// What became of a voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    pub started: Option<u64>,
    pub ended: Option<(u64, EndReason)>,
}

pub struct Mixer<'a> {
    sounds: &'a [Vec<Vec<f32>>],
    channels: usize,
    pause: u64,
    gate: u64,
    tracks: Vec<Track>,
    voices: Vec<Voice>,
}

impl<'a> Mixer<'a> {
    /// `rate` in Hz gives the lengths of the fixed fades; track 0 is the master.
    pub fn new(sounds: &'a [Vec<Vec<f32>>], channels: usize, tracks: usize, rate: u32) -> Self {
        let track = Track {
            volume: Param::at_rest(1.0),
            pan: Param::at_rest(0.0),
            gate: Param::at_rest(1.0),
        };
        Self {
            sounds,
            channels,
            pause: (0.010 * f64::from(rate)).round() as u64,
            gate: (0.005 * f64::from(rate)).round() as u64,
            tracks: vec![track; tracks + 1],
            voices: Vec::new(),
        }
    }

    /// Plays a score, (frame, command) in the order in which it was written, for `frames` frames.
    /// Returns the interleaved output and what became of each voice.
    pub fn perform(mut self, score: &[(u64, Command)], frames: u64) -> (Vec<f64>, Vec<Fate>) {
        for (_, command) in score {
            if let Command::Play { track, sound, gain } = command {
                self.voices.push(Voice {
                    track: *track,
                    sound: *sound,
                    gain: Param::at_rest(*gain),
                    begun: false,
                    held: None,
                    passages: Vec::new(),
                    asked: false,
                    started: None,
                    ended: None,
                });
            }
        }
        let mut order: Vec<usize> = (0..score.len()).collect();
        order.sort_by_key(|index| score[*index].0);
        let mut next = order.into_iter().peekable();
        let mut out = Vec::new();
        for frame in 0..frames {
            while let Some(index) = next.next_if(|index| score[*index].0 <= frame) {
                let plays = |list: &[(u64, Command)]| {
                    let is_play = |c: &&(u64, Command)| matches!(c.1, Command::Play { .. });
                    list.iter().filter(is_play).count()
                };
                self.apply(frame, &score[index].1, plays(&score[..index]));
            }
            self.mix(frame, &mut out);
        }
        let fates = self.voices.iter().map(|v| Fate {
            started: v.started,
            ended: v.ended,
        });
        let fates = fates.collect();
        (out, fates)
    }

    /// `before`: how many plays were written before this command.
    fn apply(&mut self, frame: u64, command: &Command, before: usize) {
        match command {
            Command::Play { .. } => self.begin(before, frame),
            Command::Stop { voice, fade } => self.stop(*voice, frame, *fade),
            Command::StopTrack { track, fade } => {
                for index in 0..before {
                    if self.voices[index].track == *track {
                        self.stop(index, frame, *fade);
                    }
                }
            }
            Command::Pause { voice } => self.pause(*voice, frame),
            Command::Resume { voice } => self.resume(*voice, frame),
            Command::Volume { track, to } => self.tracks[*track].volume.write(frame, *to),
            Command::Pan { track, to } => self.tracks[*track].pan.write(frame, *to),
            Command::Gain { voice, to } => self.voices[*voice].gain.write(frame, *to),
            Command::Gate { track, open } => {
                let value = if *open { 1.0 } else { 0.0 };
                let frames = self.gate;
                self.tracks[*track].gate.fade(frame, value, frames);
            }
        }
    }

    fn begin(&mut self, index: usize, frame: u64) {
        let voice = &mut self.voices[index];
        if voice.ended.is_some() {
            return;
        }
        voice.begun = true;
        if voice.held.is_none() {
            self.enter(index, frame, 0, None);
        }
    }

    /// A passage that starts on `frame` at `offset`, faded in over `fade` frames.
    fn enter(&mut self, index: usize, frame: u64, offset: u64, fade: Option<u64>) {
        let voice = &mut self.voices[index];
        let length = self.sounds[voice.sound][0].len() as u64;
        let mut level = Param::at_rest(1.0);
        if let Some(frames) = fade {
            level = Param::at_rest(0.0);
            level.fade(frame, 1.0, frames);
        }
        voice.passages.push(Passage {
            since: frame,
            offset,
            level,
            natural_end: frame + length - offset,
            faded: None,
        });
    }

    fn stop(&mut self, index: usize, frame: u64, fade: u64) {
        let voice = &mut self.voices[index];
        if voice.ended.is_some() {
            return;
        }
        voice.asked = true;
        voice.held = None;
        for passage in &mut voice.passages {
            passage.fade_out(frame, fade);
        }
        if !voice.passages.iter().any(|p| p.sounds(frame)) {
            voice.ended = Some((frame, EndReason::Stopped));
        }
    }

    fn pause(&mut self, index: usize, frame: u64) {
        let fade = self.pause;
        let voice = &mut self.voices[index];
        if voice.ended.is_some() || voice.asked || voice.held.is_some() {
            return;
        }
        if !voice.begun {
            voice.held = Some(0);
            return;
        }
        let playing = |p: &&mut Passage| p.faded.is_none() && p.sounds(frame);
        if let Some(passage) = voice.passages.iter_mut().find(playing) {
            voice.held = Some(passage.offset + frame - passage.since);
            // What has not been heard yet needs no fade.
            let heard = voice.started.is_some();
            passage.fade_out(frame, if heard { fade } else { 0 });
        }
    }

    fn resume(&mut self, index: usize, frame: u64) {
        let voice = &mut self.voices[index];
        if voice.ended.is_some() || voice.asked {
            return;
        }
        if let Some(offset) = voice.held.take()
            && voice.begun
        {
            let fade = voice.started.is_some().then_some(self.pause);
            self.enter(index, frame, offset, fade);
        }
    }

    fn mix(&mut self, frame: u64, out: &mut Vec<f64>) {
        let mut buses = vec![vec![0.0; self.channels]; self.tracks.len()];
        for voice in &mut self.voices {
            if !voice.begun || voice.ended.is_some() {
                continue;
            }
            let sound = &self.sounds[voice.sound];
            for passage in voice.passages.iter().filter(|p| p.sounds(frame)) {
                voice.started.get_or_insert(frame);
                let position = (passage.offset + frame - passage.since) as usize;
                let gain = voice.gain.on(frame) * passage.level.on(frame);
                let value = |channel: usize| f64::from(sound[channel][position]) * gain;
                let bus = &mut buses[voice.track];
                match (sound.len(), self.channels) {
                    (1, 1) => bus[0] += value(0),
                    (1, _) => {
                        bus[0] += value(0) * FRAC_1_SQRT_2;
                        bus[1] += value(0) * FRAC_1_SQRT_2;
                    }
                    (count, 1) => {
                        let sum: f64 = (0..count).map(value).sum();
                        bus[0] += sum / count as f64;
                    }
                    (count, width) => {
                        for (channel, sum) in bus.iter_mut().enumerate().take(count.min(width)) {
                            *sum += value(channel);
                        }
                    }
                }
            }
            let goes_on = voice.passages.iter().any(|p| p.sounds(frame + 1));
            if !goes_on && voice.held.is_none() {
                let reason = if voice.asked {
                    EndReason::Stopped
                } else {
                    EndReason::Finished
                };
                voice.ended = Some((frame + 1, reason));
            }
        }
        let mut master = buses[0].clone();
        for (track, bus) in self.tracks.iter().zip(&mut buses).skip(1) {
            track.strip(frame, bus);
            for (sum, value) in master.iter_mut().zip(bus) {
                *sum += *value;
            }
        }
        self.tracks[0].strip(frame, &mut master);
        out.append(&mut master);
    }
}

impl Track {
    fn strip(&self, frame: u64, bus: &mut [f64]) {
        let gain = self.volume.on(frame) * self.gate.on(frame);
        for value in bus.iter_mut() {
            *value *= gain;
        }
        if let [left, right, ..] = bus {
            let (gain_left, gain_right) = pan_law(self.pan.on(frame));
            *left *= gain_left;
            *right *= gain_right;
        }
    }
}
