//! `filter`: one biquad of the RBJ Audio EQ Cookbook.
//!
//! While a parameter moves, every frame has coefficients of its own, from the parameters' values on
//! that frame. In a transposed direct form II a frame's coefficients weigh that frame's sample
//! wherever it goes: `y[n] = Σ b_k[n−k]·x[n−k] − Σ a_k[n−k]·y[n−k]`.

use super::biquad::{Angle, Coefficients, Shape, State, amplitude};
use super::{EffectSpec, ParamSpec};
use crate::effect::Processor;
use crate::ramp::Ramp;
use std::f64::consts::FRAC_1_SQRT_2;
use std::ops::Range;

const FREQUENCY: ParamSpec = ParamSpec {
    name: "frequency",
    unit: "Hz",
    min: 10.0,
    max: 20_000.0,
    default: 1_000.0,
};
const Q: ParamSpec = ParamSpec {
    name: "q",
    unit: "",
    min: 0.05,
    max: 40.0,
    default: FRAC_1_SQRT_2,
};
const GAIN_DB: ParamSpec = ParamSpec {
    name: "gainDb",
    unit: "dB",
    min: -40.0,
    max: 40.0,
    default: 0.0,
};

pub(super) const SPEC: EffectSpec = EffectSpec {
    kind: "filter",
    variants: &[
        "lowpass",
        "highpass",
        "bandpass",
        "notch",
        "allpass",
        "peaking",
        "lowshelf",
        "highshelf",
    ],
    params: &[FREQUENCY, Q, GAIN_DB],
    build: |variant, rate, channels| Box::new(Filter::new(variant, rate, channels)),
};

/// In the order of the variants.
const SHAPES: [Shape; 8] = [
    Shape::Lowpass,
    Shape::Highpass,
    Shape::Bandpass,
    Shape::Notch,
    Shape::Allpass,
    Shape::Peaking,
    Shape::Lowshelf,
    Shape::Highshelf,
];

/// The filter works up to this part of the rate, below its Nyquist frequency.
const HIGHEST: f64 = 0.49;
/// States are flushed whenever the engine's frame is a multiple of this.
const GRID: usize = 64;

#[derive(Debug)]
struct Filter {
    design: Design,
    /// One for two channels.
    states: Box<[State]>,
}

impl Filter {
    fn new(variant: usize, rate: u32, channels: usize) -> Self {
        let shape = SHAPES.get(variant).copied().unwrap_or(Shape::Lowpass);
        Self {
            design: Design::new(shape, f64::from(rate)),
            states: vec![State::ZERO; channels.div_ceil(2)].into(),
        }
    }

    /// Works on `range` of every lane, which the grid does not cut.
    fn run<'a>(
        &mut self,
        lanes: &mut [&mut [f32]],
        range: Range<usize>,
        coefficients: impl Iterator<Item = &'a Coefficients> + Clone,
    ) {
        for (state, lanes) in self.states.iter_mut().zip(lanes.chunks_mut(2)) {
            match lanes {
                [left, right] => {
                    let (left, right) = (&mut left[range.clone()], &mut right[range.clone()]);
                    run(state, left, right, coefficients.clone());
                }
                // The last of an odd number has silence beside it.
                [lane] => {
                    let silence = &mut [0.0; GRID][..range.len()];
                    run(
                        state,
                        &mut lane[range.clone()],
                        silence,
                        coefficients.clone(),
                    );
                }
                _ => {}
            }
        }
    }
}

/// Runs a section over lanes of at most [`GRID`] frames. A zero comes out positive, so that silence
/// that meets no state can stay silence at no cost.
fn run<'a>(
    state: &mut State,
    left: &mut [f32],
    right: &mut [f32],
    coefficients: impl Iterator<Item = &'a Coefficients>,
) {
    if state.is_zero() && is_silent(left) && is_silent(right) {
        left.fill(0.0);
        right.fill(0.0);
        return;
    }
    state.run(left, right, coefficients);
}

fn is_silent(lane: &[f32]) -> bool {
    lane.iter().fold(0, |bits, x| bits | x.to_bits() << 1) == 0
}

impl Processor for Filter {
    fn reset(&mut self) {
        self.states.fill(State::ZERO);
    }

    fn is_at_rest(&self) -> bool {
        self.states.iter().all(State::is_zero)
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], frame: u64, params: &mut [Ramp]) {
        let frames = lanes.first().map_or(0, |lane| lane.len());
        let mut varying = [Coefficients::default(); GRID];
        let mut start = 0;
        while start < frames {
            let on_grid = ((frame + start as u64) % GRID as u64) as usize;
            if on_grid == 0 {
                self.states.iter_mut().for_each(State::flush);
            }
            let mut count = (frames - start).min(GRID - on_grid);
            let moving = params.iter().map(Ramp::remaining).max().unwrap_or(0) as usize;
            if moving > 0 {
                count = count.min(moving);
                let varying = &mut varying[..count];
                varying.fill_with(|| self.design.at(params, Ramp::next_value));
                self.run(lanes, start..start + count, varying.iter());
            } else {
                let coefficients = self.design.at(params, |param| param.current());
                let every = std::iter::repeat(&coefficients);
                self.run(lanes, start..start + count, every);
            }
            start += count;
        }
    }
}

/// From values to coefficients. Only what has changed is computed anew, so what comes of a set of
/// values never depends on those before it.
#[derive(Debug)]
struct Design {
    shape: Shape,
    rate: f64,
    frequency: f64,
    q: f64,
    gain_db: f64,
    angle: Angle,
    amplitude: f64,
    coefficients: Coefficients,
}

impl Design {
    fn new(shape: Shape, rate: f64) -> Self {
        let (angle, amplitude) = (Angle::of(0.0, rate), 1.0);
        Self {
            shape,
            rate,
            // No value is equal to these: the first ones are computed.
            frequency: f64::NAN,
            q: f64::NAN,
            gain_db: f64::NAN,
            angle,
            amplitude,
            coefficients: Coefficients::default(),
        }
    }

    /// The coefficients for the values that `value` reads from the parameters.
    fn at(&mut self, params: &mut [Ramp], value: impl Fn(&mut Ramp) -> f64) -> Coefficients {
        let [frequency, q, gain_db] = params else {
            return self.coefficients;
        };
        let (frequency, q, gain_db) = (value(frequency), value(q), value(gain_db));
        if frequency != self.frequency {
            let audible = FREQUENCY.clamp(frequency).min(HIGHEST * self.rate);
            self.angle = Angle::of(audible, self.rate);
        } else if q == self.q && gain_db == self.gain_db {
            return self.coefficients;
        }
        if gain_db != self.gain_db {
            self.amplitude = amplitude(GAIN_DB.clamp(gain_db));
        }
        (self.frequency, self.q, self.gain_db) = (frequency, q, gain_db);
        self.coefficients = Coefficients::new(self.shape, self.angle, Q.clamp(q), self.amplitude);
        self.coefficients
    }
}
