//! What a caller wants, in engine units. Intents are checked where they are submitted and
//! translated on the dispatch side.

use crate::error::{Error, ErrorCode};
use noxrun_engine::{Curve, SampleData};
use std::sync::Arc;

/// A track as its caller knows it. 0 is the master.
pub type TrackId = u32;
/// A voice as its caller knows it: unique for the life of the engine, chosen by the caller.
pub type VoiceId = u64;

/// A parameter's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParamId {
    /// A track's fader.
    TrackVolume(TrackId),
    /// A track's pan.
    TrackPan(TrackId),
    /// A voice's gain.
    VoiceGain(VoiceId),
}

/// A parameter's name, unit and range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamSpec {
    /// Name, as the public API spells it.
    pub name: &'static str,
    /// Unit of the value; empty for linear gain and pan.
    pub unit: &'static str,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Value of a fresh parameter.
    pub default: f64,
}

/// Every parameter of the engine, in the order of [`ParamId`]'s variants.
pub const PARAMS: [ParamSpec; 3] = [
    ParamSpec {
        name: "volume",
        unit: "",
        min: 0.0,
        max: 4.0,
        default: 1.0,
    },
    ParamSpec {
        name: "pan",
        unit: "",
        min: -1.0,
        max: 1.0,
        default: 0.0,
    },
    ParamSpec {
        name: "gain",
        unit: "",
        min: 0.0,
        max: 16.0,
        default: 1.0,
    },
];

impl ParamId {
    /// Its specification.
    pub fn spec(self) -> &'static ParamSpec {
        match self {
            Self::TrackVolume(_) => &PARAMS[0],
            Self::TrackPan(_) => &PARAMS[1],
            Self::VoiceGain(_) => &PARAMS[2],
        }
    }
}

/// One thing to do. `at` is an engine frame; `None` is the first frame of the next block.
#[derive(Debug, Clone)]
pub enum Intent {
    /// Puts a track into service.
    AddTrack {
        /// Its id: the next one that was not used.
        track: TrackId,
        /// Linear gain.
        volume: f64,
        /// −1…1.
        pan: f64,
    },
    /// Silences a track or lets it sound.
    Mute {
        /// The track.
        track: TrackId,
        /// Whether it is muted.
        on: bool,
    },
    /// Solo in place.
    Solo {
        /// The track.
        track: TrackId,
        /// Whether it is soloed.
        on: bool,
    },
    /// Plays a sample.
    Play {
        /// The new voice.
        voice: VoiceId,
        /// Where.
        track: TrackId,
        /// What.
        sample: Arc<SampleData>,
        /// Linear gain.
        gain: f64,
        /// When.
        at: Option<u64>,
    },
    /// Fades a voice out and ends it.
    Stop {
        /// The voice.
        voice: VoiceId,
        /// Frames of the fade; 0 cuts.
        fade: u32,
        /// When.
        at: Option<u64>,
    },
    /// Stops every voice that was played on a track before.
    StopTrack {
        /// The track.
        track: TrackId,
        /// Frames of the fade; 0 cuts.
        fade: u32,
        /// When.
        at: Option<u64>,
    },
    /// Pauses a voice.
    Pause {
        /// The voice.
        voice: VoiceId,
        /// When.
        at: Option<u64>,
    },
    /// Resumes a voice.
    Resume {
        /// The voice.
        voice: VoiceId,
        /// When.
        at: Option<u64>,
    },
    /// Moves a parameter.
    Set {
        /// Which.
        param: ParamId,
        /// Where to.
        value: f64,
        /// Frames of the ramp; 0 is at once.
        ramp: u32,
        /// Its shape.
        curve: Curve,
        /// When.
        at: Option<u64>,
    },
}

impl Intent {
    /// Whether it is one of the events that `max_events` bounds. Values without a time are not:
    /// they coalesce to the newest.
    pub fn is_event(&self) -> bool {
        match self {
            Self::Set { at, .. } => at.is_some(),
            Self::Play { .. }
            | Self::Stop { .. }
            | Self::StopTrack { .. }
            | Self::Pause { .. }
            | Self::Resume { .. } => true,
            Self::AddTrack { .. } | Self::Mute { .. } | Self::Solo { .. } => false,
        }
    }

    /// Checks everything that does not depend on the engine's state.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG` for values that are not finite, `ERR_OUT_OF_RANGE` for those outside
    /// their range.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::AddTrack { volume, pan, .. } => {
                in_range(ParamId::TrackVolume(0).spec(), *volume)?;
                in_range(ParamId::TrackPan(0).spec(), *pan)
            }
            Self::Play { gain, .. } => in_range(ParamId::VoiceGain(0).spec(), *gain),
            Self::Set { param, value, .. } => in_range(param.spec(), *value),
            _ => Ok(()),
        }
    }
}

fn in_range(spec: &ParamSpec, value: f64) -> Result<(), Error> {
    let ParamSpec { name, min, max, .. } = spec;
    if !value.is_finite() {
        let message = format!("{name} must be a finite number, got {value}");
        return Err(Error::new(ErrorCode::InvalidArg, message));
    }
    if value < *min || value > *max {
        let message = format!("{name} must be from {min} to {max}, got {value}");
        return Err(Error::new(ErrorCode::OutOfRange, message));
    }
    Ok(())
}
