//! Loops and seeks of the transport: seamless, and what they pass, repeat, skip and hold.

use crate::beats;
use crate::rig;

use beats::{beat_frames, marker, play, running};
use noxrun_engine::{Action, EndReason, Event, PlaySpec, Target, When};
use rig::{NOW, Random, Rig, add_effect, connect, constant, cut, jump, key, small};
use std::sync::Arc;

/// 377.95 frames a pass: thousands of passes keep to the exact sum, not to a sum of rounded ones.
#[test]
fn a_loop_does_not_drift_over_thousands_of_passes() {
    let mut rig = running(127.0);
    rig.act(NOW, Action::Loop(Some((2.0, 2.1))));
    let length = 0.1 * beat_frames(127.0);
    let start = 2.0 * beat_frames(127.0);
    let passes = 3_000u64;
    // One for the start of the loop and one for a place within it, sent again for each pass.
    for pass in 0..passes {
        marker(&mut rig, 2.0, 3 * pass);
        marker(&mut rig, 2.0375, 3 * pass + 1);
        marker(&mut rig, 2.09, 3 * pass + 2);
        // To behind the last marker of the pass, and before the first of the next.
        let end = (start + (pass as f64 + 0.9) * length).round() as u64 + 1;
        let now = rig.renderer.frame();
        rig.render((end - now) as usize);
        for (offset, beat) in [(0, 0.0), (1, 0.375), (2, 0.9)] {
            let exact = start + (pass as f64 + beat) * length;
            let Some(Some(frame)) = rig.marker(3 * pass + offset) else {
                panic!("pass {pass}, {beat}: {:?}", rig.marker(3 * pass + offset));
            };
            let error = (frame as f64 - exact).abs();
            assert!(
                error <= 0.5 + 1e-5,
                "pass {pass}, {beat}: {frame}, not {exact}"
            );
        }
        rig.reports.clear();
    }
}

#[test]
fn a_loop_is_seamless() {
    let mut rig = running(120.0);
    rig.act(NOW, Action::Loop(Some((0.0, 1.0))));
    // A sound of the loop's length, sent again in each pass for its start.
    let ramp: Vec<f32> = (0..4_000).map(|n| n as f32 / 8_192.0).collect();
    let sample = rig::sound(vec![ramp.clone(), ramp]);
    let mut out = Vec::new();
    for _ in 0..4 {
        let spec = PlaySpec::new(Arc::clone(&sample), key(1));
        rig.play_spec(When::Beat(0.0), false, spec);
        out.extend(rig.render_in(&[1_000, 3_000]));
    }
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        // The first is there from the first frame on.
        let expected = (frame % 4_000) as f32 / 8_192.0;
        assert_eq!(pair, [expected; 2], "frame {frame}");
    }
}

#[test]
fn a_beat_of_the_loop_that_was_passed_comes_by_in_the_next_pass() {
    let mut rig = running(120.0);
    rig.act(NOW, Action::Loop(Some((1.0, 3.0))));
    rig.render(10_000);
    marker(&mut rig, 2.0, 0);
    marker(&mut rig, 1.0, 1);
    // Beyond the loop: not while it goes round.
    marker(&mut rig, 3.0, 2);
    marker(&mut rig, 3.5, 3);
    rig.render_in(&cut(20_000, &[999]));
    assert_eq!(rig.marker(0), Some(Some(16_000)));
    assert_eq!(rig.marker(1), Some(Some(12_000)));
    assert_eq!((rig.marker(2), rig.marker(3)), (None, None));
    assert_eq!(rig.controller.shared.late_events(), 0);
    // Now at beat 1.5 of the loop: without it, beats 3 and 3.5 come.
    rig.act(NOW, Action::Loop(None));
    rig.render(10_000);
    assert_eq!(rig.marker(2), Some(Some(36_000)));
    assert_eq!(rig.marker(3), Some(Some(38_000)));
}

#[test]
fn a_position_beyond_the_loop_runs_on() {
    let mut rig = running(120.0);
    rig.render(14_000);
    rig.act(NOW, Action::Loop(Some((1.0, 3.0))));
    marker(&mut rig, 3.5, 0);
    marker(&mut rig, 4.0, 1);
    marker(&mut rig, 2.0, 2);
    rig.render(4_000);
    assert_eq!(rig.marker(0), Some(Some(14_000)));
    assert_eq!(rig.marker(1), Some(Some(16_000)));
    // It will not come by: it is late.
    assert_eq!(rig.marker(2), Some(Some(14_000)));
    assert_eq!(rig.controller.shared.transport().looped, None);
}

