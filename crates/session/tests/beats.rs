//! What waits for a beat: exact frames, loops, seeks, whole batches, and nothing that grows.

mod rig;

use noxrun_session::{Operation, ParamId, Point, Report, When};
use rig::{NOW, RATE, add, constant, engine, jump, marker, markers, offline, play, sound};
use rig::{Stage, stop, stretches, submit};

fn frame_of(beat: f64, tempo: f64) -> u64 {
    (beat * 60.0 * f64::from(RATE) / tempo).round() as u64
}

fn tempo(bpm: f64) -> Operation {
    Operation::Tempo { bpm, at: NOW }
}

#[test]
fn beats_fall_on_their_frames_however_far_ahead_they_were_called() {
    let engine = engine();
    let beats = [0.0, 1.0 / 3.0, 2.0, 7.25, 16.0];
    submit(
        &engine,
        [tempo(97.0), Operation::StartTransport { at: NOW }],
    );
    for (id, beat) in beats.into_iter().enumerate() {
        engine.submit(marker(id as u64, When::Beat(beat))).unwrap();
    }
    sound(&engine, 600_000, 311);
    let expected: Vec<_> = (0..)
        .zip(beats.map(|beat| Some(frame_of(beat, 97.0))))
        .collect();
    assert_eq!(markers(&engine.outlet().take()), expected);
    assert_eq!(engine.stats().late_events, 0);
}

#[test]
fn a_loop_brings_what_was_called_later_by_and_blocks_do_not_matter() {
    let render = |block| {
        let engine = engine();
        let sample = constant(0.5, 100);
        submit(
            &engine,
            [
                tempo(120.0),
                Operation::Loop {
                    range: Some((1.0, 3.0)),
                },
                Operation::StartTransport { at: NOW },
                play(1, 0, &sample, When::Beat(0.5)),
                play(2, 0, &sample, When::Beat(2.5)),
                play(3, 0, &sample, When::Beat(3.0)),
            ],
        );
        sound(&engine, 200_000, block)
    };
    let left = render(256);
    // Beat 3 is never reached: the loop ends there.
    let at = |beat| frame_of(beat, 120.0) as usize;
    assert_eq!(
        stretches(&left),
        [(at(0.5), at(0.5) + 100), (at(2.5), at(2.5) + 100)]
    );
    assert_eq!(left, render(1_000));
    assert_eq!(left, render(48_000));
}

#[test]
fn a_seek_forward_ends_what_it_skips_and_lets_the_rest_come() {
    let engine = engine();
    let sample = constant(0.5, 100);
    let far = |beat| play(beat as u64, 0, &sample, When::Beat(beat));
    submit(
        &engine,
        [tempo(120.0), Operation::StartTransport { at: NOW }],
    );
    submit(
        &engine,
        [far(1.0), far(400.0), far(799.0), far(800.0), far(801.0)],
    );
    submit(
        &engine,
        [marker(7, When::Beat(500.0)), marker(8, When::Beat(800.5))],
    );
    engine
        .submit(Operation::SeekTransport { beat: 799.5 })
        .unwrap();
    let left = sound(&engine, 50_000, 64);
    let at = |beat: f64| frame_of(beat - 799.5, 120.0) as usize;
    assert_eq!(
        stretches(&left),
        [(at(800.0), at(800.0) + 100), (at(801.0), at(801.0) + 100)]
    );
    let reports = engine.outlet().take();
    let stopped: Vec<u64> = reports
        .iter()
        .filter_map(|report| match report {
            Report::Ended {
                voice,
                frame: 0,
                reason: noxrun_session::Reason::Stopped,
            } => Some(*voice),
            _ => None,
        })
        .collect();
    assert_eq!(stopped.len(), 3);
    assert!([1, 400, 799].iter().all(|voice| stopped.contains(voice)));
    assert_eq!(markers(&reports), [(7, None), (8, Some(at(800.5) as u64))]);
}

