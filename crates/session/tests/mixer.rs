//! Tracks that come and go, wiring, automation and offline rendering, through the whole session.

mod rig;

use noxrun_session::{
    Curve, EngineConfig, ErrorCode, Operation, ParamId, Point, Reason, Report, When,
};
use rig::{
    NOW, Stage, add, constant, engine, jump, offline, play, rendered, sound, stretches, submit,
};

fn gain(effect: u64, track: u32, db: f64) -> Operation {
    rig::effect(effect, track, 0, &[db])
}

#[test]
fn everything_submitted_before_is_in_effect_on_frame_0_whatever_the_capacity() {
    let render = |capacity, block| {
        let engine = offline(EngineConfig {
            control_capacity: capacity,
            ..rig::config()
        });
        let sample = constant(0.001, 2_000);
        submit(&engine, (1..=20).map(|track| add(track, track - 1)));
        submit(
            &engine,
            (1..=20).map(|track| gain(track.into(), track, 6.0)),
        );
        for voice in 1..=200 {
            let track = (voice % 21) as u32;
            submit(&engine, [play(voice, track, &sample, NOW)]);
        }
        submit(&engine, [jump(ParamId::TrackVolume(3), 0.25, NOW)]);
        sound(&engine, 3_000, block)
    };
    let expected = render(256, 256);
    assert_eq!(stretches(&expected), [(0, 2_000)]);
    for (capacity, block) in [(1, 64), (7, 1), (256, 3_000)] {
        assert!(
            render(capacity, block) == expected,
            "capacity {capacity}, blocks of {block}"
        );
    }
}

#[test]
fn tracks_sends_and_effects_may_be_exchanged_without_end() {
    let engine = offline(EngineConfig {
        max_tracks: 2,
        max_events: 20_000,
        ..rig::config()
    });
    let sample = constant(0.25, 1_000_000);
    submit(&engine, [add(1, 0), play(1, 1, &sample, NOW)]);
    let mut id = 10;
    for round in 0..2_000u32 {
        id += 1;
        let track = 100 + round;
        submit(
            &engine,
            [
                add(track, 1),
                gain(id, 1, 0.0),
                Operation::AddSend {
                    send: id,
                    from: track,
                    to: 0,
                    gain: 1.0,
                },
                Operation::Route { track, to: 0 },
                Operation::RemoveEffect { effect: id },
                Operation::RemoveSend { send: id },
                Operation::RemoveTrack { track },
            ],
        );
    }
    submit(&engine, [add(9_999, 0), play(2, 9_999, &sample, NOW)]);
    // Nothing has sounded before, so nothing has to fade.
    assert_eq!(stretches(&sound(&engine, 480, 480)), [(0, 480)]);
}

#[test]
fn a_removed_track_hands_on_what_it_carried() {
    let engine = engine();
    let sample = constant(0.25, 10_000);
    submit(
        &engine,
        [
            add(1, 0),
            add(2, 1),
            jump(ParamId::TrackVolume(1), 0.5, NOW),
            play(1, 2, &sample, NOW),
        ],
    );
    let batch = vec![Operation::RemoveTrack { track: 1 }];
    engine.submit_batch(batch, When::Frame(1_000)).unwrap();
    let left = sound(&engine, 4_000, 128);
    assert_eq!(left[999], 0.125);
    assert_eq!(left[2_000], 0.25);
    // What is said of it from now on comes to nothing.
    assert_eq!(engine.track_output(1), None);
    let error = engine.submit(play(2, 1, &sample, NOW)).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArg);
}

#[test]
fn what_is_planned_for_later_does_not_hold_up_what_is_called_now() {
    let engine = engine();
    let sample = constant(0.25, 10_000);
    submit(
        &engine,
        [
            add(1, 0),
            add(2, 0),
            add(3, 0),
            jump(ParamId::TrackVolume(2), 0.5, NOW),
            jump(ParamId::TrackVolume(3), 2.0, NOW),
            play(1, 1, &sample, NOW),
        ],
    );
    let route = |to| Operation::Route { track: 1, to };
    for (to, frame) in [(2, 2_000), (0, 4_000)] {
        engine
            .submit_batch(vec![route(to)], When::Frame(frame))
            .unwrap();
    }
    submit(&engine, [route(3)]);
    // The track has one output, the one that was called last; the planned ones come to nothing.
    let left = sound(&engine, 6_000, 256);
    assert!(left.iter().all(|sample| *sample == 0.5));
}

