//! What filters are designed from. For tables that are made once, not for a callback.

use std::f64::consts::PI;

/// sin(πx) / (πx), without the platform's mathematics: the same bits on every machine.
#[must_use]
pub fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        libm::sin(PI * x) / (PI * x)
    }
}

/// The modified Bessel function of the first kind, order 0, by its power series. All its terms are
/// positive, so it is as exact as its additions. For Kaiser windows.
#[must_use]
pub fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
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
            assert!((bessel_i0(-x) / expected - 1.0).abs() < 1e-13, "I0(-{x})");
        }
    }

    #[test]
    fn sinc_is_one_at_its_centre_and_zero_at_whole_numbers() {
        assert_eq!(sinc(0.0), 1.0);
        for n in 1..100 {
            assert!(sinc(f64::from(n)).abs() < 1e-15, "{n}");
            assert!(sinc(f64::from(-n)).abs() < 1e-15, "-{n}");
        }
        assert!((sinc(0.5) - 2.0 / PI).abs() < 1e-15);
        assert!((sinc(-1.5) + 2.0 / (3.0 * PI)).abs() < 1e-15);
        // By the series 1 - (πx)²/6 + …
        assert!((sinc(1e-6) - (1.0 - (PI * 1e-6).powi(2) / 6.0)).abs() < 1e-16);
        assert_eq!(sinc(1e-12), 1.0);
    }
}
