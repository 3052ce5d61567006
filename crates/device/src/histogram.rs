//! How much of its deadline each callback took.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Eight buckets an octave: each is at most 12.5 % wide.
const PER_OCTAVE: u32 = 8;
/// Bits of a float's mantissa that a bucket ignores.
const SHIFT: u32 = 20;
/// The lowest bucket takes all loads below 2^-14 (0.006 %).
const LOWEST: u32 = (127 - 14) * PER_OCTAVE;
/// 20 octaves: the highest bucket takes all loads from 2^6 (6,400 %).
const BUCKETS: usize = 20 * PER_OCTAVE as usize + 1;

/// Callback time divided by its deadline, over all callbacks so far. 1.0 is the whole deadline.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LoadSummary {
    /// Average.
    pub mean: f64,
    /// Half of the callbacks took less; within 6.25 %.
    pub p50: f64,
    /// 99 % of the callbacks took less; within 6.25 %.
    pub p99: f64,
    /// The longest, exact.
    pub max: f64,
}

/// Written by one callback at a time, read by anybody, never locked.
#[derive(Debug)]
pub(crate) struct LoadHistogram {
    buckets: [AtomicU64; BUCKETS],
    /// Bits of an `f64`: the sum of all loads.
    sum: AtomicU64,
    /// Bits of an `f32`.
    max: AtomicU32,
}

impl LoadHistogram {
    pub(crate) fn new() -> Self {
        Self {
            buckets: [const { AtomicU64::new(0) }; BUCKETS],
            sum: AtomicU64::new(0),
            max: AtomicU32::new(0),
        }
    }

    /// Adds one callback. A load that is not a positive number counts as 0.
    #[inline]
    pub(crate) fn record(&self, load: f32) {
        let load = if load > 0.0 && load.is_finite() {
            load
        } else {
            0.0
        };
        // One writer: plain loads and stores are enough, no read-modify-write.
        let bucket = &self.buckets[bucket_of(load)];
        bucket.store(bucket.load(Relaxed) + 1, Relaxed);
        let sum = f64::from_bits(self.sum.load(Relaxed)) + f64::from(load);
        self.sum.store(sum.to_bits(), Relaxed);
        if load > f32::from_bits(self.max.load(Relaxed)) {
            self.max.store(load.to_bits(), Relaxed);
        }
    }

    pub(crate) fn summary(&self) -> LoadSummary {
        let counts: [u64; BUCKETS] = std::array::from_fn(|i| self.buckets[i].load(Relaxed));
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return LoadSummary::default();
        }
        let max = f64::from(f32::from_bits(self.max.load(Relaxed)));
        let percentile = |hundredths: u64| {
            let rank = (total * hundredths).div_ceil(100).max(1);
            let mut seen = 0;
            for (index, count) in counts.iter().enumerate() {
                seen += count;
                if seen >= rank {
                    return middle_of(index).min(max);
                }
            }
            max
        };
        LoadSummary {
            mean: f64::from_bits(self.sum.load(Relaxed)) / total as f64,
            p50: percentile(50),
            p99: percentile(99),
            max,
        }
    }
}

/// The exponent and the top three bits of the mantissa of a float are its bucket: a logarithm
/// without computing one.
#[inline]
fn bucket_of(load: f32) -> usize {
    let index = (load.to_bits() >> SHIFT).saturating_sub(LOWEST);
    (index as usize).min(BUCKETS - 1)
}

fn middle_of(index: usize) -> f64 {
    let edge = |i: usize| f64::from(f32::from_bits((i as u32 + LOWEST) << SHIFT));
    (edge(index) + edge(index + 1)) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_recorded_reads_as_zeros() {
        assert_eq!(LoadHistogram::new().summary(), LoadSummary::default());
    }

    #[test]
    fn percentiles_are_within_a_sixteenth_and_max_and_mean_are_exact() {
        let histogram = LoadHistogram::new();
        for i in 1..=1000_u32 {
            histogram.record(i as f32 / 1000.0);
        }
        let summary = histogram.summary();
        assert!((summary.p50 - 0.5).abs() <= 0.5 / 16.0, "{summary:?}");
        assert!((summary.p99 - 0.99).abs() <= 0.99 / 16.0, "{summary:?}");
        assert_eq!(summary.max, 1.0);
        assert!((summary.mean - 0.5005).abs() < 1e-6, "{summary:?}");
    }

    #[test]
    fn absurd_loads_are_kept_in_the_outer_buckets() {
        let histogram = LoadHistogram::new();
        for load in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-30] {
            histogram.record(load);
        }
        assert!(histogram.summary().max < 1e-20);
        histogram.record(1e30);
        assert_eq!(histogram.summary().max, f64::from(1e30_f32));
        assert!(histogram.summary().p50 < 1e-4);
    }

    #[test]
    fn percentiles_never_exceed_the_longest_callback() {
        let histogram = LoadHistogram::new();
        histogram.record(0.126);
        let summary = histogram.summary();
        assert!(summary.p50 <= summary.max && summary.p99 <= summary.max);
    }
}