#[test]
fn a_loop_that_is_too_short_for_the_tempo_is_none_and_is_not_caught_up_with() {
    let mut rig = running(60_000.0);
    rig.act(NOW, Action::Loop(Some((0.0, 0.1))));
    rig.render(8_000);
    // 60,000 beats a minute are 1,000 beats a second; the loop would last 0.8 frames.
    let reading = rig.controller.shared.transport();
    assert_eq!((reading.beat, reading.looped), (1_000.0, None));
    rig.act(NOW, Action::Tempo(60.0));
    marker(&mut rig, 1_000.5, 0);
    rig.render(8_000);
    assert_eq!(rig.controller.shared.transport().beat, 1_001.0);
    assert_eq!(rig.marker(0), Some(Some(12_000)));
}

#[test]
fn a_seek_forward_drops_what_it_skips() {
    let mut rig = running(120.0);
    let skipped = play(&mut rig, 1.0);
    let stopped = play(&mut rig, 1.0);
    let at_target = play(&mut rig, 4.0);
    marker(&mut rig, 2.0, 0);
    marker(&mut rig, 4.0, 1);
    let set = jump(Target::TrackVolume(key(1)), 0.0);
    rig.act_at(When::Beat(3.0), set);
    // One that has ended already is not meant by the skip.
    rig.stop(100, stopped, 0);
    let done = rig.controller.shared.events_done();
    rig.act(2_345, Action::SeekTransport(4.0));
    let out = rig.render_in(&cut(3_000, &[501]));
    assert_eq!(rig.ended(stopped), Some((100, EndReason::Stopped)));
    assert_eq!(rig.ended(skipped), Some((2_345, EndReason::Stopped)));
    assert_eq!((rig.started(skipped), rig.marker(0)), (None, Some(None)));
    assert_eq!(rig.started(at_target), Some(2_345));
    assert_eq!(rig.marker(1), Some(Some(2_345)));
    assert_eq!(out[2 * 2_345], 0.5);
    // Everything has been accounted for: three voices, two markers, a value, a stop and the seek.
    assert_eq!(rig.controller.shared.events_done() - done, 8);
    assert_eq!(rig.controller.shared.stale_commands(), 0);
    let ends = rig.reports.iter();
    let ends =
        ends.filter(|event| matches!(event, Event::Ended { voice, .. } if *voice == stopped));
    assert_eq!(ends.count(), 1);
}

#[test]
fn a_seek_backward_lets_what_waits_wait_longer() {
    let mut rig = running(120.0);
    marker(&mut rig, 3.0, 0);
    rig.act(10_000, Action::SeekTransport(0.5));
    rig.act(12_000, Action::SeekTransport(0.5));
    rig.render_in(&cut(30_000, &[2_048]));
    assert_eq!(rig.marker(0), Some(Some(22_000)));
}

#[test]
fn what_was_sent_behind_a_stopped_transport_waits_for_a_seek_back() {
    let mut rig = Rig::new(&small());
    rig.act(NOW, Action::SeekTransport(4.0));
    rig.render(100);
    marker(&mut rig, 2.0, 0);
    marker(&mut rig, 1.0, 1);
    marker(&mut rig, 5.0, 2);
    rig.render(100);
    rig.act(200, Action::SeekTransport(1.5));
    rig.act(200, Action::StartTransport);
    rig.render_in(&cut(20_000, &[128]));
    assert_eq!(rig.marker(0), Some(Some(2_200)));
    assert_eq!(rig.marker(1), None);
    assert_eq!(rig.marker(2), Some(Some(14_200)));
    rig.act(NOW, Action::SeekTransport(0.0));
    rig.render(5_000);
    assert_eq!(rig.marker(1), Some(Some(24_200)));
}

