//! A value that moves: every parameter of the engine is one of these.
//!
//! A ramp of `n` frames from `a` to `b` set at frame `N` has the value `a + (b - a)·(k + 1)/n` at
//! frame `N + k` (exponential: `a·(b/a)^((k + 1)/n)`), so it stands exactly on `b` at frame
//! `N + n - 1`. Values come from the index and are never accumulated: cutting the frames into other
//! blocks cannot change them.

/// How a ramp moves between its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Curve {
    /// Equal differences.
    #[default]
    Linear,
    /// Equal ratios. Both ends need the same sign and may not be 0; a ramp that breaks this moves
    /// linearly.
    Exponential,
    /// No ramp: the value jumps on the frame of the event.
    Step,
}

/// A parameter's value now and the ramp it is on.
#[derive(Debug, Clone, Copy)]
pub struct Ramp {
    from: f64,
    to: f64,
    frames: u32,
    done: u32,
    exponential: bool,
}

impl Ramp {
    /// A value at rest.
    pub const fn at(value: f64) -> Self {
        Self {
            from: value,
            to: value,
            frames: 0,
            done: 0,
            exponential: false,
        }
    }

    /// Starts a ramp from the current value to `to` over `frames` (0: at once). A value that is not
    /// finite changes nothing.
    pub fn set(&mut self, to: f64, frames: u32, curve: Curve) {
        if !to.is_finite() {
            return;
        }
        let from = self.current();
        if frames == 0 || curve == Curve::Step {
            *self = Self::at(to);
            return;
        }
        *self = Self {
            from,
            to,
            frames,
            done: 0,
            exponential: curve == Curve::Exponential && from * to > 0.0,
        };
    }

    /// Stays where it is.
    pub fn hold(&mut self) {
        *self = Self::at(self.current());
    }

    /// The value of the newest frame that was rendered.
    pub fn current(&self) -> f64 {
        if self.done == 0 && self.frames > 0 {
            self.from
        } else {
            self.value_after(self.done)
        }
    }

    /// The value at which it comes to rest.
    pub fn target(&self) -> f64 {
        self.to
    }

    /// Whether frames of the ramp are still to come.
    pub fn is_moving(&self) -> bool {
        self.done < self.frames
    }

    /// Frames of the ramp still to come.
    pub fn remaining(&self) -> u32 {
        self.frames - self.done
    }

    /// The value of the next frame; moves on by one.
    pub fn next_value(&mut self) -> f64 {
        if self.done < self.frames {
            self.done += 1;
        }
        self.value_after(self.done)
    }

    /// Skips `frames` frames.
    pub fn advance(&mut self, frames: u32) {
        self.done = self.done.saturating_add(frames).min(self.frames);
    }

    /// Writes one value a frame into `out`, narrowed to f32, and moves on by as many frames.
    pub fn fill(&mut self, out: &mut [f32]) {
        if !self.exponential {
            let Self {
                from,
                to,
                done,
                frames,
                ..
            } = *self;
            noxrun_kernels::fill_linear_ramp(out, from, to, done, frames);
            return self.advance(out.len() as u32);
        }
        for slot in out {
            *slot = self.next_value() as f32;
        }
    }

    fn value_after(&self, done: u32) -> f64 {
        if done >= self.frames {
            self.to
        } else if self.exponential {
            self.exponential_after(done)
        } else {
            self.linear_after(done)
        }
    }

    /// In the order of the formula, so that whoever computes it as written gets the same bits.
    #[inline]
    fn linear_after(&self, done: u32) -> f64 {
        self.from + (self.to - self.from) * f64::from(done) / f64::from(self.frames)
    }

    #[inline]
    fn exponential_after(&self, done: u32) -> f64 {
        let position = f64::from(done) / f64::from(self.frames);
        self.from * libm::pow(self.to / self.from, position)
    }
}

/// One write to a parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub value: f64,
    pub frames: u32,
    pub curve: Curve,
    /// It may have come with its object's creation: immediate on an object that has not sounded.
    pub initial: bool,
}

impl Change {
    pub fn apply(self, ramp: &mut Ramp, fresh: bool) {
        let frames = if self.initial && fresh {
            0
        } else {
            self.frames
        };
        ramp.set(self.value, frames, self.curve);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_ramp_follows_the_formula_and_lands_exactly() {
        let mut ramp = Ramp::at(0.25);
        ramp.set(1.0, 7, Curve::Linear);
        for k in 0..7u32 {
            let expected = 0.25 + (1.0 - 0.25) * (f64::from(k) + 1.0) / 7.0;
            assert!((ramp.next_value() - expected).abs() < 1e-15, "k = {k}");
        }
        assert_eq!(ramp.current(), 1.0);
        assert!(!ramp.is_moving());
        assert_eq!(ramp.next_value(), 1.0);
    }

    #[test]
    fn exponential_ramp_follows_the_formula() {
        let mut ramp = Ramp::at(100.0);
        ramp.set(8000.0, 480, Curve::Exponential);
        for k in 0..480u32 {
            let expected = 100.0 * 80f64.powf((f64::from(k) + 1.0) / 480.0);
            let value = ramp.next_value();
            assert!((value / expected - 1.0).abs() < 1e-12, "k = {k}: {value}");
        }
    }

    #[test]
    fn a_new_write_starts_from_the_current_value() {
        let mut ramp = Ramp::at(0.0);
        ramp.set(1.0, 10, Curve::Linear);
        ramp.advance(5);
        assert_eq!(ramp.current(), 0.5);
        ramp.set(0.0, 2, Curve::Linear);
        assert_eq!(ramp.current(), 0.5);
        assert_eq!(ramp.next_value(), 0.25);
        assert_eq!(ramp.next_value(), 0.0);
    }

    #[test]
    fn an_impossible_exponential_moves_linearly_and_stays_finite() {
        let mut ramp = Ramp::at(0.0);
        ramp.set(1.0, 4, Curve::Exponential);
        assert_eq!(ramp.next_value(), 0.25);
        ramp.set(f64::NAN, 4, Curve::Linear);
        assert_eq!(ramp.next_value(), 0.5);
    }
}
