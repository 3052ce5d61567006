//! A track whose output is its volume, and points for it.

use crate::rig::{RATE, Rig, constant, key, small, when};
use noxrun_engine::{Action, Curve, Target, When};

/// `f` frames at 120 beats a minute, as beats.
pub fn beats(frames: f64) -> f64 {
    frames * 120.0 / (60.0 * f64::from(RATE))
}

pub const VOLUME: Target = Target::TrackVolume(key(1));

/// 1.0 on track 1 from frame 0, so that the output is the track's volume.
pub fn playing() -> Rig {
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &constant(2, 100_000, 1.0), 1.0);
    rig
}

pub fn reach(rig: &mut Rig, target: Target, at: When, value: f64, curve: Curve) {
    let action = Action::Reach {
        target,
        value,
        curve,
    };
    rig.act_at(at, action);
}

pub fn linear(rig: &mut Rig, at: u64, value: f64) {
    reach(rig, VOLUME, when(at), value, Curve::Linear);
}

pub fn compare(out: &[f32], expected: &[f64]) {
    for (frame, (x, expected)) in out.iter().zip(expected).enumerate() {
        let error = (f64::from(*x) - expected).abs();
        assert!(error <= 1e-7 * expected.abs(), "{frame}: {x}, {expected}");
    }
}
