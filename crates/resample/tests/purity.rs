//! What comes through, measured by sines.

use std::f64::consts::TAU;

use noxrun_resample::{FrameResampler, Quality};

const AMPLITUDE: f64 = 0.9;

fn sine(frequency: f64, rate: u32, frames: usize) -> Vec<f32> {
    (0..frames)
        .map(|n| (AMPLITUDE * (TAU * frequency * n as f64 / f64::from(rate)).sin()) as f32)
        .collect()
}

fn convert(input: &[f32], from: u32, to: u32, quality: Quality) -> Vec<f32> {
    let mut resampler = FrameResampler::new(from, to, 1, quality, 480).unwrap();
    let mut out = Vec::new();
    resampler.process_into(input, &mut out);
    resampler.flush_into(&mut out);
    out
}

/// The middle of `out`, away from where the stream begins and ends.
fn middle(out: &[f32]) -> &[f32] {
    &out[out.len() / 4..out.len() * 3 / 4]
}

fn db(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

fn rms(x: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = x.fold((0.0, 0.0), |(s, c), x| (s + x * x, c + 1.0));
    (sum / count).sqrt()
}

/// Amplitude of the sine of `frequency` that fits best, and the RMS of what it leaves, both
/// relative to the input's amplitude.
fn fit(x: &[f32], frequency: f64, rate: u32) -> (f64, f64) {
    let phase = |n: usize| TAU * frequency * n as f64 / f64::from(rate);
    let (mut ss, mut sc, mut cc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, &x) in x.iter().enumerate() {
        let (s, c) = phase(n).sin_cos();
        (ss, sc, cc) = (ss + s * s, sc + s * c, cc + c * c);
        (xs, xc) = (xs + f64::from(x) * s, xc + f64::from(x) * c);
    }
    let determinant = ss * cc - sc * sc;
    let a = (xs * cc - xc * sc) / determinant;
    let b = (xc * ss - xs * sc) / determinant;
    let rest = rms(x.iter().enumerate().map(|(n, &x)| {
        let (s, c) = phase(n).sin_cos();
        f64::from(x) - a * s - b * c
    }));
    (a.hypot(b) / AMPLITUDE, rest / (AMPLITUDE / 2f64.sqrt()))
}

const PAIRS: [(u32, u32); 6] = [
    (48_000, 16_000),
    (44_100, 48_000),
    (48_000, 44_100),
    (96_000, 48_000),
    (16_000, 48_000),
    (44_056, 48_000),
];

#[test]
fn nothing_above_the_new_nyquist_comes_through() {
    for (from, to) in [
        (48_000, 16_000),
        (48_000, 44_100),
        (96_000, 48_000),
        (48_000, 8_000),
    ] {
        let nyquist = f64::from(to) / 2.0;
        let top = f64::from(from) / 2.0;
        for frequency in [1.0, 1.002, 1.01, 1.05, 1.2, 1.5, 2.0, 2.7].map(|x| x * nyquist) {
            // At the edge of the input band a sampled sine is no longer the one that is meant.
            if frequency < top * 0.98 {
                let out = convert(
                    &sine(frequency, from, from as usize / 2),
                    from,
                    to,
                    Quality::Balanced,
                );
                let level =
                    db(rms(middle(&out).iter().map(|&x| f64::from(x))) / (AMPLITUDE / 2f64.sqrt()));
                assert!(
                    level <= -120.0,
                    "{from} -> {to}: {frequency} Hz at {level:.1} dB"
                );
            }
        }
    }
}

#[test]
fn the_pass_band_is_flat_to_nine_tenths() {
    for (from, to) in PAIRS {
        let nyquist = f64::from(from.min(to)) / 2.0;
        for frequency in [0.01, 0.1, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9].map(|x| x * nyquist) {
            let out = convert(
                &sine(frequency, from, from as usize / 4),
                from,
                to,
                Quality::Balanced,
            );
            let gain = db(fit(middle(&out), frequency, to).0);
            assert!(
                gain.abs() < 0.05,
                "{from} -> {to}: {frequency} Hz at {gain:.4} dB"
            );
        }
    }
}

#[test]
fn a_tone_stays_a_tone() {
    for (from, to) in PAIRS {
        for frequency in [997.0, 0.8 * f64::from(from.min(to)) / 2.0] {
            let out = convert(
                &sine(frequency, from, from as usize / 2),
                from,
                to,
                Quality::Balanced,
            );
            let rest = db(fit(middle(&out), frequency, to).1);
            assert!(
                rest <= -130.0,
                "{from} -> {to}: THD+N of {frequency} Hz is {rest:.1} dB"
            );
        }
    }
}

#[test]
fn each_quality_keeps_its_promise() {
    for (quality, flat, stop, delay_ms) in [
        (Quality::LowLatency, 0.75, -100.0, 2.1),
        (Quality::Balanced, 0.9, -130.0, 7.0),
        (Quality::Best, 0.95, -140.0, 15.0),
    ] {
        let (from, to) = (48_000, 16_000);
        let pass = flat * 8_000.0;
        let out = convert(&sine(pass, from, 24_000), from, to, quality);
        assert!(
            db(fit(middle(&out), pass, to).0).abs() < 0.05,
            "{quality:?} is flat"
        );
        for frequency in [8_000.0, 8_040.0, 9_000.0, 12_345.0] {
            let out = convert(&sine(frequency, from, 24_000), from, to, quality);
            let level =
                db(rms(middle(&out).iter().map(|&x| f64::from(x))) / (AMPLITUDE / 2f64.sqrt()));
            assert!(
                level <= stop,
                "{quality:?}: {frequency} Hz at {level:.1} dB"
            );
        }
        let delay = FrameResampler::new(from, to, 1, quality, 480)
            .unwrap()
            .delay_frames()
            / 48.0;
        assert!(delay <= delay_ms, "{quality:?}: {delay} ms");
    }
}

#[test]
fn output_frames_lie_on_the_sine_at_their_own_times() {
    for (from, to) in PAIRS {
        let frequency = 440.0;
        let out = convert(
            &sine(frequency, from, from as usize / 4),
            from,
            to,
            Quality::Balanced,
        );
        let expected = sine(frequency, to, out.len());
        let skip = out.len() / 4;
        for j in skip..out.len() - skip {
            let error = (out[j] - expected[j]).abs();
            assert!(error < 1e-6, "{from} -> {to}: frame {j} is off by {error}");
        }
    }
}
