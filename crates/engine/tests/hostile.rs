//! Samples that are not numbers, and a controller that keeps no rule: the output stays finite and
//! nothing panics.

mod rig;

use noxrun_engine::{
    Action, BlockClock, Commit, Curve, EngineConfig, MASTER, Message, NOW, PlaySpec, SampleData,
    Target, TrackSetup, VoiceKey, build,
};
use rig::{RATE, Random, Rig, constant, cut, small, sound};
use std::sync::Arc;

#[test]
fn a_sample_that_is_not_a_number_mutes_its_track_from_there_on_and_is_reported_once() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for place in [0, 255, 256, 700] {
            let mut left = vec![0.25; 3_000];
            left[place] = bad;
            let mut rig = Rig::new(&small());
            let shared = rig.controller.shared.clone();
            rig.play(0, 1, &sound(vec![left, vec![0.5; 3_000]]), 1.0);
            rig.play(0, 2, &constant(2, 3_000, 0.125), 1.0);
            let out = rig.render_in(&cut(1_000, &[300]));
            for (frame, pair) in out.chunks_exact(2).enumerate() {
                let expected = if frame < place {
                    [0.375, 0.625]
                } else {
                    [0.125, 0.125]
                };
                assert_eq!(pair, expected, "{bad} at {place}, frame {frame}");
            }
            assert!(shared.take_poisoned(1));
            rig.render(500);
            for track in 0..5 {
                assert!(!shared.take_poisoned(track), "track {track}");
            }
        }
    }
}

#[test]
fn a_track_that_was_muted_by_a_bad_sample_comes_back_by_a_ramp_when_it_is_opened() {
    let mut left = vec![0.5; 3_000];
    left[100] = f32::NAN;
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &sound(vec![left, vec![0.5; 3_000]]), 1.0);
    rig.act(
        500,
        Action::Gate {
            track: 1,
            open: true,
        },
    );
    let out = rig.render_channel(1_000, 0);
    assert_eq!((out[99], out[100], out[499]), (0.5, 0.0, 0.0));
    let n = f64::from(RATE) * 0.005;
    for (k, x) in out[500..].iter().enumerate() {
        let expected = 0.5 * ((k as f64 + 1.0) / n).min(1.0);
        assert!((f64::from(*x) - expected).abs() < 1e-7, "{k}");
    }
}

#[test]
fn a_sum_that_overflows_mutes_the_master_and_is_reported() {
    let mut rig = Rig::new(&small());
    let huge = constant(2, 1_000, f32::MAX);
    rig.play(0, 1, &huge, 1.0);
    rig.play(100, 2, &huge, 1.0);
    let out = rig.render_channel(500, 0);
    assert_eq!((out[99], out[100], out[499]), (f32::MAX, 0.0, 0.0));
    assert!(rig.controller.shared.take_poisoned(MASTER));
    let meter = rig.controller.shared.meter(1);
    assert!(meter.rms.iter().chain(&meter.peak).all(|x| x.is_finite()));
}

#[test]
fn values_that_are_not_finite_change_nothing() {
    let mut rig = Rig::new(&small());
    let voice = rig.play(0, 1, &constant(2, 5_000, 0.5), 1.0);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for target in [
            Target::TrackVolume(1),
            Target::TrackPan(1),
            Target::VoiceGain(voice),
        ] {
            rig.set(10, target, value, 0);
            rig.set(20, target, value, 100);
        }
    }
    assert_eq!(rig.render(500), [0.5; 1_000]);
    rig.play(NOW, 1, &constant(2, 100, 1.0), f64::NAN);
    assert_eq!(rig.render(100), [0.5; 200]);
}

#[test]
fn a_voice_on_a_track_that_is_not_in_service_ends_and_leaves_no_sound_behind() {
    let (mut renderer, mut controller) = build(&small());
    let sample = constant(2, 1_000, 1.0);
    let mut seq = 0;
    let mut send = |track, frame| {
        seq += 1;
        let voice = VoiceKey {
            index: seq as u32,
            generation: 1,
        };
        let spec = PlaySpec {
            sample: Arc::clone(&sample),
            track,
            gain: 1.0,
        };
        let message = Message::Play {
            frame,
            seq,
            staged: false,
            voice,
            spec,
        };
        controller.messages.push(message).expect("room");
    };
    send(1, NOW);
    send(4_000_000, NOW);
    let mut out = [f32::NAN; 400];
    renderer.process(&mut out, BlockClock::default());
    assert_eq!(out, [0.0; 400]);
    let message = Message::Do {
        frame: NOW,
        seq: 10,
        staged: false,
        counted: false,
        action: rig::add_track(1),
    };
    controller.messages.push(message).expect("room");
    renderer.process(&mut out, BlockClock::default());
    assert_eq!(out, [0.0; 400]);
    assert_eq!(controller.events.slots(), 2);
    while controller.trash.pop().is_ok() {}
    assert_eq!(Arc::strong_count(&sample), 1);
}

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

