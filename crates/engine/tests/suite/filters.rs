//! The filter against the cookbook's equations, written down here a second time.

use noxrun_engine::fx::{EFFECTS, EffectKind};
use noxrun_engine::{Curve, Ramp};
use proptest::prelude::*;
use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

/// −120 dB.
const FAINT: f64 = 1e-6;

/// The cookbook's coefficients, not divided: b0, b1, b2 and a0, a1, a2.
#[derive(Clone, Copy)]
struct Section {
    b: [f64; 3],
    a: [f64; 3],
}

impl Section {
    /// RBJ Audio EQ Cookbook, with std's functions.
    fn cookbook(kind: &str, rate: f64, [frequency, q, gain_db]: [f64; 3]) -> Self {
        let w0 = TAU * frequency.min(0.49 * rate) / rate;
        let alpha = w0.sin() / (2.0 * q);
        let (c, big) = (w0.cos(), 10f64.powf(gain_db / 40.0));
        let root = 2.0 * big.sqrt() * alpha;
        let plain = [1.0 + alpha, -2.0 * c, 1.0 - alpha];
        let (b, a) = match kind {
            "lowpass" => ([(1.0 - c) / 2.0, 1.0 - c, (1.0 - c) / 2.0], plain),
            "highpass" => ([(1.0 + c) / 2.0, -1.0 - c, (1.0 + c) / 2.0], plain),
            "bandpass" => ([alpha, 0.0, -alpha], plain),
            "notch" => ([1.0, -2.0 * c, 1.0], plain),
            "allpass" => ([1.0 - alpha, -2.0 * c, 1.0 + alpha], plain),
            "peaking" => (
                [1.0 + alpha * big, -2.0 * c, 1.0 - alpha * big],
                [1.0 + alpha / big, -2.0 * c, 1.0 - alpha / big],
            ),
            "lowshelf" => (
                [
                    big * ((big + 1.0) - (big - 1.0) * c + root),
                    2.0 * big * ((big - 1.0) - (big + 1.0) * c),
                    big * ((big + 1.0) - (big - 1.0) * c - root),
                ],
                [
                    (big + 1.0) + (big - 1.0) * c + root,
                    -2.0 * ((big - 1.0) + (big + 1.0) * c),
                    (big + 1.0) + (big - 1.0) * c - root,
                ],
            ),
            "highshelf" => (
                [
                    big * ((big + 1.0) + (big - 1.0) * c + root),
                    -2.0 * big * ((big - 1.0) + (big + 1.0) * c),
                    big * ((big + 1.0) + (big - 1.0) * c - root),
                ],
                [
                    (big + 1.0) - (big - 1.0) * c + root,
                    2.0 * ((big - 1.0) - (big + 1.0) * c),
                    (big + 1.0) - (big - 1.0) * c - root,
                ],
            ),
            other => panic!("no such type: {other}"),
        };
        Self { b, a }
    }

    /// |H(e^jw)|.
    fn magnitude(&self, w: f64) -> f64 {
        let part = |c: [f64; 3]| {
            let re = c[0] + c[1] * w.cos() + c[2] * (2.0 * w).cos();
            let im = c[1] * w.sin() + c[2] * (2.0 * w).sin();
            re.hypot(im)
        };
        part(self.b) / part(self.a)
    }

    /// The greater of its poles' radii.
    fn pole(&self) -> f64 {
        let (p, q) = (self.a[1] / self.a[0], self.a[2] / self.a[0]);
        let inside = p * p / 4.0 - q;
        if inside < 0.0 {
            q.sqrt()
        } else {
            p.abs() / 2.0 + inside.sqrt()
        }
    }
}

