//! Sounds to play, and what is to be heard of them.

use super::{RATE, Random};
use noxrun_engine::SampleData;
use std::sync::Arc;

/// A ramp's value on frame `k` of it, as the sound definitions have it.
pub fn ramp(a: f64, b: f64, k: usize, frames: usize) -> f64 {
    if k + 1 >= frames {
        b
    } else {
        a + (b - a) * (k as f64 + 1.0) / frames as f64
    }
}

/// Noise whose sums are exact: multiples of 2⁻¹⁰ below 1.
pub fn coarse(seed: u64, channels: usize, frames: usize) -> Vec<Vec<f32>> {
    let mut random = Random::new(seed);
    let mut lane = || {
        let step = |_| (random.below(2_047) as f32 - 1_023.0) / 1_024.0;
        (0..frames).map(step).collect()
    };
    (0..channels).map(|_| lane()).collect()
}

/// A sound from its channels.
pub fn sound(channels: Vec<Vec<f32>>) -> Arc<SampleData> {
    Arc::new(SampleData::new(channels, RATE).expect("channels of one length"))
}

/// The same value throughout.
pub fn constant(channels: usize, frames: usize, value: f32) -> Arc<SampleData> {
    sound(vec![vec![value; frames]; channels])
}

/// Noise of ±`level`.
pub fn noise(seed: u64, channels: usize, frames: usize, level: f32) -> Vec<Vec<f32>> {
    let mut random = Random::new(seed);
    let mut lane = || (0..frames).map(|_| random.signed() * level).collect();
    (0..channels).map(|_| lane()).collect()
}
