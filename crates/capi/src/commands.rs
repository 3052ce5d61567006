//! Commands become operations, which the session checks and accepts, all or none.

use crate::border::{
    array, call, frames, input, invalid, out_of_range, output, short_frames, sized, text,
};
use crate::state::State;
use crate::status::Status;
use crate::types::{Command, CommandKind, Play, When, WhenKind};
use noxrun_session::{
    Curve, EFFECTS, EffectSpec, Engine, Error, Operation, PARAMS, ParamId, When as Moment,
};
use std::sync::atomic::Ordering;

/// Plays a sample. `*voice`, where it is not null, becomes the number of the new voice, which no
/// other one of this state has.
///
/// # Safety
/// `state` is open, `play` stays as it is during the call, `voice` is null or has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_play(
    state: *const State,
    play: *const Play,
    voice: *mut u64,
) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let (state, play) = unsafe { (crate::border::state(state)?, sized("play", play)?) };
        let engine = state.engine()?;
        let id = state.next_voice.fetch_add(1, Ordering::Relaxed);
        engine.submit(operation_of(state, play, id)?)?;
        // SAFETY: the caller's promise.
        if let Ok(place) = unsafe { output("voice", voice) } {
            *place = id;
        }
        Ok(())
    })
}

/// Does `count` things, each at its own `at`; those whose `at` is now take effect together, on the
/// frame that `when` says (null: the first of the next block). All are accepted, or none.
///
/// # Safety
/// `state` is open, `commands` holds `count` of them, `when` is null or one; all stay as they are
/// during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_submit(
    state: *const State,
    commands: *const Command,
    count: usize,
    when: *const When,
) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let state = unsafe { crate::border::state(state) }?;
        // SAFETY: the caller's promise.
        let commands = unsafe { array("commands", commands, count) }?;
        // SAFETY: the caller's promise.
        let at = match unsafe { input("when", when) } {
            Ok(when) => moment("when", when)?,
            Err(_) => Moment::Now,
        };
        let engine = state.engine()?;
        engine.begin_batch(at)?;
        for (n, command) in commands.iter().enumerate() {
            // SAFETY: the caller's promise, for the name.
            let done = unsafe { operation(command, engine) };
            if let Err(error) = done.and_then(|operation| engine.submit(operation)) {
                engine.abort_batch();
                let message = format!("commands[{n}]: {}", error.message);
                return Err(Error::new(error.code, message));
            }
        }
        engine.commit_batch();
        Ok(())
    })
}

fn operation_of(state: &State, play: &Play, voice: u64) -> Result<Operation, Error> {
    let sample = state.sample(play.sample)?;
    let own = sample.rate();
    let rate = state.rate()?;
    let repeat = if play.repeat {
        let start = frames("play.loop_start", play.loop_start, own)?;
        let end = frames("play.loop_end", play.loop_end, own)?;
        let end = if end == 0 {
            sample.frames() as u64
        } else {
            end
        };
        Some((start, end))
    } else {
        None
    };
    let length = frames("play.duration", play.duration, own)?;
    Ok(Operation::Play {
        voice,
        track: play.track,
        gain: play.gain,
        rate: if play.rate == 0.0 { 1.0 } else { play.rate },
        offset: frames("play.offset", play.offset, own)?,
        length: (length > 0).then_some(length),
        repeat,
        fade_in: short_frames("play.fade_in", play.fade_in, rate)?,
        fade_out: short_frames("play.fade_out", play.fade_out, rate)?,
        sample,
        at: moment("play.at", &play.at)?,
    })
}

fn moment(name: &str, when: &When) -> Result<Moment, Error> {
    match when.kind {
        kind if kind == WhenKind::Now as u32 => Ok(Moment::Now),
        kind if kind == WhenKind::Frame as u32 => Ok(Moment::Frame(when.frame)),
        kind if kind == WhenKind::Beat as u32 => Ok(Moment::Beat(when.beat)),
        kind => Err(invalid(format!(
            "{name}.kind must be a noxrun_when_kind, got {kind}"
        ))),
    }
}

