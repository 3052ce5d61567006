//! Who feeds whom: sums, sends, chains of buses, and what is heard while connections change.

mod rig;

use noxrun_engine::{Action, Curve, EdgeKey, EngineConfig, Event, MASTER, Target, TrackKey};
use rig::effects::Ear;
use rig::{
    NOW, PAUSE, Random, Rig, add_track, coarse, connect, constant, cut, jump, key, ramp, small,
    sound,
};

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

#[test]
fn a_bus_is_the_sum_of_what_feeds_it_bit_for_bit() {
    let mut rig = Rig::new(&small());
    let contents: Vec<_> = (1..=3).map(|n| coarse(n, 2, 2_000)).collect();
    for track in 1..=3 {
        feed(&mut rig, 10 + track, track, 4);
        let content = &contents[track as usize - 1];
        rig.play(0, track, &sound(content.clone()), 1.0);
    }
    let out = rig.render_in(&cut(2_000, &[300, 7, 64]));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        for channel in 0..2 {
            let sum: f32 = contents.iter().map(|content| content[channel][frame]).sum();
            assert_eq!(pair[channel].to_bits(), sum.to_bits(), "frame {frame}");
        }
    }
}

#[test]
fn a_send_leaves_after_the_fader_with_the_gain_of_each_frame() {
    let content = coarse(5, 2, 3_000);
    let mut rig = Rig::new(&small());
    feed(&mut rig, 10, 1, 4);
    let send = rig.edge(11);
    rig.act(NOW, connect(send, key(1), key(3), 0.5));
    volume(&mut rig, 4, 0.0);
    rig.play(0, 1, &sound(content.clone()), 1.0);
    rig.set(100, Target::TrackVolume(key(1)), 0.3, 700);
    rig.set(1_500, Target::EdgeGain(send), 1.7, 333);
    rig.act(2_500, jump(Target::EdgeGain(send), 0.25));
    let out = rig.render_in(&cut(3_000, &[97]));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        let fader = match frame {
            0..100 => 1.0,
            _ => ramp(1.0, 0.3, frame - 100, 700),
        };
        let send = match frame {
            0..1_500 => 0.5,
            1_500..2_500 => ramp(0.5, 1.7, frame - 1_500, 333),
            _ => 0.25,
        };
        for channel in 0..2 {
            let expected = content[channel][frame] * fader as f32 * send as f32;
            assert_eq!(pair[channel].to_bits(), expected.to_bits(), "frame {frame}");
        }
    }
}

#[test]
fn a_send_of_a_closed_track_is_silent() {
    let mut rig = Rig::new(&small());
    rig.connect(10, key(1), key(2));
    rig.play(0, 1, &constant(2, 500, 0.5), 1.0);
    let gate = Action::Gate {
        track: key(1),
        open: false,
    };
    rig.act(NOW, gate);
    assert_eq!(rig.render(500), [0.0; 1_000]);
}

#[test]
fn the_first_gain_of_a_send_is_there_at_once_and_a_later_one_by_its_ramp() {
    let mut rig = Rig::new(&small());
    volume(&mut rig, 1, 1.0);
    let send = feed(&mut rig, 10, 1, 2);
    rig.set(NOW, Target::EdgeGain(send), 0.25, 40);
    rig.play(0, 1, &constant(2, 500, 1.0), 1.0);
    let out = rig.render_channel(100, 0);
    assert_eq!(out, [0.25; 100]);
    assert_eq!(rig.controller.shared.edge_gain(send), Some(0.25));
    rig.set(NOW, Target::EdgeGain(send), 1.25, 40);
    let out = rig.render_channel(100, 0);
    for (k, x) in out.iter().enumerate() {
        assert_eq!(*x, ramp(0.25, 1.25, k, 40) as f32, "frame {k}");
    }
    assert_eq!(rig.controller.shared.edge_gain(send), Some(1.25));
}

