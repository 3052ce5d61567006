//! Automation: points that are reached at their time, from the one before.

use crate::points;
use crate::rig;

use noxrun_engine::{Action, Curve, EffectKey, Target, When};
use points::{VOLUME, beats, compare, linear, playing, reach};
use proptest::prelude::*;
use rig::effects::Volume;
use rig::{NOW, RATE, Random, add_effect, constant, cut, jump, key, ramp};

/// What a list of points makes of a value that starts on `first` at frame `from`.
fn course(first: f64, from: usize, points: &[(usize, f64, Curve)], frames: usize) -> Vec<f64> {
    let mut values = vec![first; frames];
    let (mut q, mut a) = (from, first);
    for (p, b, curve) in points.iter().copied() {
        for (frame, slot) in values.iter_mut().enumerate().take(p + 1).skip(q + 1) {
            let position = (frame - q) as f64 / (p - q) as f64;
            *slot = match curve {
                _ if frame == p => b,
                Curve::Linear => a + (b - a) * position,
                Curve::Exponential => a * (b / a).powf(position),
                Curve::Step => a,
            };
        }
        for value in values.iter_mut().skip(p) {
            *value = b;
        }
        (q, a) = (p, b);
    }
    values
}

#[test]
fn points_are_reached_at_their_frames_from_the_ones_before() {
    let mut rig = playing();
    let points = [
        (1_000, 0.25, Curve::Linear),
        (1_001, 0.75, Curve::Linear),
        (1_777, 0.5, Curve::Exponential),
        (2_500, 3.0, Curve::Step),
        (3_000, 0.125, Curve::Exponential),
        (3_333, 0.0, Curve::Linear),
    ];
    rig.act(100, jump(VOLUME, 0.5));
    for (at, value, curve) in points {
        reach(&mut rig, VOLUME, When::Frame(at as u64), value, curve);
    }
    let out = rig.render_in(&cut(4_000, &[64, 500, 1]));
    let out: Vec<f32> = out.chunks_exact(2).map(|pair| pair[0]).collect();
    assert_eq!(out[..100], [1.0; 100]);
    compare(&out[100..], &course(0.5, 100, &points, 4_000)[100..]);
    // The ends are exact.
    assert_eq!((out[1_000], out[2_499], out[2_500]), (0.25, 0.5, 3.0));
}

#[test]
fn the_first_point_is_gone_to_from_the_value_of_now() {
    let mut rig = playing();
    rig.render(500);
    linear(&mut rig, 999, 0.5);
    let out = rig.render_channel(1_000, 0);
    // From frame 500 on, which is the first of the way.
    for (k, x) in out.iter().enumerate() {
        assert_eq!(*x, ramp(1.0, 0.5, k, 500) as f32, "frame {k}");
    }
    assert_eq!(out[498..500], [ramp(1.0, 0.5, 498, 500) as f32, 0.5]);
}

#[test]
fn the_first_point_of_a_batch_is_gone_to_from_the_frame_of_the_batch() {
    let mut rig = playing();
    let action = Action::Reach {
        target: VOLUME,
        value: 0.5,
        curve: Curve::Linear,
    };
    rig.stage(1_999, action);
    rig.commit(1_000);
    let out = rig.render_channel(2_500, 0);
    for (k, x) in out[1_000..].iter().enumerate() {
        assert_eq!(*x, ramp(1.0, 0.5, k, 1_000) as f32, "frame {k}");
    }
    assert_eq!(out[999], 1.0);
}

#[test]
fn a_point_at_the_present_frame_is_there_at_once() {
    let mut rig = playing();
    rig.render(100);
    linear(&mut rig, 100, 0.5);
    assert_eq!(rig.render_channel(10, 0), [0.5; 10]);
    assert_eq!(rig.controller.shared.late_events(), 0);
}

#[test]
fn two_points_of_one_frame_are_a_jump() {
    let mut rig = playing();
    linear(&mut rig, 1_000, 0.5);
    linear(&mut rig, 1_000, 2.0);
    linear(&mut rig, 1_500, 1.0);
    let out = rig.render_channel(2_000, 0);
    assert_eq!(out[999], ramp(1.0, 0.5, 999, 1_001) as f32);
    assert_eq!(out[1_000], 2.0);
    assert_eq!((out[1_250], out[1_500]), (1.5, 1.0));
}

