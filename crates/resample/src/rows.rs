//! The rows of a polyphase filter.
//!
//! An output frame lies at input time `i + f`, `0 <= f < 1`. Its row holds the filter's impulse
//! response at the distances from there to the input frames up to `i + ahead`. Rows are longer than
//! the response, by zeros for the oldest frames.

use noxrun_kernels::{GROUP, blend_rows};

use crate::prototype::Prototype;

/// Tables up to this many taps (2 MiB) hold a row for every phase that can occur.
const MAX_EXACT_TAPS: usize = 1 << 19;
/// Otherwise the table has about this many rows for a filter as short as the rate allows, and
/// rows between them are interpolated by cubics: error below -145 dB, and a table that the fastest
/// cache holds.
const INTERPOLATED_PHASES: f64 = 96.0;
/// Samples.
const CACHE_LINE: usize = 16;
/// Rows beside a phase that the cubic looks at: one before, two after.
const CUBIC: usize = 4;

/// The filter of one pair of rates. Immutable: resamplers share it.
#[derive(Debug)]
pub(crate) struct Rows {
    table: Vec<f32>,
    /// Where the rows begin in it: at the beginning of a cache line.
    start: usize,
    /// Groups of taps a row.
    width: usize,
    /// Input frames after `i` that a row reaches.
    ahead: usize,
    /// Phases between two input frames; `fraction / denominator` is a phase.
    denominator: u32,
    /// `None`: row `p` is phase `p`. `Some(n)`: `n` rows an input frame, with one more before and
    /// two more after for the cubic.
    interpolated: Option<u32>,
}

impl Rows {
    /// `prototype` sampled for output frames at multiples of `1 / denominator` input frames.
    pub fn new(prototype: &Prototype, denominator: u32) -> Self {
        let ahead = prototype.reach();
        let taps = (2 * ahead).next_multiple_of(GROUP);
        let exact = (denominator as usize).saturating_mul(taps) <= MAX_EXACT_TAPS;
        let (phases, interpolated, count) = if exact {
            (f64::from(denominator), None, denominator as usize)
        } else {
            let phases = (INTERPOLATED_PHASES / prototype.scale()).ceil().max(8.0);
            (phases, Some(phases as u32), phases as usize + CUBIC - 1)
        };
        let first = if exact { 0.0 } else { -1.0 };
        let mut table: Vec<f32> = Vec::with_capacity(count * taps + CACHE_LINE);
        let start = table.as_ptr().align_offset(CACHE_LINE * size_of::<f32>());
        let start = start.min(CACHE_LINE);
        table.resize(start, 0.0);
        let mut row = vec![0.0f64; taps];
        for index in 0..count {
            let phase = (index as f64 + first) / phases;
            let oldest = phase + (taps - 1 - ahead) as f64;
            for (k, tap) in row.iter_mut().enumerate() {
                *tap = prototype.at(oldest - k as f64);
            }
            // Unity at 0 Hz for every phase: a constant stays that constant.
            let gain: f64 = row.iter().sum();
            table.extend(row.iter().map(|tap| (tap / gain) as f32));
        }
        Self {
            table,
            start,
            width: taps / GROUP,
            ahead,
            denominator,
            interpolated,
        }
    }

    pub fn taps(&self) -> usize {
        self.width * GROUP
    }

    /// Input frames that a row reaches ahead.
    pub fn ahead(&self) -> usize {
        self.ahead
    }

    /// Groups of taps a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether the table holds a row for every phase.
    pub fn is_complete(&self) -> bool {
        self.interpolated.is_none()
    }

    /// The rows of all phases in their order, where it is complete.
    pub fn table(&self) -> &[[f32; GROUP]] {
        self.table[self.start..].as_chunks().0
    }

    /// Makes the row of phase `fraction / denominator`, where the table is not complete.
    pub fn blend(&self, fraction: u32, row: &mut [[f32; GROUP]]) {
        let Some(phases) = self.interpolated else {
            return;
        };
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
        let four = &self.table()[base * self.width..][..CUBIC * self.width];
        let one = |n: usize| four[n * self.width..][..self.width].as_flattened();
        blend_rows(
            row.as_flattened_mut(),
            [one(0), one(1), one(2), one(3)],
            weights,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quality;

    fn rows(numerator: u32, denominator: u32) -> Rows {
        let scale = (f64::from(numerator) / f64::from(denominator)).max(1.0);
        Rows::new(
            &Prototype::new(Quality::Balanced.shape(), scale),
            denominator,
        )
    }

    #[test]
    fn rows_have_unity_gain_at_zero_hertz() {
        let rows = rows(147, 160);
        assert!(rows.is_complete());
        for row in rows.table().chunks_exact(rows.width()) {
            let sum: f64 = row.as_flattened().iter().map(|&h| f64::from(h)).sum();
            assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        }
    }

    #[test]
    fn interpolated_rows_agree_with_exact_ones() {
        // 44,056 to 48,000 Hz has 6,000 phases: interpolated.
        let table = rows(5507, 6000);
        // The same filter with 125 phases: an exact table. Phase 2/125 is phase 96/6000.
        let exact = rows(114, 125);
        assert!(!table.is_complete() && exact.is_complete() && exact.taps() == table.taps());
        let mut made = vec![[0.0; GROUP]; table.width()];
        for (n, held) in (0..).zip(exact.table().chunks_exact(exact.width())) {
            table.blend(n * 48, &mut made);
            for (m, h) in made.as_flattened().iter().zip(held.as_flattened()) {
                assert!((m - h).abs() < 2e-7, "phase {n}: {m} {h}");
            }
        }
    }
}