#[test]
fn five_buses_in_a_row_pass_sound_within_the_frame_in_any_order_of_places() {
    for order in [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [3, 5, 1, 4, 2]] {
        let mut rig = Rig::new(&EngineConfig {
            max_tracks: 5,
            ..small()
        });
        for (place, pair) in order.windows(2).enumerate() {
            feed(&mut rig, 20 + place as u32, pair[0], pair[1]);
        }
        for track in 1..=5 {
            volume(&mut rig, track, 0.5);
        }
        let content = coarse(9, 2, 600);
        rig.play(0, order[0], &sound(content.clone()), 1.0);
        rig.play(0, order[4], &sound(content.clone()), 1.0);
        let out = rig.render_in(&cut(600, &[256, 1]));
        for (frame, pair) in out.chunks_exact(2).enumerate() {
            for channel in 0..2 {
                let x = content[channel][frame];
                let expected = x / 32.0 + x / 2.0;
                assert_eq!(pair[channel], expected, "{order:?}, frame {frame}");
            }
        }
    }
}

#[test]
fn a_track_that_feeds_another_on_two_ways_is_heard_twice() {
    let mut rig = Rig::new(&small());
    feed(&mut rig, 10, 1, 2);
    rig.connect(11, key(1), key(3));
    feed(&mut rig, 12, 2, 4);
    feed(&mut rig, 13, 3, 4);
    rig.play(0, 1, &constant(2, 500, 0.25), 1.0);
    assert_eq!(rig.render(500), [0.5; 1_000]);
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
    assert_eq!(shared.stale_commands(), 7);
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

#[test]
fn five_hundred_tracks_are_made_and_connected_in_one_block() {
    let mut rig = Rig::bare(&EngineConfig {
        control_capacity: 4_096,
        max_tracks: 500,
        max_voices: 500,
        max_events: 4_096,
        ..small()
    });
    // Each feeds the one before it, so the highest place is worked first.
    for track in 1..=500 {
        rig.act(NOW, add_track(track));
        rig.connect(track, key(track), key(track - 1));
        rig.play(NOW, track, &constant(2, 500, 1.0 / 1_024.0), 1.0);
    }
    // One that closes a circle holds none of them up.
    rig.connect(501, key(7), key(300));
    assert_eq!(rig.render(300), [500.0 / 1_024.0; 600]);
}

#[test]
fn gains_of_connections_take_effect_on_their_frames() {
    let mut random = Random::new(3);
    let mut rig = Rig::new(&small());
    let send = feed(&mut rig, 10, 1, 2);
    rig.play(0, 1, &constant(2, 9_000, 1.0), 1.0);
    let mut value = 1.0;
    let mut expected = vec![0.0; 5_000];
    let mut frame = 0;
    while frame < 5_000 {
        let next = (frame + 1 + random.below(400) as usize).min(5_000);
        expected[frame..next].fill(value as f32);
        value = random.below(64) as f64 / 16.0;
        rig.act(next as u64, jump(Target::EdgeGain(send), value));
        frame = next;
    }
    let out = rig.render_in(&cut(5_000, &[129, 1_000]));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        assert_eq!(pair, [expected[frame]; 2], "frame {frame}");
    }
}

#[test]
fn an_exponential_gain_of_a_connection_follows_its_formula() {
    let mut rig = Rig::new(&small());
    let send = feed(&mut rig, 10, 1, 2);
    rig.play(0, 1, &constant(2, 9_000, 1.0), 1.0);
    let action = Action::Set {
        target: Target::EdgeGain(send),
        value: 0.01,
        frames: 500,
        curve: Curve::Exponential,
    };
    rig.act(100, action);
    let out = rig.render_channel(1_000, 0);
    for k in 0..500 {
        let expected = 0.01f64.powf((f64::from(k) + 1.0) / 500.0);
        let value = f64::from(out[100 + k as usize]);
        assert!((value / expected - 1.0).abs() < 1e-7, "frame {k}");
    }
    assert_eq!(out[999], 0.01);
}
