//! What can be checked of an intent without knowing the engine's state.

use super::{EffectSetup, Intent, PARAMS, ParamId, ParamSpec, Playback, TEMPO};
use crate::effects::EFFECTS;
use crate::error::{Error, ErrorCode};
use noxrun_engine::When;

impl Intent {
    /// Checks everything that does not depend on the engine's state.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG` for values that are not finite or of no known kind, `ERR_OUT_OF_RANGE` for
    /// those outside their range.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::AddTrack { volume, pan, .. } => {
                in_range(&PARAMS[0], *volume)?;
                in_range(&PARAMS[1], *pan)
            }
            Self::AddSend { gain, .. } => in_range(&PARAMS[4], *gain),
            Self::AddInput { gain, .. } => in_range(&PARAMS[5], *gain),
            Self::AddEffect { setup, .. } => effect(setup),
            Self::Play { playback, at, .. } => play(playback).and_then(|()| when("at", *at)),
            Self::Set {
                param, value, at, ..
            } => param_value(*param, *value).and_then(|()| when("at", *at)),
            Self::Reach {
                param,
                value,
                at,
                from,
                ..
            } => {
                param_value(*param, *value)?;
                when("at", *at)?;
                when("from", *from)
            }
            Self::Cancel { from, .. } => when("from", *from),
            Self::Tempo { bpm, at } => in_range(&TEMPO, *bpm).and_then(|()| when("at", *at)),
            Self::SeekTransport(at) => beat("beat", *at),
            Self::Loop(Some((start, end))) => transport_loop(*start, *end),
            Self::Bypass { at, .. }
            | Self::Stop { at, .. }
            | Self::StopTrack { at, .. }
            | Self::Pause { at, .. }
            | Self::Resume { at, .. }
            | Self::SeekVoice { at, .. }
            | Self::StartTransport(at)
            | Self::StopTransport(at)
            | Self::Marker { at, .. } => when("at", *at),
            Self::RemoveTrack(_)
            | Self::Route { .. }
            | Self::RemoveSend(_)
            | Self::RemoveInput(_)
            | Self::MoveEffect { .. }
            | Self::RemoveEffect(_)
            | Self::ClearEffects(_)
            | Self::Mute { .. }
            | Self::Solo { .. }
            | Self::Loop(None) => Ok(()),
        }
    }
}

/// A value of an effect's parameter is checked where the effect's kind is known.
fn param_value(param: ParamId, value: f64) -> Result<(), Error> {
    match param.spec() {
        Some(spec) => in_range(spec, value),
        None => finite("value", value),
    }
}

/// Checks the value of a parameter.
///
/// # Errors
/// `ERR_INVALID_ARG` when it is not finite, `ERR_OUT_OF_RANGE` outside the parameter's range.
pub fn in_range(spec: &ParamSpec, value: f64) -> Result<(), Error> {
    let ParamSpec { name, min, max, .. } = spec;
    finite(name, value)?;
    if value < *min || value > *max {
        return Err(out_of_range(name, value, format!("from {min} to {max}")));
    }
    Ok(())
}

fn finite(name: &str, value: f64) -> Result<(), Error> {
    if value.is_finite() {
        return Ok(());
    }
    let message = format!("{name} must be a finite number, got {value}");
    Err(Error::new(ErrorCode::InvalidArg, message))
}

fn out_of_range(name: &str, value: impl std::fmt::Display, allowed: String) -> Error {
    let message = format!("{name} must be {allowed}, got {value}");
    Error::new(ErrorCode::OutOfRange, message)
}

/// Checks when a batch or an intent takes effect.
pub(crate) fn when(name: &str, at: When) -> Result<(), Error> {
    match at {
        When::Beat(at) => beat(name, at),
        When::Now | When::Frame(_) => Ok(()),
    }
}

fn beat(name: &str, beat: f64) -> Result<(), Error> {
    finite(name, beat)?;
    if beat < 0.0 {
        return Err(out_of_range(name, beat, "a beat, 0 or more".into()));
    }
    Ok(())
}

fn transport_loop(start: f64, end: f64) -> Result<(), Error> {
    beat("loop.start", start)?;
    beat("loop.end", end)?;
    if end <= start {
        return Err(out_of_range(
            "loop.end",
            end,
            format!("after loop.start, {start}"),
        ));
    }
    Ok(())
}

fn play(playback: &Playback) -> Result<(), Error> {
    let Playback {
        sample,
        gain,
        rate,
        offset,
        repeat,
        ..
    } = playback;
    in_range(&PARAMS[2], *gain)?;
    in_range(&PARAMS[3], *rate)?;
    let frames = sample.frames() as u64;
    if *offset > frames {
        let allowed = format!("at most the sample's {frames} frames");
        return Err(out_of_range("offset", offset, allowed));
    }
    if let Some((start, end)) = repeat
        && (start >= end || *end > frames)
    {
        let allowed = format!("a part of the sample's {frames} frames, at least one long");
        let got = format!("{start} to {end}");
        return Err(out_of_range("loop", got, allowed));
    }
    Ok(())
}

fn effect(setup: &EffectSetup) -> Result<(), Error> {
    let EffectSetup {
        kind,
        variant,
        values,
    } = setup;
    let invalid = |message: String| Err(Error::new(ErrorCode::InvalidArg, message));
    let Some(spec) = EFFECTS.get(usize::from(*kind)) else {
        let count = EFFECTS.len();
        return invalid(format!(
            "there are {count} kinds of effects, got number {kind}"
        ));
    };
    if usize::from(*variant) >= spec.variants.len().max(1) {
        let (name, count) = (spec.kind, spec.variants.len());
        return invalid(format!("{name} has {count} types, got number {variant}"));
    }
    if values.len() != spec.params.len() {
        let (name, count) = (spec.kind, spec.params.len());
        let got = values.len();
        return invalid(format!("{name} has {count} parameters, got {got} values"));
    }
    for (param, value) in spec.params.iter().zip(values) {
        in_range(param, *value)?;
    }
    Ok(())
}
