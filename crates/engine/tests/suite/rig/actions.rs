//! Actions as most tests send them.

use super::key;
use noxrun_engine::{Action, Curve, EdgeKey, EffectKey, Target, TrackKey, TrackSetup};

pub fn add_track(track: u32) -> Action {
    Action::AddTrack(TrackSetup {
        track: key(track),
        volume: 1.0,
        pan: 0.0,
        open: true,
    })
}

pub fn connect(edge: EdgeKey, from: TrackKey, to: TrackKey, gain: f64) -> Action {
    Action::Connect {
        edge,
        from,
        to,
        gain,
    }
}

/// An effect at the end of a chain.
pub fn add_effect(effect: EffectKey, track: u32) -> Action {
    Action::AddEffect {
        effect,
        track: key(track),
        before: None,
        bypass: false,
    }
}

/// A value from one frame on.
pub fn jump(target: Target, value: f64) -> Action {
    Action::Set {
        target,
        value,
        frames: 0,
        curve: Curve::Step,
    }
}
