//! An engine under test, and the controlling side as a careful caller would write it: it numbers
//! its commands, retries what the queue refuses, reads every report and frees what comes back.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part"
)]

mod actions;
use crate::chance;
pub mod desk;
pub mod effects;
mod signals;

pub use actions::{add_effect, add_track, connect, jump};
pub use chance::{Random, cases, cut};
pub use signals::{coarse, constant, noise, ramp, sound};

use noxrun_engine::{
    Action, Batch, BlockClock, Command, Controller, Curve, DelayPlace, EdgeKey, EffectBody,
    EffectKey, EndReason, EngineConfig, Event, Input, InputKey, InputSpec, InputWriter, MASTER,
    Message, PlaySpec, Processor, Renderer, SampleData, Sink, TapKey, Target, TrackKey, Trash,
    VoiceKey, When, build, input, line_memory,
};
use std::collections::VecDeque;
use std::sync::Arc;

/// As a frame: no time given.
pub const NOW: u64 = u64::MAX;

pub fn when(frame: u64) -> When {
    if frame == NOW {
        When::Now
    } else {
        When::Frame(frame)
    }
}

/// The key of a track that was never replaced.
pub const fn key(index: u32) -> TrackKey {
    TrackKey {
        index,
        generation: 0,
    }
}

/// A rate at which the fades are short: 10 ms are 80 frames, 5 ms are 40.
pub const RATE: u32 = 8_000;
pub const PAUSE: u64 = 80;
pub const STEAL: u64 = 40;

/// A small engine without the safety stage.
pub fn small() -> EngineConfig {
    EngineConfig {
        sample_rate: RATE,
        channels: 2,
        control_capacity: 256,
        max_events: 256,
        max_tracks: 4,
        max_voices: 16,
        safety_limiter: false,
        real_time: true,
    }
}

pub struct Rig {
    pub renderer: Renderer,
    pub controller: Controller,
    pub channels: usize,
    pub reports: Vec<Event>,
    /// Shares of samples that came back.
    pub returned: usize,
    /// Effects and taps that came back, and memory of delays.
    pub effects_back: Vec<EffectKey>,
    pub taps_back: Vec<TapKey>,
    pub inputs_back: Vec<InputKey>,
    pub lines_back: usize,
    pub batches_back: usize,
    pub growths_back: usize,
    /// The connection of each track to the master that it began with.
    pub outputs: Vec<EdgeKey>,
    backlog: VecDeque<Message>,
    staged: Vec<Command>,
    seq: u64,
    generation: u32,
    free: VecDeque<u32>,
}

impl Rig {
    /// An engine with all of its tracks in service, each feeding the master.
    pub fn new(config: &EngineConfig) -> Self {
        let mut rig = Self::bare(config);
        for track in 1..=config.max_tracks as u32 {
            rig.add_track(track);
        }
        rig.controller_settles();
        rig
    }

    /// An engine with nothing but its master.
    pub fn bare(config: &EngineConfig) -> Self {
        let (renderer, controller) = build(config);
        Self {
            renderer,
            controller,
            channels: config.channels,
            reports: Vec::new(),
            returned: 0,
            effects_back: Vec::new(),
            taps_back: Vec::new(),
            inputs_back: Vec::new(),
            lines_back: 0,
            batches_back: 0,
            growths_back: 0,
            outputs: vec![EdgeKey {
                index: u32::MAX,
                generation: 0,
            }],
            backlog: VecDeque::new(),
            staged: Vec::new(),
            seq: 0,
            generation: 0,
            free: (0..config.voice_keys() as u32).collect(),
        }
    }

    /// Lets what was sent take effect without rendering a frame.
    pub fn controller_settles(&mut self) {
        while !self.backlog.is_empty() || !self.controller.is_drained() {
            self.pump();
            self.renderer.process(&mut [], BlockClock::default());
            self.collect();
        }
    }

    /// Puts a track into service that feeds the master.
    pub fn add_track(&mut self, track: u32) {
        self.act(NOW, add_track(track));
        let output = self.connect(track, key(track), MASTER);
        self.outputs.push(output);
    }

