//! A track that a non-finite sample closed, behind what delays: it comes back as it would have gone
//! on, by the gate's ramp, without a hole and without a click.

use crate::rig;

use noxrun_engine::{Action, DelayPlace, EngineConfig};
use rig::effects::Ahead;
use rig::{NOW, Rig, constant, cut, key, small, sound};

/// Frames by which something looks ahead: far longer than the gate's ramp.
const AHEAD: usize = 1_000;
/// The gate's 5 ms.
const GATE: usize = 40;
const LEVEL: f32 = 0.5;

/// Tracks 1 and 2; 1 feeds 2, which feeds the master.
fn rig() -> Rig {
    let mut rig = Rig::bare(&EngineConfig {
        max_tracks: 2,
        ..small()
    });
    for track in 1..=2 {
        rig.act(NOW, rig::add_track(track));
    }
    let edges = [
        rig.connect(0, key(1), key(2)),
        rig.connect(1, key(2), key(0)),
    ];
    for edge in edges {
        rig.line(DelayPlace::Edge(edge), 2 * AHEAD);
    }
    rig.line(DelayPlace::Voices(key(2)), 2 * AHEAD);
    rig.line(DelayPlace::Voices(key(0)), 2 * AHEAD);
    rig
}

/// Plays a steady level on track 2 and, for one frame, what closes it; opens it long after that.
fn check(mut rig: Rig, what: &str) {
    rig.play(0, 2, &constant(2, 20_000, LEVEL), 1.0);
    rig.play(100, 2, &sound(vec![vec![f32::NAN]; 2]), 1.0);
    let (track, open) = (key(2), true);
    rig.act(5_000, Action::Gate { track, open });
    let out = rig.render_in(&cut(9_000, &[256, 100, 1]));
    let lane: Vec<f32> = out.chunks_exact(2).map(|pair| pair[0]).collect();
    let opens = 5_000 + AHEAD;
    for (frame, sample) in lane.iter().enumerate().skip(100 + AHEAD) {
        let expected = match frame.checked_sub(opens) {
            None => 0.0,
            Some(k) => LEVEL * ((k + 1) as f32 / GATE as f32).min(1.0),
        };
        assert!(
            (sample - expected).abs() < 1e-6,
            "{what}, frame {frame}: {sample}, expected {expected}"
        );
    }
}

#[test]
fn voices_that_wait_for_what_feeds_their_track_are_not_cut_out() {
    let mut rig = rig();
    rig.add_effect(NOW, (0, 1), Ahead::new(AHEAD, 2), &[1.0]);
    check(rig, "behind another track");
}

#[test]
fn the_sound_of_a_bypassed_effect_that_looks_ahead_is_not_cut_out() {
    let mut rig = rig();
    let effect = rig.add_effect(NOW, (0, 2), Ahead::new(AHEAD, 2), &[1.0]);
    rig.act(NOW, Action::Bypass { effect, on: true });
    check(rig, "bypassed");
}

#[test]
fn an_effect_that_looks_ahead_is_heard_again_when_it_has_something_to_say() {
    let mut rig = rig();
    rig.add_effect(NOW, (0, 2), Ahead::new(AHEAD, 2), &[1.0]);
    check(rig, "in use");
}
