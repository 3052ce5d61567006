//! What a stretch of samples holds: level, overs, poison.

use crate::dispatch::kernels;

kernels! {
    /// The greatest absolute sample and the sum of squares. NaN counts for no peak. Squares add up
    /// in eight f32 lanes: for stretches of some thousand samples at most.
    pub fn measure(samples: &[f32]) -> (f32, f64) {
        let (chunks, rest) = samples.as_chunks::<8>();
        let mut peaks = V::splat(0.0);
        let mut squares = V::splat(0.0);
        for chunk in chunks {
            let x = V::load(chunk);
            peaks = x.abs().max_or(peaks);
            squares = squares.add(x.mul(x));
        }
        let mut peak = peaks.to_array().iter().fold(0f32, |a, b| a.max(*b));
        let mut sum: f64 = squares.to_array().iter().map(|s| f64::from(*s)).sum();
        for x in rest {
            peak = peak.max(x.abs());
            sum += f64::from(x * x);
        }
        (peak, sum)
    }

    /// Whether any sample's absolute value is above `threshold`. NaN is not.
    pub fn any_above(samples: &[f32], threshold: f64) -> bool {
        // The greatest f32 that is not above the threshold divides f32 in the same two.
        let mut limit = threshold as f32;
        if f64::from(limit) > threshold {
            limit = limit.next_down();
        }
        let (chunks, rest) = samples.as_chunks::<8>();
        let (quads, last) = chunks.as_chunks::<4>();
        let mut peaks = [V::splat(f32::NEG_INFINITY); 4];
        for quad in quads {
            for k in 0..4 {
                peaks[k] = V::load(&quad[k]).abs().max_or(peaks[k]);
            }
        }
        for chunk in last {
            peaks[0] = V::load(chunk).abs().max_or(peaks[0]);
        }
        let [a, b, c, d] = peaks;
        let peaks = a.max_or(b).max_or(c.max_or(d)).to_array();
        peaks.iter().any(|x| *x > limit) || rest.iter().any(|x| x.abs() > limit)
    }

    /// Whether no sample is NaN or infinite.
    pub fn all_finite(samples: &[f32]) -> bool {
        let (chunks, rest) = samples.as_chunks::<8>();
        let (quads, last) = chunks.as_chunks::<4>();
        // x − x is 0 for what is finite and NaN for what is not, and NaN stays in a sum.
        let mut sums = [V::splat(0.0); 4];
        for quad in quads {
            for k in 0..4 {
                let x = V::load(&quad[k]);
                sums[k] = sums[k].add(x.sub(x));
            }
        }
        for chunk in last {
            let x = V::load(chunk);
            sums[0] = sums[0].add(x.sub(x));
        }
        let [a, b, c, d] = sums;
        let sum = a.add(b).add(c.add(d)).sum();
        !sum.is_nan() && rest.iter().all(|x| x.is_finite())
    }
}
