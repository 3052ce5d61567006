//! Sums of products, for filters and interpolators.

use crate::dispatch::kernels;

kernels! {
    /// The scalar product of `taps` and `window`.
    ///
    /// In 32 lanes, which hide the latency of the additions at every level. They are added
    /// pairwise, so the error grows with the logarithm of the length.
    pub fn dot(taps: &[f32], window: &[f32]) -> f32 {
        let frames = taps.len().min(window.len());
        let (taps, last_taps) = taps[..frames].as_chunks::<8>();
        let (window, last_window) = window[..frames].as_chunks::<8>();
        let (tap_quads, taps) = taps.as_chunks::<4>();
        let (window_quads, window) = window.as_chunks::<4>();
        let mut sums = [V::splat(0.0); 4];
        for (h, x) in tap_quads.iter().zip(window_quads) {
            for k in 0..4 {
                sums[k] = sums[k].add(V::load(&h[k]).mul(V::load(&x[k])));
            }
        }
        for (h, x) in taps.iter().zip(window) {
            sums[0] = sums[0].add(V::load(h).mul(V::load(x)));
        }
        let mut rest = 0f32;
        for (h, x) in last_taps.iter().zip(last_window) {
            rest += h * x;
        }
        let [a, b, c, d] = sums;
        a.add(c).add(b.add(d)).sum() + rest
    }

    /// The scalar product of `samples` and the row of taps that lies `position` (0…1) of the way
    /// from `low` to `high`: `Σ samples[i]·(low[i] + position·(high[i] − low[i]))`, in eight lanes.
    /// For the windowed-sinc rows of an interpolator, some ten taps long.
    pub fn dot_blend(samples: &[f32], low: &[f32], high: &[f32], position: f32) -> f32 {
        let frames = samples.len().min(low.len()).min(high.len());
        let (samples, last_samples) = samples[..frames].as_chunks::<8>();
        let (low, last_low) = low[..frames].as_chunks::<8>();
        let (high, last_high) = high[..frames].as_chunks::<8>();
        let blend = V::splat(position);
        let mut sum = V::splat(0.0);
        for ((x, a), b) in samples.iter().zip(low).zip(high) {
            let (a, b) = (V::load(a), V::load(b));
            sum = sum.add(V::load(x).mul(a.add(blend.mul(b.sub(a)))));
        }
        let mut rest = 0f32;
        for ((x, a), b) in last_samples.iter().zip(last_low).zip(last_high) {
            rest += x * (a + position * (b - a));
        }
        sum.sum() + rest
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
