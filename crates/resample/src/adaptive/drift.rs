//! Finds the ratio of two clocks from how late sound comes out.
//!
//! What is measured is a delay in seconds: when a frame is played, less when it was recorded. It
//! stands still when the ratio is right, wherever the two callbacks stand to each other, which the
//! number of frames that wait does not. The mean of the first second is what is held from then on.
//!
//! A proportional and an integral part, critically damped with a time constant of some 10 s, follow
//! the low-passed delay. The proportional part is bounded, so that no more than it is ever audible
//! beside the drift itself: 1 cent is 578 ppm.

use std::f64::consts::PI;

/// The greatest correction either way: 0.1 %.
pub const MAX_DRIFT: f64 = 1e-3;
/// The greatest part of it that follows the delay at once.
const MAX_PULL: f64 = 150e-6;
/// Natural frequency of the loop, radians a second.
const OMEGA: f64 = 2.0 * PI * 0.012;
/// Time constant of the low-pass, seconds.
const SMOOTH: f64 = 1.0;
/// How long the delay that is held is found out, seconds.
const SETTLE: f64 = 1.0;
/// No more time than this counts between two measurements.
const LONGEST: f64 = 0.25;

/// The control of one [`AdaptiveResampler`](super::AdaptiveResampler). Plain arithmetic, for any
/// thread.
#[derive(Debug, Clone, Default)]
pub struct DriftControl {
    /// Seconds that the delay was measured for.
    settled: f64,
    held: f64,
    smooth: f64,
    drift: f64,
    correction: f64,
}

impl DriftControl {
    /// Takes the clocks for equal until it knows better.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The delay was measured, in seconds, `elapsed` seconds after the last one. Returns the new
    /// correction.
    pub fn measure(&mut self, delay: f64, elapsed: f64) -> f64 {
        if !delay.is_finite() || elapsed.is_nan() || elapsed <= 0.0 {
            return self.correction;
        }
        let elapsed = elapsed.min(LONGEST);
        let known = self.settled;
        self.settled += elapsed;
        // A mean at first, a low-pass from then on.
        let weight = (elapsed / self.settled.min(SMOOTH)).min(1.0);
        self.smooth += (delay - self.smooth) * weight;
        if known < SETTLE {
            self.held = self.smooth;
            return self.correction;
        }
        let pull = (2.0 * OMEGA * (self.smooth - self.held)).clamp(-MAX_PULL, MAX_PULL);
        // By the bounded part, so that a great error does not wind it up.
        self.drift = (self.drift + pull * OMEGA / 2.0 * elapsed).clamp(-MAX_DRIFT, MAX_DRIFT);
        self.correction = (self.drift + pull).clamp(-MAX_DRIFT, MAX_DRIFT);
        self.correction
    }

    /// The delay is another one from now on: the flow was interrupted. What is known of the clocks
    /// stays.
    pub fn restart(&mut self) {
        self.settled = 0.0;
        self.correction = self.drift;
    }

    /// The delay, low-passed, seconds; `None` before the first measurement.
    #[must_use]
    pub fn delay(&self) -> Option<f64> {
        (self.settled > 0.0).then_some(self.smooth)
    }

    /// The correction as of the last measurement: how much faster the input's clock is taken to be.
    #[must_use]
    pub fn correction(&self) -> f64 {
        self.correction
    }
}
