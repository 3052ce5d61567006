//! Values that move and passages that fade, each by its definition.

use noxrun_engine::Curve;
use std::f64::consts::{PI, SQRT_2};

#[derive(Debug, Clone, Copy)]
pub struct Move {
    pub value: f64,
    pub frames: u64,
    pub curve: Curve,
}

/// A ramp by its definition: value at frame `since + k` is `a + (b − a)·(k + 1)/n`.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    a: f64,
    pub since: u64,
    to: Move,
}

impl Param {
    pub fn at_rest(value: f64) -> Self {
        let curve = Curve::Step;
        let frames = 0;
        Self {
            a: value,
            since: 0,
            to: Move {
                value,
                frames,
                curve,
            },
        }
    }

    /// Its value on `frame`.
    pub fn on(&self, frame: u64) -> f64 {
        let Move {
            value: b,
            frames: n,
            curve,
        } = self.to;
        let k = frame - self.since;
        if curve == Curve::Step || k + 1 >= n {
            return b;
        }
        let share = (k + 1) as f64 / n as f64;
        match curve {
            Curve::Exponential => self.a * (b / self.a).powf(share),
            _ => self.a + (b - self.a) * (k + 1) as f64 / n as f64,
        }
    }

    /// Its value before `frame` is rendered.
    pub fn before(&self, frame: u64) -> f64 {
        if frame > self.since {
            self.on(frame - 1)
        } else if self.to.curve == Curve::Step || self.to.frames == 0 {
            self.to.value
        } else {
            self.a
        }
    }

    /// A new write on `frame` starts from the value of the frame before it.
    pub fn write(&mut self, frame: u64, to: Move) {
        let a = self.before(frame);
        *self = Self {
            a,
            since: frame,
            to,
        };
    }

    pub fn fade(&mut self, frame: u64, value: f64, frames: u64) {
        let curve = Curve::Linear;
        self.write(
            frame,
            Move {
                value,
                frames,
                curve,
            },
        );
    }
}

/// A stretch of a voice between a start or resume and the end of the pause or stop that ends it.
#[derive(Debug, Clone)]
pub struct Passage {
    pub since: u64,
    pub offset: u64,
    pub level: Param,
    /// One after the sound's last frame.
    pub natural_end: u64,
    /// First silent frame of its fade.
    pub faded: Option<u64>,
}

impl Passage {
    /// Fades out from `frame` on: a fade of n frames has reached 0 on its last one.
    pub fn fade_out(&mut self, frame: u64, frames: u64) {
        let faded = frame + frames.saturating_sub(1);
        if self.faded.is_none_or(|earlier| faded < earlier) {
            self.faded = Some(faded);
            self.level.fade(frame, 0.0, frames);
        }
    }

    /// Whether it is heard on `frame`.
    pub fn sounds(&self, frame: u64) -> bool {
        frame < self.natural_end && self.faded.is_none_or(|faded| frame < faded)
    }
}

/// Left √2·cos θ, right √2·sin θ, θ = (pan + 1)·π/4.
pub fn pan_law(pan: f64) -> (f64, f64) {
    let theta = (pan + 1.0) * PI / 4.0;
    (SQRT_2 * theta.cos(), SQRT_2 * theta.sin())
}