    /// Connects two tracks at unity, by a connection of this place.
    pub fn connect(&mut self, place: u32, from: TrackKey, to: TrackKey) -> EdgeKey {
        let edge = self.edge(place);
        self.act(NOW, connect(edge, from, to, 1.0));
        edge
    }

    /// A key for a connection of this place.
    pub fn edge(&mut self, index: u32) -> EdgeKey {
        self.generation += 1;
        let generation = self.generation;
        EdgeKey { index, generation }
    }

    /// Lets an effect cross, for this place in the table.
    pub fn effect(
        &mut self,
        index: u32,
        processor: impl Processor + 'static,
        values: &[f64],
    ) -> EffectKey {
        self.generation += 1;
        let generation = self.generation;
        let effect = EffectKey { index, generation };
        let body = EffectBody::new(Box::new(processor), values, self.channels);
        self.send(Message::Effect(effect, Box::new(body)));
        effect
    }

    /// Puts an effect at the end of a track's chain.
    pub fn add_effect(
        &mut self,
        frame: u64,
        (index, track): (u32, u32),
        processor: impl Processor + 'static,
        values: &[f64],
    ) -> EffectKey {
        let effect = self.effect(index, processor, values);
        self.act(frame, add_effect(effect, track));
        effect
    }

    /// Lets a tap cross and take a track's sound.
    pub fn tap(
        &mut self,
        frame: u64,
        (index, track): (u32, TrackKey),
        sink: impl Sink + 'static,
    ) -> TapKey {
        self.generation += 1;
        let generation = self.generation;
        let tap = TapKey { index, generation };
        self.send(Message::Tap(tap, Box::new(sink)));
        self.act(frame, Action::AttachTap { tap, track });
        tap
    }

    /// Lets an input cross and come into a track.
    pub fn input(
        &mut self,
        frame: u64,
        (index, track): (u32, TrackKey),
        spec: &InputSpec,
    ) -> (InputKey, InputWriter) {
        self.generation += 1;
        let generation = self.generation;
        let (writer, end) = input(spec);
        let input = InputKey { index, generation };
        self.send_input(input, end);
        self.act(frame, Action::AddInput { input, track });
        (input, writer)
    }

    fn send_input(&mut self, key: InputKey, end: Box<Input>) {
        self.send(Message::Input(key, end));
    }

    /// Gives memory for delaying by up to `frames` frames.
    pub fn line(&mut self, place: DelayPlace, frames: usize) {
        self.send(Message::Line(place, line_memory(frames, self.channels)));
    }

    pub fn send(&mut self, message: Message) {
        self.backlog.push_back(message);
        self.pump();
    }

    pub fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    pub fn act(&mut self, frame: u64, action: Action) {
        self.act_at(when(frame), action);
    }

    pub fn act_at(&mut self, at: When, action: Action) {
        self.act_as(at, false, action);
    }

    pub fn stage(&mut self, frame: u64, action: Action) {
        self.stage_at(when(frame), action);
    }

    pub fn stage_at(&mut self, at: When, action: Action) {
        self.act_as(at, true, action);
    }

    fn act_as(&mut self, at: When, staged: bool, action: Action) {
        let seq = self.next_seq();
        let command = Command::Do {
            at,
            seq,
            counted: true,
            action,
        };
        self.send_command(staged, command);
    }

    fn send_command(&mut self, staged: bool, command: Command) {
        if staged {
            self.staged.push(command);
        } else {
            self.send(Message::One(command));
        }
    }

    pub fn commit(&mut self, frame: u64) {
        self.commit_at(when(frame));
    }

    pub fn commit_at(&mut self, at: When) {
        let commands = std::mem::take(&mut self.staged);
        self.send(Message::Batch(Box::new(Batch { at, commands })));
    }

    pub fn set(&mut self, frame: u64, target: Target, value: f64, frames: u32) {
        let curve = Curve::Linear;
        self.act(
            frame,
            Action::Set {
                target,
                value,
                frames,
                curve,
            },
        );
    }

