//! Voices at speeds other than 1: how far they go, how long they last, how they fall.

use crate::player;

use noxrun_engine::{Action, Curve, EndReason, PlaySpec, Target, When};
use player::{Player, Random, cut, mono, places, ramp, sound, spec, step};

#[test]
fn a_voice_is_as_long_as_its_frames_divided_by_its_speed_rounded_up() {
    let sound = mono(1_003, |n| (n * 0.01).sin() * 0.5);
    let rates = [0.0625, 1.0 / 3.0, 0.5, 0.9, 1.0, 1.1, 1.5, 2.0, 3.7, 16.0];
    for rate in rates {
        for (offset, length) in [
            (0, None),
            (1, None),
            (500, None),
            (3, Some(100)),
            (990, Some(1)),
        ] {
            let mut player = Player::new(1);
            let voice = player.play(
                5,
                PlaySpec {
                    rate,
                    offset,
                    length,
                    ..spec(&sound)
                },
            );
            let out = player.render(&cut(17_000, &[256, 7]));
            let span = length.unwrap_or(1_003 - offset);
            let frames = (span << 32).div_ceil(step(rate));
            if [0.5, 2.0].contains(&rate) {
                assert_eq!(frames, (span as f64 / rate).ceil() as u64);
            }
            let end = Some((5 + frames, EndReason::Finished));
            assert_eq!(
                player.ended(voice),
                end,
                "speed {rate}, {offset} {length:?}"
            );
            assert!(out[5 + frames as usize..].iter().all(|x| *x == 0.0));
            assert!(frames < 3 || out[5 + frames as usize - 1] != 0.0);
        }
    }
}

#[test]
fn a_moving_speed_goes_as_far_each_frame_as_it_says() {
    let (sound, scale, close) = places(20_000);
    let mut player = Player::new(1);
    let mut spec = spec(&sound);
    spec.offset = 100;
    let voice = player.play(0, spec);
    player.rate(500, voice, 2.5, 1_000);
    player.act(
        When::Frame(2_000),
        Action::Set {
            target: Target::VoiceRate(voice),
            value: 0.25,
            frames: 700,
            curve: Curve::Exponential,
        },
    );
    let out = player.render(&cut(4_000, &[256, 1, 99]));
    let mut at = 100u64 << 32;
    for (frame, x) in out.iter().enumerate() {
        let expected = at as f64 / 4_294_967_296.0 * scale;
        let error = (f64::from(*x) - expected).abs();
        assert!(error < close, "frame {frame}: {x} {expected}");
        let share = |since: usize, n: usize| ((frame - since + 1) as f64 / n as f64).min(1.0);
        let rate = match frame {
            0..500 => 1.0,
            500..2_000 => 1.0 + (2.5 - 1.0) * share(500, 1_000),
            _ => 2.5 * 0.1f64.powf(share(2_000, 700)),
        };
        at += step(rate);
    }
}

#[test]
fn back_at_speed_one_on_a_whole_frame_the_sound_passes_bit_for_bit() {
    let content = Random::new(4).noise(5_000);
    let mut player = Player::new(1);
    let voice = player.play(0, spec(&sound(vec![content.clone()])));
    player.rate(100, voice, 2.0, 0);
    player.rate(200, voice, 0.5, 0);
    player.rate(400, voice, 1.0, 0);
    let out = player.render(&cut(1_000, &[64]));
    assert_eq!(out[..100], content[..100]);
    assert_ne!(out[101..200], content[101..200]);
    assert_eq!(out[400..], content[400..1_000]);
}

#[test]
fn a_speed_set_with_its_voice_is_immediate_and_one_set_before_its_start_moves_in_engine_time() {
    let (sound, scale, close) = places(20_000);
    let offset = 1_000;
    let begin = |player: &mut Player, at| {
        let spec = PlaySpec {
            offset,
            ..spec(&sound)
        };
        player.play(at, spec)
    };
    let set = |voice, value, frames| Action::Set {
        target: Target::VoiceRate(voice),
        value,
        frames,
        curve: Curve::Linear,
    };
    let mut player = Player::new(1);
    let voice = begin(&mut player, 300);
    player.act(When::Now, set(voice, 2.0, 40));
    let out = player.render(&[1_000]);
    for k in 0..700 {
        let expected = (offset as f64 + 2.0 * k as f64) * scale;
        assert!((f64::from(out[300 + k]) - expected).abs() < close, "{k}");
    }
    let mut player = Player::new(1);
    let voice = begin(&mut player, 300);
    player.act(When::Frame(100), set(voice, 2.0, 400));
    let out = player.render(&[1_000]);
    let mut at = offset << 32;
    for k in 0..700 {
        let expected = at as f64 / 4_294_967_296.0 * scale;
        assert!((f64::from(out[300 + k]) - expected).abs() < close, "{k}");
        at += step(1.0 + ((201 + k) as f64 / 400.0).min(1.0));
    }
}