/// What others have keys of is not lost: it takes effect when its beat is skipped.
#[test]
fn a_skipped_batch_changes_what_the_engine_is_made_of() {
    let mut rig = running(120.0);
    rig.render(10);
    let effect = rig.effect(0, rig::effects::Affine(2.0, 0.0), &[]);
    let output = rig.outputs[2];
    let edge = rig.edge(20);
    let voice = rig.play_as(NOW, true, 1, &constant(2, 100, 0.5), 1.0);
    for action in [
        add_effect(effect, 1),
        Action::Disconnect(output),
        connect(edge, key(2), key(1), 1.0),
        Action::RemoveTrack(key(3)),
        Action::Gate {
            track: key(4),
            open: false,
        },
        jump(Target::TrackVolume(key(4)), 0.0),
    ] {
        rig.stage(NOW, action);
    }
    rig.commit_at(When::Beat(2.0));
    rig.render(10);
    rig.act(NOW, Action::SeekTransport(3.0));
    rig.render(1_000);
    assert_eq!(rig.ended(voice), Some((20, EndReason::Stopped)));
    assert!(rig.is_gone(output) && rig.is_gone(rig.outputs[3]));
    assert!(rig.reports.contains(&Event::TrackGone(key(3))));
    rig.play(NOW, 2, &constant(2, 100, 0.25), 1.0);
    rig.play(NOW, 4, &constant(2, 100, 0.25), 1.0);
    // Track 2 goes through track 1 and its effect; track 4 is closed.
    assert_eq!(rig.render_channel(100, 0), [0.5; 100]);
    // The value was dropped.
    assert_eq!(rig.controller.shared.track_volume(key(4)), Some(1.0));
    rig.act(NOW, Action::RemoveEffect(effect));
    rig.render(100);
    assert_eq!(rig.effects_back, [effect]);
}

#[test]
fn a_transport_reading_foretells_the_position_through_loops() {
    let mut rig = running(127.0);
    rig.act(NOW, Action::Loop(Some((0.5, 1.25))));
    let mut random = Random::new(4);
    let mut readings = Vec::new();
    for _ in 0..60 {
        rig.render(1 + random.below(700) as usize);
        readings.push(rig.controller.shared.transport());
    }
    let per_beat = beat_frames(127.0);
    for (index, reading) in readings.iter().enumerate() {
        let beats = reading.frame as f64 / per_beat;
        let expected = if beats < 1.25 {
            beats
        } else {
            0.5 + (beats - 1.25) % 0.75
        };
        // A position within half a frame of the seam may be told on either side of it.
        let near = |a: f64, b: f64| {
            let error = (a - b).abs();
            error < 1e-9 || (error - 0.75).abs() < 0.5 / per_beat + 1e-9
        };
        assert!(near(reading.beat, expected), "{reading:?}: {expected}");
        assert!(reading.beat < 1.25);
        for later in &readings[index..] {
            let told = reading.beat_at(later.frame);
            assert!(near(told, later.beat), "{reading:?} to {later:?}: {told}");
        }
    }
}

#[test]
fn a_reading_on_the_seam_of_a_loop_shows_its_start() {
    let mut rig = running(120.0);
    rig.act(NOW, Action::Loop(Some((1.0, 2.0))));
    rig.render(8_000);
    assert_eq!(rig.controller.shared.transport().beat, 1.0);
    rig.render(4_000);
    assert_eq!(rig.controller.shared.transport().beat, 1.0);
}

/// The loop ends at 7,999.7, which is frame 8,000: there it is a little beyond its end when it is
/// stopped, by a command that comes before a beat of the loop.
#[test]
fn a_transport_that_is_stopped_on_the_seam_of_its_loop_goes_on_in_it() {
    let mut rig = running(120.0);
    let end = 7_999.7 / 4_000.0;
    rig.act(NOW, Action::Loop(Some((1.0, end))));
    rig.act(8_000, Action::StopTransport);
    marker(&mut rig, 7_999.6 / 4_000.0, 0);
    marker(&mut rig, 1.0, 1);
    marker(&mut rig, end, 2);
    rig.render(9_000);
    assert_eq!(rig.marker(0), None);
    rig.act(10_000, Action::StartTransport);
    rig.render(1_500);
    marker(&mut rig, 1.0, 3);
    rig.render(9_500);
    assert_eq!(rig.marker(0), Some(Some(10_000)));
    // It went on 0.3 frames into the pass, which takes 3,999.7.
    assert_eq!((rig.marker(2), rig.marker(3)), (None, Some(Some(13_999))));
}
