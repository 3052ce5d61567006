//! The inner loop: one output sample of one channel.

/// Taps are a multiple of this many. Four vectors of four lanes hide the latency of the additions
/// on the baseline instruction sets, and fixed lanes make the order of additions, so the bits of
/// the result, the same on wider ones.
pub(crate) const LANES: usize = 16;

/// The scalar product of `taps` and as many samples of `window`.
///
/// Both have the same length, a multiple of [`LANES`]; whatever exceeds that is not counted.
#[inline]
pub(crate) fn dot(taps: &[f32], window: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    for (h, x) in taps.chunks_exact(LANES).zip(window.chunks_exact(LANES)) {
        for ((lane, h), x) in lanes.iter_mut().zip(h).zip(x) {
            *lane += h * x;
        }
    }
    // Pairwise: the error of the sum grows with the logarithm of the length.
    let mut width = LANES / 2;
    while width > 0 {
        let (low, high) = lanes.split_at_mut(width);
        for (a, b) in low.iter_mut().zip(high) {
            *a += *b;
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tap_is_counted_once() {
        // Small integers: every order of additions gives the same, exact result.
        let taps: Vec<f32> = (0..96).map(|n| (n % 7) as f32 - 3.0).collect();
        let window: Vec<f32> = (0..96).map(|n| (n % 11) as f32 - 5.0).collect();
        let expected: i32 = (0..96).map(|n| (n % 7 - 3) * (n % 11 - 5)).sum();
        assert_eq!(dot(&taps, &window), expected as f32);
    }
}