#[test]
fn points_at_beats_are_reached_at_their_rounded_frames() {
    for tempo in [120.0, 127.0] {
        let mut rig = playing();
        rig.act(NOW, Action::Tempo(tempo));
        rig.act(321, Action::StartTransport);
        let places = [0.25, 0.75, 0.7501, 1.3];
        let values = [0.25, 0.75, 0.5, 2.0];
        let curves = [
            Curve::Linear,
            Curve::Exponential,
            Curve::Linear,
            Curve::Step,
        ];
        rig.act_at(When::Beat(0.0), jump(VOLUME, 0.5));
        let mut points = Vec::new();
        for ((beat, value), curve) in places.into_iter().zip(values).zip(curves) {
            reach(&mut rig, VOLUME, When::Beat(beat), value, curve);
            let frame = 321.0 + beat * 60.0 * f64::from(RATE) / tempo;
            points.push((frame.round() as usize, value, curve));
        }
        let out = rig.render_in(&cut(7_000, &[100]));
        let out: Vec<f32> = out.chunks_exact(2).map(|pair| pair[0]).collect();
        compare(&out[321..], &course(0.5, 321, &points, 7_000)[321..]);
    }
}

#[test]
fn two_points_of_one_beat_are_a_jump() {
    let mut rig = playing();
    rig.act(NOW, Action::StartTransport);
    let beat = When::Beat(beats(1_000.0));
    let end = When::Beat(beats(1_500.0));
    reach(&mut rig, VOLUME, beat, 0.5, Curve::Linear);
    reach(&mut rig, VOLUME, beat, 2.0, Curve::Linear);
    reach(&mut rig, VOLUME, end, 1.0, Curve::Linear);
    let out = rig.render_channel(2_000, 0);
    assert_eq!(out[999], ramp(1.0, 0.5, 999, 1_001) as f32);
    assert_eq!(out[1_000], 2.0);
    assert_eq!((out[1_250], out[1_500]), (1.5, 1.0));
}

#[test]
fn a_beat_that_waits_keeps_its_beat_when_the_tempo_changes_before() {
    let mut rig = playing();
    rig.act(NOW, Action::StartTransport);
    let pan = Target::TrackPan(key(1));
    rig.act_at(When::Beat(1.0), jump(VOLUME, 1.0));
    rig.act_at(When::Beat(1.0), jump(pan, 0.0));
    reach(&mut rig, VOLUME, When::Beat(2.0), 0.0, Curve::Linear);
    reach(&mut rig, pan, When::Beat(1.5), -1.0, Curve::Linear);
    rig.act(2_000, Action::Tempo(240.0));
    rig.render(2_500);
    assert_eq!(rig.controller.shared.track_volume(key(1)), Some(1.0));
    // Beat 1 at frame 3,000, 1.5 at 4,000 and 2 at 5,000.
    rig.render(3_501 - 2_500);
    let shared = rig.controller.shared.clone();
    assert_eq!(shared.track_volume(key(1)), Some(0.75));
    assert_eq!(shared.track_pan(key(1)), Some(-0.5));
    rig.render(1_500);
    assert_eq!(shared.track_volume(key(1)), Some(0.0));
    assert_eq!(shared.track_pan(key(1)), Some(-1.0));
}

#[test]
fn the_way_to_a_beat_begins_when_the_transport_starts() {
    let mut rig = playing();
    let at = When::Beat(1.0);
    reach(&mut rig, VOLUME, at, 0.5, Curve::Linear);
    let at = When::Beat(1.5);
    reach(&mut rig, VOLUME, at, 2.0, Curve::Linear);
    rig.act(2_000, Action::StartTransport);
    let out = rig.render_in(&cut(9_000, &[300, 7]));
    for (k, pair) in out.chunks_exact(2).enumerate() {
        // Beat 1 is frame 6,000, beat 1.5 is 8,000.
        let expected = match k {
            0..2_000 => 1.0,
            2_000..=6_000 => ramp(1.0, 0.5, k - 2_000, 4_001),
            6_001..=8_000 => ramp(0.5, 2.0, k - 6_001, 2_000),
            _ => 2.0,
        };
        assert_eq!(pair, [expected as f32; 2], "frame {k}");
    }
}

#[test]
fn what_is_set_before_the_transport_starts_is_where_the_way_to_a_beat_begins() {
    let mut rig = playing();
    let at = When::Beat(beats(1_000.0));
    reach(&mut rig, VOLUME, at, 1.0, Curve::Linear);
    // The start comes into the middle of the way to 0.
    rig.set(0, VOLUME, 0.0, 100);
    rig.act(50, Action::StartTransport);
    let out = rig.render_channel(1_200, 0);
    for (k, value) in out.iter().enumerate() {
        let expected = match k {
            0..100 => ramp(1.0, 0.0, k, 100),
            100..=1_050 => ramp(0.0, 1.0, k - 100, 951),
            _ => 1.0,
        };
        assert_eq!(*value, expected as f32, "frame {k}");
    }
}

