//! A stepped device and an offline rendering drive the same loop: same bits, same waiting.

mod rig;

use noxrun_session::{Engine, EngineConfig, Operation, ParamId, ParamKey, Point, When};
use rig::{NOW, RATE, Stage, add, constant, jump, markers, offline, play, sound, stop, submit};

fn filter(effect: u64, track: u32) -> Operation {
    rig::effect(effect, track, 1, &[900.0, 2.0, 0.0])
}

/// A piece with all that a mixer does.
fn piece(engine: &Engine) {
    let noise = |i: usize| ((i * 7_919 % 1_013) as f32 / 1_013.0 - 0.5) * 0.3;
    let lane: Vec<f32> = (0..30_000).map(noise).collect();
    let sample = noxrun_session::SampleData::new(vec![lane.clone(), lane], RATE).unwrap();
    let sample = std::sync::Arc::new(sample);
    submit(engine, [add(1, 0), add(2, 0), add(3, 2)]);
    submit(engine, [filter(1, 1), filter(2, 2)]);
    submit(
        engine,
        [
            Operation::Tempo {
                bpm: 133.0,
                at: NOW,
            },
            Operation::Loop {
                range: Some((0.5, 1.75)),
            },
            Operation::StartTransport {
                at: When::Frame(300),
            },
            Operation::Tempo {
                bpm: 91.0,
                at: When::Beat(1.5),
            },
        ],
    );
    for voice in 0..40u64 {
        let track = (voice % 4) as u32;
        let at = match voice % 3 {
            0 => NOW,
            1 => When::Frame(voice * 911),
            _ => When::Beat(voice as f64 / 23.0),
        };
        submit(engine, [play(voice, track, &sample, at)]);
    }
    let param = ParamId::Effect(1, 0);
    submit(engine, [jump(param, 4_000.0, When::Beat(0.9))]);
    submit(
        engine,
        [Operation::Automate {
            param,
            points: vec![Point {
                at: When::Frame(60_000),
                value: 200.0,
                curve: noxrun_session::Curve::Exponential,
            }],
        }],
    );
    let rewiring = vec![
        Operation::Route { track: 1, to: 3 },
        Operation::AddSend {
            send: 1,
            from: 3,
            to: 0,
            gain: 0.5,
        },
        filter(3, 3),
        stop(5, NOW),
        Operation::Mute { track: 2, on: true },
    ];
    engine.submit_batch(rewiring, When::Beat(1.2)).unwrap();
    let end = vec![
        Operation::RemoveTrack { track: 3 },
        Operation::RemoveEffect { effect: 1 },
        Operation::Mute {
            track: 2,
            on: false,
        },
    ];
    engine.submit_batch(end, When::Frame(70_001)).unwrap();
}

#[test]
fn live_and_offline_give_the_same_bits_whatever_the_block_and_the_capacity() {
    const FRAMES: u64 = 96_000;
    let reference = {
        let engine = offline(rig::config());
        piece(&engine);
        sound(&engine, FRAMES, 256)
    };
    assert!(reference.iter().any(|sample| *sample != 0.0));
    for (block, capacity) in [(64, 256), (1_021, 3), (48_000, 1)] {
        let config = EngineConfig {
            control_capacity: capacity,
            ..rig::config()
        };
        let engine = offline(config.clone());
        piece(&engine);
        let left = sound(&engine, FRAMES, block);
        assert!(left == reference, "offline, blocks of {block}");
        let stage = Stage::new(config, (block as u32).min(8_192));
        piece(&stage.engine);
        assert!(stage.step(FRAMES) == reference, "live, blocks of {block}");
    }
}

#[test]
fn what_fades_out_gives_its_place_back_and_those_that_wait_for_it_come() {
    let config = EngineConfig {
        max_tracks: 2,
        max_events: 40_000,
        ..rig::config()
    };
    let stage = Stage::new(config, 480);
    let engine = &stage.engine;
    let sample = constant(0.25, 1_000_000);
    submit(engine, [add(1, 0), play(1, 1, &sample, NOW)]);
    stage.step(480);
    // Each effect on a sounding track takes 10 ms to go; there are places for a thousand.
    for id in 0..4_000 {
        let effect = rig::effect(id, 1, 0, &[0.0]);
        submit(engine, [effect, Operation::RemoveEffect { effect: id }]);
    }
    for round in 0..1_000 {
        let track = 10 + round;
        submit(engine, [add(track, 1), Operation::RemoveTrack { track }]);
        submit(engine, [Operation::Route { track: 1, to: 0 }]);
    }
    submit(engine, [rig::marker(1, NOW)]);
    let mut left = Vec::new();
    while markers(&engine.outlet().take()).is_empty() {
        left.extend(stage.step(480));
        assert!(left.len() < 480_000, "it never goes on");
    }
    assert!(left.iter().all(|sample| (0.24..0.26).contains(sample)));
}

#[test]
fn a_voice_is_where_the_frames_stepped_have_brought_it() {
    let stage = Stage::new(rig::config(), 100);
    let engine = &stage.engine;
    let sample = constant(0.25, 10_000);
    let play = |voice, at| engine.submit_strictly(play(voice, 0, &sample, at)).unwrap();
    let soon = play(1, When::Frame(500));
    let later = play(2, When::Frame(1_000));
    let (voice, position) = (2, 700);
    submit(
        engine,
        [Operation::SeekVoice {
            voice,
            position,
            at: NOW,
        }],
    );
    stage.step(400);
    // What waits is nowhere yet.
    assert_eq!(engine.voice_position(soon), None);
    stage.step(350);
    assert_eq!(engine.voice_position(soon), Some(250.0));
    stage.step(300);
    // Sought while it waited: it began there.
    assert_eq!(engine.voice_position(later), Some(750.0));
    submit(engine, [Operation::StartTransport { at: NOW }]);
    stage.step(24_000);
    assert_eq!(engine.voice_position(soon), None);
    let state = engine.transport_state();
    assert!(state.playing && (state.beat - 1.0).abs() < 1e-9);
    assert_eq!(engine.param_current(ParamKey::TrackVolume(0)), Some(1.0));
}
