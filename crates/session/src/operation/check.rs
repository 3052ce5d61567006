//! What can be checked of an operation without knowing the engine's state. All callers are checked
//! here: JavaScript, C and Rust.

use super::{MAX_BEAT, MIN_LOOP, Operation, ParamId, ParamSpec, Point};
use crate::effects::EFFECTS;
use crate::error::{Error, ErrorCode};
use noxrun_engine::{SampleData, When};

impl Operation {
    /// Checks everything that does not depend on the engine's state.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG` for values that are not finite or of no known kind, `ERR_OUT_OF_RANGE` for
    /// those outside their range.
    pub fn check(&self) -> Result<(), Error> {
        self.check_limits()?;
        match self {
            Self::AddEffect {
                kind,
                variant,
                values,
                ..
            } => effect(*kind, *variant, values),
            Self::Play {
                sample,
                offset,
                repeat,
                at,
                ..
            } => play(sample, *offset, *repeat).and_then(|()| when("at", *at)),
            Self::Set {
                param, value, at, ..
            } => param_value(*param, *value).and_then(|()| when("at", *at)),
            Self::Automate { param, points } => automation(*param, points),
            Self::Cancel { from, .. } => when("from", *from),
            Self::SeekTransport { beat: to } => beat("beat", *to),
            Self::Loop {
                range: Some((start, end)),
            } => transport_loop(*start, *end),
            Self::Bypass { at, .. }
            | Self::Stop { at, .. }
            | Self::StopTrack { at, .. }
            | Self::Pause { at, .. }
            | Self::Resume { at, .. }
            | Self::SeekVoice { at, .. }
            | Self::Tempo { at, .. }
            | Self::StartTransport { at }
            | Self::StopTransport { at }
            | Self::Marker { at, .. } => when("at", *at),
            Self::AddTrack { .. }
            | Self::RemoveTrack { .. }
            | Self::Route { .. }
            | Self::AddSend { .. }
            | Self::RemoveSend { .. }
            | Self::AddInput { .. }
            | Self::RemoveInput { .. }
            | Self::MoveEffect { .. }
            | Self::RemoveEffect { .. }
            | Self::ClearEffects { .. }
            | Self::Mute { .. }
            | Self::Solo { .. }
            | Self::Loop { range: None } => Ok(()),
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
    if value >= *min && value <= *max {
        return Ok(());
    }
    finite(name, value)?;
    Err(out_of_range(
        name,
        shown(value),
        &format!("from {min} to {max}"),
    ))
}

/// A number as people write it: a large one by its power of ten.
fn shown(value: f64) -> String {
    if value.abs() < 1e21 {
        value.to_string()
    } else {
        format!("{value:e}").replace('e', "e+")
    }
}

fn finite(name: &str, value: f64) -> Result<(), Error> {
    if value.is_finite() {
        return Ok(());
    }
    let message = format!("{name} must be a finite number, got {value}");
    Err(Error::new(ErrorCode::InvalidArg, message))
}

fn out_of_range(name: &str, value: impl std::fmt::Display, allowed: &str) -> Error {
    let message = format!("{name} must be {allowed}, got {value}");
    Error::new(ErrorCode::OutOfRange, message)
}

/// Checks when a batch or an operation takes effect.
pub(crate) fn when(name: &str, at: When) -> Result<(), Error> {
    match at {
        When::Beat(at) => beat(name, at),
        When::Now | When::Frame(_) => Ok(()),
    }
}

fn beat(name: &str, beat: f64) -> Result<(), Error> {
    if (0.0..=MAX_BEAT).contains(&beat) {
        return Ok(());
    }
    finite(name, beat)?;
    Err(out_of_range(
        name,
        shown(beat),
        "a beat from 0 to 1000000000000",
    ))
}

fn transport_loop(start: f64, end: f64) -> Result<(), Error> {
    beat("loop.start", start)?;
    beat("loop.end", end)?;
    if end - start < MIN_LOOP {
        let allowed = format!("at least 1/64 beat after loop.start, {start}");
        return Err(out_of_range("loop.end", end, &allowed));
    }
    Ok(())
}

/// Points stand in the order of their times, all frames or all beats.
fn automation(param: ParamId, points: &[Point]) -> Result<(), Error> {
    let mut before: Option<When> = None;
    for (index, point) in points.iter().enumerate() {
        param_value(param, point.value)
            .map_err(|error| error.of(&format!("points[{index}].value")))?;
        let name = || format!("points[{index}].at");
        when("at", point.at).map_err(|error| error.of(&name()))?;
        let in_order = match (before, point.at) {
            (None, When::Frame(_) | When::Beat(_)) => true,
            (Some(When::Frame(before)), When::Frame(at)) => at >= before,
            (Some(When::Beat(before)), When::Beat(at)) => at >= before,
            _ => {
                let message = format!(
                    "{} must be a frame (seconds) or a beat as the points before, got {}",
                    name(),
                    named(point.at)
                );
                return Err(Error::new(ErrorCode::InvalidArg, message));
            }
        };
        if let (false, Some(before)) = (in_order, before) {
            let allowed = format!("{} or later, as the point before", named(before));
            return Err(out_of_range(&name(), named(point.at), &allowed));
        }
        before = Some(point.at);
    }
    Ok(())
}

fn named(at: When) -> String {
    match at {
        When::Now => "no time".into(),
        When::Frame(frame) => format!("frame {frame}"),
        When::Beat(beat) => format!("beat {beat}"),
    }
}

fn play(sample: &SampleData, offset: u64, repeat: Option<(u64, u64)>) -> Result<(), Error> {
    let frames = sample.frames() as u64;
    if offset > frames {
        let allowed = format!("at most the sample's {frames} frames");
        return Err(out_of_range("offset", offset, &allowed));
    }
    if let Some((start, end)) = repeat
        && (start >= end || end > frames)
    {
        let allowed = format!("a part of the sample's {frames} frames, at least one long");
        let got = format!("{start} to {end}");
        return Err(out_of_range("loop", got, &allowed));
    }
    Ok(())
}

fn effect(kind: u8, variant: u8, values: &[f64]) -> Result<(), Error> {
    let invalid = |message: String| Err(Error::new(ErrorCode::InvalidArg, message));
    let Some(spec) = EFFECTS.get(usize::from(kind)) else {
        let count = EFFECTS.len();
        return invalid(format!(
            "there are {count} kinds of effects, got number {kind}"
        ));
    };
    if usize::from(variant) >= spec.variants.len().max(1) {
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
