//! An offline engine and what tests say to it.
#![allow(dead_code, reason = "each test program uses a part of it")]

use noxrun_session::{
    Curve, Destination, Engine, EngineConfig, EngineOptions, Error, MarkerId, OfflineOptions,
    Operation, ParamId, Rendered, Report, SampleData, TrackId, VirtualClock, VirtualDevice,
    VirtualOptions, VoiceId, When, render,
};
use std::ops::ControlFlow;
use std::sync::Arc;

pub const RATE: u32 = 48_000;
pub const NOW: When = When::Now;

pub fn config() -> EngineConfig {
    EngineConfig {
        sample_rate: RATE,
        channels: 2,
        safety_limiter: false,
        max_events: 4_096,
        ..EngineConfig::default()
    }
}

pub fn engine() -> Engine {
    offline(config())
}

pub fn offline(engine: EngineConfig) -> Engine {
    Engine::offline(&OfflineOptions { engine })
}

/// An engine on a stepped device.
pub struct Stage {
    device: VirtualDevice,
    pub engine: Engine,
}

impl Stage {
    pub fn new(engine: EngineConfig, block: u32) -> Self {
        let device = VirtualDevice::create(VirtualOptions {
            sample_rate: RATE,
            channels: 2,
            buffer_size: block,
            block_sizes: None,
            accepted_buffer_sizes: None,
            loopback: false,
            clock: VirtualClock::Manual,
        });
        let engine = Engine::open(&EngineOptions {
            device: Some(device.id().to_string()),
            buffer_size: block,
            engine,
            ..EngineOptions::default()
        })
        .unwrap();
        Self { device, engine }
    }

    /// The left channel of what is stepped.
    pub fn step(&self, frames: u64) -> Vec<f32> {
        self.device.step(frames).unwrap();
        self.device.output().swap_remove(0)
    }
}

/// An effect at the end of a track's chain: its kind's number, and a value for each parameter.
pub fn effect(effect: u64, track: TrackId, kind: u8, values: &[f64]) -> Operation {
    Operation::AddEffect {
        effect,
        track,
        index: None,
        bypass: false,
        kind,
        variant: 0,
        values: values.to_vec(),
    }
}

/// A stereo sample of `frames` frames that are all `value`.
pub fn constant(value: f32, frames: usize) -> Arc<SampleData> {
    Arc::new(SampleData::new(vec![vec![value; frames]; 2], RATE).unwrap())
}

pub fn add(track: TrackId, output: TrackId) -> Operation {
    let (volume, pan) = (1.0, 0.0);
    Operation::AddTrack {
        track,
        output,
        volume,
        pan,
    }
}

pub fn play(voice: VoiceId, track: TrackId, sample: &Arc<SampleData>, at: When) -> Operation {
    Operation::Play {
        voice,
        track,
        sample: Arc::clone(sample),
        gain: 1.0,
        rate: 1.0,
        offset: 0,
        length: None,
        repeat: None,
        fade_in: 0,
        fade_out: 0,
        at,
    }
}

pub fn stop(voice: VoiceId, at: When) -> Operation {
    Operation::Stop { voice, fade: 0, at }
}

pub fn jump(param: ParamId, value: f64, at: When) -> Operation {
    Operation::Set {
        param,
        value,
        ramp: 0,
        curve: Curve::Linear,
        at,
    }
}

pub fn marker(marker: MarkerId, at: When) -> Operation {
    Operation::Marker { marker, at }
}

pub fn submit(engine: &Engine, intents: impl IntoIterator<Item = Operation>) {
    for intent in intents {
        engine.submit(intent).unwrap();
    }
}

/// The left channel of `frames` frames, rendered in blocks of `block`.
pub fn sound(engine: &Engine, frames: u64, block: usize) -> Vec<f32> {
    rendered(engine, frames, block).unwrap().0
}

pub fn rendered(engine: &Engine, frames: u64, block: usize) -> Result<(Vec<f32>, Rendered), Error> {
    let mut progress = |_: f64| ControlFlow::Continue(());
    let destination = Destination::Memory;
    let mut result = render(engine, frames, block, &destination, &mut progress)?;
    let left = result.channel_data.swap_remove(0);
    Ok((left, result))
}

/// Frames on which markers fell, by marker.
pub fn markers(reports: &[Report]) -> Vec<(MarkerId, Option<u64>)> {
    let mut found: Vec<(MarkerId, Option<u64>)> = reports
        .iter()
        .filter_map(|report| match report {
            Report::Marker { marker, frame } => Some((*marker, *frame)),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found
}

/// Where sound begins and ends: the first frame and the first silent frame of each stretch that is
/// not 0.
pub fn stretches(sound: &[f32]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    for (frame, value) in sound.iter().chain([&0.0]).enumerate() {
        match (start, *value != 0.0) {
            (None, true) => start = Some(frame),
            (Some(first), false) => {
                found.push((first, frame));
                start = None;
            }
            _ => {}
        }
    }
    found
}