/// # Safety
/// The command's name is null or ends in a zero byte.
unsafe fn operation(command: &Command, engine: &Engine) -> Result<Operation, Error> {
    let rate = engine.config().sample_rate;
    let Command {
        track,
        id,
        target,
        index,
        on,
        value,
        ..
    } = *command;
    let Some(kind) = kind(command.kind) else {
        return Err(invalid(format!(
            "kind must be a noxrun_command_kind, got {}",
            command.kind
        )));
    };
    // SAFETY: the caller's promise.
    let name = || unsafe { text("name", command.name) };
    let at = || moment("at", &command.at);
    let fade = || short_frames("seconds", command.seconds, rate);
    let set = |param| -> Result<Operation, Error> {
        Ok(Operation::Set {
            param,
            value,
            ramp: fade()?,
            curve: Curve::Linear,
            at: at()?,
        })
    };
    Ok(match kind {
        CommandKind::AddTrack => Operation::AddTrack {
            track,
            output: target,
            volume: 1.0,
            pan: 0.0,
        },
        CommandKind::RemoveTrack => Operation::RemoveTrack { track },
        CommandKind::Route => Operation::Route { track, to: target },
        CommandKind::AddSend => Operation::AddSend {
            send: id,
            from: track,
            to: target,
            gain: value,
        },
        CommandKind::RemoveSend => Operation::RemoveSend { send: id },
        CommandKind::AddEffect => {
            let (kind, variant, values) = effect(name()?)?;
            if index < -1 {
                return Err(out_of_range(format!(
                    "index must be a place in the chain, or -1 for the last, got {index}"
                )));
            }
            Operation::AddEffect {
                effect: id,
                track,
                index: u32::try_from(index).ok(),
                bypass: on,
                kind,
                variant,
                values,
            }
        }
        CommandKind::RemoveEffect => Operation::RemoveEffect { effect: id },
        CommandKind::Bypass => Operation::Bypass {
            effect: id,
            on,
            at: at()?,
        },
        CommandKind::Mute => Operation::Mute { track, on },
        CommandKind::Solo => Operation::Solo { track, on },
        CommandKind::SetTrack => {
            let params = [ParamId::TrackVolume(track), ParamId::TrackPan(track)];
            set(params[parameter(name()?, PARAMS[..2].iter().copied())?])?
        }
        CommandKind::SetVoice => {
            let params = [ParamId::VoiceGain(id), ParamId::VoiceRate(id)];
            set(params[parameter(name()?, PARAMS[2..4].iter().copied())?])?
        }
        CommandKind::SetSend => {
            parameter(name()?, PARAMS[4..5].iter().copied())?;
            set(ParamId::SendGain(id))?
        }
        CommandKind::SetEffect => {
            let kind = engine.effect_kind(id);
            let spec = kind.and_then(|kind| EFFECTS.get(kind));
            let spec = spec.ok_or_else(|| invalid(format!("there is no effect {id}")))?;
            let place = parameter(name()?, spec.params.iter())?;
            set(ParamId::Effect(id, place as u8))?
        }
        CommandKind::Stop => Operation::Stop {
            voice: id,
            fade: fade()?,
            at: at()?,
        },
        CommandKind::StopTrack => Operation::StopTrack {
            track,
            fade: fade()?,
            at: at()?,
        },
        CommandKind::Pause => Operation::Pause {
            voice: id,
            at: at()?,
        },
        CommandKind::Resume => Operation::Resume {
            voice: id,
            at: at()?,
        },
        CommandKind::Seek => Operation::SeekVoice {
            voice: id,
            position: frames("value", value, rate)?,
            at: at()?,
        },
        CommandKind::Tempo => Operation::Tempo {
            bpm: value,
            at: at()?,
        },
        CommandKind::Start => Operation::StartTransport { at: at()? },
        CommandKind::StopTransport => Operation::StopTransport { at: at()? },
        CommandKind::SeekTransport => Operation::SeekTransport { beat: value },
        CommandKind::Loop => Operation::Loop {
            range: on.then_some((value, command.value2)),
        },
        CommandKind::Marker => Operation::Marker {
            marker: id,
            at: at()?,
        },
    })
}

fn kind(number: u32) -> Option<CommandKind> {
    use CommandKind::{
        AddEffect, AddSend, AddTrack, Bypass, Loop, Marker, Mute, Pause, RemoveEffect, RemoveSend,
        RemoveTrack, Resume, Route, Seek, SeekTransport, SetEffect, SetSend, SetTrack, SetVoice,
        Solo, Start, Stop, StopTrack, StopTransport, Tempo,
    };
    let all = [
        AddTrack,
        RemoveTrack,
        Route,
        AddSend,
        RemoveSend,
        AddEffect,
        RemoveEffect,
        Bypass,
        Mute,
        Solo,
        SetTrack,
        SetVoice,
        SetSend,
        SetEffect,
        Stop,
        StopTrack,
        Pause,
        Resume,
        Seek,
        Tempo,
        Start,
        StopTransport,
        SeekTransport,
        Loop,
        Marker,
    ];
    all.into_iter().find(|kind| *kind as u32 == number)
}

/// The place of a parameter of that name.
fn parameter(
    name: Option<&str>,
    of: impl Iterator<Item = &'static noxrun_session::ParamSpec> + Clone,
) -> Result<usize, Error> {
    let place = of.clone().position(|spec| name == Some(spec.name));
    place.ok_or_else(|| {
        let names: Vec<_> = of.map(|spec| spec.name).collect();
        invalid(format!(
            "name must be one of {}, got {}",
            names.join(", "),
            name.unwrap_or("null")
        ))
    })
}

/// An effect from its kind, with its type behind a colon where it has several.
fn effect(name: Option<&str>) -> Result<(u8, u8, Vec<f64>), Error> {
    let name = name.ok_or_else(|| invalid("name must be a kind of effect, got null"))?;
    let (wanted, variant) = match name.split_once(':') {
        Some((kind, variant)) => (kind, Some(variant)),
        None => (name, None),
    };
    let Some(kind) = EFFECTS.iter().position(|spec| spec.kind == wanted) else {
        let kinds: Vec<_> = EFFECTS.iter().map(|spec| spec.kind).collect();
        return Err(invalid(format!(
            "name must be a kind of effect ({}), got {wanted}",
            kinds.join(", ")
        )));
    };
    let spec: &EffectSpec = &EFFECTS[kind];
    let variant = match variant {
        None => 0,
        Some(variant) => spec
            .variants
            .iter()
            .position(|known| *known == variant)
            .ok_or_else(|| {
                invalid(match spec.variants {
                    [] => format!("{wanted} has no types, got {wanted}:{variant}"),
                    known => format!(
                        "the type of {wanted} must be one of {}, got {variant}",
                        known.join(", ")
                    ),
                })
            })?,
    };
    Ok((
        u8::try_from(kind).map_err(|_| out_of_range("too many kinds of effects"))?,
        u8::try_from(variant).map_err(|_| out_of_range("too many types"))?,
        spec.params.iter().map(|param| param.default).collect(),
    ))
}
