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

/// What `quality.rs` says, figure by figure.
struct Promise {
    quality: Quality,
    /// The pass band's end, of the lower Nyquist frequency, and how flat it is, dB.
    pass: f64,
    flat: f64,
    /// What lies above the lower Nyquist frequency, dB.
    stop: f64,
    /// What comes with a tone of the pass band, dB.
    rest: f64,
    /// Frames of the lower rate, rounded up to whole input frames.
    delay: f64,
}

const PROMISES: [Promise; 3] = [
    Promise {
        quality: Quality::LowLatency,
        pass: 0.75,
        flat: 0.01,
        stop: -110.0,
        rest: -110.0,
        delay: 24.0,
    },
    Promise {
        quality: Quality::Balanced,
        pass: 0.9,
        flat: 0.01,
        stop: -130.0,
        rest: -130.0,
        delay: 64.0,
    },
    Promise {
        quality: Quality::Best,
        pass: 0.95,
        flat: 0.001,
        stop: -135.0,
        rest: -130.0,
        delay: 152.0,
    },
];

const PAIRS: [(u32, u32); 9] = [
    (48_000, 16_000),
    (44_100, 48_000),
    (48_000, 44_100),
    (96_000, 16_000),
    (16_000, 48_000),
    (11_025, 16_000),
    (44_056, 48_000),
    (8_000, 192_000),
    (192_000, 8_000),
];

/// The rates of a pair, with its name and the lower Nyquist frequency.
fn each(mut check: impl FnMut(&Promise, u32, u32, f64)) {
    for promise in &PROMISES {
        for (from, to) in PAIRS {
            check(promise, from, to, f64::from(from.min(to)) / 2.0);
        }
    }
}

/// Enough frames for a middle that no beginning or end reaches.
fn frames(from: u32, to: u32) -> usize {
    from as usize / from.min(to).div_ceil(1_600) as usize
}

#[test]
fn the_pass_band_is_flat() {
    each(|promise, from, to, nyquist| {
        let quality = promise.quality;
        for part in [0.01, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.975, 1.0] {
            let frequency = part * promise.pass * nyquist;
            let out = convert(&sine(frequency, from, frames(from, to)), from, to, quality);
            let gain = db(fit(middle(&out), frequency, to).0);
            assert!(
                gain.abs() <= promise.flat,
                "{quality:?}, {from} -> {to}: {frequency} Hz at {gain:.5} dB"
            );
        }
    });
}

#[test]
fn nothing_above_the_lower_nyquist_comes_through() {
    each(|promise, from, to, nyquist| {
        let quality = promise.quality;
        // Downwards it is what the input holds there; at the very top of its band a sampled sine is
        // no longer the one that is meant.
        for part in [
            1.0, 1.002, 1.006, 1.01, 1.02, 1.05, 1.2, 1.5, 2.0, 2.7, 11.3,
        ] {
            let frequency = part * nyquist;
            if frequency > 0.98 * f64::from(from) / 2.0 {
                continue;
            }
            let out = convert(&sine(frequency, from, frames(from, to)), from, to, quality);
            let level = rms(middle(&out).iter().map(|&x| f64::from(x))) / (AMPLITUDE / 2f64.sqrt());
            assert!(
                db(level) <= promise.stop,
                "{quality:?}, {from} -> {to}: {frequency} Hz at {:.1} dB",
                db(level)
            );
        }
    });
}

#[test]
fn a_tone_brings_nothing_with_it() {
    each(|promise, from, to, nyquist| {
        let quality = promise.quality;
        // Upwards, the images of all tones lie above the lower Nyquist frequency.
        for part in [0.11, 0.5, 0.8, 1.0] {
            let frequency = part * promise.pass * nyquist;
            let out = convert(&sine(frequency, from, frames(from, to)), from, to, quality);
            let rest = db(fit(middle(&out), frequency, to).1);
            assert!(
                rest <= promise.rest,
                "{quality:?}, {from} -> {to}: THD+N of {frequency} Hz is {rest:.1} dB"
            );
        }
    });
}

#[test]
fn images_of_the_highest_tones_stay_below() {
    each(|promise, from, to, nyquist| {
        if from > to {
            return;
        }
        let quality = promise.quality;
        for part in [0.96, 0.98, 0.99] {
            let frequency = part * nyquist;
            let out = convert(&sine(frequency, from, frames(from, to)), from, to, quality);
            // Of the input's tone: it may itself be weak there.
            let (gain, rest) = fit(middle(&out), frequency, to);
            assert!(
                db(rest) <= promise.rest,
                "{quality:?}, {from} -> {to}: images of {frequency} Hz at {:.1} dB, itself {gain}",
                db(rest)
            );
        }
    });
}

#[test]
fn the_delay_is_as_short_as_promised() {
    each(|promise, from, to, _| {
        let resampler = FrameResampler::new(from, to, 1, promise.quality, 480).unwrap();
        let delay = resampler.delay_frames() / f64::from(from) * f64::from(from.min(to));
        assert!(
            delay <= promise.delay + f64::from(from.min(to)) / f64::from(from),
            "{:?}, {from} -> {to}: {delay} frames",
            promise.quality
        );
    });
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
