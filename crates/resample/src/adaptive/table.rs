//! The filter of [`AdaptiveResampler`](super::AdaptiveResampler): rows for 128 phases, and cubics
//! between them, off by less than −150 dB.

use noxrun_kernels::blend_rows;
use noxrun_kernels::design::{bessel_i0, sinc};
use std::f64::consts::PI;

/// Design attenuation, dB, with some in hand over what is promised.
const ATTENUATION: f64 = 104.0;
/// Where the pass band ends, of the lower Nyquist frequency.
const PASS_BAND: f64 = 0.75;
/// Taps are a multiple of this many, so that the inner loop has no rest.
const LANES: usize = 16;
const PHASE_BITS: u32 = 7;
const PHASES: usize = 1 << PHASE_BITS;
/// Rows that a cubic looks at beside its own: one before, two after.
const BEYOND: usize = 3;

#[derive(Debug, Clone)]
pub(super) struct Table {
    rows: Vec<f32>,
    taps: usize,
}

impl Table {
    /// `scale`: input frames for one frame of the lower of the two rates, at least 1.
    pub fn new(scale: f64) -> Self {
        let beta = 0.1102 * (ATTENUATION - 8.7);
        let transition = PI * (1.0 - PASS_BAND);
        // Kaiser's estimate.
        let wanted = (ATTENUATION - 7.95) / (2.285 * transition) * scale;
        let taps = (wanted / LANES as f64).ceil() as usize * LANES;
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
        let mut rows = Vec::with_capacity((PHASES + BEYOND) * taps);
        for index in 0..PHASES + BEYOND {
            let newest = (index as f64 - 1.0) / PHASES as f64 + taps as f64 / 2.0 - 1.0;
            let row: Vec<f64> = (0..taps).map(|k| response(newest - k as f64)).collect();
            // A constant stays that constant, at every phase.
            let gain: f64 = row.iter().sum();
            rows.extend(row.iter().map(|tap| (tap / gain) as f32));
        }
        Self { rows, taps }
    }

    pub fn taps(&self) -> usize {
        self.taps
    }

    /// Writes the row of a phase, in 2⁻⁶⁴ of an input frame.
    pub fn fill(&self, phase: u64, row: &mut [f32]) {
        let base = (phase >> (64 - PHASE_BITS)) as usize;
        let rest = phase << PHASE_BITS >> 32;
        let t = rest as f64 / 4_294_967_296.0;
        // Lagrange through the rows at −1, 0, 1 and 2.
        let weights = [
            -t * (t - 1.0) * (t - 2.0) / 6.0,
            (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
            -(t + 1.0) * t * (t - 2.0) / 2.0,
            (t + 1.0) * t * (t - 1.0) / 6.0,
        ]
        .map(|weight| weight as f32);
        let at = |row: usize| &self.rows[(base + row) * self.taps..][..self.taps];
        blend_rows(row, [at(0), at(1), at(2), at(3)], weights);
    }
}