/// The difference equation in direct form I, in f64. While coefficients move, each past sample is
/// weighed by those of its own frame, which is what a transposed form does.
fn direct_form(input: &[f32], section: impl Fn(usize) -> Section) -> Vec<f64> {
    let mut y: Vec<f64> = Vec::with_capacity(input.len());
    let mut past: Vec<Section> = Vec::with_capacity(input.len());
    for (n, x) in input.iter().enumerate() {
        let now = section(n);
        let mut sum = now.b[0] / now.a[0] * f64::from(*x);
        for back in 1..=2.min(n) {
            let then: &Section = &past[n - back];
            let x = f64::from(input[n - back]);
            sum += (then.b[back] * x - then.a[back] * y[n - back]) / then.a[0];
        }
        past.push(now);
        y.push(sum);
    }
    y
}

/// `a·(b/a)^((k + 1)/n)` or `a + (b − a)·(k + 1)/n`, and `b` from there on.
fn ramp_value(from: f64, to: f64, frames: u32, curve: Curve, k: usize) -> f64 {
    let position = ((k + 1) as f64 / f64::from(frames)).min(1.0);
    match curve {
        Curve::Exponential => from * (to / from).powf(position),
        _ => from + (to - from) * position,
    }
}

fn variants() -> &'static [&'static str] {
    EFFECTS[EffectKind::Filter as usize].variants
}

fn noise(frames: usize, mut seed: u32) -> Vec<f32> {
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}

/// Runs the filter over `channels` in blocks of `sizes`, from engine frame `frame` on.
fn run(
    variant: usize,
    rate: u32,
    channels: &mut [Vec<f32>],
    mut params: [Ramp; 3],
    frame: u64,
    sizes: &[usize],
) {
    let mut filter = EffectKind::Filter.processor(variant, rate, channels.len());
    let (frames, mut start) = (channels[0].len(), 0);
    for size in sizes.iter().cycle() {
        let end = frames.min(start + size);
        let mut lanes: Vec<&mut [f32]> = channels.iter_mut().map(|c| &mut c[start..end]).collect();
        filter.process(&mut lanes, frame + start as u64, &mut params);
        start = end;
        if start == frames {
            return;
        }
    }
}

/// The greatest difference, relative to full scale, or to the peak where that is above it.
fn difference(made: &[f32], expected: &[f64]) -> f64 {
    let peak = expected.iter().fold(1f64, |peak, y| peak.max(y.abs()));
    let pairs = made.iter().zip(expected);
    let greatest = pairs.fold(0f64, |most, (y, e)| most.max((f64::from(*y) - e).abs()));
    assert!(made.len() == expected.len() && greatest.is_finite());
    greatest / peak
}

fn values() -> impl Strategy<Value = [f64; 3]> {
    let frequency = (10f64.ln()..20_000f64.ln()).prop_map(f64::exp);
    let q = (0.05f64.ln()..40f64.ln()).prop_map(f64::exp);
    (frequency, q, -40.0..40.0).prop_map(|(frequency, q, gain_db)| [frequency, q, gain_db])
}

fn rates() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![8_000u32, 44_100, 48_000, 96_000, 192_000])
}