#[test]
fn a_way_that_waits_for_the_transport_is_cancelled_and_skipped() {
    let beat = When::Beat(beats(1_000.0));
    for cancelled in [false, true] {
        let mut rig = playing();
        reach(&mut rig, VOLUME, beat, 0.0, Curve::Linear);
        rig.render(10);
        let drop = if cancelled {
            Action::Cancel(VOLUME)
        } else {
            Action::SeekTransport(beats(1_001.0))
        };
        rig.act(NOW, drop);
        rig.render(10);
        rig.act(NOW, Action::SeekTransport(0.0));
        rig.act(NOW, Action::StartTransport);
        assert_eq!(rig.render_channel(2_000, 0), [1.0; 2_000]);
    }
    // One that comes after the cancelling stays.
    let mut rig = playing();
    reach(&mut rig, VOLUME, beat, 0.0, Curve::Linear);
    rig.act(NOW, Action::Cancel(VOLUME));
    reach(&mut rig, VOLUME, beat, 0.5, Curve::Linear);
    rig.render(10);
    rig.act(NOW, Action::StartTransport);
    let out = rig.render_channel(2_000, 0);
    assert_eq!((out[999] > 0.5, out[1_000], out[1_999]), (true, 0.5, 0.5));
}

#[test]
fn a_point_behind_a_transport_that_stands_waits_to_be_gone_back_to() {
    let mut rig = playing();
    rig.act(NOW, Action::SeekTransport(1.0));
    rig.render(1);
    let at = When::Beat(0.5);
    reach(&mut rig, VOLUME, at, 2.0, Curve::Linear);
    rig.render(1);
    rig.act(NOW, Action::StartTransport);
    assert_eq!(rig.render_channel(1_000, 0), [1.0; 1_000]);
    rig.act(NOW, Action::SeekTransport(0.25));
    let out = rig.render_channel(2_000, 0);
    assert_eq!((out[999], out[1_000]), (1.0, 2.0));
}

#[test]
fn a_point_of_the_loop_that_was_passed_is_reached_in_the_next_pass() {
    let mut rig = playing();
    rig.act(NOW, Action::Loop(Some((0.0, 1.0))));
    rig.act(NOW, Action::StartTransport);
    rig.render(3_000);
    let at = When::Beat(beats(1_000.0));
    reach(&mut rig, VOLUME, at, 0.0, Curve::Linear);
    let at = When::Beat(beats(3_000.0));
    reach(&mut rig, VOLUME, at, 1.0, Curve::Linear);
    let out = rig.render_in(&cut(5_000, &[300]));
    for (k, pair) in out.chunks_exact(2).enumerate() {
        // From frame 3,000 to 5,000 and on to 7,000.
        let expected = match k {
            0..=2_000 => ramp(1.0, 0.0, k, 2_001),
            _ => ramp(0.0, 1.0, k - 2_001, 2_000),
        };
        assert_eq!(pair, [expected as f32; 2], "frame {k}");
    }
    assert_eq!(rig.controller.shared.late_events(), 0);
}

#[test]
fn a_step_holds_and_jumps_at_its_time_by_frame_and_by_beat() {
    let mut rig = playing();
    rig.act(NOW, Action::StartTransport);
    let at = When::Frame(500);
    reach(&mut rig, VOLUME, at, 0.5, Curve::Step);
    let at = When::Beat(beats(1_000.0));
    reach(&mut rig, VOLUME, at, 0.25, Curve::Step);
    let out = rig.render_channel(1_500, 0);
    assert_eq!(out[..500], [1.0; 500]);
    assert_eq!(out[500..1_000], [0.5; 500]);
    assert_eq!(out[1_000..], [0.25; 500]);
}

#[test]
fn a_late_point_is_there_at_once_and_counted() {
    let mut rig = playing();
    rig.render(1_000);
    let shared = rig.controller.shared.clone();
    // Both points have passed.
    linear(&mut rig, 400, 0.5);
    assert_eq!(rig.render_channel(1, 0), [0.5]);
    assert_eq!((shared.late_events(), shared.late_by()), (1, 600));
    linear(&mut rig, 900, 0.75);
    assert_eq!(rig.render_channel(1, 0), [0.75]);
    assert_eq!((shared.late_events(), shared.late_by()), (2, 101));
    let at = When::Frame(1_000);
    reach(&mut rig, VOLUME, at, 0.25, Curve::Step);
    assert_eq!(rig.render_channel(1, 0), [0.25]);
    assert_eq!((shared.late_events(), shared.late_by()), (3, 2));
    // The point before has passed, this one has not: it is reached in time.
    linear(&mut rig, 1_102, 1.25);
    let out = rig.render_channel(200, 0);
    for (k, x) in out.iter().enumerate() {
        assert_eq!(*x, ramp(0.25, 1.25, k, 100) as f32, "{k}");
    }
    assert_eq!(shared.late_events(), 3);
    // By beats.
    rig.act(NOW, Action::StartTransport);
    rig.render(1_000);
    let at = When::Beat(beats(400.0));
    reach(&mut rig, VOLUME, at, 0.5, Curve::Linear);
    assert_eq!(rig.render_channel(1, 0), [0.5]);
    assert_eq!((shared.late_events(), shared.late_by()), (4, 600));
}

