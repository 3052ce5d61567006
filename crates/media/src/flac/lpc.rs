//! The predictor with coefficients: found in floating point, applied in integers.

use std::f64::consts::{LN_2, PI};

/// Highest order.
pub(super) const MAX_ORDER: usize = 8;

/// Bits of a coefficient.
pub(super) const PRECISION: u32 = 14;

/// Values beyond 30 bits are left to other predictors.
const MAX_RESIDUAL: i64 = 1 << 30;

/// A predictor: the sum of `coefficients` times the samples before, newest first, shifted right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Predictor {
    pub order: usize,
    pub shift: u32,
    pub coefficients: [i32; MAX_ORDER],
}

/// Finds predictors; holds what is reused from block to block.
#[derive(Debug, Default)]
pub(super) struct Finder {
    window: Vec<f64>,
    windowed: Vec<f64>,
}

impl Finder {
    /// The predictor that is likely to cost the least for samples of `bits` bits.
    pub fn find(&mut self, samples: &[i32], bits: u32) -> Option<Predictor> {
        if samples.len() <= 2 * MAX_ORDER {
            return None;
        }
        if self.window.len() != samples.len() {
            self.window = tukey(samples.len());
        }
        self.windowed.clear();
        let windowed = samples.iter().zip(&self.window);
        self.windowed
            .extend(windowed.map(|(sample, weight)| f64::from(*sample) * weight));
        // So that every lag has as many products.
        self.windowed.extend(std::iter::repeat_n(0.0, MAX_ORDER));
        let models = levinson(&autocorrelation(&self.windowed));
        let frames = samples.len() as f64;
        let costs = models.iter().enumerate().map(|(index, model)| {
            let order = index + 1;
            let scale = 0.5 * LN_2 * LN_2 / frames;
            let a_sample = (0.5 * libm::log2(model.error * scale)).max(0.0);
            let cost = a_sample * (samples.len() - order) as f64
                + (order as u32 * (bits + PRECISION)) as f64;
            (order, model, cost)
        });
        let (order, model, _) = costs.min_by(|(_, _, a), (_, _, b)| a.total_cmp(b))?;
        quantize(&model.coefficients, order)
    }
}

/// Flat in the middle half, cosine slopes on both sides.
fn tukey(len: usize) -> Vec<f64> {
    let slope = (len / 4).max(1);
    (0..len)
        .map(|n| {
            let from_edge = n.min(len - 1 - n);
            if from_edge >= slope {
                return 1.0;
            }
            0.5 - 0.5 * libm::cos(PI * (from_edge as f64 + 0.5) / slope as f64)
        })
        .collect()
}

/// Lags 0 to `MAX_ORDER` of what stands before the last `MAX_ORDER` values, which are zeros.
fn autocorrelation(padded: &[f64]) -> [f64; MAX_ORDER + 1] {
    let mut lags = [0.0; MAX_ORDER + 1];
    for window in padded.windows(MAX_ORDER + 1) {
        let now = window[0];
        for (lag, later) in lags.iter_mut().zip(window) {
            *lag += now * later;
        }
    }
    lags
}

/// The best coefficients of one order, and the energy of what they leave.
#[derive(Debug, Clone, Copy)]
struct Model {
    coefficients: [f64; MAX_ORDER],
    error: f64,
}

/// The models of order 1, 2, … by the Levinson-Durbin recursion, as far as they are stable.
fn levinson(lags: &[f64; MAX_ORDER + 1]) -> Vec<Model> {
    let mut models = Vec::with_capacity(MAX_ORDER);
    let mut coefficients = [0.0; MAX_ORDER];
    let mut error = lags[0];
    for order in 0..MAX_ORDER {
        if error <= 0.0 || !error.is_finite() {
            break;
        }
        let mut reflection = lags[order + 1];
        for before in 0..order {
            reflection -= coefficients[before] * lags[order - before];
        }
        reflection /= error;
        let old = coefficients;
        coefficients[order] = reflection;
        for before in 0..order {
            coefficients[before] = old[before] - reflection * old[order - 1 - before];
        }
        error *= 1.0 - reflection * reflection;
        if error <= 0.0 || !error.is_finite() {
            break;
        }
        models.push(Model {
            coefficients,
            error,
        });
    }
    models
}

