//! The resampler whose ratio changes, against the signals that it should give.

use noxrun_resample::{AdaptiveResampler, DriftControl, MAX_DRIFT, ResampleError};
use std::f64::consts::TAU;

fn convert(resampler: &mut AdaptiveResampler, input: &[f32], block: usize) -> Vec<f32> {
    let mut out = Vec::new();
    for part in input.chunks(block * resampler.channels()) {
        let room = resampler.max_output_samples(part.len() / resampler.channels());
        let before = out.len();
        out.reserve(room);
        let reserved = out.capacity();
        resampler.process_into(part, &mut out);
        assert!(out.len() - before <= room && out.capacity() == reserved);
    }
    out
}

fn tone(hertz: f64, rate: f64, frames: usize) -> Vec<f32> {
    let sample = |n: usize| (0.5 * (TAU * hertz * n as f64 / rate).sin()) as f32;
    (0..frames).map(sample).collect()
}

/// The greatest deviation from `0.5 sin(TAU hertz n step / rate)`, the first frames left out.
fn deviation(out: &[f32], hertz: f64, rate: f64, step: f64) -> f64 {
    let error = |(n, x): (usize, &f32)| {
        let expected = 0.5 * (TAU * hertz * n as f64 * step / rate).sin();
        (f64::from(*x) - expected).abs()
    };
    out.iter()
        .enumerate()
        .skip(200)
        .map(error)
        .fold(0.0, f64::max)
}

#[test]
fn a_tone_comes_out_at_the_corrected_ratio_below_100_db() {
    for (in_rate, out_rate) in [
        (48_000, 48_000),
        (44_100, 48_000),
        (48_000, 44_100),
        (16_000, 48_000),
    ] {
        for correction in [0.0, 200e-6, -200e-6, MAX_DRIFT] {
            let mut resampler = AdaptiveResampler::new(in_rate, out_rate, 1).unwrap();
            resampler.set_correction(correction);
            let rate = f64::from(in_rate);
            for hertz in [100.0, 0.3 * rate.min(f64::from(out_rate))] {
                let mut fresh = resampler.clone();
                let out = convert(&mut fresh, &tone(hertz, rate, 20_000), 441);
                let step = rate / f64::from(out_rate) * (1.0 + correction);
                let error = deviation(&out, hertz, rate, step);
                assert!(
                    error < 0.5e-5,
                    "{in_rate} {out_rate} {correction} {hertz}: {error}"
                );
            }
        }
    }
}

#[test]
fn above_the_new_nyquist_frequency_little_is_left() {
    let mut resampler = AdaptiveResampler::new(48_000, 16_000, 1).unwrap();
    let out = convert(&mut resampler, &tone(9_000.0, 48_000.0, 48_000), 480);
    let loudest = out[100..].iter().fold(0.0f32, |m, x| m.max(x.abs()));
    assert!(loudest < 0.5e-5, "{loudest}");
}

#[test]
fn blocks_and_other_channels_change_no_bit() {
    let (left, right) = (tone(997.0, 44_100.0, 9_000), tone(3_001.0, 44_100.0, 9_000));
    let both: Vec<f32> = left
        .iter()
        .zip(&right)
        .flat_map(|(l, r)| [*l, *r])
        .collect();
    let make = |channels| {
        let mut resampler = AdaptiveResampler::new(44_100, 48_000, channels).unwrap();
        resampler.set_correction(-77e-6);
        resampler
    };
    let whole = convert(&mut make(2), &both, 9_000);
    assert_eq!(convert(&mut make(2), &both, 1), whole);
    assert_eq!(convert(&mut make(2), &both, 700), whole);
    let side: Vec<f32> = whole.chunks_exact(2).map(|pair| pair[1]).collect();
    assert_eq!(convert(&mut make(1), &right, 313), side);
}

#[test]
fn the_lag_is_where_the_next_frame_lies() {
    let mut resampler = AdaptiveResampler::new(44_100, 48_000, 1).unwrap();
    let mut sent = 0;
    let mut out = Vec::new();
    for block in [1, 100, 7, 512, 1_000, 33] {
        resampler.process_into(&vec![0.0; block], &mut out);
        sent += block;
        let lies_at = out.len() as f64 * 44_100.0 / 48_000.0;
        assert!((resampler.lag_frames() - (sent as f64 - lies_at)).abs() < 1e-9);
    }
}

#[test]
fn rates_and_channels_out_of_range_are_refused() {
    for (in_rate, out_rate) in [(999, 48_000), (48_000, 768_001)] {
        assert!(matches!(
            AdaptiveResampler::new(in_rate, out_rate, 1),
            Err(ResampleError::Rate(_))
        ));
    }
    for channels in [0, 65] {
        let made = AdaptiveResampler::new(48_000, 48_000, channels);
        assert!(matches!(made, Err(ResampleError::Channels(_))));
    }
}

#[test]
fn the_control_finds_the_drift_without_swinging_beyond_half_a_cent_of_it() {
    for drift in [200e-6, -200e-6, 37e-6, 0.0] {
        let mut control = DriftControl::new();
        let (mut delay, mut worst) = (0.010, 0.0f64);
        for _ in 0..60_000 {
            let correction = control.measure(delay, 0.005);
            delay += (drift - correction) * 0.005;
            worst = worst.max((drift - correction).abs());
        }
        assert!((control.correction() - drift).abs() < 1e-7);
        assert!((delay - 0.010).abs() < 1e-3);
        assert!(worst <= 289e-6, "{drift}: {worst}");
    }
}

#[test]
fn a_measurement_that_is_no_number_changes_nothing() {
    let mut control = DriftControl::new();
    for _ in 0..1_000 {
        control.measure(0.010, 0.005);
    }
    let before = control.correction();
    for (delay, elapsed) in [
        (f64::NAN, 0.1),
        (0.01, f64::NAN),
        (f64::INFINITY, 0.1),
        (5.0, -1.0),
    ] {
        assert_eq!(control.measure(delay, elapsed), before);
    }
    let mut resampler = AdaptiveResampler::new(48_000, 48_000, 1).unwrap();
    resampler.set_correction(f64::NAN);
    let out = convert(&mut resampler, &tone(440.0, 48_000.0, 4_000), 100);
    assert!(deviation(&out, 440.0, 48_000.0, 1.0) < 0.5e-5);
}
