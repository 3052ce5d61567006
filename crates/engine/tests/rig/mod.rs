//! An engine under test, and the controlling side as a careful caller would write it: it numbers
//! its commands, retries what the queue refuses, reads every report and frees what comes back.

#![allow(dead_code, reason = "each test binary uses its own part")]

use noxrun_engine::{
    Action, BlockClock, Commit, Controller, Curve, EdgeKey, EndReason, EngineConfig, Event, MASTER,
    Message, PlaySpec, Renderer, SampleData, Target, TrackKey, TrackSetup, VoiceKey, When, build,
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
pub fn key(index: u32) -> TrackKey {
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
    backlog: VecDeque<Message>,
    seq: u64,
    generation: u32,
    free: VecDeque<u32>,
}

impl Rig {
    /// An engine with all of its tracks in service.
    pub fn new(config: &EngineConfig) -> Self {
        let (renderer, controller) = build(config);
        let mut rig = Self {
            renderer,
            controller,
            channels: config.channels,
            reports: Vec::new(),
            returned: 0,
            backlog: VecDeque::new(),
            seq: 0,
            generation: 0,
            free: (0..config.voice_keys() as u32).collect(),
        };
        for track in 1..=config.max_tracks as u32 {
            rig.add_track(track);
        }
        rig.controller_settles();
        rig
    }

    /// Lets what was sent take effect without rendering a frame.
    pub fn controller_settles(&mut self) {
        while !self.backlog.is_empty() || self.waiting() > 0 {
            let before = (self.backlog.len(), self.waiting());
            self.pump();
            self.renderer.process(&mut [], BlockClock::default());
            self.collect();
            if (self.backlog.len(), self.waiting()) == before {
                break;
            }
        }
    }

    /// Puts a track into service that feeds the master.
    pub fn add_track(&mut self, track: u32) {
        self.act(NOW, add_track(track));
        self.connect(track, key(track), MASTER);
    }

    /// Connects two tracks at unity, by a connection of this place.
    pub fn connect(&mut self, place: u32, from: TrackKey, to: TrackKey) -> EdgeKey {
        self.generation += 1;
        let edge = EdgeKey {
            index: place,
            generation: self.generation,
        };
        let action = Action::Connect {
            edge,
            from,
            to,
            gain: 1.0,
        };
        self.act(NOW, action);
        edge
    }

    /// Messages that the queue holds.
    pub fn waiting(&self) -> usize {
        self.controller.messages.buffer().capacity() - self.controller.messages.slots()
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
        self.act_as(frame, false, action);
    }

    pub fn stage(&mut self, frame: u64, action: Action) {
        self.act_as(frame, true, action);
    }

    fn act_as(&mut self, frame: u64, staged: bool, action: Action) {
        let seq = self.next_seq();
        self.send(Message::Do {
            at: when(frame),
            seq,
            staged,
            counted: true,
            action,
        });
    }

    pub fn commit(&mut self, frame: u64) {
        self.send(Message::Commit(Commit { at: when(frame) }));
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
        self.generation += 1;
        let voice = VoiceKey {
            index: self.free.pop_front().expect("a free key"),
            generation: self.generation,
        };
        let spec = PlaySpec {
            gain,
            ..PlaySpec::new(Arc::clone(sample), key(track))
        };
        let seq = self.next_seq();
        self.send(Message::Play {
            at: when(frame),
            seq,
            staged,
            voice,
            spec,
        });
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

    fn pump(&mut self) {
        while let Some(message) = self.backlog.pop_front() {
            if let Err(rtrb::PushError::Full(message)) = self.controller.messages.push(message) {
                self.backlog.push_front(message);
                break;
            }
        }
    }

    fn collect(&mut self) {
        while let Ok(event) = self.controller.events.pop() {
            if let Event::Ended { voice, .. } = event {
                self.free.push_back(voice.index);
            }
            self.reports.push(event);
        }
        while self.controller.trash.pop().is_ok() {
            self.returned += 1;
        }
    }
}

pub fn add_track(track: u32) -> Action {
    Action::AddTrack(TrackSetup {
        track: key(track),
        volume: 1.0,
        pan: 0.0,
        open: true,
    })
}

/// A sound from its channels.
pub fn sound(channels: Vec<Vec<f32>>) -> Arc<SampleData> {
    Arc::new(SampleData::new(channels, RATE).expect("channels of one length"))
}

/// The same value throughout.
pub fn constant(channels: usize, frames: usize, value: f32) -> Arc<SampleData> {
    sound(vec![vec![value; frames]; channels])
}

/// Numbers without a pattern, the same for the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From −1 up to 1.
    pub fn signed(&mut self) -> f32 {
        (self.below(1 << 24) as f32 - (1 << 23) as f32) / (1 << 23) as f32
    }
}

/// Noise of ±`level`.
pub fn noise(seed: u64, channels: usize, frames: usize, level: f32) -> Vec<Vec<f32>> {
    let mut random = Random::new(seed);
    let mut lane = || (0..frames).map(|_| random.signed() * level).collect();
    (0..channels).map(|_| lane()).collect()
}

/// Cuts `total` frames into blocks: the sizes asked for, over and over.
pub fn cut(total: usize, sizes: &[usize]) -> Vec<usize> {
    let mut left = total;
    let sizes = sizes.iter().cycle();
    sizes
        .map_while(|size| {
            let block = (*size).min(left);
            left -= block;
            (block > 0).then_some(block)
        })
        .collect()
}
