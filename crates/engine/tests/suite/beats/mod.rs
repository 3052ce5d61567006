//! A transport that runs, and what waits for its beats.

use crate::rig::{NOW, RATE, Rig, constant, key, small};
use noxrun_engine::{Action, EngineConfig, PlaySpec, VoiceKey, When};

/// Frames of a beat.
pub fn beat_frames(tempo: f64) -> f64 {
    60.0 * f64::from(RATE) / tempo
}

pub fn marker(rig: &mut Rig, beat: f64, number: u64) {
    rig.act_at(When::Beat(beat), Action::Marker(number));
}

pub fn play(rig: &mut Rig, beat: f64) -> VoiceKey {
    let spec = PlaySpec::new(constant(2, 50, 0.5), key(1));
    rig.play_spec(When::Beat(beat), false, spec)
}

pub fn running(tempo: f64) -> Rig {
    let mut rig = Rig::new(&EngineConfig {
        max_events: 4_000,
        ..small()
    });
    rig.act(NOW, Action::Tempo(tempo));
    rig.act(NOW, Action::StartTransport);
    rig.controller_settles();
    rig
}
