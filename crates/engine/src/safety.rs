//! The master's safety stage: memoryless, without delay, transparent below its threshold.
//!
//! With `T = 10^(-0.1/20)`: `|x| ≤ T` passes bit for bit; above it
//! `sign(x)·(T + (1 - T)·tanh((|x| - T)/(1 - T)))`, so the output never exceeds 1.

/// `10^(-0.1/20)`: −0.1 dBFS.
pub const THRESHOLD: f64 = 0.988_553_094_656_938_9;

/// Limits one sample.
#[inline]
pub fn limit(x: f32) -> f32 {
    if f64::from(x.abs()) <= THRESHOLD {
        return x;
    }
    let over = (f64::from(x.abs()) - THRESHOLD) / (1.0 - THRESHOLD);
    let y = THRESHOLD + (1.0 - THRESHOLD) * libm::tanh(over);
    (y as f32).copysign(x)
}

/// Limits a stretch in place. The usual case, nothing to limit, is one pass without a branch.
pub(crate) fn limit_all(samples: &mut [f32]) {
    if noxrun_kernels::any_above(samples, THRESHOLD) {
        for sample in samples {
            *sample = limit(*sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threshold_is_minus_a_tenth_of_a_decibel() {
        assert_eq!(THRESHOLD, 10f64.powf(-0.1 / 20.0));
    }

    #[test]
    fn below_the_threshold_every_bit_passes_and_above_it_stays_below_one() {
        for x in [0.0f32, -0.0, 1e-30, 0.5, -0.988, 0.988_55] {
            assert_eq!(limit(x).to_bits(), x.to_bits());
        }
        let mut last = 0.0;
        for i in 0..2000 {
            let x = 0.98 + i as f32 * 0.001;
            let y = limit(x);
            assert!(y >= last && y <= 1.0, "{x} -> {y}");
            assert_eq!(limit(-x), -y);
            last = y;
        }
    }
}
