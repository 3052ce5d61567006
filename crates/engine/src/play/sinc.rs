//! The interpolation filter: a Kaiser-windowed sinc, tabulated once.
//!
//! It passes up to 0.8 of the Nyquist frequency and stops (by 110 dB) from the Nyquist frequency
//! on. At a speed beyond 1 it is stretched by that speed, so that what would lie beyond the new
//! Nyquist frequency is stopped; its length, so its cost, grows with the speed.

use noxrun_kernels::design::{bessel_i0, sinc};
use std::f64::consts::PI;

/// Frames that it reads on either side at speeds up to 1.
pub(crate) const HALF: usize = 36;
/// Taps at speeds up to 1.
pub(crate) const TAPS: usize = 2 * HALF;
/// Most taps that it has, at the highest speed.
pub(crate) const MAX_TAPS: usize = 16 * TAPS;
/// Its two edges, relative to the Nyquist frequency.
const PASS: f64 = 0.8;
const STOP: f64 = 1.0;
/// Rows of taps a frame. Between them it is a straight line: an error below −110 dB.
const ROWS: usize = 512;
const ROW_BITS: u32 = ROWS.trailing_zeros();
/// Cubics a frame on one side of it: an error below −110 dB as well, in little memory.
const CUBICS: usize = 32;
/// A stretched filter is read a little beyond its end, where it is 0.
const MARGIN: usize = 4;

/// The table. Immutable.
#[derive(Debug)]
pub(crate) struct Sinc {
    /// All taps for [`ROWS`] + 1 places between two frames.
    rows: Box<[f32]>,
    /// One side of the filter as polynomials, lowest power first, [`CUBICS`] a frame.
    side: Box<[[f32; 4]]>,
}

impl Sinc {
    /// The one table of the process. Made when the first engine is built, never in a callback.
    pub fn shared() -> &'static Self {
        #[allow(
            clippy::disallowed_types,
            reason = "an engine takes its reference when it is built; a callback only has that"
        )]
        static TABLE: std::sync::OnceLock<Sinc> = std::sync::OnceLock::new();
        TABLE.get_or_init(Self::new)
    }

    fn new() -> Self {
        let beta = beta();
        let cutoff = (PASS + STOP) / 2.0;
        let unity = bessel_i0(beta);
        let value = |entry: usize| {
            let distance = entry as f64 / ROWS as f64;
            let at = distance / HALF as f64;
            if at >= 1.0 {
                return 0.0;
            }
            let window = bessel_i0(beta * (1.0 - at * at).sqrt()) / unity;
            cutoff * sinc(cutoff * distance) * window
        };
        let values: Vec<f64> = (0..=HALF * ROWS).map(value).collect();
        let row = |row: usize| {
            let farthest = (HALF - 1) * ROWS + row;
            let values = &values;
            (0..TAPS).map(move |tap| values[farthest.abs_diff(tap * ROWS)] as f32)
        };
        let coarse = |entry: usize| {
            let value = values.get(entry * (ROWS / CUBICS));
            value.copied().unwrap_or(0.0)
        };
        let cubic = |entry: usize| {
            let before = coarse(entry.abs_diff(1));
            cubic([before, coarse(entry), coarse(entry + 1), coarse(entry + 2)])
        };
        Self {
            rows: (0..=ROWS).flat_map(row).collect(),
            side: (0..=(HALF + MARGIN) * CUBICS).map(cubic).collect(),
        }
    }

    /// Writes the taps for a place `part` · 2^-32 after a frame at a speed into `out`. They are for
    /// equally many frames up to and including that one and after it. Returns how many there are
    /// and the factor that the sum still needs.
    pub fn taps(&self, part: u32, rate: f64, out: &mut [f32]) -> (usize, f32) {
        if rate > 1.0 {
            (self.stretched(part, rate, out), (1.0 / rate) as f32)
        } else {
            self.row(part, 0, &mut out[..TAPS]);
            (TAPS, 1.0)
        }
    }

    /// Writes the taps of the filter as it is, without stretching, from tap `skipped` on.
    pub fn row(&self, part: u32, skipped: usize, out: &mut [f32]) {
        let row = (part >> (32 - ROW_BITS)) as usize;
        let t = fraction(part << ROW_BITS);
        let (low, high) = self.rows[row * TAPS..][..2 * TAPS].split_at(TAPS);
        let rows = low[skipped..].iter().zip(&high[skipped..]);
        for (tap, (low, high)) in out.iter_mut().zip(rows) {
            *tap = low + (high - low) * t;
        }
    }

    fn stretched(&self, part: u32, rate: f64, out: &mut [f32]) -> usize {
        let half = ((HALF as f64 * rate).ceil() as usize).next_multiple_of(4);
        // Cubics a frame of the sound, with 32 more bits.
        let step = (CUBICS as f64 / rate * (1u64 << 32) as f64).round() as u64;
        let before = ((u128::from(step) * u128::from(part)) >> 32) as u64;
        let (left, right) = out[..2 * half].split_at_mut(half);
        let farthest = before + (half as u64 - 1) * step;
        self.slide(left, farthest, step.wrapping_neg());
        self.slide(right, step - before, step);
        2 * half
    }

    /// Writes one side of the filter, from place `at` of its table on and `step` (modulo 2^64)
    /// further for each tap. Four at a time: that much is done in vectors.
    fn slide(&self, taps: &mut [f32], mut at: u64, step: u64) {
        for taps in taps.chunks_exact_mut(4) {
            let mut cubics = [[0.0; 4]; 4];
            let mut t = [0.0; 4];
            for (cubic, t) in cubics.iter_mut().zip(&mut t) {
                *cubic = self.side[(at >> 32) as usize];
                *t = fraction(at as u32);
                at = at.wrapping_add(step);
            }
            for (tap, (c, t)) in taps.iter_mut().zip(cubics.iter().zip(t)) {
                *tap = ((c[3] * t + c[2]) * t + c[1]) * t + c[0];
            }
        }
    }
}

/// Parts of 2^-32 as a number from 0 up to 1.
fn fraction(part: u32) -> f32 {
    // What is left after the shift fits an f32, and a signed conversion is one instruction.
    (part >> 8) as i32 as f32 * (1.0 / (1u32 << 24) as f32)
}

/// Lagrange's polynomial through values at −1, 0, 1 and 2, lowest power first.
fn cubic([a, b, c, d]: [f64; 4]) -> [f32; 4] {
    [
        b,
        c - a / 3.0 - b / 2.0 - d / 6.0,
        (a + c) / 2.0 - b,
        (d - a) / 6.0 + (b - c) / 2.0,
    ]
    .map(|coefficient| coefficient as f32)
}

/// Kaiser's shape for the attenuation that he estimates for this length and these edges.
fn beta() -> f64 {
    let attenuation = 7.95 + 2.285 * TAPS as f64 * PI * (STOP - PASS);
    0.1102 * (attenuation - 8.7)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A filter's answer to a constant is that constant, at every place and speed.
    #[test]
    fn taps_sum_to_one() {
        let table = Sinc::new();
        let mut taps = [f32::NAN; MAX_TAPS];
        for rate in [0.0625, 1.0, 1.000_001, 1.1, 2.0, 3.7, 15.99, 16.0] {
            for part in (0..64).map(|n| n * 67_000_001).chain([u32::MAX]) {
                let (count, factor) = table.taps(part, rate, &mut taps);
                let sum: f64 = taps[..count].iter().map(|tap| f64::from(*tap)).sum();
                let gain = sum * f64::from(factor);
                assert!((gain - 1.0).abs() < 1e-5, "{rate}, {part}: {gain}");
            }
        }
    }
}
