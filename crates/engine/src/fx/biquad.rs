//! Second-order sections: coefficients from the RBJ Audio EQ Cookbook, and the loop that runs them.
//!
//! The source of every formula is Robert Bristow-Johnson, "Cookbook formulae for audio equalizer
//! biquad filter coefficients" (RBJ Audio EQ Cookbook), with his names: `w0 = 2π·f/rate`,
//! `alpha = sin(w0)/(2·q)`, `A = 10^(gainDb/40)`. Shelves take the form with `alpha` from q.

use std::f64::consts::{LN_10, TAU};

/// What a section does to the spectrum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Lowpass,
    Highpass,
    Bandpass,
    Notch,
    Allpass,
    Peaking,
    Lowshelf,
    Highshelf,
}

/// sin and cos of `w0`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Angle {
    sin: f64,
    cos: f64,
}

impl Angle {
    pub fn of(frequency: f64, rate: f64) -> Self {
        let (sin, cos) = libm::sincos(TAU * frequency / rate);
        Self { sin, cos }
    }
}

/// The cookbook's `A`. Exactly 1 at 0 dB.
pub(super) fn amplitude(gain_db: f64) -> f64 {
    libm::exp(gain_db * (LN_10 / 40.0))
}

/// A section's coefficients, divided by `a0`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Coefficients {
    b0: f64,
    b1: f64,
    b2: f64,
    a1: f64,
    a2: f64,
}

impl Coefficients {
    /// A section of `shape`; `a` (of [`amplitude`]) matters to the last three only.
    pub fn new(shape: Shape, Angle { sin, cos }: Angle, q: f64, a: f64) -> Self {
        let alpha = sin / (2.0 * q);
        // RBJ Audio EQ Cookbook: b0, b1, b2, then a0, a1, a2.
        let (b, a) = match shape {
            // LPF: H(s) = 1 / (s² + s/Q + 1)
            Shape::Lowpass => (
                [(1.0 - cos) / 2.0, 1.0 - cos, (1.0 - cos) / 2.0],
                [1.0 + alpha, -2.0 * cos, 1.0 - alpha],
            ),
            // HPF: H(s) = s² / (s² + s/Q + 1)
            Shape::Highpass => (
                [(1.0 + cos) / 2.0, -(1.0 + cos), (1.0 + cos) / 2.0],
                [1.0 + alpha, -2.0 * cos, 1.0 - alpha],
            ),
            // BPF (constant 0 dB peak gain): H(s) = (s/Q) / (s² + s/Q + 1)
            Shape::Bandpass => ([alpha, 0.0, -alpha], [1.0 + alpha, -2.0 * cos, 1.0 - alpha]),
            // notch: H(s) = (s² + 1) / (s² + s/Q + 1)
            Shape::Notch => (
                [1.0, -2.0 * cos, 1.0],
                [1.0 + alpha, -2.0 * cos, 1.0 - alpha],
            ),
            // APF: H(s) = (s² − s/Q + 1) / (s² + s/Q + 1)
            Shape::Allpass => (
                [1.0 - alpha, -2.0 * cos, 1.0 + alpha],
                [1.0 + alpha, -2.0 * cos, 1.0 - alpha],
            ),
            // peakingEQ: H(s) = (s² + s·(A/Q) + 1) / (s² + s/(A·Q) + 1)
            Shape::Peaking => (
                [1.0 + alpha * a, -2.0 * cos, 1.0 - alpha * a],
                [1.0 + alpha / a, -2.0 * cos, 1.0 - alpha / a],
            ),
            // lowShelf: H(s) = A·(s² + (√A/Q)·s + A) / (A·s² + (√A/Q)·s + 1)
            Shape::Lowshelf => {
                let (plus, minus, slope) = (a + 1.0, a - 1.0, 2.0 * a.sqrt() * alpha);
                (
                    [
                        a * (plus - minus * cos + slope),
                        2.0 * a * (minus - plus * cos),
                        a * (plus - minus * cos - slope),
                    ],
                    [
                        plus + minus * cos + slope,
                        -2.0 * (minus + plus * cos),
                        plus + minus * cos - slope,
                    ],
                )
            }
            // highShelf: H(s) = A·(A·s² + (√A/Q)·s + 1) / (s² + (√A/Q)·s + A)
            Shape::Highshelf => {
                let (plus, minus, slope) = (a + 1.0, a - 1.0, 2.0 * a.sqrt() * alpha);
                (
                    [
                        a * (plus + minus * cos + slope),
                        -2.0 * a * (minus + plus * cos),
                        a * (plus + minus * cos - slope),
                    ],
                    [
                        plus - minus * cos + slope,
                        2.0 * (minus - plus * cos),
                        plus - minus * cos - slope,
                    ],
                )
            }
        };
        Self {
            b0: b[0] / a[0],
            b1: b[1] / a[0],
            b2: b[2] / a[0],
            a1: a[1] / a[0],
            a2: a[2] / a[0],
        }
    }
}

/// States that add up to less than this are set to 0: −400 dB.
const TINY: f64 = 1e-20;

/// What a section remembers of two channels: the two delays of the transposed direct form II. Each
/// is kept in two parts, forward minus back, so that from one output to the next there are but a
/// multiplication and a subtraction to wait for.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    forward: [[f64; 2]; 2],
    back: [[f64; 2]; 2],
}

impl State {
    pub const ZERO: Self = Self {
        forward: [[0.0; 2]; 2],
        back: [[0.0; 2]; 2],
    };

    pub fn is_zero(&self) -> bool {
        let mut all = self.forward.iter().chain(&self.back).flatten();
        all.all(|s| *s == 0.0)
    }

    /// Forgets a channel whose delays are all too small to matter, or no numbers any more. One alone
    /// may not go: where they nearly cancel, that would feed the filter for ever.
    pub fn flush(&mut self) {
        for k in 0..2 {
            let parts = self.forward.iter_mut().chain(&mut self.back);
            let size: f64 = parts.map(|part| part[k].abs()).sum();
            if !(TINY..=f64::MAX).contains(&size) {
                let parts = self.forward.iter_mut().chain(&mut self.back);
                parts.for_each(|part| part[k] = 0.0);
            }
        }
    }

    /// Runs the section over two lanes in place, each frame with coefficients of its own:
    /// `y = b0·x + s1`, `s1 ← b1·x − a1·y + s2`, `s2 ← b2·x − a2·y`. A zero comes out positive.
    #[inline(always)]
    pub fn run<'a>(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        coefficients: impl Iterator<Item = &'a Coefficients>,
    ) {
        let [mut forward1, mut forward2] = self.forward;
        let [mut back1, mut back2] = self.back;
        for ((left, right), c) in left.iter_mut().zip(right).zip(coefficients) {
            let x = [f64::from(*left), f64::from(*right)];
            // Operation by operation, so that one instruction does it for both channels.
            let mut y = [0.0; 2];
            for k in 0..2 {
                y[k] = (c.b0 * x[k] + forward1[k]) - back1[k];
            }
            for k in 0..2 {
                forward1[k] = (c.b1 * x[k] + forward2[k]) - back2[k];
            }
            for k in 0..2 {
                back1[k] = c.a1 * y[k];
            }
            for k in 0..2 {
                forward2[k] = c.b2 * x[k];
            }
            for k in 0..2 {
                back2[k] = c.a2 * y[k];
            }
            (*left, *right) = ((y[0] + 0.0) as f32, (y[1] + 0.0) as f32);
        }
        self.forward = [forward1, forward2];
        self.back = [back1, back2];
    }
}
