//! Sessions with an effect that only tests have: one that looks ahead. Whatever feeds whatever,
//! everything sounds as with the same effect that does not wait.

use super::{Delays, Lines};
use crate::effects::MakeEffect;
use crate::offline::render;
use crate::operation::{Operation, TrackId};
use crate::output::Destination;
use crate::{Engine, EngineOptions, OfflineOptions};
use noxrun_device::{Clock, VirtualDevice, VirtualOptions};
use noxrun_engine::{
    DelayPlace, EdgeKey, EffectBody, EffectKey, EngineConfig, Processor, Ramp, SampleData,
    TrackKey, When,
};
use std::ops::ControlFlow;
use std::sync::Arc;

const RATE: u32 = 48_000;
/// Frames by which an effect that is made with a gain of 0, 1, 2, … dB is late.
const LATENCIES: [usize; 8] = [0, 1, 37, 64, 256, 257, 900, 3_000];

/// Passes sound on, later by the length of its rings.
#[derive(Debug)]
struct Late {
    rings: Vec<Vec<f32>>,
    place: usize,
    quiet: usize,
}

impl Processor for Late {
    fn latency(&self) -> usize {
        self.rings[0].len()
    }

    fn reset(&mut self) {
        self.rings.iter_mut().for_each(|ring| ring.fill(0.0));
        (self.place, self.quiet) = (0, self.latency());
    }

    fn is_at_rest(&self) -> bool {
        self.quiet >= self.latency()
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], _frame: u64, params: &mut [Ramp]) {
        let latency = self.latency();
        let frames = lanes.first().map_or(0, |lane| lane.len());
        for frame in (0..frames).filter(|_| latency > 0) {
            let silent = lanes.iter().all(|lane| lane[frame] == 0.0);
            for (lane, ring) in lanes.iter_mut().zip(&mut self.rings) {
                std::mem::swap(&mut ring[self.place], &mut lane[frame]);
            }
            self.quiet = if silent { self.quiet + 1 } else { 0 };
            self.place = (self.place + 1) % latency;
        }
        params
            .iter_mut()
            .for_each(|param| param.advance(frames as u32));
    }
}

fn make(latency: usize, values: &[f64], channels: usize) -> EffectBody {
    let late = Late {
        rings: vec![vec![0.0; latency]; channels],
        place: 0,
        quiet: latency,
    };
    EffectBody::new(Box::new(late), values, channels)
}

fn late(_: u8, _: u8, values: &[f64], _rate: u32, channels: usize) -> EffectBody {
    make(LATENCIES[values[0] as usize], values, channels)
}

fn prompt(_: u8, _: u8, values: &[f64], _rate: u32, channels: usize) -> EffectBody {
    make(0, values, channels)
}

fn config() -> EngineConfig {
    EngineConfig {
        sample_rate: RATE,
        channels: 2,
        safety_limiter: false,
        max_tracks: 16,
        max_events: 1_024,
        ..EngineConfig::default()
    }
}

fn with(mut engine: Engine, effects: MakeEffect) -> Engine {
    engine.make_effect = effects;
    engine
}

fn submit(engine: &Engine, intents: impl IntoIterator<Item = Operation>) {
    for intent in intents {
        engine.submit(intent).unwrap();
    }
}

fn add(track: TrackId, output: TrackId) -> Operation {
    let (volume, pan) = (1.0, 0.0);
    Operation::AddTrack {
        track,
        output,
        volume,
        pan,
    }
}

fn send(send: u64, from: TrackId, to: TrackId) -> Operation {
    let gain = 0.5;
    Operation::AddSend {
        send,
        from,
        to,
        gain,
    }
}

/// An effect of the latency that stands at `kind` in [`LATENCIES`].
fn effect(effect: u64, track: TrackId, kind: usize) -> Operation {
    Operation::AddEffect {
        effect,
        track,
        index: None,
        bypass: false,
        kind: 0,
        variant: 0,
        values: vec![kind as f64],
    }
}

fn play(voice: u64, track: TrackId, content: &[f32], at: u64) -> Operation {
    let sample = Arc::new(SampleData::new(vec![content.to_vec(); 2], RATE).unwrap());
    Operation::Play {
        voice,
        track,
        sample,
        gain: 1.0,
        rate: 1.0,
        offset: 0,
        length: None,
        repeat: None,
        fade_in: 0,
        fade_out: 0,
        at: When::Frame(at),
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }

    /// Sixteenths: sums of a few are exact, whatever their order.
    fn sound(&mut self, frames: usize) -> Vec<f32> {
        (0..frames)
            .map(|_| (self.below(31) as f32 - 15.0) / 16.0)
            .collect()
    }
}

/// Tracks in any wiring, effects on any, made in any order.
fn session(seed: u64) -> Vec<Operation> {
    let mut dice = Dice(seed);
    let tracks = 1 + dice.below(10);
    let mut intents = Vec::new();
    let mut effects = 0;
    let mut strike = |dice: &mut Dice, intents: &mut Vec<Operation>, tracks: usize| {
        effects += 1;
        let (track, kind) = (dice.below(tracks + 1), dice.below(LATENCIES.len()));
        intents.push(effect(effects, track as TrackId, kind));
    };
    for track in 1..=tracks {
        intents.push(add(track as TrackId, dice.below(track) as TrackId));
        if dice.below(3) == 0 {
            strike(&mut dice, &mut intents, track);
        }
    }
    for id in 0..dice.below(8) as u64 {
        let from = 1 + dice.below(tracks);
        intents.push(send(id, from as TrackId, dice.below(from) as TrackId));
    }
    for _ in 0..dice.below(6) {
        strike(&mut dice, &mut intents, tracks);
    }
    for track in 1 + dice.below(tracks)..=tracks {
        let to = dice.below(track) as TrackId;
        let track = track as TrackId;
        intents.push(Operation::Route { track, to });
    }
    for voice in 0..12 {
        let (track, at) = (dice.below(tracks + 1), dice.below(3_000) as u64);
        let frames = 1 + dice.below(700);
        intents.push(play(voice, track as TrackId, &dice.sound(frames), at));
    }
    intents
}