#[test]
fn a_track_is_removed_at_once_with_what_is_planned_for_it() {
    let engine = engine();
    let sample = constant(0.25, 90_000);
    submit(&engine, [add(1, 0), play(1, 1, &sample, NOW)]);
    let send = Operation::AddSend {
        send: 1,
        from: 1,
        to: 0,
        gain: 1.0,
    };
    let planned = vec![gain(5, 1, 12.0), send, Operation::Route { track: 1, to: 0 }];
    engine.submit_batch(planned, When::Frame(2_000)).unwrap();
    let later = When::Frame(1_000_000);
    submit(&engine, [play(2, 1, &sample, later)]);
    submit(&engine, [Operation::RemoveTrack { track: 1 }]);
    assert!(sound(&engine, 6_000, 256).iter().all(|x| *x == 0.0));
    // The voice that waited was stopped with the track, not by the end of the engine.
    let stopped = |report: &Report| {
        let Report::Ended { voice, reason, .. } = report else {
            return false;
        };
        (*voice, *reason) == (2, Reason::Stopped)
    };
    assert!(engine.outlet().take().iter().any(stopped));
}

#[test]
fn effects_stand_in_the_order_of_the_calls_when_what_was_planned_has_come() {
    let filter = |effect, index| Operation::AddEffect {
        effect,
        track: 1,
        index,
        bypass: false,
        kind: 1,
        variant: 0,
        values: vec![500.0, 0.707, 0.0],
    };
    let render = |planned: bool| {
        let engine = engine();
        let sample = constant(0.25, 20_000);
        submit(&engine, [add(1, 0), play(1, 1, &sample, NOW)]);
        submit(&engine, [gain(1, 1, 0.0)]);
        let batch = vec![filter(2, None), gain(4, 1, 0.0)];
        if planned {
            engine.submit_batch(batch, When::Frame(3_000)).unwrap();
        } else {
            submit(&engine, batch);
        }
        submit(&engine, [gain(3, 1, 0.0)]);
        submit(
            &engine,
            [Operation::MoveEffect {
                effect: 4,
                index: 0,
            }],
        );
        let end = When::Frame(9_000);
        submit(&engine, [jump(ParamId::Effect(3, 0), -120.0, end)]);
        sound(&engine, 16_000, 256)
    };
    let (planned, at_once) = (render(true), render(false));
    // Behind the filter it cuts; in front of it the filter would ring on.
    assert!(at_once[9_000] < 1e-5 && planned[9_000] < 1e-5);
    assert!(planned[8_999] > 0.24);
    assert_eq!(planned[9_000..], at_once[9_000..]);
}

#[test]
fn the_gain_of_a_send_that_has_not_begun_is_what_it_begins_with() {
    let engine = engine();
    let sample = constant(0.25, 10_000);
    submit(&engine, [add(1, 0), add(2, 0), play(1, 1, &sample, NOW)]);
    let send = Operation::AddSend {
        send: 1,
        from: 1,
        to: 2,
        gain: 1.0,
    };
    engine.submit_batch(vec![send], When::Frame(1_000)).unwrap();
    submit(&engine, [jump(ParamId::SendGain(1), 4.0, NOW)]);
    submit(&engine, [jump(ParamId::SendGain(1), 2.0, NOW)]);
    let left = sound(&engine, 4_000, 256);
    assert_eq!(left[999], 0.25);
    assert_eq!(left[2_000], 0.75);
    assert_eq!(engine.stats().stale_commands, 0);
}

#[test]
fn solo_opens_what_leads_from_and_to_the_soloed_and_follows_the_wiring() {
    let engine = engine();
    let sample = constant(0.25, 10_000);
    // 2 → 1, 3 alone.
    submit(&engine, [add(1, 0), add(2, 1), add(3, 0)]);
    submit(
        &engine,
        [play(1, 2, &sample, NOW), play(2, 3, &sample, NOW)],
    );
    submit(&engine, [Operation::Solo { track: 1, on: true }]);
    let route = vec![Operation::Route { track: 3, to: 1 }];
    engine.submit_batch(route, When::Frame(2_000)).unwrap();
    let left = sound(&engine, 5_000, 256);
    assert_eq!(left[1_999], 0.25);
    assert_eq!(left[4_000], 0.5);
}

