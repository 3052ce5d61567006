//! Numbers without a pattern, and blocks of any sizes.

#![allow(dead_code, reason = "each test binary uses its own part")]

/// How many cases a property is tried with: as many as the test asks for, or fewer where
/// `PROPTEST_CASES` says so, as on a machine that is emulated.
pub fn cases(full: u32) -> u32 {
    let limit = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    limit.unwrap_or(full).min(full)
}

/// Numbers without a pattern, the same for the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        self.below(1 << 40) as f64 / (1u64 << 40) as f64
    }

    /// `frames` frames of noise of ±0.9.
    pub fn noise(&mut self, frames: usize) -> Vec<f32> {
        let mut value = || (self.unit() * 1.8 - 0.9) as f32;
        (0..frames).map(|_| value()).collect()
    }

    /// From −1 up to 1.
    pub fn signed(&mut self) -> f32 {
        (self.below(1 << 24) as f32 - (1 << 23) as f32) / (1 << 23) as f32
    }
}

/// Cuts `total` frames into blocks: the sizes asked for, over and over.
pub fn cut(total: usize, sizes: &[usize]) -> Vec<usize> {
    let mut left = total;
    let sizes = sizes.iter().cycle();
    sizes
        .map_while(|size| {
            let block = (*size).min(left);
            left -= block;
            (block > 0).then_some(block)
        })
        .collect()
}
