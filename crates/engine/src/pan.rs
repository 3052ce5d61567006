//! The pan law: constant power, normalised to exactly 1 at the centre.

use crate::ramp::Ramp;
use std::f64::consts::{FRAC_PI_4, SQRT_2};

/// Gains of the first two channels for `pan` in [-1, 1]: `√2·cos θ` and `√2·sin θ` with
/// `θ = (pan + 1)·π/4`, narrowed to f32. At the centre both are exactly 1.0.
///
/// `libm`'s functions are used so that a render has the same bits on every machine.
pub fn pan_gains(pan: f64) -> (f32, f32) {
    let (sin, cos) = libm::sincos((pan + 1.0) * FRAC_PI_4);
    ((SQRT_2 * cos) as f32, (SQRT_2 * sin) as f32)
}

/// A moving pan, with the gains of its resting place at hand: the law costs a sine and a cosine.
#[derive(Debug)]
pub(crate) struct Panner {
    pub ramp: Ramp,
    at: f64,
    gains: (f32, f32),
}

impl Panner {
    pub fn at(pan: f64) -> Self {
        Self {
            ramp: Ramp::at(pan),
            at: pan,
            gains: pan_gains(pan),
        }
    }

    /// Pans as many frames as the two slices have, and moves on by them.
    pub fn apply(&mut self, left: &mut [f32], right: &mut [f32]) {
        let moving = (self.ramp.remaining() as usize).min(left.len());
        let (moving_left, left) = left.split_at_mut(moving);
        let (moving_right, right) = right.split_at_mut(moving);
        for (l, r) in moving_left.iter_mut().zip(moving_right) {
            let (gain_left, gain_right) = pan_gains(self.ramp.next_value());
            *l *= gain_left;
            *r *= gain_right;
        }
        if left.is_empty() {
            return;
        }
        let pan = self.ramp.current();
        if pan != self.at {
            self.at = pan;
            self.gains = pan_gains(pan);
        }
        scale(left, self.gains.0);
        scale(right, self.gains.1);
    }
}

/// Multiplies by `gain`; unity is left alone.
pub(crate) fn scale(samples: &mut [f32], gain: f32) {
    if gain != 1.0 {
        noxrun_kernels::scale(samples, gain);
    }
}

#[cfg(test)]
mod tests {
    use super::pan_gains;

    #[test]
    fn centre_is_exactly_unity_and_the_ends_are_root_two() {
        assert_eq!(pan_gains(0.0), (1.0, 1.0));
        let (left, right) = pan_gains(-1.0);
        assert_eq!((left, right), (std::f32::consts::SQRT_2, 0.0));
        let (left, right) = pan_gains(1.0);
        assert!(left.abs() < 1e-7 && right == std::f32::consts::SQRT_2);
    }

    #[test]
    fn power_is_constant() {
        for i in -10..=10 {
            let (l, r) = pan_gains(f64::from(i) / 10.0);
            assert!((l * l + r * r - 2.0).abs() < 1e-6, "{i}: {l} {r}");
        }
    }
}