fn frame(random: &mut Random, now: u64) -> u64 {
    match random.below(8) {
        0 => NOW,
        1 => random.below(now + 1),
        2 => 0,
        3 => NOW - 1 - random.below(3),
        _ => now + random.below(600),
    }
}

fn length(random: &mut Random) -> u32 {
    let edge = [0, 1, 2, u32::MAX, u32::MAX - 1];
    match random.below(3) {
        0 => edge[random.below(5) as usize],
        _ => random.below(300) as u32,
    }
}

fn action(random: &mut Random) -> Action {
    let key = |random: &mut Random| VoiceKey {
        index: [random.below(40) as u32, u32::MAX, 5_000][(random.below(20) / 9) as usize],
        generation: [random.below(3) as u32, u32::MAX][(random.below(10) / 9) as usize],
    };
    let track =
        |random: &mut Random| [random.below(6) as u32, u32::MAX][(random.below(10) / 9) as usize];
    match random.below(9) {
        0 => Action::Start(key(random)),
        1 => Action::Stop {
            voice: key(random),
            fade: length(random),
        },
        2 if random.below(20) == 0 => Action::StopTrack {
            track: track(random),
            fade: length(random),
        },
        3 => Action::Pause(key(random)),
        2 | 4 => Action::Resume(key(random)),
        5 | 6 => Action::Set {
            target: match random.below(3) {
                0 => Target::TrackVolume(track(random)),
                1 => Target::TrackPan(track(random)),
                _ => Target::VoiceGain(key(random)),
            },
            value: value(random),
            frames: length(random),
            curve: [Curve::Linear, Curve::Exponential, Curve::Step][random.below(3) as usize],
        },
        7 => Action::Gate {
            track: track(random),
            open: random.below(3) > 0,
        },
        _ => Action::AddTrack(TrackSetup {
            track: track(random),
            volume: value(random),
            pan: value(random),
            open: random.below(4) > 0,
        }),
    }
}

fn message(random: &mut Random, now: u64, samples: &[Arc<SampleData>]) -> Message {
    let staged = random.below(6) == 0;
    let seq = random.below(1_000_000);
    match random.below(30) {
        0..4 => Message::Play {
            frame: frame(random, now),
            seq,
            staged,
            voice: VoiceKey {
                index: random.below(40) as u32,
                generation: random.below(3) as u32,
            },
            spec: PlaySpec {
                sample: Arc::clone(&samples[random.below(samples.len() as u64) as usize]),
                track: random.below(7) as u32,
                gain: value(random),
            },
        },
        4 => Message::Commit(Commit {
            frame: frame(random, now),
        }),
        _ => Message::Do {
            frame: frame(random, now),
            seq,
            staged,
            counted: random.below(2) == 0,
            action: action(random),
        },
    }
}

/// Keys used twice, generations that are not due, tracks that do not exist, values and frames at
/// every edge, batches that are never closed, reports that are read rarely.
#[test]
fn no_command_can_make_it_panic_or_give_a_sample_that_is_not_finite() {
    let mut sent = 0;
    for seed in 0..24 {
        let mut random = Random::new(seed);
        let config = EngineConfig {
            channels: 1 + seed as usize % 4,
            max_voices: 1 + seed as usize % 7,
            max_events: 400,
            safety_limiter: seed % 2 == 0,
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
            while !controller.messages.is_full() {
                let message = message(&mut random, renderer.frame(), &samples);
                controller.messages.push(message).expect("room");
                sent += 1;
            }
            let mut out = vec![f32::NAN; random.below(200) as usize];
            renderer.process(&mut out, BlockClock::default());
            assert!(out.iter().all(|x| x.is_finite()), "seed {seed}");
            heard += out.iter().filter(|x| **x != 0.0).count();
            if config.safety_limiter {
                assert!(out.iter().all(|x| x.abs() <= 1.0));
            }
            while controller.trash.pop().is_ok() {}
            if random.below(50) == 0 {
                while controller.events.pop().is_ok() {}
            }
        }
        assert!(heard > 100, "seed {seed} was silent: {heard}");
        drop(renderer);
        drop(controller);
        for sample in samples {
            assert_eq!(Arc::strong_count(&sample), 1, "seed {seed}");
        }
    }
    assert!(sent > 200_000, "{sent}");
}
