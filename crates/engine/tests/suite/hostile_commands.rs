//! A controller that keeps no rule: nothing that it sends makes the engine panic or give a sample that
//! is not finite.

use crate::rig;

use noxrun_engine::{
    Action, Batch, BlockClock, Command, Curve, EdgeKey, EffectBody, EffectKey, EngineConfig,
    MASTER, Message, PlaySpec, Processor, Ramp, SampleData, Sink, TapKey, Target, TrackKey,
    TrackSetup, VoiceKey, When, build,
};
use rig::{Random, constant, small};
use std::sync::Arc;

/// A value that somebody might send, likely or not.
fn value(random: &mut Random) -> f64 {
    let edge = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        1e-310,
        -0.0,
        1e40,
        -1e-40,
    ];
    match random.below(4) {
        0 => edge[random.below(edge.len() as u64) as usize],
        1 => f64::from(random.signed()) * 1e6,
        _ => f64::from(random.signed()),
    }
}

fn time(random: &mut Random, now: u64) -> When {
    match random.below(12) {
        0..3 => When::Now,
        3 => When::Frame(random.below(now + 1)),
        4 => When::Frame(0),
        5 => When::Frame(u64::MAX - random.below(3)),
        6 => When::Beat(value(random)),
        7 => When::Beat(random.below(64) as f64 / 8.0),
        _ => When::Frame(now + random.below(600)),
    }
}

fn length(random: &mut Random) -> u32 {
    let edge = [0, 1, 2, u32::MAX, u32::MAX - 1];
    match random.below(3) {
        0 => edge[random.below(5) as usize],
        _ => random.below(300) as u32,
    }
}

/// A place in a table and a generation: mostly ones that are in use.
fn place(random: &mut Random, end: u64) -> (u32, u32) {
    let index = [random.below(end) as u32, u32::MAX, 5_000][(random.below(20) / 9) as usize];
    let generation = [random.below(3) as u32, u32::MAX][(random.below(10) / 9) as usize];
    (index, generation)
}

macro_rules! keys {
    ($($name:ident: $key:ident, $end:expr;)*) => {
        $(fn $name(random: &mut Random) -> $key {
            let (index, generation) = place(random, $end);
            $key { index, generation }
        })*
    };
}

keys! {
    voice: VoiceKey, 40;
    edge: EdgeKey, 20;
    effect: EffectKey, 20;
    tap: TapKey, 6;
}

fn track(random: &mut Random) -> TrackKey {
    let index = [random.below(6) as u32, u32::MAX][(random.below(10) / 9) as usize];
    let generation = (random.below(6) / 5) as u32;
    TrackKey { index, generation }
}

fn target(random: &mut Random) -> Target {
    match random.below(8) {
        0 => Target::TrackVolume(track(random)),
        1 => Target::TrackPan(track(random)),
        2 => Target::VoiceRate(voice(random)),
        3 => Target::EdgeGain(edge(random)),
        4 | 5 => Target::Effect(effect(random), random.below(4) as u8),
        _ => Target::VoiceGain(voice(random)),
    }
}

fn curve(random: &mut Random) -> Curve {
    [Curve::Linear, Curve::Exponential, Curve::Step][random.below(3) as usize]
}

/// What concerns voices and parameters.
fn playing(random: &mut Random) -> Action {
    match random.below(12) {
        0 => Action::Start(voice(random)),
        1 => Action::Stop {
            voice: voice(random),
            fade: length(random),
        },
        2 if random.below(20) == 0 => Action::StopTrack {
            track: track(random),
            fade: length(random),
        },
        3 => Action::Pause(voice(random)),
        2 | 4 => Action::Resume(voice(random)),
        5 => Action::Seek {
            voice: voice(random),
            position: [random.below(3_000), u64::MAX, 0][random.below(3) as usize],
        },
        6..9 => Action::Set {
            target: target(random),
            value: value(random),
            frames: length(random),
            curve: curve(random),
        },
        9 | 10 => Action::Reach {
            target: target(random),
            value: value(random),
            curve: curve(random),
        },
        _ => Action::Cancel(target(random)),
    }
}

/// What concerns tracks, chains, connections and the transport.
fn building(random: &mut Random) -> Action {
    let before = |random: &mut Random| (random.below(2) == 0).then(|| effect(random));
    match random.below(26) {
        0..3 => Action::Gate {
            track: track(random),
            open: random.below(3) > 0,
        },
        3..6 => Action::AddTrack(TrackSetup {
            track: track(random),
            volume: value(random),
            pan: value(random),
            open: random.below(4) > 0,
        }),
        6 => Action::RemoveTrack(track(random)),
        7..11 => Action::Connect {
            edge: edge(random),
            from: track(random),
            to: [track(random), MASTER][random.below(2) as usize],
            gain: value(random),
        },
        11 => Action::Disconnect(edge(random)),
        12 | 13 => Action::AddEffect {
            effect: effect(random),
            track: track(random),
            before: before(random),
            bypass: random.below(4) == 0,
        },
        14 => Action::MoveEffect {
            effect: effect(random),
            before: before(random),
        },
        15 => Action::RemoveEffect(effect(random)),
        16 => Action::Bypass {
            effect: effect(random),
            on: random.below(2) == 0,
        },
        17 => Action::Tempo(value(random)),
        18 | 19 => Action::StartTransport,
        20 => Action::StopTransport,
        21 => {
            Action::SeekTransport([value(random), random.below(8) as f64][random.below(2) as usize])
        }
        22 => Action::Loop((random.below(2) == 0).then(|| (value(random), value(random)))),
        23 => Action::Loop(Some((random.below(4) as f64, 2.0 + random.below(4) as f64))),
        24 => Action::AttachTap {
            tap: tap(random),
            track: track(random),
        },
        _ => Action::DetachTap(tap(random)),
    }
}

