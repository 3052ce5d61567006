//! Every loop gives the same bits at every level.

use noxrun_kernels::{
    Branches, Level, Place, add, add_curve, add_scaled, all_finite, any_above, blend_rows, dot,
    dot_blend, fill_linear_ramp, fir_rows, fir_symmetric, force, interleave2, measure, multiply,
    scale,
};
use proptest::prelude::*;
use std::sync::Mutex;

/// The level is the process's: one test at a time.
static LEVEL: Mutex<()> = Mutex::new(());

/// What a loop gives at each level that this machine has.
fn at_each_level<T>(work: impl Fn() -> T) -> Vec<T> {
    let _guard = LEVEL.lock().unwrap_or_else(|e| e.into_inner());
    let levels = Level::ALL.into_iter().filter(|level| force(*level).is_ok());
    let results: Vec<T> = levels.map(|_| work()).collect();
    if !cfg!(target_arch = "x86_64") || !Level::V3.is_supported() {
        eprintln!("this machine has one level: nothing to compare");
    }
    results
}

/// Bits, with one NaN for all of them.
fn bits(x: &[f32]) -> Vec<u32> {
    let one = |x: &f32| if x.is_nan() { f32::NAN } else { *x }.to_bits();
    x.iter().map(one).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(work: impl Fn() -> T) {
    let results = at_each_level(work);
    for result in &results {
        assert_eq!(result, &results[0]);
    }
}

/// Ordinary samples, and one in eight of any bits: infinities, NaN, denormals, zeros of both signs.
fn sample() -> impl Strategy<Value = f32> {
    prop_oneof![
        7 => -2.0f32..2.0,
        1 => prop_oneof![
            any::<u32>().prop_map(f32::from_bits),
            (0u32..0x80_0000).prop_map(f32::from_bits),
            prop::sample::select(vec![0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN]),
        ],
    ]
}

fn samples() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(sample(), 0..600)
}

/// Ordinary samples only, so that whole sums stay numbers.
fn tame() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-2.0f32..2.0, 0..600)
}

/// From `offset` samples on: every alignment.
fn from(x: &[f32], offset: usize) -> &[f32] {
    &x[offset.min(x.len())..]
}

fn written(to: &[f32], offset: usize, work: impl Fn(&mut [f32])) -> Vec<u32> {
    let mut to = to.to_vec();
    let start = offset.min(to.len());
    work(&mut to[start..]);
    bits(&to)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_and_gains_have_the_same_bits(
        out in samples(), a in samples(), b in samples(), gain in sample(), at in prop::array::uniform3(0usize..8),
    ) {
        let [o, i, j] = at;
        let (x, y) = (from(&a, i), from(&b, j));
        same(|| written(&out, o, |to| add(to, x)));
        same(|| written(&out, o, |to| add_scaled(to, x, gain)));
        same(|| written(&out, o, |to| add_curve(to, x, y)));
        same(|| written(&out, o, |to| scale(to, gain)));
        same(|| written(&out, o, |to| multiply(to, x)));
        same(|| written(&out, o, |to| interleave2(to, x, y)));
    }

    #[test]
    fn ramps_have_the_same_bits(
        length in 0usize..600, offset in 0usize..8, ends in [-100.0f64..100.0, -100.0f64..100.0],
        frames in prop_oneof![0u32..700, any::<u32>()], done in prop_oneof![0u32..700, any::<u32>()],
    ) {
        let out = vec![0.0; length];
        same(|| written(&out, offset, |to| fill_linear_ramp(to, ends[0], ends[1], done, frames)));
    }

    #[test]
    fn measures_have_the_same_bits(
        poisoned in samples(), clean in tame(), offset in 0usize..8, threshold in 0.0f64..3.0,
    ) {
        for x in [from(&poisoned, offset), from(&clean, offset)] {
            same(|| {
                let (peak, sum) = measure(x);
                let sum = if sum.is_nan() { f64::NAN } else { sum };
                (bits(&[peak]), sum.to_bits(), any_above(x, threshold), all_finite(x))
            });
        }
    }

    #[test]
    fn sums_of_products_have_the_same_bits(
        poisoned in prop::array::uniform3(samples()), clean in prop::array::uniform3(tame()),
        at in prop::array::uniform3(0usize..8), position in 0.0f32..1.0, weights in prop::array::uniform4(sample()),
    ) {
        for [a, b, c] in [&poisoned, &clean] {
            let (x, y, z) = (from(a, at[0]), from(b, at[1]), from(c, at[2]));
            same(|| bits(&[dot(x, y), dot_blend(x, y, z, position)]));
            same(|| written(a, at[0], |to| blend_rows(to, [x, y, z, y], weights)));
        }
    }

    #[test]
    fn filters_have_the_same_bits(
        taps in tame(), poisoned in samples(), clean in tame(), offset in 0usize..8, width in 1usize..4,
        places in prop::collection::vec((0u32..4, 0u32..500), 0..40), factor in 1usize..4, first in 0usize..20,
    ) {
        let places: Vec<Place> = places.into_iter().map(|(row, start)| Place { row, start }).collect();
        let (rows, _) = taps.as_chunks();
        for x in [from(&poisoned, offset), from(&clean, offset)] {
            same(|| {
                let mut out = vec![0.0; places.len()];
                (fir_rows(&mut out, rows, width, x, &places), bits(&out))
            });
            let branches = Branches { samples: x, factor, stride: x.len() / factor };
            for groups in 0..20 {
                same(|| {
                    let mut out = vec![[0.0; 8]; groups];
                    let side = &taps[..taps.len().min(50)];
                    (fir_symmetric(&mut out, side, branches, first), bits(out.as_flattened()))
                });
            }
        }
    }
}
