//! What is heard while connections change: crossfades, circles that wait, ends.

use crate::rig;

use noxrun_engine::{Action, EdgeKey, Event, MASTER, Target, TrackKey};
use rig::effects::Ear;
use rig::{NOW, PAUSE, Rig, connect, constant, cut, key, ramp, small};

/// Frames of a crossfade.
const FADE: usize = PAUSE as usize;

fn gone(key: TrackKey) -> TrackKey {
    TrackKey {
        generation: key.generation + 1,
        ..key
    }
}

/// Lets a track feed another one from its first frame on, instead of the master.
fn feed(rig: &mut Rig, place: u32, from: u32, to: u32) -> EdgeKey {
    let output = rig.outputs[from as usize];
    rig.act(NOW, Action::Disconnect(output));
    rig.connect(place, key(from), key(to))
}

fn volume(rig: &mut Rig, track: u32, value: f64) {
    rig.set(NOW, Target::TrackVolume(key(track)), value, 0);
}

/// Greatest difference between one frame and the next.
fn steepest(out: &[f32]) -> f32 {
    out.windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max)
}

/// From the master to a bus of half the volume: each is there by its share, on every frame.
#[test]
fn another_route_is_gone_over_to_linearly_in_10_ms() {
    let mut rig = Rig::new(&small());
    volume(&mut rig, 2, 0.5);
    rig.play(0, 1, &constant(2, 5_000, 1.0), 1.0);
    let output = rig.outputs[1];
    let new = rig.edge(10);
    rig.stage(NOW, Action::Disconnect(output));
    rig.stage(NOW, connect(new, key(1), key(2), 1.0));
    rig.commit(1_000);
    let out = rig.render_in(&cut(2_000, &[333]));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        let expected = match frame.checked_sub(1_000) {
            None => 1.0,
            Some(k) => {
                let old = ramp(1.0, 0.0, k, FADE) as f32;
                let new = ramp(0.0, 1.0, k, FADE) as f32;
                old + new * 0.5
            }
        };
        assert_eq!(pair, [expected; 2], "frame {frame}");
    }
    assert!(rig.is_gone(output) && !rig.is_gone(new));
    let ends = rig.reports.iter();
    let ends = ends.filter(|event| **event == Event::EdgeGone(output));
    assert_eq!(ends.count(), 1);
}

#[test]
fn sound_that_is_the_same_on_both_routes_keeps_its_level() {
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &constant(2, 5_000, 1.0), 1.0);
    rig.render(100);
    let output = rig.outputs[1];
    rig.act(500, Action::Disconnect(output));
    let new = rig.edge(10);
    rig.act(500, connect(new, key(1), key(2), 1.0));
    for (frame, x) in rig.render(1_000).iter().enumerate() {
        assert!((x - 1.0).abs() <= f32::EPSILON, "frame {frame}: {x}");
    }
}

#[test]
fn a_route_that_is_left_while_it_comes_goes_from_where_it_is() {
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &constant(2, 5_000, 1.0), 1.0);
    rig.render(10);
    let send = rig.edge(10);
    rig.act(100, connect(send, key(1), key(2), 1.0));
    rig.act(130, Action::Disconnect(send));
    let out = rig.render_channel(400, 0);
    for (k, x) in out.iter().enumerate() {
        let frame = k + 10;
        let reached = ramp(0.0, 1.0, 29, FADE);
        let send = match frame {
            0..100 => 0.0,
            100..130 => ramp(0.0, 1.0, frame - 100, FADE),
            _ => ramp(reached, 0.0, frame - 130, FADE),
        };
        assert_eq!(*x, 1.0 + send as f32, "frame {frame}");
    }
    assert!(rig.is_gone(send));
}

