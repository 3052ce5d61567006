//! The filter before it is sampled.

use std::f64::consts::PI;

use crate::shape::Shape;

/// The impulse response over distances in input frames.
#[derive(Debug)]
pub(crate) struct Prototype {
    shape: &'static Shape,
    /// Input frames for one frame of the lower of the two rates, at least 1.
    scale: f64,
    /// It is 0 from this distance on.
    half: f64,
}

impl Prototype {
    pub fn new(shape: &'static Shape, scale: f64) -> Self {
        Self {
            shape,
            scale,
            half: shape.frames / 2.0 * scale,
        }
    }

    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Whole frames that hold one side of it at every phase.
    pub fn reach(&self) -> usize {
        self.half.ceil() as usize
    }

    /// The response at a distance from its centre, with a gain of about `half` at 0 Hz.
    pub fn at(&self, distance: f64) -> f64 {
        if distance.abs() >= self.half {
            return 0.0;
        }
        // Clenshaw's recurrence for `1 / 2 + Σ weight_k·cos(kθ)`.
        let cos = libm::cos(PI * distance / self.half);
        let (mut one, mut two) = (0.0, 0.0);
        let ones = std::iter::repeat_n(&1.0, self.shape.ones - 1);
        for weight in self.shape.edge.iter().rev().chain(ones) {
            (one, two) = (weight + 2.0 * cos * one - two, one);
        }
        0.5 + cos * one - two
    }

    /// One side of it at whole distances from 0 on, with unity gain at 0 Hz.
    pub fn side(&self) -> Vec<f32> {
        let side = 0..self.reach();
        let taps: Vec<f64> = side.map(|d| self.at(d as f64)).collect();
        let gain = 2.0 * taps.iter().sum::<f64>() - taps[0];
        taps.iter().map(|tap| (tap / gain) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quality;

    #[test]
    fn the_response_is_the_sum_of_its_cosines() {
        for quality in [Quality::LowLatency, Quality::Balanced, Quality::Best] {
            let shape = quality.shape();
            let prototype = Prototype::new(shape, 1.5);
            for distance in [0.0, 0.3, 1.0, 7.7, 17.25, 35.9] {
                let weight = |k: usize| {
                    let edge = k.checked_sub(shape.ones);
                    edge.map_or(1.0, |k| shape.edge[k])
                };
                let term =
                    |k: usize| weight(k) * (PI * k as f64 * distance / (shape.frames * 0.75)).cos();
                let all = 1..shape.ones + shape.edge.len();
                let sum = 0.5 + all.map(term).sum::<f64>();
                let error = (prototype.at(distance) - sum).abs();
                assert!(error < 1e-9, "{quality:?} at {distance}: {error}");
                assert_eq!(prototype.at(-distance), prototype.at(distance));
            }
            assert_eq!(prototype.at(shape.frames * 0.75), 0.0);
        }
    }
}