#[test]
fn cancel_drops_points_and_gives_their_room_back() {
    let stage = Stage::new(
        EngineConfig {
            max_events: 64,
            ..rig::config()
        },
        64,
    );
    let engine = &stage.engine;
    let param = ParamId::TrackVolume(0);
    let point = |i: u64| jump(param, 0.5, When::Frame(1_000_000 + i));
    for _ in 0..10 {
        // The cancelling itself is the last that finds room.
        submit(engine, (0..63).map(point));
        submit(engine, [Operation::Cancel { param, from: NOW }]);
        let full = engine.submit(point(0)).unwrap_err();
        assert_eq!(full.code, ErrorCode::QueueFull);
        stage.step(64);
    }
}

#[test]
fn cancel_from_a_frame_keeps_what_comes_before_and_what_is_called_after() {
    let engine = engine();
    let param = ParamId::TrackVolume(0);
    let sample = constant(0.25, 100_000);
    let at = When::Frame;
    submit(&engine, [play(1, 0, &sample, NOW)]);
    submit(
        &engine,
        [
            jump(param, 0.5, at(30_000)),
            jump(param, 1.5, at(60_000)),
            Operation::Cancel {
                param,
                from: at(50_000),
            },
            jump(param, 2.0, at(70_000)),
        ],
    );
    let left = sound(&engine, 80_000, 333);
    for (frame, value) in [
        (29_999, 0.25),
        (30_000, 0.125),
        (69_999, 0.125),
        (70_000, 0.5),
    ] {
        assert_eq!(left[frame], value, "frame {frame}");
    }
}

#[test]
fn a_batch_that_plans_and_takes_back_plans_nothing() {
    let engine = engine();
    let param = ParamId::TrackVolume(0);
    let sample = constant(0.25, 50_000);
    let batch = vec![
        play(1, 0, &sample, NOW),
        jump(param, 0.5, When::Frame(30_000)),
        Operation::Cancel { param, from: NOW },
        jump(param, 2.0, When::Frame(40_000)),
    ];
    engine.submit_batch(batch, NOW).unwrap();
    let left = sound(&engine, 45_000, 256);
    assert_eq!(left[35_000], 0.25);
    assert_eq!(left[40_000], 0.5);
}

#[test]
fn automation_reaches_its_points_on_their_frames() {
    let engine = engine();
    let param = ParamId::TrackVolume(0);
    let sample = constant(1.0, 100_000);
    let reach = |value, at| Operation::Automate {
        param,
        points: vec![Point {
            at: When::Frame(at),
            value,
            curve: Curve::Linear,
        }],
    };
    submit(
        &engine,
        [
            play(1, 0, &sample, NOW),
            reach(2.0, 999),
            reach(0.0, 20_999),
            reach(1.0, 60_999),
        ],
    );
    let left = sound(&engine, 70_000, 1_000);
    // a + (b − a)·(k + 1)/n at frame N + k.
    let ramp = |a: f64, b: f64, k: f64, n: f64| (a + (b - a) * (k + 1.0) / n) as f32;
    assert_eq!(left[499], ramp(1.0, 2.0, 499.0, 1_000.0));
    assert_eq!(left[999], 2.0);
    assert_eq!(left[1_000], ramp(2.0, 0.0, 0.0, 20_000.0));
    assert_eq!(left[20_999], 0.0);
    assert_eq!(left[60_999], 1.0);
}

#[test]
fn an_offline_engine_renders_once_and_tells_what_it_came_to() {
    let engine = engine();
    let sample = constant(0.5, 48_000);
    submit(&engine, [play(1, 0, &sample, NOW)]);
    let (left, result) = rendered(&engine, 24_000, 500).unwrap();
    assert_eq!(
        (left.len(), result.frames, result.peak),
        (24_000, 24_000, 0.5)
    );
    assert_eq!(engine.stats().callbacks, 48);
    let error = rendered(&engine, 1, 1).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidState);
    engine.close();
    let reports = engine.outlet().take();
    let closed = |report: &Report| {
        matches!(
            report,
            Report::Ended {
                voice: 1,
                frame: 24_000,
                reason: noxrun_session::Reason::Closed,
            }
        )
    };
    assert!(reports.iter().any(closed));
}