fn blocks() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1usize..400, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_type_is_the_cookbooks_difference_equation(
        values in values(), rate in rates(), seed: u32, frame in 0u64..1_000_000, sizes in blocks(),
    ) {
        for (variant, kind) in variants().iter().enumerate() {
            let input = noise(4_000, seed);
            let mut channels = [input.clone()];
            run(variant, rate, &mut channels, values.map(Ramp::at), frame, &sizes);
            let section = Section::cookbook(kind, f64::from(rate), values);
            let error = difference(&channels[0], &direct_form(&input, |_| section));
            prop_assert!(error <= FAINT, "{} differs by {}", kind, error);
        }
    }

    #[test]
    fn every_type_follows_its_parameters_frame_by_frame(
        from in values(), to in values(), rate in rates(), seed: u32, sizes in blocks(),
        frames in prop::array::uniform3(1u32..3_000),
        curves in prop::array::uniform3(prop::sample::select(vec![Curve::Linear, Curve::Exponential])),
    ) {
        // A gain in dB passes 0: it moves linearly.
        let curves = [curves[0], curves[1], Curve::Linear];
        let params = [0, 1, 2].map(|p| {
            let mut ramp = Ramp::at(from[p]);
            ramp.set(to[p], frames[p], curves[p]);
            ramp
        });
        for (variant, kind) in variants().iter().enumerate() {
            let input = noise(4_000, seed);
            let mut channels = [input.clone()];
            run(variant, rate, &mut channels, params, 0, &sizes);
            let expected = direct_form(&input, |k| {
                let values = [0, 1, 2].map(|p| ramp_value(from[p], to[p], frames[p], curves[p], k));
                Section::cookbook(kind, f64::from(rate), values)
            });
            let error = difference(&channels[0], &expected);
            prop_assert!(error <= FAINT, "{} differs by {}", kind, error);
        }
    }

    #[test]
    fn cuts_change_no_bit_and_channels_do_not_mix(
        from in values(), to in values(), frames in 1u32..2_000, seed: u32, frame in 0u64..1_000_000,
        variant in 0usize..8, count in 1usize..=5, sizes in blocks(),
    ) {
        let params = [0, 1, 2].map(|p| {
            let mut ramp = Ramp::at(from[p]);
            ramp.set(to[p], frames / (p as u32 + 1), Curve::Linear);
            ramp
        });
        // Sound, silence of both signs, and sound again.
        let sound = |channel: usize| {
            let mut sound = noise(3_000, seed ^ channel as u32);
            sound[700..2_500].fill(if channel == 1 { -0.0 } else { 0.0 });
            sound
        };
        let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let mut cut: Vec<Vec<f32>> = (0..count).map(sound).collect();
        run(variant, 48_000, &mut cut, params, frame, &sizes);
        for (channel, cut) in cut.iter().enumerate() {
            let mut alone = [sound(channel)];
            run(variant, 48_000, &mut alone, params, frame, &[3_000]);
            prop_assert!(bits(cut) == bits(&alone[0]), "channel {} of {}", channel, count);
        }
    }

    #[test]
    fn silence_after_sound_becomes_exact_zeros(
        values in values(), rate in rates(), variant in 0usize..8, seed: u32, sizes in blocks(),
    ) {
        // A filter at 10 Hz may ring for minutes: the bound comes from the poles.
        let values = [values[0].max(100.0), values[1], values[2]];
        let pole = Section::cookbook(variants()[variant], f64::from(rate), values).pole();
        // Down to 1e-20 from whatever the filter made of full scale, then to the next flush. Without
        // one this leaves about 1e-30, which f32 still tells from 0.
        let bound = (1e32f64.ln() / -pole.ln()).ceil() as usize + 128;
        prop_assume!(bound < 4_000_000);
        let mut channels = [noise(1_000 + bound + 200, seed), noise(1_000 + bound + 200, !seed)];
        for channel in &mut channels {
            channel[1_000..].fill(0.0);
        }
        run(variant, rate, &mut channels, values.map(Ramp::at), 0, &sizes);
        for channel in &channels {
            prop_assert!(channel[1_000 + bound..].iter().all(|x| *x == 0.0));
            // Denormals cost dearly: those on the way last no longer than to the next flush.
            prop_assert!(channel.iter().filter(|x| x.is_subnormal()).count() <= 64);
        }
    }
}

/// The amplitude of the sine of angle `w` that fits best.
fn amplitude(x: &[f32], w: f64) -> f64 {
    let (mut ss, mut sc, mut cc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, x) in x.iter().enumerate() {
        let ((s, c), x) = ((w * n as f64).sin_cos(), f64::from(*x));
        (ss, sc, cc) = (ss + s * s, sc + s * c, cc + c * c);
        (xs, xc) = (xs + x * s, xc + x * c);
    }
    let determinant = ss * cc - sc * sc;
    let sine = (xs * cc - xc * sc) / determinant;
    let cosine = (xc * ss - xs * sc) / determinant;
    sine.hypot(cosine)
}

