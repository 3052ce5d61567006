//! Seeks and pauses: where a voice goes on, and that nothing clicks.

use crate::player;

use noxrun_engine::{EndReason, PlaySpec};
use player::{FADE, Player, cut, mono, places, ramp, spec};
use std::f64::consts::TAU;
use std::sync::Arc;

#[test]
fn a_fade_does_not_go_on_in_a_pause() {
    let mut player = Player::new(1);
    let voice = player.play(
        0,
        PlaySpec {
            fade_in: 400,
            fade_out: 300,
            length: Some(1_000),
            ..spec(&mono(1_000, |_| 0.5))
        },
    );
    player.pause(150, voice);
    player.resume(500, voice);
    player.pause(1_200, voice);
    player.resume(1_300, voice);
    let out = player.render(&cut(2_000, &[90]));
    let own = |k: u64| {
        let k = k as usize;
        let fall = (k + 300).checked_sub(1_000);
        ramp(0.0, 1.0, k, 400) * fall.map_or(1.0, |k| ramp(1.0, 0.0, k, 300))
    };
    let passages = [(0, 0, 150), (500, 150, 1_200), (1_300, 850, 1_450)];
    for (since, first, until) in passages {
        for frame in since..until {
            let rise = if since == 0 {
                1.0
            } else {
                ramp(0.0, 1.0, (frame - since) as usize, FADE as usize)
            };
            let expected = 0.5 * own(first + frame - since) * rise;
            let value = out[frame as usize];
            assert!(
                (value - expected).abs() < 1e-7,
                "frame {frame}: {value} {expected}"
            );
        }
    }
    assert_eq!(player.ended(voice), Some((1_449, EndReason::Finished)));
}

/// Greatest second difference.
fn bend(out: &[f32]) -> f64 {
    let bends = out
        .windows(3)
        .map(|w| f64::from(w[0]) - 2.0 * f64::from(w[1]) + f64::from(w[2]));
    bends.fold(0.0, |most, bend| most.max(bend.abs()))
}

#[test]
fn a_seek_crosses_over_in_ten_milliseconds() {
    let place = |n: usize| (n as f64 * 0.37).sin() * 0.5;
    let mut player = Player::new(1);
    let voice = player.play(0, spec(&mono(9_000, |n| place(n as usize))));
    player.seek(1_000, voice, 5_000);
    player.seek(2_000, voice, 0);
    let out = player.render(&cut(3_000, &[77]));
    for (frame, x) in out.iter().enumerate() {
        let share = |since| ((frame - since + 1) as f64 / FADE as f64).min(1.0);
        let expected = match frame {
            0..1_000 => place(frame),
            1_000..2_000 => {
                place(frame) * (1.0 - share(1_000)) + place(frame + 4_000) * share(1_000)
            }
            _ => place(frame + 4_000) * (1.0 - share(2_000)) + place(frame - 2_000) * share(2_000),
        };
        assert!(
            (f64::from(*x) - expected).abs() < 1e-6,
            "frame {frame}: {x} {expected}"
        );
    }
    assert_eq!(player.ended(voice), None);
}

#[test]
fn seeks_pauses_and_resumes_do_not_click_at_any_speed() {
    // 100 Hz: half a period is 40 frames, and every jump is by an odd number of them.
    let frequency = 100.0 / 8_000.0;
    let sine = mono(40_000, |n| (TAU * frequency * n).sin() * 0.9);
    for rate in [1.0, 0.8, 1.3] {
        let mut player = Player::new(1);
        let voice = player.play(
            0,
            PlaySpec {
                rate,
                offset: 2_000,
                ..spec(&sine)
            },
        );
        player.seek(500, voice, 10_040);
        player.pause(1_010, voice);
        player.resume(1_050, voice);
        player.seek(1_100, voice, 20_000);
        player.pause(1_700, voice);
        player.seek(1_800, voice, 30_020);
        player.resume(1_900, voice);
        let out = player.render(&cut(2_500, &[64]));
        // A sine bends by its own share; a fade of n frames adds 2/n of its slope for each of the
        // two sounds, and at its corners 1/n of their values.
        let w = TAU * frequency * rate;
        let n = FADE as f64;
        let bound = 0.9 * (2.0 * w * w + 2.0 * 2.0 * w / n + 2.0 * 2.0 / n);
        let bend = bend(&out[1..]);
        assert!(bend < bound && bound < 0.25, "speed {rate}: {bend} {bound}");
    }
}

