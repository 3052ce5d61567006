//! Every loop is what its formula says, computed one sample at a time.

use noxrun_kernels::{
    add, add_curve, add_scaled, all_finite, any_above, blend_rows, dot, dot_blend,
    fill_linear_ramp, interleave2, measure, multiply, scale,
};
use proptest::prelude::*;

fn samples() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-2.0f32..2.0, 0..400)
}

/// What `work` makes of `to`, against `formula` up to the shortest length and `to` itself after it.
fn check(to: &[f32], shortest: usize, work: impl Fn(&mut [f32]), formula: impl Fn(usize) -> f32) {
    let mut made = to.to_vec();
    work(&mut made);
    for (n, x) in made.iter().enumerate() {
        let expected = if n < shortest { formula(n) } else { to[n] };
        assert_eq!(
            x.to_bits(),
            expected.to_bits(),
            "{n}: {x} is not {expected}"
        );
    }
}

/// Within a millionth of what the terms weigh.
fn close(sum: f32, terms: impl Iterator<Item = f64>) {
    let (exact, weight) = terms.fold((0.0, 0.0), |(sum, weight), x| (sum + x, weight + x.abs()));
    let error = (f64::from(sum) - exact).abs();
    assert!(error <= 1e-6 * weight, "{sum} is not {exact}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_and_gains_are_exact(
        out in samples(), a in samples(), b in samples(), gain in -4.0f32..4.0,
    ) {
        let n = out.len().min(a.len());
        let both = n.min(b.len());
        check(&out, n, |to| add(to, &a), |k| out[k] + a[k]);
        check(&out, n, |to| add_scaled(to, &a, gain), |k| out[k] + a[k] * gain);
        check(&out, both, |to| add_curve(to, &a, &b), |k| out[k] + a[k] * b[k]);
        check(&out, out.len(), |to| scale(to, gain), |k| out[k] * gain);
        check(&out, n, |to| multiply(to, &a), |k| out[k] * a[k]);
        let frames = (out.len() / 2).min(a.len()).min(b.len());
        check(&out, 2 * frames, |to| interleave2(to, &a, &b), |k| {
            if k % 2 == 0 { a[k / 2] } else { b[k / 2] }
        });
    }

    #[test]
    fn rows_blend_exactly(rows in prop::array::uniform4(samples()), w in prop::array::uniform4(-2.0f32..2.0)) {
        let [a, b, c, d] = &rows;
        let n = rows.iter().map(Vec::len).min().unwrap();
        check(a, n, |to| blend_rows(to, [a, b, c, d], w), |k| {
            (w[0] * a[k] + w[3] * d[k]) + (w[1] * b[k] + w[2] * c[k])
        });
    }

    #[test]
    fn ramps_follow_the_formula_and_rest_on_their_target(
        length in 0usize..400, from in -10.0f64..10.0, to in -10.0f64..10.0,
        frames in prop_oneof![1u32..500, 1u32..=u32::MAX], back in 0u32..500,
    ) {
        let done = frames.saturating_sub(back);
        check(&vec![0.0; length], length, |out| fill_linear_ramp(out, from, to, done, frames), |k| {
            let passed = f64::from(done) + 1.0 + k as f64;
            if passed < f64::from(frames) {
                (from + (to - from) * passed / f64::from(frames)) as f32
            } else {
                to as f32
            }
        });
    }

    #[test]
    fn measures_are_the_peak_and_the_sum_of_squares(x in samples()) {
        let (peak, squares) = measure(&x);
        let greatest = x.iter().fold(0f32, |peak, x| if x.abs() > peak { x.abs() } else { peak });
        prop_assert_eq!(peak, greatest);
        close(squares as f32, x.iter().map(|x| f64::from(*x).powi(2)));
    }

    #[test]
    fn one_sample_decides(mut x in samples(), at: prop::sample::Index, threshold in 0.0f64..2.0) {
        let above = |x: &[f32]| x.iter().any(|x| f64::from(x.abs()) > threshold);
        prop_assert_eq!(any_above(&x, threshold), above(&x));
        prop_assert!(all_finite(&x));
        if !x.is_empty() {
            let at = at.index(x.len());
            for value in [2.5, -2.5, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
                x[at] = value;
                prop_assert_eq!(any_above(&x, threshold), above(&x), "{}", value);
                prop_assert_eq!(all_finite(&x), value.is_finite(), "{}", value);
            }
        }
    }

    #[test]
    fn sums_of_products_are_close_to_the_exact_ones(
        a in samples(), b in samples(), c in samples(), position in 0.0f32..1.0,
    ) {
        close(dot(&a, &b), a.iter().zip(&b).map(|(h, x)| f64::from(*h) * f64::from(*x)));
        let terms = a.iter().zip(&b).zip(&c).map(|((x, low), high)| {
            let (low, high) = (f64::from(*low), f64::from(*high));
            f64::from(*x) * (low + f64::from(position) * (high - low))
        });
        let n = a.len().min(b.len()).min(c.len());
        // Between rows of opposite signs the blend itself cancels: its terms weigh in.
        let made = f64::from(dot_blend(&a, &b, &c, position));
        let (exact, weight) = terms.zip(0..n).fold((0.0, 0.0), |(sum, weight), (x, k)| {
            let inner = f64::from(b[k].abs() + c[k].abs());
            (sum + x, weight + f64::from(a[k].abs()) * inner)
        });
        prop_assert!((made - exact).abs() <= 1e-6 * weight, "{} is not {}", made, exact);
    }
}

#[test]
fn the_threshold_itself_is_not_above_it() {
    // Between two f32: what divides them is the f64.
    let threshold = 0.988_553_094_656_938_9;
    let above = threshold as f32;
    assert!(f64::from(above) > threshold || f64::from(above.next_up()) > threshold);
    for x in [above.next_down(), above, above.next_up()] {
        assert_eq!(any_above(&[x], threshold), f64::from(x) > threshold, "{x}");
        assert_eq!(
            any_above(&[-x; 40], threshold),
            f64::from(x) > threshold,
            "{x}"
        );
        assert!(!any_above(&[x; 40], f64::from(x)));
    }
    assert!(!any_above(&[f32::NAN], 0.5) && any_above(&[f32::INFINITY], f64::from(f32::MAX)));
    assert!(any_above(&[0.0], -1.0) && !any_above(&[], -1.0));
}