/// An effect that remembers, and that looks ahead.
#[derive(Debug)]
struct Echo {
    latency: usize,
    last: [f32; 8],
}

impl Processor for Echo {
    fn latency(&self) -> usize {
        self.latency
    }

    fn reset(&mut self) {
        self.last = [0.0; 8];
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], _frame: u64, params: &mut [Ramp]) {
        for (lane, last) in lanes.iter_mut().zip(&mut self.last) {
            let mut gain = params[0];
            for sample in lane.iter_mut() {
                *last = *sample * gain.next_value() as f32 + *last * 0.5;
                *sample = *last;
            }
        }
        let frames = lanes.first().map_or(0, |lane| lane.len());
        for param in params {
            param.advance(frames as u32);
        }
    }
}

#[derive(Debug)]
struct Ear;

impl Sink for Ear {
    fn take(&mut self, lanes: &[&[f32]], _frame: u64) {
        assert!(lanes.iter().all(|lane| lane.iter().all(|x| x.is_finite())));
    }
}

fn spec(random: &mut Random, samples: &[Arc<SampleData>]) -> PlaySpec {
    let frame = |random: &mut Random| [random.below(500), u64::MAX, 0][random.below(3) as usize];
    PlaySpec {
        gain: value(random),
        rate: value(random),
        offset: frame(random),
        length: (random.below(3) == 0).then(|| frame(random)),
        repeat: (random.below(3) == 0).then(|| (frame(random), frame(random))),
        fade_in: length(random),
        fade_out: length(random),
        ..PlaySpec::new(
            Arc::clone(&samples[random.below(samples.len() as u64) as usize]),
            track(random),
        )
    }
}

fn command(random: &mut Random, now: u64, samples: &[Arc<SampleData>]) -> Command {
    let seq = random.below(1_000_000);
    let at = time(random, now);
    match random.below(56) {
        0..8 => Command::Play {
            at,
            seq,
            voice: voice(random),
            spec: spec(random, samples),
        },
        kind => Command::Do {
            at,
            seq,
            counted: random.below(2) == 0,
            action: if kind < 32 {
                playing(random)
            } else {
                building(random)
            },
        },
    }
}

fn message(random: &mut Random, now: u64, samples: &[Arc<SampleData>], channels: usize) -> Message {
    match random.below(60) {
        0 | 1 => {
            let count = [0, 1, 5, 40][random.below(4) as usize];
            let at = time(random, now);
            let commands = (0..count).map(|_| command(random, now, samples)).collect();
            Message::Batch(Box::new(Batch { at, commands }))
        }
        2 => {
            let echo = Echo {
                latency: [0, 0, 1, 300][random.below(4) as usize],
                last: [0.0; 8],
            };
            let body = EffectBody::new(Box::new(echo), &[0.5, value(random)], channels);
            Message::Effect(effect(random), Box::new(body))
        }
        3 => Message::Tap(tap(random), Box::new(Ear)),
        _ => Message::One(command(random, now, samples)),
    }
}

/// Keys used twice, generations that are not due, tracks that do not exist, values and frames at
/// every edge, batches of any, reports that are read rarely.
#[test]
fn no_command_can_make_it_panic_or_give_a_sample_that_is_not_finite() {
    let mut sent = 0;
    // All of them where the code is optimised and the machine is no emulated one.
    let goal = if cfg!(debug_assertions) || std::env::var_os("PROPTEST_CASES").is_some() {
        200_000
    } else {
        10_000_000
    };
    let (mut seed, mut heard_in_all) = (0, 0);
    while sent < goal {
        seed += 1;
        let mut random = Random::new(seed);
        let config = EngineConfig {
            channels: 1 + seed as usize % 4,
            max_voices: 1 + seed as usize % 7,
            max_events: 400,
            safety_limiter: seed % 2 == 0,
            real_time: seed % 5 != 0,
            ..small()
        };
        let mut samples = vec![
            constant(1, 400, 1.0),
            constant(2, 50, -1.0),
            constant(3, 0, 0.0),
            constant(2, 1, f32::MIN_POSITIVE / 2.0),
            constant(5, 2_000, 0.5),
        ];
        if seed % 3 == 0 {
            samples.push(constant(2, 300, f32::NAN));
            samples.push(constant(1, 300, f32::MAX));
        }
        let (mut renderer, mut controller) = build(&config);
        let mut heard = 0;
        for _ in 0..250 {
            while !controller.is_full() {
                let message = message(&mut random, renderer.frame(), &samples, config.channels);
                sent += match &message {
                    Message::Batch(batch) => batch.commands.len().max(1),
                    _ => 1,
                };
                controller.send(message).expect("room");
            }
            let mut out = vec![f32::NAN; random.below(200) as usize];
            renderer.process(&mut out, BlockClock::default());
            assert!(out.iter().all(|x| x.is_finite()), "seed {seed}");
            let shown = controller.shared.transport().beat;
            assert!(shown.is_finite(), "seed {seed}: {shown}");
            heard += out.iter().filter(|x| **x != 0.0).count();
            if config.safety_limiter {
                assert!(out.iter().all(|x| x.abs() <= 1.0));
            }
            while controller.next_trash().is_some() {}
            if random.below(50) == 0 {
                while controller.next_event().is_some() {}
            }
        }
        heard_in_all += heard;
        eprintln!("{seed} {sent} {heard}");
        drop(renderer);
        drop(controller);
        for sample in samples {
            assert_eq!(Arc::strong_count(&sample), 1, "seed {seed}");
        }
    }
    assert!(heard_in_all > sent / 100, "{heard_in_all} of {sent}");
}
