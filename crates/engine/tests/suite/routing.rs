//! Who feeds whom: sums, sends, chains of buses, and their gains.

use crate::rig;

use noxrun_engine::{Action, Curve, EdgeKey, EngineConfig, Target};
use rig::{
    NOW, Random, Rig, add_track, coarse, connect, constant, cut, jump, key, ramp, small, sound,
};

/// Lets a track feed another one from its first frame on, instead of the master.
fn feed(rig: &mut Rig, place: u32, from: u32, to: u32) -> EdgeKey {
    let output = rig.outputs[from as usize];
    rig.act(NOW, Action::Disconnect(output));
    rig.connect(place, key(from), key(to))
}

fn volume(rig: &mut Rig, track: u32, value: f64) {
    rig.set(NOW, Target::TrackVolume(key(track)), value, 0);
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
