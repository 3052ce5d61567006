//! How a residual is stored: cut into partitions, each in Rice codes of a parameter of its own.

use super::bits::BitWriter;

/// At most 2^6 partitions.
const MAX_PARTITION_ORDER: u32 = 6;

/// Largest parameter; values have 31 bits.
const MAX_PARAMETER: u32 = 30;

/// Largest parameter that is written in four bits; 15 has a meaning of its own.
const MAX_SHORT_PARAMETER: u32 = 14;

/// A way to cut, its parameters, and about how many bits it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Partitions {
    order: u32,
    parameters: [u8; 1 << MAX_PARTITION_ORDER],
    pub bits: u64,
}

impl Partitions {
    /// The cheapest way for the residual of a predictor of `predictor_order` in a block.
    pub fn best(residual: &[i32], predictor_order: usize) -> Self {
        let block = residual.len() + predictor_order;
        let mut order = MAX_PARTITION_ORDER.min(block.trailing_zeros());
        // The first partition lacks the samples that the predictor starts from.
        while order > 0 && block >> order <= predictor_order {
            order -= 1;
        }
        let mut sums = [0u64; 1 << MAX_PARTITION_ORDER];
        let mut rest = residual;
        for (n, sum) in sums[..1 << order].iter_mut().enumerate() {
            let (now, later) = rest.split_at(length(block, order, n, predictor_order));
            *sum = now.iter().map(|value| u64::from(zigzag(*value))).sum();
            rest = later;
        }
        let mut best = Self::with(&sums, block, order, predictor_order);
        while order > 0 {
            order -= 1;
            for n in 0..1 << order {
                sums[n] = sums[2 * n] + sums[2 * n + 1];
            }
            let coarser = Self::with(&sums, block, order, predictor_order);
            if coarser.bits <= best.bits {
                best = coarser;
            }
        }
        best
    }

    fn with(sums: &[u64], block: usize, order: u32, predictor_order: usize) -> Self {
        let mut found = Self {
            order,
            parameters: [0; 1 << MAX_PARTITION_ORDER],
            bits: 6 + (5 << order),
        };
        for (n, parameter) in found.parameters[..1 << order].iter_mut().enumerate() {
            let count = length(block, order, n, predictor_order) as u64;
            let (best, bits) = best_parameter(sums[n], count);
            *parameter = best as u8;
            found.bits += bits;
        }
        found
    }

    /// Appends the residual that these were found for.
    pub fn write(&self, residual: &[i32], predictor_order: usize, out: &mut BitWriter) {
        let parameters = &self.parameters[..1 << self.order];
        let are_short = parameters
            .iter()
            .all(|parameter| u32::from(*parameter) <= MAX_SHORT_PARAMETER);
        out.put(u32::from(!are_short), 2);
        out.put(self.order, 4);
        let block = residual.len() + predictor_order;
        let mut rest = residual;
        for (n, parameter) in parameters.iter().enumerate() {
            let parameter = u32::from(*parameter);
            out.put(parameter, if are_short { 4 } else { 5 });
            let (now, later) = rest.split_at(length(block, self.order, n, predictor_order));
            for value in now {
                out.put_rice(zigzag(*value), parameter);
            }
            rest = later;
        }
    }
}

/// Values in partition `n`.
fn length(block: usize, order: u32, n: usize, predictor_order: usize) -> usize {
    (block >> order) - if n == 0 { predictor_order } else { 0 }
}

/// 0, −1, 1, −2, … as 0, 1, 2, 3, …
fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

/// The parameter for `count` values of this sum, and about how many bits they take.
fn best_parameter(sum: u64, count: u64) -> (u32, u64) {
    // Half of what the division below loses is made up for: low bits are even on average.
    let bits = |parameter: u32| {
        let rounding = if parameter == 0 { 0 } else { count / 2 };
        count * u64::from(parameter + 1) + (sum >> parameter).saturating_sub(rounding)
    };
    let near = (sum / count.max(1)).checked_ilog2().unwrap_or(0);
    let candidates = near.saturating_sub(1)..=(near + 1);
    candidates
        .map(|parameter| parameter.min(MAX_PARAMETER))
        .map(|parameter| (parameter, bits(parameter)))
        .min_by_key(|(_, bits)| *bits)
        .unwrap_or((0, bits(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_alternate() {
        let values = [0, -1, 1, -2, 2, (1 << 30) - 1, -(1 << 30)];
        assert_eq!(
            values.map(zigzag),
            [0, 1, 2, 3, 4, (1 << 31) - 2, (1 << 31) - 1]
        );
    }

    #[test]
    fn no_partition_is_shorter_than_the_predictor() {
        for block in 1..=300usize {
            for predictor_order in 0..=8.min(block) {
                let residual = vec![3; block - predictor_order];
                let order = Partitions::best(&residual, predictor_order).order;
                assert_eq!(block % (1 << order), 0);
                assert!(order == 0 || block >> order > predictor_order);
            }
        }
    }

    #[test]
    fn a_block_that_turns_loud_is_cut_where_it_does() {
        let mut residual = vec![1; 2_048];
        residual.extend(vec![100_000; 2_048]);
        let found = Partitions::best(&residual, 0);
        let mut flat = vec![1; 4_096];
        assert!(found.order >= 1, "{found:?}");
        assert_eq!(Partitions::best(&flat, 0).order, 0);
        flat[0] = 100_000;
        assert!(Partitions::best(&flat, 0).bits < 3 * 4_096);
    }

    #[test]
    fn the_estimate_is_near_the_truth() {
        for scale in [1, 40, 3_000, 5_000_000, 900_000_000] {
            let residual: Vec<i32> = (0..4_096i64)
                .map(|n| ((n * 48_271 % 65_537 - 32_768) * scale / 32_768) as i32)
                .collect();
            let found = Partitions::best(&residual, 0);
            let mut out = BitWriter::default();
            found.write(&residual, 0, &mut out);
            let bits = out.aligned().len() as f64 * 8.0;
            assert!(
                (bits / found.bits as f64 - 1.0).abs() < 0.05,
                "{bits} {found:?}"
            );
        }
    }
}
