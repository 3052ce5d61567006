//! How true a voice sounds at speeds other than 1, measured against sines computed directly.
//!
//! The promise: what lies below 0.8 of the lower of the two Nyquist frequencies (that of the sound
//! and that of what is heard of it) comes out with a signal-to-noise ratio of more than 105 dB,
//! and what lies beyond the new Nyquist frequency is more than 110 dB down. `--nocapture` shows the
//! figures.

use crate::player;

use player::{Player, mono, spec, step};
use std::f64::consts::TAU;

/// Frames at either end of a sound that an interpolating read at speed 1 does not trust.
const EDGE: usize = 40;
const FRAMES: usize = 24_000;

/// A sine of full scale, `frequency` in cycles a frame.
fn sine(frequency: f64) -> impl Fn(f64) -> f64 {
    move |at| (TAU * frequency * at + 0.3).sin()
}

/// Plays a sound at a speed. Returns what is heard well within the sound, with the exact position
/// of its first frame counted in frames of the output.
fn heard(rate: f64, value: impl Fn(f64) -> f64) -> (usize, Vec<f32>) {
    let margin = (EDGE as f64 * rate.max(1.0) / rate).ceil() as usize;
    let count = (FRAMES as f64 / rate) as usize - margin;
    let mut player = Player::new(1);
    let mut spec = spec(&mono(FRAMES, value));
    spec.rate = rate;
    player.play(0, spec);
    let out = player.render(&[count]);
    (margin, out[margin..].to_vec())
}

/// Exact position in frames of the sound of output frame `index`.
fn position(rate: f64, index: usize) -> f64 {
    (u128::from(step(rate)) * index as u128) as f64 / 4_294_967_296.0
}

fn decibels(power: f64) -> f64 {
    10.0 * power.log10()
}

/// Signal-to-noise ratio in dB of `out` against what it should be.
fn ratio(out: &[f32], wanted: impl Fn(usize) -> f64) -> f64 {
    let (mut signal, mut noise) = (0.0, 0.0);
    for (index, x) in out.iter().enumerate() {
        let wanted = wanted(index);
        signal += wanted * wanted;
        noise += (f64::from(*x) - wanted).powi(2);
    }
    decibels(signal / noise)
}

/// Mean square in dB, a sine of full scale being 0.
fn level(out: &[f32]) -> f64 {
    let sum: f64 = out.iter().map(|x| f64::from(*x).powi(2)).sum();
    decibels(2.0 * sum / out.len() as f64)
}

#[test]
fn sines_below_four_fifths_of_the_lower_nyquist_frequency_stand_105_decibels_over_the_error() {
    let rates = [
        0.0625,
        1.0 / 3.0,
        0.5,
        0.9,
        0.999,
        1.001,
        1.1,
        1.5,
        2.0,
        2.9,
        4.0,
    ];
    for rate in rates {
        for share in [0.002, 0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.78, 0.8] {
            let wave = sine(0.5 * share / f64::max(rate, 1.0));
            let (first, out) = heard(rate, &wave);
            let ratio = ratio(&out, |k| wave(position(rate, first + k)));
            println!("speed {rate:.4}, {share} of Nyquist: {ratio:.1} dB");
            assert!(ratio > 105.0, "speed {rate}, {share}: {ratio:.1} dB");
        }
    }
}

#[test]
fn high_speeds_keep_their_ratio() {
    for rate in [7.3, 11.0, 16.0] {
        for share in [0.05, 0.5, 0.78] {
            let wave = sine(0.5 * share / rate);
            let (first, out) = heard(rate, &wave);
            let ratio = ratio(&out, |k| wave(position(rate, first + k)));
            println!("speed {rate}, {share} of Nyquist: {ratio:.1} dB");
            assert!(ratio > 105.0, "speed {rate}, {share}: {ratio:.1} dB");
        }
    }
}

#[test]
fn what_lies_beyond_the_new_nyquist_frequency_is_110_decibels_down() {
    for rate in [1.1, 1.5, 2.0, 3.0, 4.0, 16.0] {
        for place in [0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.97] {
            // From the new Nyquist frequency to that of the sound.
            let frequency = 0.5 / rate + (0.5 - 0.5 / rate) * place;
            let (_, out) = heard(rate, sine(frequency));
            let level = level(&out);
            println!("speed {rate}, {frequency:.4} cycles a frame: {level:.1} dB");
            assert!(level < -110.0, "speed {rate}, {frequency}: {level:.1} dB");
        }
    }
}

#[test]
fn a_moving_speed_bends_a_sine_without_noise() {
    for (from, to) in [(0.5, 2.0), (1.0, 1.02), (2.0, 0.25), (0.9, 1.1)] {
        let frames = 8_000u32;
        let wave = sine(0.5 * 0.78 / f64::max(from, to).max(1.0));
        let mut player = Player::new(1);
        let mut spec = spec(&mono(FRAMES, &wave));
        spec.rate = from;
        let voice = player.play(0, spec);
        player.rate(200, voice, to, frames);
        let out = player.render(&[9_000]);
        let mut at = 0u64;
        let mut positions = Vec::new();
        for frame in 0..9_000u32 {
            positions.push(at as f64 / 4_294_967_296.0);
            let rate = match frame.checked_sub(200) {
                None => from,
                Some(k) if k + 1 >= frames => to,
                Some(k) => from + (to - from) * f64::from(k + 1) / f64::from(frames),
            };
            at += step(rate);
        }
        let ratio = ratio(&out[100..], |k| wave(positions[100 + k]));
        println!("speed from {from} to {to}: {ratio:.1} dB");
        assert!(ratio > 105.0, "speed from {from} to {to}: {ratio:.1} dB");
    }
}

/// Where the filter has nothing to do, its ripple and the rounding of f32 are left.
#[test]
fn the_noise_floor_lies_below_minus_115_decibels() {
    for rate in [0.5, 0.9, 1.1, 2.0, 4.0] {
        let (_, silence) = heard(rate, |_| 0.0);
        assert!(silence.iter().all(|x| *x == 0.0));
        let wave = sine(0.000_5 / f64::max(rate, 1.0));
        let (first, out) = heard(rate, &wave);
        let error = out.iter().enumerate();
        let error: Vec<f32> = error
            .map(|(k, x)| (f64::from(*x) - wave(position(rate, first + k))) as f32)
            .collect();
        let floor = level(&error);
        println!("speed {rate}: {floor:.1} dB");
        assert!(floor < -115.0, "speed {rate}: {floor:.1} dB");
    }
}

#[test]
fn a_repeated_sine_has_no_seam_at_any_speed() {
    // Whole periods, so that the region joins itself.
    for (start, end, periods) in [(0u64, 100u64, 7.0), (1_000, 1_777, 31.0), (500, 512, 1.0)] {
        for rate in [0.7, 1.0, 1.3, 2.0] {
            let frequency = periods / (end - start) as f64;
            let wave = move |at: f64| (TAU * frequency * (at - start as f64)).sin();
            let mut player = Player::new(1);
            let mut spec = spec(&mono(end as usize, wave));
            spec.repeat = Some((start, end));
            spec.rate = rate;
            player.play(0, spec);
            let out = player.render(&[6_000]);
            let ratio = ratio(&out[200..], |k| wave(position(rate, 200 + k)));
            println!("{start}..{end} at {rate}: {ratio:.1} dB");
            assert!(ratio > 105.0, "{start}..{end} at {rate}: {ratio:.1} dB");
        }
    }
}
