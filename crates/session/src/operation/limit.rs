//! The ranges of arguments that are not an effect's.

use noxrun_engine::RATES;

pub use noxrun_engine::fx::ParamSpec;

const fn linear(name: &'static str, min: f64, max: f64, default: f64) -> ParamSpec {
    ParamSpec {
        name,
        unit: "",
        min,
        max,
        default,
    }
}

pub(super) static VOLUME: ParamSpec = linear("volume", 0.0, 4.0, 1.0);
pub(super) static PAN: ParamSpec = linear("pan", -1.0, 1.0, 0.0);
pub(super) static VOICE_GAIN: ParamSpec = linear("gain", 0.0, 16.0, 1.0);
pub(super) static VOICE_RATE: ParamSpec = linear("rate", *RATES.start(), *RATES.end(), 1.0);
pub(super) static SEND_GAIN: ParamSpec = linear("gain", 0.0, 4.0, 1.0);
pub(super) static INPUT_GAIN: ParamSpec = linear("gain", 0.0, 4.0, 1.0);

/// Every parameter outside of effects, in the order of [`ParamId`](super::ParamId)'s variants.
pub static PARAMS: [&ParamSpec; 6] = [
    &VOLUME,
    &PAN,
    &VOICE_GAIN,
    &VOICE_RATE,
    &SEND_GAIN,
    &INPUT_GAIN,
];

/// The transport's tempo, beats a minute.
pub static TEMPO: ParamSpec = ParamSpec {
    name: "tempo",
    unit: "bpm",
    min: 1.0,
    max: 999.0,
    default: 120.0,
};

/// The engine counts with no beat beyond; there a beat is exact to 1/8192.
pub const MAX_BEAT: f64 = 1e12;
/// The shortest loop of the transport, in beats.
pub const MIN_LOOP: f64 = 1.0 / 64.0;
