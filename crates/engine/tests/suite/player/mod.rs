//! An engine whose voices play on the master: nothing but the voices shapes what is heard.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part"
)]

use crate::chance;

pub use chance::{Random, cut};

use noxrun_engine::{
    Action, BlockClock, Command, Controller, Curve, EndReason, EngineConfig, Event, MASTER,
    Message, PlaySpec, Renderer, SampleData, Target, VoiceKey, When, build,
};
use std::sync::Arc;

/// A rate at which the fades are short.
pub const RATE: u32 = 8_000;
/// 10 ms: pause, resume and seek.
pub const FADE: u64 = 80;

pub struct Player {
    pub renderer: Renderer,
    pub controller: Controller,
    pub reports: Vec<Event>,
    channels: usize,
    seq: u64,
    keys: u32,
}

impl Player {
    pub fn new(channels: usize) -> Self {
        Self::with(&EngineConfig {
            sample_rate: RATE,
            channels,
            control_capacity: 4_096,
            max_events: 4_096,
            max_tracks: 1,
            max_voices: 32,
            safety_limiter: false,
            real_time: true,
        })
    }

    pub fn with(config: &EngineConfig) -> Self {
        let (renderer, controller) = build(config);
        Self {
            renderer,
            controller,
            reports: Vec::new(),
            channels: config.channels,
            seq: 0,
            keys: 0,
        }
    }

    fn send(&mut self, message: Message) {
        let sent = self.controller.send(message);
        sent.expect("room in the control queue");
    }

    /// Every voice gets a place of its own.
    pub fn play(&mut self, at: u64, spec: PlaySpec) -> VoiceKey {
        self.seq += 1;
        self.keys += 1;
        let voice = VoiceKey {
            index: self.keys,
            generation: 1,
        };
        let seq = self.seq;
        self.send(Message::One(Command::Play {
            at: When::Frame(at),
            seq,
            voice,
            spec,
        }));
        voice
    }

    pub fn act(&mut self, at: When, action: Action) {
        self.seq += 1;
        let seq = self.seq;
        self.send(Message::One(Command::Do {
            at,
            seq,
            counted: true,
            action,
        }));
    }

    pub fn seek(&mut self, at: u64, voice: VoiceKey, position: u64) {
        self.act(When::Frame(at), Action::Seek { voice, position });
    }

    pub fn pause(&mut self, at: u64, voice: VoiceKey) {
        self.act(When::Frame(at), Action::Pause(voice));
    }

    pub fn resume(&mut self, at: u64, voice: VoiceKey) {
        self.act(When::Frame(at), Action::Resume(voice));
    }

    pub fn rate(&mut self, at: u64, voice: VoiceKey, value: f64, frames: u32) {
        let set = Action::Set {
            target: Target::VoiceRate(voice),
            value,
            frames,
            curve: Curve::Linear,
        };
        self.act(When::Frame(at), set);
    }

    /// One callback for each of `blocks`; interleaved.
    pub fn render(&mut self, blocks: &[usize]) -> Vec<f32> {
        let mut out = Vec::new();
        for frames in blocks {
            let mut block = vec![f32::NAN; frames * self.channels];
            self.renderer.process(&mut block, BlockClock::default());
            out.append(&mut block);
            while let Some(event) = self.controller.next_event() {
                self.reports.push(event);
            }
            while self.controller.next_trash().is_some() {}
        }
        out
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
}

/// All of a sound on the master.
pub fn spec(sound: &Arc<SampleData>) -> PlaySpec {
    PlaySpec::new(Arc::clone(sound), MASTER)
}

pub fn sound(channels: Vec<Vec<f32>>) -> Arc<SampleData> {
    Arc::new(SampleData::new(channels, RATE).expect("channels of one length"))
}

/// One channel, made from its frames' numbers.
pub fn mono(frames: usize, value: impl Fn(f64) -> f64) -> Arc<SampleData> {
    sound(vec![(0..frames).map(|n| value(n as f64) as f32).collect()])
}

/// How far a frame goes at a speed: exact multiples of 2^-32 of a frame.
pub fn step(rate: f64) -> u64 {
    (rate * 4_294_967_296.0).round() as u64
}

/// The value of a ramp of `n` frames from `a` to `b` on its frame `k`, narrowed.
pub fn ramp(a: f64, b: f64, k: usize, n: usize) -> f32 {
    if k + 1 >= n {
        return b as f32;
    }
    (a + (b - a) * (k as f64 + 1.0) / n as f64) as f32
}

/// A sound whose frames say where they are, and how far a read may be off the truth: the filter is
/// not exact on a straight line, but nearly.
pub fn places(frames: usize) -> (Arc<SampleData>, f64, f64) {
    let scale = 1.0 / 65_536.0;
    (mono(frames, |n| n * scale), scale, 0.05 * scale)
}