#[test]
fn a_stop_takes_a_play_back_that_waits_for_a_beat_and_gives_its_room_back() {
    let config = noxrun_session::EngineConfig {
        max_events: 2,
        ..rig::config()
    };
    let stage = Stage::new(config, 64);
    let engine = &stage.engine;
    let sample = constant(0.5, 100);
    submit(engine, [Operation::StartTransport { at: NOW }]);
    stage.step(64);
    // With the next block nothing is left of a play and its stop.
    for voice in 1..100 {
        submit(
            engine,
            [play(voice, 0, &sample, When::Beat(100.0)), stop(voice, NOW)],
        );
        stage.step(64);
    }
    let ended = engine.outlet().take();
    let ended = ended.iter().filter(|r| matches!(r, Report::Ended { .. }));
    assert_eq!(ended.count(), 99);
}

#[test]
fn a_batch_at_a_beat_takes_effect_on_one_frame() {
    for capacity in [1, 2, 256] {
        let engine = offline(noxrun_session::EngineConfig {
            control_capacity: capacity,
            ..rig::config()
        });
        let sample = constant(0.5, 48_000);
        submit(&engine, [add(1, 0), add(2, 0), tempo(120.0)]);
        let batch = vec![
            play(1, 1, &sample, NOW),
            play(2, 2, &sample, NOW),
            jump(ParamId::TrackVolume(2), 0.5, NOW),
            marker(1, NOW),
            // Its own time is kept.
            marker(2, When::Frame(10)),
        ];
        engine.submit_batch(batch, When::Beat(3.0)).unwrap();
        submit(
            &engine,
            [Operation::StartTransport {
                at: When::Frame(100),
            }],
        );
        let left = sound(&engine, 80_000, 256);
        let start = 100 + frame_of(3.0, 120.0) as usize;
        assert_eq!(stretches(&left)[0].0, start, "capacity {capacity}");
        assert!(left[start..start + 1_000].iter().all(|s| *s == 0.75));
        let found = markers(&engine.outlet().take());
        assert_eq!(found, [(1, Some(start as u64)), (2, Some(10))]);
    }
}

#[test]
fn what_names_a_voice_of_a_batch_that_waits_for_a_beat_finds_it() {
    let engine = engine();
    let sample = constant(0.5, 1_000);
    submit(
        &engine,
        [tempo(120.0), Operation::StartTransport { at: NOW }],
    );
    let batch = vec![play(1, 0, &sample, NOW), play(2, 0, &sample, NOW)];
    engine.submit_batch(batch, When::Beat(4.0)).unwrap();
    submit(
        &engine,
        [
            jump(ParamId::VoiceGain(1), 0.5, NOW),
            stop(2, When::Frame(frame_of(4.0, 120.0) + 10)),
        ],
    );
    let left = sound(&engine, 100_000, 512);
    let start = frame_of(4.0, 120.0) as usize;
    assert_eq!(left[start - 1], 0.0);
    assert!(left[start..start + 10].iter().all(|s| *s == 0.75));
    assert!(left[start + 10..start + 1_000].iter().all(|s| *s == 0.25));
    assert_eq!(left[start + 1_000], 0.0);
    assert_eq!(engine.stats().stale_commands, 0);
}

#[test]
fn a_hundred_thousand_beats_ahead_wait_for_theirs() {
    let engine = offline(noxrun_session::EngineConfig {
        max_events: 200_000,
        ..rig::config()
    });
    submit(
        &engine,
        [tempo(120.0), Operation::StartTransport { at: NOW }],
    );
    let far = (0..100_000).map(|i| marker(i, When::Beat(1.0 + i as f64)));
    submit(&engine, far);
    sound(&engine, 48_000, 256);
    assert_eq!(markers(&engine.outlet().take()).len(), 1);
}

#[test]
fn what_a_seek_of_a_stopped_transport_skips_gives_its_room_back() {
    let stage = rig::Stage::new(
        noxrun_session::EngineConfig {
            max_events: 10,
            ..rig::config()
        },
        256,
    );
    let param = ParamId::TrackVolume(0);
    for round in 0..40 {
        let beat = f64::from(round) * 10.0;
        let reach = |at| Operation::Automate {
            param,
            points: vec![Point {
                at: When::Beat(at),
                value: 0.5,
                curve: noxrun_session::Curve::Linear,
            }],
        };
        submit(
            &stage.engine,
            [
                reach(beat + 3.0),
                // From a point that is skipped: the transport never comes to it.
                reach(beat + 4.0),
                Operation::SeekTransport { beat: beat + 10.0 },
            ],
        );
        stage.step(256);
    }
}
