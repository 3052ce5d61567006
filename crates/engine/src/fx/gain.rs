//! `gain`: one factor for all channels, in dB.

use super::{EffectSpec, ParamSpec};
use crate::effect::Processor;
use crate::ramp::Ramp;
use noxrun_kernels::{multiply, scale};
use std::f64::consts::LN_10;

const GAIN_DB: ParamSpec = ParamSpec {
    name: "gainDb",
    unit: "dB",
    min: -120.0,
    max: 24.0,
    default: 0.0,
};

pub(super) const SPEC: EffectSpec = EffectSpec {
    kind: "gain",
    variants: &[],
    params: &[GAIN_DB],
    build: |_, _, _| Box::new(Gain::new()),
};

/// Frames whose factors are computed ahead.
const STRETCH: usize = 64;

/// Multiplies by `10^(gainDb/20)`, narrowed to f32. 0 dB passes bit for bit.
#[derive(Debug)]
struct Gain {
    /// The newest value at rest and its factor.
    resting: (f64, f32),
}

impl Gain {
    fn new() -> Self {
        Self {
            resting: (0.0, 1.0),
        }
    }

    fn at_rest(&mut self, gain_db: f64) -> f32 {
        if self.resting.0 != gain_db {
            self.resting = (gain_db, factor(gain_db));
        }
        self.resting.1
    }
}

/// Exactly 1 at 0 dB.
fn factor(gain_db: f64) -> f32 {
    libm::exp(GAIN_DB.clamp(gain_db) * (LN_10 / 20.0)) as f32
}

impl Processor for Gain {
    fn reset(&mut self) {}

    fn is_at_rest(&self) -> bool {
        true
    }

    fn process(&mut self, lanes: &mut [&mut [f32]], _frame: u64, params: &mut [Ramp]) {
        let (Some(gain_db), Some(frames)) = (params.first_mut(), lanes.first().map(|l| l.len()))
        else {
            return;
        };
        let moving = frames.min(gain_db.remaining() as usize);
        let mut factors = [0f32; STRETCH];
        let mut start = 0;
        while start < moving {
            let end = moving.min(start + STRETCH);
            let factors = &mut factors[..end - start];
            factors.fill_with(|| factor(gain_db.next_value()));
            for lane in lanes.iter_mut() {
                multiply(&mut lane[start..end], factors);
            }
            start = end;
        }
        let factor = self.at_rest(gain_db.current());
        if start < frames && factor != 1.0 {
            for lane in lanes.iter_mut() {
                scale(&mut lane[start..], factor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ramp::Curve;

    #[test]
    fn zero_decibels_pass_every_bit() {
        let odd = [
            0x0000_0001u32,
            0x8000_0000,
            0x7fa0_0000,
            0xff80_0000,
            0x3f7f_ffff,
        ];
        let mut lane = odd.map(f32::from_bits);
        Gain::new().process(&mut [&mut lane], 0, &mut [Ramp::at(0.0)]);
        assert_eq!(lane.map(f32::to_bits), odd);
        assert_eq!(factor(0.0), 1.0);
    }

    #[test]
    fn the_factor_follows_the_decibels_frame_by_frame() {
        let mut gain_db = Ramp::at(-120.0);
        gain_db.set(24.0, 300, Curve::Linear);
        let (mut left, mut right) = ([1f32; 400], [-0.5f32; 400]);
        Gain::new().process(&mut [&mut left, &mut right], 7, &mut [gain_db]);
        for k in 0..400 {
            let position = (k as f64 + 1.0).min(300.0) / 300.0;
            let expected = 10f64.powf((-120.0 + 144.0 * position) / 20.0);
            let error = (f64::from(left[k]) / expected - 1.0).abs();
            assert!(error < 1e-7, "frame {k}: {} is not {expected}", left[k]);
            assert_eq!(right[k], left[k] * -0.5);
        }
    }

    #[test]
    fn cuts_change_no_bit() {
        let params = || {
            let mut gain_db = Ramp::at(3.0);
            gain_db.set(-20.0, 200, Curve::Linear);
            [gain_db]
        };
        let sound: Vec<f32> = (0..500).map(|n| (n as f32 * 0.1).sin()).collect();
        let mut whole = sound.clone();
        Gain::new().process(&mut [&mut whole], 0, &mut params());
        for size in [1, 7, 64, 199, 200, 201] {
            let (mut cut, mut gain, mut params) = (sound.clone(), Gain::new(), params());
            for (block, lane) in cut.chunks_mut(size).enumerate() {
                gain.process(&mut [lane], (block * size) as u64, &mut params);
            }
            assert!(cut == whole, "blocks of {size}");
        }
    }
}
