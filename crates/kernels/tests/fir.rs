//! Filters over blocks are what their formulas say, whatever stands beside an output, and never
//! read outside of what they were given.

use noxrun_kernels::{Branches, GROUP, Place, fir_rows, fir_symmetric};
use proptest::prelude::*;

fn samples(length: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-2.0f32..2.0, length)
}

/// Within a millionth of what the terms weigh.
fn is_close(sum: f32, terms: impl Iterator<Item = f64>) -> bool {
    let (exact, weight) = terms.fold((0.0, 0.0), |(sum, weight), x| (sum + x, weight + x.abs()));
    (f64::from(sum) - exact).abs() <= 1e-6 * weight
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_scalar_products_up_to_the_first_that_reads_outside(
        taps in samples(0..500), x in samples(0..300), width in 1usize..4,
        places in prop::collection::vec((0u32..9, 0u32..270), 0..30), room in 0usize..30,
    ) {
        let places: Vec<Place> = places.into_iter().map(|(row, start)| Place { row, start }).collect();
        let (rows, _) = taps.as_chunks::<GROUP>();
        let length = width * GROUP;
        let fits = |p: &Place| {
            (p.row as usize + 1) * width <= rows.len() && p.start as usize + length <= x.len()
        };
        let mut out = vec![f32::NAN; room];
        let made = fir_rows(&mut out, rows, width, &x, &places);
        prop_assert_eq!(made, places.iter().take(room).take_while(|p| fits(p)).count());
        for (out, place) in out[..made].iter().zip(&places) {
            let row = &taps[place.row as usize * length..][..length];
            let terms = row.iter().zip(&x[place.start as usize..]);
            prop_assert!(is_close(*out, terms.map(|(h, x)| f64::from(*h) * f64::from(*x))));
            let mut alone = [0.0];
            fir_rows(&mut alone, rows, width, &x, &[*place]);
            prop_assert_eq!(alone[0].to_bits(), out.to_bits(), "alone or beside others");
        }
        prop_assert!(out[made..].iter().all(|x| x.is_nan()), "what was not made is left alone");
    }

    #[test]
    fn symmetric_filters_are_their_formula(
        taps in samples(1..120), factor in 1usize..7, groups in 0usize..12, margin in 0usize..3, seed: u32,
    ) {
        let reach = (taps.len() - 1).div_ceil(factor);
        let first = reach + margin;
        let stride = first + 8 * groups + reach;
        let sample = |i: usize| {
            let mixed = (i as u32 ^ seed).wrapping_mul(0x9e37_79b1);
            (mixed >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let mut branches = vec![0.0; factor * stride];
        for i in 0..factor * stride {
            branches[i % factor * stride + i / factor] = sample(i);
        }
        let x = Branches { samples: &branches, factor, stride };
        let mut out = vec![[f32::NAN; 8]; groups];
        prop_assert!(fir_symmetric(&mut out, &taps, x, first));
        for (n, out) in out.as_flattened().iter().enumerate() {
            let centre = factor * (first + n);
            let sides = (1..taps.len()).map(|d| {
                f64::from(taps[d]) * (f64::from(sample(centre - d)) + f64::from(sample(centre + d)))
            });
            let terms = sides.chain([f64::from(taps[0]) * f64::from(sample(centre))]);
            prop_assert!(is_close(*out, terms), "output {}", n);
        }
        for (group, together) in out.iter().enumerate() {
            let mut alone = [[f32::NAN; 8]];
            fir_symmetric(&mut alone, &taps, x, first + 8 * group);
            prop_assert_eq!(alone[0].map(f32::to_bits), together.map(f32::to_bits), "alone or beside others");
        }
    }

    #[test]
    fn symmetric_filters_refuse_to_read_outside(
        taps in samples(0..40), x in samples(0..200), factor in 0usize..5, stride in 0usize..100,
        first in prop_oneof![0usize..60, Just(usize::MAX)], groups in 0usize..8,
    ) {
        let reach = if factor == 0 { 0 } else { taps.len().saturating_sub(1).div_ceil(factor) };
        let fits = !taps.is_empty() && factor > 0 && factor * stride <= x.len() && first >= reach
            && first.saturating_add(8 * groups + reach) <= stride;
        let mut out = vec![[f32::NAN; 8]; groups];
        let x = Branches { samples: &x, factor, stride };
        prop_assert_eq!(fir_symmetric(&mut out, &taps, x, first), fits);
        prop_assert!(out.as_flattened().iter().all(|x| x.is_nan() != fits));
    }
}
