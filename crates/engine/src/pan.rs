//! The pan law: constant power, normalised to exactly 1 at the centre.

use std::f64::consts::{FRAC_PI_4, SQRT_2};

/// Gains of the first two channels for `pan` in [-1, 1]: `√2·cos θ` and `√2·sin θ` with
/// `θ = (pan + 1)·π/4`, narrowed to f32. At the centre both are exactly 1.0.
///
/// `libm`'s functions are used so that a render has the same bits on every machine.
pub fn pan_gains(pan: f64) -> (f32, f32) {
    let theta = (pan + 1.0) * FRAC_PI_4;
    (
        (SQRT_2 * libm::cos(theta)) as f32,
        (SQRT_2 * libm::sin(theta)) as f32,
    )
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