#[test]
fn speeds_out_of_bounds_are_taken_for_one_at_the_start_and_for_the_bound_later() {
    let content = Random::new(5).noise(3_000);
    let sound = sound(vec![content.clone()]);
    for rate in [0.0, -1.0, 0.0624, 16.1, f64::NAN, f64::INFINITY] {
        let mut player = Player::new(1);
        player.play(
            0,
            PlaySpec {
                rate,
                ..spec(&sound)
            },
        );
        assert_eq!(player.render(&[1_000]), content[..1_000], "{rate}");
    }
    for (rate, bound) in [(1e300, 16.0), (-3.0, 0.0625), (0.0, 0.0625)] {
        let mut player = Player::new(1);
        let voice = player.play(0, spec(&sound));
        player.rate(0, voice, rate, 0);
        player.render(&[10]);
        let reading = player.controller.shared.voice(voice).expect("it sounds");
        assert_eq!((reading.rate, reading.position), (bound, 10.0 * bound));
    }
}

#[test]
fn a_fall_takes_its_frames_whatever_the_speed() {
    // Constant far beyond what is played, so that the filter has nothing to do.
    let sound = mono(4_000, |_| 0.5);
    for rate in [0.3, 0.5, 0.9, 1.1, 2.0, 3.3] {
        let (offset, length, fade) = (1_000, 900u64, 200u32);
        let mut player = Player::new(1);
        let voice = player.play(
            0,
            PlaySpec {
                rate,
                offset,
                length: Some(length),
                fade_out: fade,
                ..spec(&sound)
            },
        );
        let out = player.render(&cut(4_000, &[100]));
        let frames = (length << 32).div_ceil(step(rate)) as usize;
        for (k, x) in out[..frames].iter().enumerate() {
            let level = match (k + fade as usize).checked_sub(frames) {
                Some(k) => f64::from(ramp(1.0, 0.0, k, fade as usize)),
                None => 1.0,
            };
            assert!(
                (f64::from(*x) - 0.5 * level).abs() < 2e-6,
                "{rate}, {k}: {x}"
            );
        }
        let silent = frames as u64 - 1;
        assert_eq!(player.ended(voice), Some((silent, EndReason::Finished)));
    }
}

#[test]
fn a_fall_reckons_with_the_speed_of_the_moment() {
    let sound = mono(8_000, |_| 0.5);
    let (length, fade) = (3_000u64, 600u64);
    let mut player = Player::new(1);
    let voice = player.play(
        0,
        PlaySpec {
            offset: 1_000,
            length: Some(length),
            fade_out: fade as u32,
            ..spec(&sound)
        },
    );
    player.rate(2_500, voice, 1.5, 300);
    let out = player.render(&cut(3_000, &[256, 33]));
    let mut left = length << 32;
    for frame in 0..3_000u64 {
        let k = (frame + 1).saturating_sub(2_500).min(300);
        let step = step(1.0 + 0.5 * k as f64 / 300.0);
        let ahead = left.div_ceil(step);
        if ahead <= 1 {
            assert_eq!(player.ended(voice), Some((frame, EndReason::Finished)));
            return;
        }
        let level = match fade.checked_sub(ahead) {
            Some(k) => 1.0 - (k + 1) as f64 / fade as f64,
            None => 1.0,
        };
        let value = f64::from(out[frame as usize]);
        assert!((value - 0.5 * level).abs() < 2e-6, "frame {frame}: {value}");
        left -= step;
    }
    panic!("it did not end");
}

#[test]
fn every_channel_is_read_as_it_would_be_alone() {
    let mut random = Random::new(7);
    let content: Vec<_> = (0..5).map(|_| random.noise(3_000)).collect();
    for rate in [0.7, 1.0, 1.9] {
        let heard = |channels: usize, content: Vec<Vec<f32>>| {
            let mut player = Player::new(channels);
            let voice = player.play(
                0,
                PlaySpec {
                    rate,
                    fade_in: 300,
                    ..spec(&sound(content))
                },
            );
            player.rate(500, voice, rate * 1.5, 400);
            player.render(&[1_000])
        };
        let all = heard(5, content.clone());
        for (channel, content) in content.iter().enumerate() {
            let alone = heard(1, vec![content.clone()]);
            let lane: Vec<_> = all.iter().skip(channel).step_by(5).copied().collect();
            assert_eq!(lane, alone, "channel {channel} at {rate}");
        }
    }
}
