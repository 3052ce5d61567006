//! The filter design: a Kaiser-windowed sinc as rows of taps, one row a phase.
//!
//! An output frame lies at input time `i + f`, `0 <= f < 1`. Its row holds the filter's impulse
//! response at the distances from there to the input frames `i - half + 1 ..= i + half`.

use std::f64::consts::PI;

use crate::quality::Quality;
use noxrun_kernels::blend_rows;

/// Taps are a multiple of this many, so that the inner loop has no rest.
const LANES: usize = 16;

/// Tables up to this many taps (2 MiB) hold a row for every phase that can occur.
const MAX_EXACT_TAPS: usize = 1 << 19;
/// Otherwise the table has about this many rows for a filter as short as the rate allows, and
/// rows between them are interpolated by cubics: error below -180 dB.
const INTERPOLATED_PHASES: f64 = 256.0;
/// Rows beside a phase that the cubic looks at: one before, two after.
const CUBIC: usize = 4;

/// The designed filter of one pair of rates. Immutable: resamplers share it.
#[derive(Debug)]
pub(crate) struct Kernel {
    rows: Vec<f32>,
    /// Taps a row: `2 * half`.
    pub(crate) taps: usize,
    /// Phases between two input frames; `fraction / denominator` is a phase.
    denominator: u32,
    /// `None`: row `p` is phase `p`. `Some(n)`: `n` rows an input frame, with one more before and
    /// two more after for the cubic.
    interpolated: Option<u32>,
}

impl Kernel {
    /// The filter for output frames at multiples of `numerator / denominator` input frames (a
    /// reduced fraction).
    pub(crate) fn new(numerator: u32, denominator: u32, quality: Quality) -> Self {
        // Input frames for one frame of the lower of the two rates.
        let scale = (f64::from(numerator) / f64::from(denominator)).max(1.0);
        let attenuation = quality.attenuation_db();
        let beta = 0.1102 * (attenuation - 8.7);
        // Kaiser's estimate of the length, with the transition in radians a frame.
        let length_of = |width: f64| (attenuation - 7.95) / (2.285 * width);
        let transition = PI * (1.0 - quality.pass_band());
        let wanted = length_of(transition) * scale;
        let taps = (wanted / LANES as f64).ceil() as usize * LANES;
        // Rounding up made the transition steeper: keep its stop-band edge, widen the pass band.
        let transition = transition * wanted / taps as f64;
        let cutoff = (1.0 - transition / (2.0 * PI)) / scale;
        let response = |distance: f64| {
            let at = distance / (taps as f64 / 2.0);
            if at.abs() >= 1.0 {
                return 0.0;
            }
            let window = bessel_i0(beta * (1.0 - at * at).sqrt()) / bessel_i0(beta);
            cutoff * sinc(cutoff * distance) * window
        };

        let exact = (denominator as usize).saturating_mul(taps) <= MAX_EXACT_TAPS;
        let (phases, interpolated, count) = if exact {
            (f64::from(denominator), None, denominator as usize)
        } else {
            let phases = (INTERPOLATED_PHASES / scale).ceil().max(8.0);
            (phases, Some(phases as u32), phases as usize + CUBIC - 1)
        };
        let first = if exact { 0.0 } else { -1.0 };
        let mut rows = Vec::with_capacity(count * taps);
        let mut row = vec![0.0f64; taps];
        for index in 0..count {
            let phase = (index as f64 + first) / phases;
            let newest = phase + taps as f64 / 2.0 - 1.0;
            for (k, tap) in row.iter_mut().enumerate() {
                *tap = response(newest - k as f64);
            }
            // Unity at 0 Hz for every phase: a constant stays that constant.
            let gain: f64 = row.iter().sum();
            rows.extend(row.iter().map(|tap| (tap / gain) as f32));
        }
        Self {
            rows,
            taps,
            denominator,
            interpolated,
        }
    }

    /// The row of phase `fraction / denominator`, made in `scratch` (of `taps` samples) when the
    /// table does not hold it.
    #[inline]
    pub(crate) fn row<'a>(&'a self, fraction: u32, scratch: &'a mut [f32]) -> &'a [f32] {
        match self.interpolated {
            None => &self.rows[fraction as usize * self.taps..][..self.taps],
            Some(phases) => {
                self.interpolate(fraction, phases, scratch);
                scratch
            }
        }
    }

    fn interpolate(&self, fraction: u32, phases: u32, scratch: &mut [f32]) {
        let scaled = u64::from(fraction) * u64::from(phases);
        let base = (scaled / u64::from(self.denominator)) as usize;
        let rest = scaled % u64::from(self.denominator);
        let t = rest as f64 / f64::from(self.denominator);
        // Lagrange through the rows at -1, 0, 1 and 2.
        let weights = [
            -t * (t - 1.0) * (t - 2.0) / 6.0,
            (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
            -(t + 1.0) * t * (t - 2.0) / 2.0,
            (t + 1.0) * t * (t - 1.0) / 6.0,
        ]
        .map(|w| w as f32);
        let rows = &self.rows[base * self.taps..][..CUBIC * self.taps];
        let (before, rows) = rows.split_at(self.taps);
        let (at, rows) = rows.split_at(self.taps);
        let (after, last) = rows.split_at(self.taps);
        blend_rows(scratch, [before, at, after, last], weights);
    }
}

/// sin(pi x) / (pi x).
fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        1.0
    } else {
        libm::sin(PI * x) / (PI * x)
    }
}

/// The modified Bessel function of the first kind, order 0, by its power series. All its terms are
/// positive, so it is as exact as its additions.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    loop {
        term *= quarter / (k * k);
        sum += term;
        if term < sum * 1e-17 {
            return sum;
        }
        k += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bessel_i0_meets_its_tabulated_values() {
        // Abramowitz and Stegun, table 9.8.
        for (x, expected) in [
            (0.0, 1.0),
            (1.0, 1.266_065_877_752_009),
            (5.0, 27.239_871_823_604_44),
        ] {
            assert!((bessel_i0(x) / expected - 1.0).abs() < 1e-13, "I0({x})");
        }
    }

    #[test]
    fn rows_have_unity_gain_at_zero_hertz() {
        let kernel = Kernel::new(3, 1, Quality::Balanced);
        let sum: f64 = kernel.rows.iter().map(|&h| f64::from(h)).sum();
        assert!((sum - 1.0).abs() < 1e-7, "{sum}");
    }

    #[test]
    fn interpolated_rows_agree_with_exact_ones() {
        // 44,056 to 48,000 Hz has 6,000 phases: interpolated.
        let table = Kernel::new(5507, 6000, Quality::Balanced);
        assert!(table.interpolated.is_some());
        // The same filter with 125 phases: an exact table. Phase 2/125 is phase 96/6000.
        let exact = Kernel::new(114, 125, Quality::Balanced);
        assert!(exact.interpolated.is_none() && exact.taps == table.taps);
        let (mut a, mut b) = (vec![0.0; table.taps], vec![0.0; table.taps]);
        for n in 0..125u32 {
            let made = table.row(n * 48, &mut a);
            let held = exact.row(n, &mut b);
            for (m, h) in made.iter().zip(held) {
                assert!((m - h).abs() < 2e-7, "phase {n}: {m} {h}");
            }
        }
    }
}