#[test]
fn every_wiring_sounds_as_without_the_wait() {
    for seed in 0..60 {
        let sound = |effects: MakeEffect| {
            let engine = Engine::offline(&OfflineOptions { engine: config() });
            let engine = with(engine, effects);
            submit(&engine, session(seed));
            let mut go_on = |_: f64| ControlFlow::Continue(());
            render(&engine, 5_000, 256, &Destination::Memory, &mut go_on)
                .unwrap()
                .channel_data
        };
        assert!(sound(late) == sound(prompt), "session {seed}");
    }
}

#[test]
fn what_comes_while_it_plays_is_in_time_once_it_has_faded_in() {
    let device = VirtualDevice::create(VirtualOptions {
        sample_rate: RATE,
        channels: 2,
        buffer_size: 128,
        block_sizes: None,
        accepted_buffer_sizes: None,
        loopback: false,
        clock: Clock::Manual,
    });
    let engine = Engine::open(&EngineOptions {
        device: Some(device.id().to_string()),
        buffer_size: 128,
        engine: config(),
        ..EngineOptions::default()
    });
    let engine = with(engine.unwrap(), late);
    let mut dice = Dice(1);
    let sounds: Vec<Vec<f32>> = (0..4).map(|_| dice.sound(48_000)).collect();
    submit(&engine, [add(1, 0), add(2, 0)]);
    let voices = (0..3).map(|n| play(n, n as TrackId, &sounds[n as usize], 0));
    submit(&engine, voices);
    let mut heard = 0;
    // What the changes explain is over after the old latency, the new one and the fades.
    let mut expect = |after: Vec<Operation>, latency: usize, tracks: usize| {
        submit(&engine, after);
        device.step(8_000).unwrap();
        let out = device.output().swap_remove(0);
        assert_eq!(engine.graph_latency() as usize, latency);
        for (n, sample) in out.iter().enumerate().skip(6_000) {
            let frame = heard + n - latency;
            let sum: f32 = sounds[..tracks].iter().map(|sound| sound[frame]).sum();
            assert_eq!(*sample, sum, "frame {} of {latency} late", heard + n);
        }
        heard += out.len();
    };
    expect(vec![], 0, 3);
    expect(vec![effect(1, 1, 3)], 64, 3);
    // More than there is memory for; then a track that comes later.
    expect(vec![effect(2, 1, 6)], 964, 3);
    let fourth = play(3, 3, &sounds[3][16_000 + 8_000..], 3 * 8_000);
    expect(vec![add(3, 0), fourth], 964, 4);
    expect(
        vec![
            Operation::RemoveEffect { effect: 2 },
            Operation::RemoveEffect { effect: 1 },
        ],
        0,
        4,
    );
}

fn key(index: u32) -> TrackKey {
    TrackKey {
        index,
        generation: u32::from(index > 0),
    }
}

fn edge(index: u32) -> EdgeKey {
    EdgeKey {
        index,
        generation: 1,
    }
}

fn fx(index: u32) -> EffectKey {
    EffectKey {
        index,
        generation: 1,
    }
}

#[test]
fn memory_is_for_the_longest_way_and_asked_for_once() {
    let mut delays = Delays::default();
    for track in 1..=3 {
        delays.add_track(key(track));
    }
    for (index, (from, to)) in [(1, 2), (2, 0), (3, 0)].into_iter().enumerate() {
        delays.add_edge(edge(index as u32), key(from), key(to));
    }
    assert_eq!(delays.lacking(), []);
    delays.add_effect(fx(0), key(1), 100);
    delays.add_effect(fx(1), key(2), 27);
    delays.add_effect(fx(2), key(3), 90);
    assert_eq!(delays.longest(), 127);
    let voices = (0..4).map(|track| (DelayPlace::Voices(key(track)), 128));
    let edges = (0..3).map(|index| (DelayPlace::Edge(edge(index)), 128));
    let all: Vec<_> = voices.chain(edges).collect();
    assert_eq!(delays.lacking(), all);
    assert_eq!(delays.lacking(), []);
    delays.add_edge(edge(3), key(3), key(1));
    assert_eq!(delays.longest(), 217);
    assert_eq!(delays.lacking().len(), 8);
    delays.edge_gone(edge(3));
    delays.effect_gone(fx(0));
    assert_eq!(delays.longest(), 90);
    // What is planned and what goes may close a circle together.
    delays.add_edge(edge(4), key(2), key(1));
    assert_eq!(delays.longest(), 27 + 90);
}

#[test]
fn memory_that_takes_the_place_of_other_memory_waits_for_room_on_its_way_back() {
    let mut lines = Lines::new(2);
    let places = [
        DelayPlace::Voices(key(1)),
        DelayPlace::Edge(edge(1)),
        DelayPlace::Edge(edge(2)),
    ];
    for place in places {
        lines.sent(place);
    }
    // Nothing was in the places before, so nothing comes back.
    assert!(lines.have_room());
    lines.sent(places[0]);
    assert!(lines.have_room());
    lines.sent(places[1]);
    assert!(!lines.have_room());
    lines.came_back();
    assert!(lines.have_room());
}
