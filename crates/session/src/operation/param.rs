//! How a parameter is named.

use super::arg::{Arg, ArgKind, Reader};
use super::{EffectId, InputId, PARAMS, ParamSpec, SendId, TrackId, VoiceId};
use crate::error::{Error, ErrorCode};

/// A parameter's name. In a record: its kind (the place in [`PARAMS`], behind them effects), the id of
/// what it belongs to, and its place among an effect's.
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

impl ParamId {
    /// Its specification; `None` for an effect's, whose kind only the engine's state knows.
    pub fn spec(self) -> Option<&'static ParamSpec> {
        match self {
            Self::TrackVolume(_) => Some(PARAMS[0]),
            Self::TrackPan(_) => Some(PARAMS[1]),
            Self::VoiceGain(_) => Some(PARAMS[2]),
            Self::VoiceRate(_) => Some(PARAMS[3]),
            Self::SendGain(_) => Some(PARAMS[4]),
            Self::InputGain(_) => Some(PARAMS[5]),
            Self::Effect(..) => None,
        }
    }
}

impl Arg for ParamId {
    const KIND: ArgKind = ArgKind::Param;

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let kind = reader.number()?;
        let owner = reader.number()?;
        let index = reader.number()?;
        Ok(match kind as u32 {
            0 => Self::TrackVolume(owner as TrackId),
            1 => Self::TrackPan(owner as TrackId),
            2 => Self::VoiceGain(owner as VoiceId),
            3 => Self::VoiceRate(owner as VoiceId),
            4 => Self::SendGain(owner as SendId),
            5 => Self::InputGain(owner as InputId),
            6 => Self::Effect(owner as EffectId, index as u8),
            _ => {
                let message = format!("there is no parameter of kind {kind}");
                return Err(Error::new(ErrorCode::InvalidArg, message));
            }
        })
    }
}