#[test]
fn a_seek_keeps_to_the_frame_and_to_the_state_of_its_voice() {
    let (sound, scale, _) = places(9_000);
    let place = |n: u64| (n as f64 * scale) as f32;
    let mut player = Player::new(1);
    // Sought while it waits, and again on the frame on which it starts: without a fade.
    let waiting = player.play(100, spec(&sound));
    player.seek(50, waiting, 1_000);
    let out = player.render(&[200]);
    assert_eq!(out[99], 0.0);
    assert_eq!(
        out[100..110],
        [
            1_000, 1_001, 1_002, 1_003, 1_004, 1_005, 1_006, 1_007, 1_008, 1_009
        ]
        .map(place)
    );
    let mut player = Player::new(1);
    let fresh = player.play(100, spec(&sound));
    player.seek(100, fresh, 2_000);
    let out = player.render(&[200]);
    assert_eq!(out[100..103], [2_000, 2_001, 2_002].map(place));
    // Sought in a pause it is silent until it goes on, from there.
    let mut player = Player::new(1);
    let paused = player.play(0, spec(&sound));
    player.pause(100, paused);
    player.seek(300, paused, 5_000);
    player.resume(500, paused);
    let out = player.render(&[1_000]);
    assert_eq!(out[200..500], [0.0; 300]);
    assert_eq!(out[500 + FADE as usize], place(5_000 + FADE));
}

#[test]
fn a_seek_beyond_the_end_ends_the_voice_after_the_fade() {
    let mut player = Player::new(1);
    let constant = mono(9_000, |_| 0.5);
    let sounding = player.play(0, spec(&constant));
    player.seek(100, sounding, 9_000);
    let fresh = player.play(400, spec(&constant));
    player.seek(400, fresh, u64::MAX);
    let paused = player.play(600, spec(&constant));
    player.pause(600, paused);
    player.seek(700, paused, 20_000);
    player.resume(800, paused);
    let out = player.render(&cut(1_000, &[64]));
    for (k, x) in out[100..400].iter().enumerate() {
        let expected = 0.5 * (1.0 - (k as f64 + 1.0) / FADE as f64).max(0.0);
        assert!((f64::from(*x) - expected).abs() < 1e-7, "{k}");
    }
    assert_eq!(out[400..], [0.0; 600]);
    let finished = |frame| Some((frame, EndReason::Finished));
    assert_eq!(player.ended(sounding), finished(100 + FADE - 1));
    assert_eq!(player.ended(fresh), finished(400));
    assert_eq!(player.ended(paused), finished(800));
}

#[test]
fn a_length_counts_on_after_a_seek() {
    let mut player = Player::new(1);
    let voice = player.play(
        0,
        PlaySpec {
            length: Some(1_000),
            repeat: Some((0, 300)),
            ..spec(&mono(9_000, |_| 0.5))
        },
    );
    player.seek(400, voice, 100);
    player.seek(600, voice, 5_000);
    player.render(&[2_000]);
    assert_eq!(player.ended(voice), Some((1_000, EndReason::Finished)));
}

#[test]
fn a_reading_shows_where_the_next_frame_is() {
    let sound = mono(9_000, |_| 0.1);
    let mut player = Player::new(1);
    let voice = player.play(
        0,
        PlaySpec {
            rate: 0.75,
            gain: 0.5,
            offset: 10,
            repeat: Some((100, 200)),
            ..spec(&sound)
        },
    );
    let shared = Arc::clone(&player.controller.shared);
    let seen = || {
        let reading = shared.voice(voice).expect("it sounds");
        (reading.position, reading.moving, reading.rate, reading.gain)
    };
    assert!(shared.voice(voice).is_none());
    player.render(&[100]);
    assert_eq!(seen(), (85.0, true, 0.75, 0.5));
    player.render(&[200]);
    assert_eq!(seen(), (135.0, true, 0.75, 0.5));
    player.pause(320, voice);
    player.render(&[200]);
    assert_eq!(seen(), (150.0, false, 0.75, 0.5));
    player.seek(0, voice, 42);
    player.render(&[1]);
    assert_eq!(seen(), (42.0, false, 0.75, 0.5));
    player.resume(0, voice);
    player.render(&[4]);
    assert_eq!(seen(), (45.0, true, 0.75, 0.5));
}