/// Coefficients as integers of `PRECISION` bits under a common shift; what rounding leaves goes to
/// the next one. `None`: they are too large, or all zero.
fn quantize(coefficients: &[f64; MAX_ORDER], order: usize) -> Option<Predictor> {
    let largest = coefficients[..order]
        .iter()
        .fold(0.0f64, |largest, value| largest.max(value.abs()));
    if largest <= 0.0 || !largest.is_finite() {
        return None;
    }
    // largest < 2^exponent
    let exponent = (largest.to_bits() >> 52) as i32 - 1_022;
    let shift = u32::try_from((PRECISION as i32 - 1 - exponent).min(15)).ok()?;
    let scale = f64::from(1u32 << shift);
    let limit = 1i32 << (PRECISION - 1);
    let mut quantized = [0; MAX_ORDER];
    let mut left = 0.0;
    for (value, out) in coefficients[..order].iter().zip(&mut quantized) {
        let wanted = value * scale + left;
        *out = (wanted.round_ties_even() as i32).clamp(-limit, limit - 1);
        left = wanted - f64::from(*out);
    }
    quantized
        .iter()
        .any(|value| *value != 0)
        .then_some(Predictor {
            order,
            shift,
            coefficients: quantized,
        })
}

/// The residual of `predictor`: one value for each sample after the first `order` ones. `false`:
/// a value is too large.
pub(super) fn residual(samples: &[i32], predictor: &Predictor, out: &mut Vec<i32>) -> bool {
    out.clear();
    let run = match predictor.order {
        1 => run::<1, 2>,
        2 => run::<2, 3>,
        3 => run::<3, 4>,
        4 => run::<4, 5>,
        5 => run::<5, 6>,
        6 => run::<6, 7>,
        7 => run::<7, 8>,
        _ => run::<8, 9>,
    };
    run(samples, predictor, out)
}

/// `WINDOW` is `ORDER + 1`.
fn run<const ORDER: usize, const WINDOW: usize>(
    samples: &[i32],
    predictor: &Predictor,
    out: &mut Vec<i32>,
) -> bool {
    let mut coefficients = [0i64; ORDER];
    for (wide, coefficient) in coefficients.iter_mut().zip(predictor.coefficients) {
        *wide = i64::from(coefficient);
    }
    let mut largest = 0;
    out.extend(samples.windows(WINDOW).map(|window| {
        let mut sum = 0;
        for (n, coefficient) in coefficients.iter().enumerate() {
            sum += coefficient * i64::from(window[ORDER - 1 - n]);
        }
        let residual = i64::from(window[ORDER]) - (sum >> predictor.shift);
        largest |= residual ^ (residual >> 63);
        residual as i32
    }));
    largest < MAX_RESIDUAL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decaying_oscillation_is_predicted_from_two_samples() {
        // x[n] = 1.6 x[n−1] − 0.81 x[n−2] is such an oscillation, once it was struck.
        let mut samples = vec![1_000_000i32, 1_600_000];
        for n in 2..400 {
            let next = 1.6 * f64::from(samples[n - 1]) - 0.81 * f64::from(samples[n - 2]);
            let strike = if n % 100 == 0 { 900_000.0 } else { 0.0 };
            samples.push((next + strike).round() as i32);
        }
        let found = Finder::default().find(&samples, 24).unwrap();
        let value = |n: usize| f64::from(found.coefficients[n]) / f64::from(1 << found.shift);
        assert!((value(0) - 1.6).abs() < 0.05, "{found:?}");
        assert!((value(1) + 0.81).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn what_a_predictor_leaves_gives_the_samples_back() {
        let samples: Vec<i32> = (0..500i32)
            .map(|n| (n.wrapping_mul(2_654_435) % 8_388_608) - 4_000_000)
            .collect();
        for order in 1..=MAX_ORDER {
            let mut coefficients = [0; MAX_ORDER];
            for (n, value) in coefficients[..order].iter_mut().enumerate() {
                *value = [1_900, -700, 300, 8_191, -8_192, 5, -1, 77][n];
            }
            let predictor = Predictor {
                order,
                shift: 11,
                coefficients,
            };
            let mut left = Vec::new();
            assert!(residual(&samples, &predictor, &mut left));
            let mut back = samples[..order].to_vec();
            for value in left {
                let recent = back.iter().rev().zip(coefficients);
                let sum: i64 = recent.map(|(x, c)| i64::from(*x) * i64::from(c)).sum();
                back.push((i64::from(value) + (sum >> 11)) as i32);
            }
            assert_eq!(back, samples);
        }
    }

    #[test]
    fn values_beyond_30_bits_are_refused() {
        let predictor = Predictor {
            order: 1,
            shift: 0,
            coefficients: [-8_192, 0, 0, 0, 0, 0, 0, 0],
        };
        assert!(!residual(&[1 << 23, 0], &predictor, &mut Vec::new()));
        assert!(residual(&[1 << 16, 0], &predictor, &mut Vec::new()));
    }
}
