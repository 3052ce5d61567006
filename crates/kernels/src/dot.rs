//! Sums of products, for filters and interpolators.

use crate::dispatch::kernels;

kernels! {
    /// The scalar product of `taps` and `window`.
    ///
    /// 32 lanes hide the latency of the additions at every level; they are added pairwise, so the
    /// error grows with the logarithm of the length.
    pub fn dot(taps: &[f32], window: &[f32]) -> f32 {
        let frames = taps.len().min(window.len());
        let (taps, last_taps) = taps[..frames].as_chunks::<32>();
        let (window, last_window) = window[..frames].as_chunks::<32>();
        let mut lanes = [0f32; 32];
        for (h, x) in taps.iter().zip(window) {
            for lane in 0..32 {
                lanes[lane] += h[lane] * x[lane];
            }
        }
        let mut rest = 0f32;
        for (h, x) in last_taps.iter().zip(last_window) {
            rest += h * x;
        }
        pairwise(lanes) + rest
    }

    /// The scalar product of `samples` and the row of taps that lies `position` (0…1) of the way
    /// from `low` to `high`: `Σ samples[i]·(low[i] + position·(high[i] − low[i]))`, in eight lanes.
    /// For the windowed-sinc rows of an interpolator, some ten taps long.
    pub fn dot_blend(samples: &[f32], low: &[f32], high: &[f32], position: f32) -> f32 {
        let frames = samples.len().min(low.len()).min(high.len());
        let (samples, last_samples) = samples[..frames].as_chunks::<8>();
        let (low, last_low) = low[..frames].as_chunks::<8>();
        let (high, last_high) = high[..frames].as_chunks::<8>();
        let mut lanes = [0f32; 8];
        for ((x, a), b) in samples.iter().zip(low).zip(high) {
            for lane in 0..8 {
                lanes[lane] += x[lane] * (a[lane] + position * (b[lane] - a[lane]));
            }
        }
        let mut rest = 0f32;
        for ((x, a), b) in last_samples.iter().zip(last_low).zip(last_high) {
            rest += x * (a + position * (b - a));
        }
        pairwise(lanes) + rest
    }

    /// Four rows weighted and added, the outer two and the inner two first:
    /// `out[n] = (w0·r0[n] + w3·r3[n]) + (w1·r1[n] + w2·r2[n])`.
    pub fn blend_rows(out: &mut [f32], rows: [&[f32]; 4], weights: [f32; 4]) {
        let [a, b, c, d] = rows;
        for ((((out, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *out = (weights[0] * a + weights[3] * d) + (weights[1] * b + weights[2] * c);
        }
    }
}

/// The sum of a power of two of lanes: the upper half onto the lower, until one is left.
#[inline(always)]
fn pairwise<const N: usize>(mut lanes: [f32; N]) -> f32 {
    let mut width = N / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}