/// A → B → master becomes B → A → master on one frame.
#[test]
fn two_buses_that_change_places_never_sound_in_a_circle() {
    let mut rig = Rig::new(&small());
    let (a, b) = (key(1), key(2));
    let old = feed(&mut rig, 10, 1, 2);
    let b_out = rig.outputs[2];
    volume(&mut rig, 1, 0.5);
    volume(&mut rig, 2, 0.25);
    let ears = [Ear::new(2, 4_000), Ear::new(2, 4_000)];
    rig.tap(NOW, (0, key(1)), ears[0].clone());
    rig.tap(NOW, (1, key(2)), ears[1].clone());
    rig.play(0, 1, &constant(2, 9_000, 0.5), 1.0);
    rig.play(0, 2, &constant(2, 9_000, 0.5), 1.0);
    for action in [
        Action::Disconnect(old),
        Action::Disconnect(b_out),
        connect(rig.edge(11), b, a, 1.0),
        connect(rig.edge(12), a, MASTER, 1.0),
    ] {
        rig.stage(NOW, action);
    }
    rig.commit(1_000);
    let out = rig.render_in(&cut(3_000, &[250]));
    let left: Vec<f32> = out.chunks_exact(2).map(|pair| pair[0]).collect();
    assert_eq!(left[999], (0.5 * 0.5 + 0.5) * 0.25);
    assert_eq!(left[1_500..], [(0.5 * 0.25 + 0.5) * 0.5; 1_500]);
    assert!(rig.is_gone(old) && rig.is_gone(b_out));
    // Nothing is louder than in either order, nothing jumps, and everything is over in 20 ms.
    assert!(left.iter().all(|x| *x <= 0.3125));
    assert!(steepest(&left[900..1_500]) <= 1.0 / FADE as f32);
    assert!(left[1_000 + 2 * FADE..].iter().all(|x| *x == 0.3125));
    // While the old way is there the new one is not.
    let (heard_a, heard_b) = (ears[0].heard(0), ears[1].heard(0));
    for frame in 0..3_000 {
        let from_a = match frame {
            0..1_000 => 1.0,
            _ => ramp(1.0, 0.0, frame - 1_000, FADE),
        };
        let from_b = match frame {
            0..1_080 => 0.0,
            _ => ramp(0.0, 1.0, frame - 1_080, FADE),
        };
        let a = (0.5 + 0.125 * from_b as f32) * 0.5;
        let b = (0.5 + 0.25 * from_a as f32) * 0.25;
        assert_eq!(heard_a[frame], a, "A, frame {frame}");
        assert_eq!(heard_b[frame], b, "B, frame {frame}");
    }
}

#[test]
fn a_connection_that_would_close_a_circle_waits_until_the_circle_is_open() {
    let mut rig = Rig::new(&small());
    let forth = rig.connect(10, key(1), key(2));
    let back = rig.connect(11, key(2), key(1));
    let own = rig.connect(12, key(3), key(3));
    rig.play(0, 1, &constant(2, 9_000, 0.25), 1.0);
    assert_eq!(rig.render_channel(500, 0), [0.5; 500]);
    // What waits can be taken back, and is then gone at once.
    rig.act(NOW, Action::Disconnect(own));
    rig.render(1);
    assert!(rig.is_gone(own) && !rig.is_gone(back));
    rig.act(NOW, Action::Disconnect(forth));
    rig.render(FADE);
    rig.play(NOW, 2, &constant(2, 9_000, 0.125), 1.0);
    rig.render(FADE);
    assert_eq!(rig.render_channel(100, 0), [0.5; 100]);
}

#[test]
fn the_gain_of_a_connection_that_waits_goes_on_in_time() {
    let mut rig = Rig::new(&small());
    let forth = feed(&mut rig, 10, 1, 2);
    rig.play(0, 2, &constant(2, 9_000, 1.0), 1.0);
    rig.render(100);
    let back = rig.edge(11);
    rig.act(200, Action::Disconnect(forth));
    rig.act(200, Action::Disconnect(rig.outputs[2]));
    rig.act(200, connect(back, key(2), key(1), 1.0));
    rig.connect(12, key(1), MASTER);
    rig.set(210, Target::EdgeGain(back), 0.0, 1_000);
    let out = rig.render_channel(2_000, 0);
    for frame in 200 + 2 * FADE..2_000 {
        let expected = ramp(1.0, 0.0, frame - 210, 1_000) as f32;
        assert_eq!(out[frame - 100], expected, "frame {frame}");
    }
}

#[test]
fn connections_of_tracks_that_are_not_in_service_are_gone_at_once() {
    let mut rig = Rig::new(&small());
    let shared = rig.controller.shared.clone();
    let edges = [
        rig.connect(20, key(50), MASTER),
        rig.connect(21, key(1), key(50)),
        rig.connect(22, gone(key(1)), MASTER),
        rig.connect(23, key(1), gone(MASTER)),
        rig.connect(24, key(4_000_000), MASTER),
    ];
    rig.render(1);
    for edge in edges {
        assert!(rig.is_gone(edge), "{edge:?}");
    }
    assert_eq!(shared.stale_commands(), 5);
    rig.act(NOW, Action::Disconnect(edges[0]));
    rig.set(NOW, Target::EdgeGain(edges[0]), 0.5, 0);
    rig.render(1);
    assert_eq!(shared.stale_commands(), 6);
}

#[test]
fn a_connection_that_was_never_heard_ends_at_once() {
    let mut rig = Rig::new(&small());
    // In the same block as it was made, and on a track that has rendered nothing.
    let fresh = rig.connect(20, key(1), key(2));
    rig.controller_settles();
    rig.act(NOW, Action::Disconnect(fresh));
    rig.controller_settles();
    assert!(rig.is_gone(fresh));
    rig.render(10);
    // On a track that has.
    let unheard = rig.connect(20, key(1), key(2));
    rig.act(NOW, Action::Disconnect(unheard));
    rig.controller_settles();
    assert!(rig.is_gone(unheard));
    let heard = rig.connect(20, key(1), key(2));
    rig.render(1);
    rig.act(NOW, Action::Disconnect(heard));
    rig.render(FADE - 1);
    assert!(!rig.is_gone(heard));
    rig.render(2);
    assert!(rig.is_gone(heard));
}
