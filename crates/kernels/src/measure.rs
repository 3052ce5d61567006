//! What a stretch of samples holds: level, overs, poison.

use crate::dispatch::kernels;

const LANES: usize = 8;
/// Searches look this far before they ask whether to stop.
const STRIDE: usize = 256;

kernels! {
    /// The greatest absolute sample and the sum of squares. NaN counts for no peak. Squares add up
    /// in f32 lanes: for stretches of some thousand samples at most.
    pub fn measure(samples: &[f32]) -> (f32, f64) {
        let (chunks, rest) = samples.as_chunks::<LANES>();
        let mut peaks = [0f32; LANES];
        let mut squares = [0f32; LANES];
        for chunk in chunks {
            for lane in 0..LANES {
                peaks[lane] = peaks[lane].max(chunk[lane].abs());
                squares[lane] += chunk[lane] * chunk[lane];
            }
        }
        let mut peak = 0f32;
        let mut sum = 0f64;
        for lane in 0..LANES {
            peak = peak.max(peaks[lane]);
            sum += f64::from(squares[lane]);
        }
        for sample in rest {
            peak = peak.max(sample.abs());
            sum += f64::from(sample * sample);
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
        for stride in samples.chunks(STRIDE) {
            let mut any = false;
            for x in stride {
                any |= x.abs() > limit;
            }
            if any {
                return true;
            }
        }
        false
    }

    /// Whether no sample is NaN or infinite.
    pub fn all_finite(samples: &[f32]) -> bool {
        for stride in samples.chunks(STRIDE) {
            let mut poisoned = false;
            for x in stride {
                // As signed numbers: SSE2 has no unsigned comparison.
                poisoned |= (x.to_bits() & 0x7fff_ffff) as i32 > 0x7f7f_ffff;
            }
            if poisoned {
                return false;
            }
        }
        true
    }
}