#[test]
fn a_point_that_waits_for_a_ramp_under_way_begins_at_its_end() {
    let mut rig = playing();
    rig.set(NOW, VOLUME, 0.0, 0);
    rig.controller_settles();
    rig.render(10);
    // 1 by frame 109, then 0.5 by frame 409.
    rig.set(NOW, VOLUME, 1.0, 100);
    linear(&mut rig, 409, 0.5);
    let out = rig.render_channel(500, 0);
    let risen = (0..100).map(|k| ramp(0.0, 1.0, k, 100));
    let fallen = (0..300).map(|k| ramp(1.0, 0.5, k, 300));
    let expected: Vec<f64> = risen.chain(fallen).chain([0.5; 100]).collect();
    compare(&out, &expected);
}

#[test]
fn parameters_of_every_kind_are_automated() {
    let mut rig = playing();
    let effect = rig.effect(0, Volume, &[1.0]);
    rig.act(NOW, add_effect(effect, 1));
    let voice = rig.play(0, 2, &constant(2, 100_000, 0.0), 1.0);
    let targets = [
        VOLUME,
        Target::TrackPan(key(2)),
        Target::EdgeGain(rig.outputs[1]),
        Target::Effect(effect, 0),
        Target::VoiceGain(voice),
    ];
    for target in targets {
        let at = When::Frame(300);
        reach(&mut rig, target, at, 0.5, Curve::Linear);
    }
    let out = rig.render_channel(400, 0);
    // Three of them on one way: fader, connection and effect.
    for (frame, x) in out.iter().enumerate() {
        let value = match frame {
            0..=300 => ramp(1.0, 0.5, frame, 301),
            _ => 0.5,
        };
        assert!((f64::from(*x) - value.powi(3)).abs() < 1e-6, "{frame}");
    }
    let shared = &rig.controller.shared;
    assert_eq!(shared.track_pan(key(2)), Some(0.5));
    assert_eq!(shared.voice(voice).map(|voice| voice.gain), Some(0.5));
    // Targets that do not exist are counted.
    let stranger = EffectKey {
        index: 5,
        generation: 9,
    };
    let at = When::Frame(1_000);
    let target = Target::Effect(stranger, 0);
    reach(&mut rig, target, at, 0.5, Curve::Linear);
    rig.render(1);
    rig.act(NOW, Action::Cancel(target));
    rig.render(1);
    assert_eq!(rig.controller.shared.stale_commands(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: rig::cases(100), failure_persistence: None, ..ProptestConfig::default() })]

    /// Any list of points, by frames or by beats, sent at any time before: the value is a direct evaluation.
    #[test]
    fn any_list_of_points_is_followed(seed in any::<u32>(), size in 1..600usize) {
        let mut random = Random::new(u64::from(seed));
        let mut rig = playing();
        rig.act(NOW, Action::StartTransport);
        let start = random.below(300);
        rig.render(start as usize);
        let first = 0.5;
        let mut from = start + 50;
        let mut points = Vec::new();
        let by_frame = random.below(2) == 0;
        let by = |random: &mut Random, frame: u64| {
            if by_frame {
                When::Frame(frame)
            } else {
                // Anywhere that rounds to the frame.
                When::Beat(beats(frame as f64 + f64::from(random.signed()) * 0.49))
            }
        };
        let begin = by(&mut random, from);
        rig.act_at(begin, jump(VOLUME, first));
        for _ in 0..8 {
            let at = from + 1 + random.below(900);
            let value = 0.125 + random.below(100) as f64 / 32.0;
            let curve = [Curve::Linear, Curve::Exponential, Curve::Step][random.below(3) as usize];
            let when = by(&mut random, at);
            reach(&mut rig, VOLUME, when, value, curve);
            points.push((at as usize, value, curve));
            from = at;
        }
        let out = rig.render_in(&cut(8_000, &[size]));
        let out: Vec<f32> = out.chunks_exact(2).map(|pair| pair[0]).collect();
        let expected = course(first, start as usize + 50, &points, 8_300);
        compare(&out[50..], &expected[start as usize + 50..]);
    }
}
