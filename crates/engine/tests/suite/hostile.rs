//! Samples and values that are not numbers, and tracks that are not there: the output stays finite.

use crate::rig;

use noxrun_engine::{
    Action, BlockClock, Command, Message, PlaySpec, Target, VoiceKey, When, build,
};
use rig::{NOW, RATE, Rig, constant, cut, key, small, sound};
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
            track: key(1),
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
    assert!(rig.controller.shared.take_poisoned(0));
    let meter = rig.controller.shared.meter(key(1));
    assert!(meter.rms.iter().chain(&meter.peak).all(|x| x.is_finite()));
}

#[test]
fn values_that_are_not_finite_change_nothing() {
    let mut rig = Rig::new(&small());
    let voice = rig.play(0, 1, &constant(2, 5_000, 0.5), 1.0);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for target in [
            Target::TrackVolume(key(1)),
            Target::TrackPan(key(1)),
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
    let mut send = |track, at| {
        seq += 1;
        let voice = VoiceKey {
            index: seq as u32,
            generation: 1,
        };
        let play = Command::Play {
            at,
            seq,
            voice,
            spec: PlaySpec::new(Arc::clone(&sample), key(track)),
        };
        controller.send(Message::One(play)).expect("room");
    };
    send(1, When::Now);
    send(4_000_000, When::Now);
    let mut out = [f32::NAN; 400];
    renderer.process(&mut out, BlockClock::default());
    assert_eq!(out, [0.0; 400]);
    let add = Command::Do {
        at: When::Now,
        seq: 10,
        counted: false,
        action: rig::add_track(1),
    };
    controller.send(Message::One(add)).expect("room");
    renderer.process(&mut out, BlockClock::default());
    assert_eq!(out, [0.0; 400]);
    assert_eq!(std::iter::from_fn(|| controller.next_event()).count(), 2);
    while controller.next_trash().is_some() {}
    assert_eq!(Arc::strong_count(&sample), 1);
}
