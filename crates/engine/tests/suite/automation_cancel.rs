//! What a cancel drops of an automation, what it leaves, and the value that it holds.

use crate::points;
use crate::rig;

use noxrun_engine::{Action, Curve, Target, When};
use points::{VOLUME, beats, compare, linear, playing, reach};
use rig::{NOW, jump, key, ramp};

#[test]
fn a_cancel_drops_what_comes_later_and_holds_the_value_where_it_is() {
    let mut rig = playing();
    linear(&mut rig, 999, 0.5);
    linear(&mut rig, 1_999, 0.25);
    rig.act(2_500, jump(VOLUME, 2.0));
    // It does not touch another parameter, nor what is sent after it.
    rig.act(2_500, jump(Target::TrackPan(key(1)), -1.0));
    rig.act(1_499, Action::Cancel(VOLUME));
    rig.act(3_000, jump(VOLUME, 1.5));
    let out = rig.render_channel(3_100, 0);
    for (frame, x) in out[..2_500].iter().enumerate() {
        let expected = match frame {
            0..1_000 => ramp(1.0, 0.5, frame, 1_000),
            1_000..1_499 => ramp(0.5, 0.25, frame - 1_000, 1_000),
            // The value of the frame before.
            _ => ramp(0.5, 0.25, 498, 1_000),
        };
        assert_eq!(*x, expected as f32, "frame {frame}");
    }
    let held = ramp(0.5, 0.25, 498, 1_000);
    let left = std::f64::consts::SQRT_2;
    assert!((f64::from(out[2_600]) - held * left).abs() < 1e-6);
    assert!((f64::from(out[3_050]) - 1.5 * left).abs() < 1e-6);
}

#[test]
fn a_cancel_of_now_drops_everything_that_was_sent_before() {
    let mut rig = playing();
    rig.act(NOW, Action::StartTransport);
    linear(&mut rig, 999, 0.5);
    linear(&mut rig, 1_999, 0.25);
    rig.act_at(When::Beat(0.75), jump(VOLUME, 2.0));
    rig.act(3_500, jump(VOLUME, 2.0));
    rig.render(500);
    let held = ramp(1.0, 0.5, 499, 1_000) as f32;
    let done = rig.controller.shared.events_done();
    rig.act(NOW, Action::Cancel(VOLUME));
    assert_eq!(rig.render_channel(4_000, 0), [held; 4_000]);
    // What was dropped gave its room back, and it counts itself.
    assert_eq!(rig.controller.shared.events_done() - done, 4);
}

#[test]
fn a_cancel_drops_a_point_that_waits_for_a_ramp_under_way() {
    let mut rig = playing();
    rig.render(10);
    rig.set(NOW, VOLUME, 0.0, 400);
    linear(&mut rig, 1_009, 1.0);
    rig.render(100);
    rig.act(NOW, Action::Cancel(VOLUME));
    let held = ramp(1.0, 0.0, 99, 400);
    compare(&rig.render_channel(1_500, 0), &[held; 1_500]);
}

#[test]
fn a_cancel_leaves_what_comes_before_its_time() {
    let mut rig = playing();
    rig.act(NOW, Action::StartTransport);
    rig.controller_settles();
    rig.act(400, jump(VOLUME, 0.5));
    rig.act_at(When::Beat(beats(450.0)), jump(VOLUME, 0.25));
    rig.act(500, jump(VOLUME, 2.0));
    rig.act_at(When::Beat(beats(600.0)), jump(VOLUME, 3.0));
    rig.act(500, Action::Cancel(VOLUME));
    let out = rig.render_channel(1_000, 0);
    assert_eq!((out[399], out[400], out[450]), (1.0, 0.5, 0.25));
    assert_eq!(out[450..], [0.25; 550]);
}

#[test]
fn a_cancel_from_a_beat_goes_by_the_beats() {
    let mut rig = playing();
    for (beat, value) in [(0.1, 0.5), (0.2, 0.25), (0.3, 2.0)] {
        rig.act_at(When::Beat(beat), jump(VOLUME, value));
    }
    // By frames, and the transport stands: they do not meet.
    rig.act(5_000, jump(VOLUME, 0.75));
    rig.act_at(When::Beat(0.2), Action::Cancel(VOLUME));
    rig.act(1_000, Action::StartTransport);
    let out = rig.render_channel(6_000, 0);
    assert_eq!((out[1_399], out[1_400]), (1.0, 0.5));
    assert_eq!((out[4_999], out[5_000]), (0.5, 0.75));
}

#[test]
fn a_cancel_drops_what_waits_for_the_next_pass_of_a_loop() {
    let mut rig = playing();
    rig.act(NOW, Action::Loop(Some((0.0, 0.5))));
    rig.act(NOW, Action::StartTransport);
    rig.render(1_000);
    // It comes by at frame 2,400.
    rig.act_at(When::Beat(0.1), jump(VOLUME, 0.5));
    rig.render(100);
    rig.act(2_000, Action::Cancel(VOLUME));
    assert_eq!(rig.render_channel(4_000, 0), [1.0; 4_000]);
}

#[test]
fn a_hold_ends_a_way_that_waits_for_a_ramp_as_well() {
    let mut rig = playing();
    rig.set(1_000, VOLUME, 0.5, 800);
    linear(&mut rig, 3_000, 0.25);
    rig.act(1_500, Action::Cancel(VOLUME));
    let out = rig.render_channel(4_000, 0);
    // The way to 3,000 would begin at 1,800, when the ramp is over.
    let held = out[1_499];
    assert!(held > 0.5 && held < 1.0);
    assert_eq!(out[1_500..], [held; 2_500]);
}

#[test]
fn a_point_that_a_cancel_cut_short_is_reached_from_nothing_more() {
    for at in [2_000, 2_500] {
        let mut rig = playing();
        linear(&mut rig, 2_500, 0.5);
        rig.act(at, Action::Cancel(VOLUME));
        rig.render(500);
        reach(&mut rig, VOLUME, When::Frame(1_000), 2.0, Curve::Step);
        let out = rig.render_channel(3_000, 0);
        // From frame 500 on.
        assert_eq!(out[500..], [2.0; 2_500], "{at}");
    }
}