    pub fn stop(&mut self, frame: u64, voice: VoiceKey, fade: u32) {
        self.act(frame, Action::Stop { voice, fade });
    }

    pub fn play(
        &mut self,
        frame: u64,
        track: u32,
        sample: &Arc<SampleData>,
        gain: f64,
    ) -> VoiceKey {
        self.play_as(frame, false, track, sample, gain)
    }

    pub fn play_as(
        &mut self,
        frame: u64,
        staged: bool,
        track: u32,
        sample: &Arc<SampleData>,
        gain: f64,
    ) -> VoiceKey {
        let spec = PlaySpec {
            gain,
            ..PlaySpec::new(Arc::clone(sample), key(track))
        };
        self.play_spec(when(frame), staged, spec)
    }

    pub fn play_spec(&mut self, at: When, staged: bool, spec: PlaySpec) -> VoiceKey {
        self.generation += 1;
        let voice = VoiceKey {
            index: self.free.pop_front().expect("a free key"),
            generation: self.generation,
        };
        let seq = self.next_seq();
        let command = Command::Play {
            at,
            seq,
            voice,
            spec,
        };
        self.send_command(staged, command);
        voice
    }

    /// One callback.
    pub fn render(&mut self, frames: usize) -> Vec<f32> {
        let mut out = vec![f32::NAN; frames * self.channels];
        self.pump();
        self.renderer.process(&mut out, BlockClock::default());
        self.serve();
        out
    }

    /// What the controlling side does between two callbacks.
    pub fn serve(&mut self) {
        self.collect();
        self.pump();
    }

    /// One callback for each of `blocks`.
    pub fn render_in(&mut self, blocks: &[usize]) -> Vec<f32> {
        let parts = blocks.iter().map(|frames| self.render(*frames));
        parts.collect::<Vec<_>>().concat()
    }

    /// `frames` frames of one channel, in one callback.
    pub fn render_channel(&mut self, frames: usize, channel: usize) -> Vec<f32> {
        let channels = self.channels;
        let out = self.render(frames);
        out.chunks_exact(channels).map(|f| f[channel]).collect()
    }

    pub fn started(&self, voice: VoiceKey) -> Option<u64> {
        self.reports.iter().find_map(|event| match event {
            Event::Started { voice: v, frame } if *v == voice => Some(*frame),
            _ => None,
        })
    }

    pub fn ended(&self, voice: VoiceKey) -> Option<(u64, EndReason)> {
        self.reports.iter().find_map(|event| match event {
            Event::Ended {
                voice: v,
                frame,
                reason,
            } if *v == voice => Some((*frame, *reason)),
            _ => None,
        })
    }

    /// The frame on which a marker came by, or that it was skipped.
    pub fn marker(&self, number: u64) -> Option<Option<u64>> {
        self.reports.iter().find_map(|event| match event {
            Event::Marker { marker, frame } if *marker == number => Some(*frame),
            _ => None,
        })
    }

    pub fn is_gone(&self, edge: EdgeKey) -> bool {
        self.reports.contains(&Event::EdgeGone(edge))
    }

    fn pump(&mut self) {
        while let Some(message) = self.backlog.pop_front() {
            if let Err(message) = self.controller.send(message) {
                self.backlog.push_front(message);
                break;
            }
        }
    }

    fn collect(&mut self) {
        while let Some(event) = self.controller.next_event() {
            if let Event::Ended { voice, .. } = event {
                self.free.push_back(voice.index);
            }
            self.reports.push(event);
        }
        while let Some(trash) = self.controller.next_trash() {
            match trash {
                Trash::Sample(_) => self.returned += 1,
                Trash::Effect(effect, _) => self.effects_back.push(effect),
                Trash::Tap(tap, _) => self.taps_back.push(tap),
                Trash::Input(input, _) => self.inputs_back.push(input),
                Trash::Line(_) => self.lines_back += 1,
                Trash::Batch(batch) => {
                    assert!(batch.commands.is_empty());
                    self.batches_back += 1;
                }
                Trash::Growth(_) => self.growths_back += 1,
            }
        }
    }
}
