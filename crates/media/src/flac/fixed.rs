//! The predictors without coefficients: polynomials of degree −1 to 3 through the samples before.

/// Highest order.
pub(super) const MAX_ORDER: usize = 4;

/// The order whose residual is smallest in sum, for at least five samples.
pub(super) fn best_order(samples: &[i32]) -> usize {
    let mut sums = [0u64; MAX_ORDER + 1];
    for window in samples.windows(MAX_ORDER + 1) {
        let [e, d, c, b, a] = [window[0], window[1], window[2], window[3], window[4]];
        // 25 bits and four differences: no overflow.
        let orders = [
            a,
            a - b,
            a - 2 * b + c,
            a - 3 * (b - c) - d,
            a - 4 * (b + d) + 6 * c + e,
        ];
        for (sum, residual) in sums.iter_mut().zip(orders) {
            *sum += u64::from(residual.unsigned_abs());
        }
    }
    let smallest = sums.iter().enumerate().min_by_key(|(_, sum)| **sum);
    smallest.map_or(0, |(order, _)| order)
}

/// The residual of `order`: one value for each sample after the first `order` ones.
pub(super) fn residual(samples: &[i32], order: usize, out: &mut Vec<i32>) {
    out.clear();
    out.extend_from_slice(samples);
    for done in 0..order {
        let mut before = 0;
        for value in out[done..].iter_mut() {
            let now = *value;
            *value = now - before;
            before = now;
        }
    }
    out.drain(..order.min(samples.len()));
}
