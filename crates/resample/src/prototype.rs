//! The filter design: a Kaiser-windowed sinc.

use std::f64::consts::PI;

use noxrun_kernels::design::{bessel_i0, sinc};

use crate::quality::Quality;

/// The impulse response before it is sampled, over distances in input frames.
#[derive(Debug)]
pub(crate) struct Prototype {
    /// Input frames for one frame of the lower of the two rates, at least 1.
    scale: f64,
    /// It is 0 from this distance on.
    half: f64,
    cutoff: f64,
    beta: f64,
}

impl Prototype {
    pub fn new(scale: f64, quality: Quality) -> Self {
        let attenuation = quality.attenuation_db();
        // Kaiser's estimate of the length, with the transition in radians a frame.
        let transition = PI * (1.0 - quality.pass_band());
        let length = (attenuation - 7.95) / (2.285 * transition) * scale;
        Self {
            scale,
            half: length / 2.0,
            cutoff: (1.0 - transition / (2.0 * PI)) / scale,
            beta: 0.1102 * (attenuation - 8.7),
        }
    }

    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The even number of taps, a multiple of `of`, that holds it at every phase.
    pub fn taps(&self, of: usize) -> usize {
        ((2.0 * self.half) as usize + 1).next_multiple_of(of)
    }

    /// The response at a distance from its centre.
    pub fn at(&self, distance: f64) -> f64 {
        let at = distance / self.half;
        if at.abs() >= 1.0 {
            return 0.0;
        }
        let window = bessel_i0(self.beta * (1.0 - at * at).sqrt()) / bessel_i0(self.beta);
        self.cutoff * sinc(self.cutoff * distance) * window
    }

    /// One side of it at whole distances from 0 on, with unity gain at 0 Hz.
    pub fn side(&self) -> Vec<f32> {
        let taps: Vec<f64> = (0..self.half.ceil() as usize)
            .map(|d| self.at(d as f64))
            .collect();
        let gain = 2.0 * taps.iter().sum::<f64>() - taps[0];
        taps.iter().map(|tap| (tap / gain) as f32).collect()
    }
}
