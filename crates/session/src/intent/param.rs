//! Parameters: how they are addressed, and their ranges.

use super::{EffectId, InputId, SendId, TrackId, VoiceId};
use noxrun_engine::RATES;

pub use noxrun_engine::fx::ParamSpec;

/// A parameter's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParamId {
    /// A track's fader.
    TrackVolume(TrackId),
    /// A track's pan.
    TrackPan(TrackId),
    /// A voice's gain.
    VoiceGain(VoiceId),
    /// A voice's playback speed.
    VoiceRate(VoiceId),
    /// A send's gain.
    SendGain(SendId),
    /// An input's gain.
    InputGain(InputId),
    /// An effect's parameter, by its place in the effect's specification.
    Effect(EffectId, u8),
}

const fn linear(name: &'static str, min: f64, max: f64, default: f64) -> ParamSpec {
    ParamSpec {
        name,
        unit: "",
        min,
        max,
        default,
    }
}

/// Every parameter outside of effects, in the order of [`ParamId`]'s variants.
pub const PARAMS: [ParamSpec; 6] = [
    linear("volume", 0.0, 4.0, 1.0),
    linear("pan", -1.0, 1.0, 0.0),
    linear("gain", 0.0, 16.0, 1.0),
    linear("rate", *RATES.start(), *RATES.end(), 1.0),
    linear("gain", 0.0, 4.0, 1.0),
    linear("gain", 0.0, 4.0, 1.0),
];

/// The transport's tempo, beats a minute.
pub const TEMPO: ParamSpec = ParamSpec {
    name: "tempo",
    unit: "bpm",
    min: 1.0,
    max: 999.0,
    default: 120.0,
};

impl ParamId {
    /// Its specification; `None` for an effect's, whose kind only the engine's state knows.
    pub fn spec(self) -> Option<&'static ParamSpec> {
        match self {
            Self::TrackVolume(_) => Some(&PARAMS[0]),
            Self::TrackPan(_) => Some(&PARAMS[1]),
            Self::VoiceGain(_) => Some(&PARAMS[2]),
            Self::VoiceRate(_) => Some(&PARAMS[3]),
            Self::SendGain(_) => Some(&PARAMS[4]),
            Self::InputGain(_) => Some(&PARAMS[5]),
            Self::Effect(..) => None,
        }
    }
}