#[test]
fn sines_come_out_as_strong_as_the_transfer_function_says() {
    let rate = 48_000;
    let settings = [
        [1_000.0, FRAC_1_SQRT_2, 6.0],
        [200.0, 4.0, -12.0],
        [9_000.0, 0.3, 20.0],
    ];
    for (variant, kind) in variants().iter().enumerate() {
        for values in settings {
            let section = Section::cookbook(kind, f64::from(rate), values);
            let settled = (1e10f64.ln() / -section.pole().ln()).ceil() as usize;
            for step in 0..20 {
                let frequency = 30.0 * (22_000f64 / 30.0).powf(f64::from(step) / 19.0);
                let w = TAU * frequency / f64::from(rate);
                // At least three periods to measure.
                let measured = 4_000.max((3.0 * TAU / w) as usize);
                let sine = |n| (0.5 * (w * n as f64).sin()) as f32;
                let mut channels = [(0..settled + measured).map(sine).collect::<Vec<_>>()];
                run(
                    variant,
                    rate,
                    &mut channels,
                    values.map(Ramp::at),
                    0,
                    &[256],
                );
                let expected = section.magnitude(w);
                let gain = amplitude(&channels[0][settled..], w) / 0.5;
                let off = 20.0 * (gain / expected).log10();
                // Below −100 dB there is little left but the input's rounding.
                assert!(
                    off.abs() <= 0.01 || expected.max(gain) < 1e-5,
                    "{kind} {values:?} at {frequency} Hz: off by {off} dB"
                );
            }
        }
    }
}

#[test]
fn extremes_stay_finite() {
    let extremes = [10.0, 20_000.0].map(|frequency| {
        [0.05, 40.0].map(|q| [-40.0, 40.0].map(|gain_db| [frequency, q, gain_db]))
    });
    let extremes = extremes.as_flattened().as_flattened();
    for rate in [8_000, 48_000, 768_000] {
        for variant in 0..variants().len() {
            for (from, to) in extremes.iter().zip(extremes.iter().cycle().skip(5)) {
                let mut params = from.map(Ramp::at);
                for (param, to) in params.iter_mut().zip(to) {
                    param.set(*to, 240, Curve::Linear);
                }
                // The loudest there is: full scale, turning at the filter's own frequency.
                let w = (PI * 0.98).min(TAU * to[0] / f64::from(rate));
                let square = (0..20_000).map(|n| (w * f64::from(n)).sin().signum() as f32);
                let mut channels = [square.collect::<Vec<_>>(), noise(20_000, 5)];
                run(variant, rate, &mut channels, params, 0, &[256]);
                for x in channels.iter().flatten() {
                    assert!(
                        x.is_finite(),
                        "{variant} {from:?} to {to:?} at {rate} Hz: {x}"
                    );
                }
            }
        }
    }
}

#[test]
fn reset_forgets_the_sound_before() {
    let mut filter = EffectKind::Filter.processor(0, 48_000, 1);
    let mut params = [50.0, 20.0, 0.0].map(Ramp::at);
    let first = |filter: &mut dyn noxrun_engine::Processor, params: &mut [Ramp]| {
        let mut lane = noise(500, 9);
        filter.process(&mut [&mut lane], 0, params);
        lane
    };
    let before = first(&mut *filter, &mut params);
    assert_ne!(first(&mut *filter, &mut params), before);
    filter.reset();
    assert_eq!(first(&mut *filter, &mut params), before);
}

#[test]
fn poison_leaves_within_64_frames() {
    for poison in [f32::NAN, f32::INFINITY] {
        let mut channels = [vec![0.0f32; 256]];
        channels[0][100] = poison;
        let params = [1_000.0, FRAC_1_SQRT_2, 0.0].map(Ramp::at);
        run(0, 48_000, &mut channels, params, 0, &[256]);
        assert!(!channels[0][100].is_finite());
        assert!(channels[0][128..].iter().all(|x| *x == 0.0));
    }
}
