//! What cannot be, and what there is no room for.

use super::{MASTER, MAX_CHAIN, MAX_SENDS, Model, Send};
use crate::dispatch::{Dispatcher, Stale};
use crate::effects::EFFECTS;
use crate::error::{Error, ErrorCode};
use crate::operation::{EffectId, Operation, ParamId, TrackId, in_range};

impl Dispatcher {
    /// Checks an operation against what there is.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG` for a number that is taken and for a circle, `ERR_LIMIT` where there is no
    /// room, `ERR_OUT_OF_RANGE` for places in a chain and for values of effects. For what has ended
    /// as `stale` says; what names a voice that has ended is no error: it comes to nothing.
    pub(in crate::dispatch) fn refuse(
        &self,
        operation: &Operation,
        stale: Stale,
    ) -> Result<(), Error> {
        let model = &self.model;
        let known = |track: &TrackId| model.known(*track, stale);
        match operation {
            Operation::AddTrack { track, output, .. } => {
                model.room_for_track(*track)?;
                model.known_as("output", *output, stale)
            }
            Operation::RemoveTrack { track } => {
                not_master(*track, "be removed")?;
                known(track)
            }
            Operation::Route { track, to } => {
                not_master(*track, "have an output")?;
                known(track)?;
                model.no_circle("output", *track, *to, stale)?;
                model.room_for_edge()
            }
            Operation::AddSend { send, from, to, .. } => {
                if model.sends.contains_key(send) {
                    return Err(invalid(format!("there is a send {send} already")));
                }
                known(from)?;
                model.no_circle("to", *from, *to, stale)?;
                model.room_for_send(*from)?;
                model.room_for_edge()
            }
            Operation::AddEffect {
                effect,
                track,
                index,
                ..
            } => {
                if model.effects.contains_key(effect) {
                    return Err(invalid(format!("there is an effect {effect} already")));
                }
                known(track)?;
                model.room_for_effect(*track, *index)
            }
            Operation::MoveEffect { effect, index } => {
                there(
                    model.effects.contains_key(effect),
                    ("effect", *effect),
                    stale,
                )?;
                model.place(*effect, *index)
            }
            Operation::RemoveEffect { effect } | Operation::Bypass { effect, .. } => there(
                model.effects.contains_key(effect),
                ("effect", *effect),
                stale,
            ),
            Operation::RemoveSend { send } => {
                there(model.sends.contains_key(send), ("send", *send), stale)
            }
            Operation::RemoveInput { input } => {
                there(self.has_input(*input), ("input", *input), stale)
            }
            Operation::ClearEffects { track }
            | Operation::Play { track, .. }
            | Operation::AddInput { track, .. }
            | Operation::Mute { track, .. }
            | Operation::Solo { track, .. }
            | Operation::StopTrack { track, .. } => known(track),
            Operation::Set { param, value, .. } => self.param(*param, Some(*value), stale),
            Operation::Automate { param, points } => {
                self.param(*param, None, stale)?;
                points.iter().enumerate().try_for_each(|(index, point)| {
                    let checked = model.value(*param, point.value);
                    checked.map_err(|error| error.of(&format!("points[{index}].value")))
                })
            }
            Operation::Cancel { param, .. } => self.param(*param, None, stale),
            Operation::Stop { .. }
            | Operation::Pause { .. }
            | Operation::Resume { .. }
            | Operation::SeekVoice { .. }
            | Operation::Tempo { .. }
            | Operation::StartTransport { .. }
            | Operation::StopTransport { .. }
            | Operation::SeekTransport { .. }
            | Operation::Loop { .. }
            | Operation::Marker { .. } => Ok(()),
        }
    }

    fn param(&self, param: ParamId, value: Option<f64>, stale: Stale) -> Result<(), Error> {
        let model = &self.model;
        match param {
            ParamId::TrackVolume(track) | ParamId::TrackPan(track) => {
                if stale == Stale::Refuse {
                    model.known(track, stale)?;
                }
            }
            ParamId::SendGain(send) => {
                there(model.sends.contains_key(&send), ("send", send), stale)?
            }
            ParamId::InputGain(input) => there(self.has_input(input), ("input", input), stale)?,
            ParamId::Effect(effect, _) => {
                there(
                    model.effects.contains_key(&effect),
                    ("effect", effect),
                    stale,
                )?;
            }
            ParamId::VoiceGain(_) | ParamId::VoiceRate(_) => {}
        }
        value.map_or(Ok(()), |value| model.value(param, value))
    }

    /// Whether a track is there.
    ///
    /// # Errors
    /// As `stale` says.
    pub fn known(&self, track: TrackId, stale: Stale) -> Result<(), Error> {
        self.model.known(track, stale)
    }
}

impl Model {
    fn known(&self, track: TrackId, stale: Stale) -> Result<(), Error> {
        if self.tracks.contains_key(&track) {
            return Ok(());
        }
        Err(match stale {
            Stale::Refuse => Error::new(
                ErrorCode::InvalidState,
                format!("track {track} was removed"),
            ),
            Stale::Ignore => invalid(format!("there is no track {track}")),
        })
    }

    fn known_as(&self, name: &str, track: TrackId, stale: Stale) -> Result<(), Error> {
        let named = |error: Error| {
            let message = format!("{name} must be a track that is there: {}", error.message);
            Error::new(error.code, message)
        };
        self.known(track, stale).map_err(named)
    }

    /// Whether a track may feed another one; `name` is the argument that says which.
    fn no_circle(&self, name: &str, from: TrackId, to: TrackId, stale: Stale) -> Result<(), Error> {
        self.known_as(name, to, stale)?;
        if self.reaches(to, from) {
            return Err(invalid(format!(
                "{name} must be a track that does not feed track {from} itself, got track {to}"
            )));
        }
        Ok(())
    }

    fn room_for_track(&self, track: TrackId) -> Result<(), Error> {
        if self.tracks.contains_key(&track) {
            return Err(invalid(format!("there is a track {track} already")));
        }
        let (live, limit) = (self.tracks.len() - 1, self.max_tracks);
        if live >= limit {
            return Err(full(format!(
                "the engine has room for {limit} tracks (maxTracks)"
            )));
        }
        if self.track_keys.available() == 0 {
            return Err(too_much("tracks"));
        }
        self.room_for_edge()
    }

    fn room_for_edge(&self) -> Result<(), Error> {
        if self.edge_keys.available() == 0 {
            return Err(too_much("connections"));
        }
        Ok(())
    }

    fn room_for_send(&self, track: TrackId) -> Result<(), Error> {
        if self.sends_of(track) >= MAX_SENDS {
            return Err(full(format!(
                "track {track} has {MAX_SENDS} sends already, as many as a track may have"
            )));
        }
        Ok(())
    }

    fn sends_of(&self, track: TrackId) -> usize {
        let from = |send: &&Send| send.from == track;
        self.sends.values().filter(from).count()
    }

    fn room_for_effect(&self, track: TrackId, index: Option<u32>) -> Result<(), Error> {
        let count = self.chain(track).len();
        if count >= MAX_CHAIN {
            return Err(full(format!(
                "the chain of track {track} has {MAX_CHAIN} effects already, as many as a chain \
                 may have"
            )));
        }
        if self.effect_keys.available() == 0 {
            return Err(if self.effects.len() >= self.effect_keys.count() {
                full(format!(
                    "the engine has {} effects already, as many as it has room for with its \
                     maxTracks",
                    self.effects.len()
                ))
            } else {
                too_much("effects")
            });
        }
        index.map_or(Ok(()), |index| at_most(index, count))
    }

    fn place(&self, effect: EffectId, index: u32) -> Result<(), Error> {
        let Some(effect) = self.effects.get(&effect) else {
            return Ok(());
        };
        let count = self.chain(effect.track).len();
        at_most(index, count.saturating_sub(1))
    }

    /// Checks a value of an effect's parameter.
    fn value(&self, param: ParamId, value: f64) -> Result<(), Error> {
        let ParamId::Effect(effect, param) = param else {
            return Ok(());
        };
        let kind = self.effects.get(&effect).map(|effect| effect.kind);
        let Some(spec) = kind.and_then(|kind| EFFECTS.get(usize::from(kind))) else {
            return Ok(());
        };
        match spec.params.get(usize::from(param)) {
            Some(spec) => in_range(spec, value),
            None => {
                let (kind, count) = (spec.kind, spec.params.len());
                Err(invalid(format!(
                    "{kind} has {count} parameters, got number {param}"
                )))
            }
        }
    }
}

fn there(is_there: bool, (what, id): (&str, u64), stale: Stale) -> Result<(), Error> {
    if is_there || stale == Stale::Ignore {
        return Ok(());
    }
    let message = format!("{what} {id} was removed");
    Err(Error::new(ErrorCode::InvalidState, message))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::InvalidArg, message)
}

fn full(message: String) -> Error {
    Error::new(ErrorCode::Limit, message)
}

fn not_master(track: TrackId, what: &str) -> Result<(), Error> {
    if track == MASTER {
        return Err(invalid(format!("the master cannot {what}")));
    }
    Ok(())
}

fn at_most(index: u32, most: usize) -> Result<(), Error> {
    if index as usize > most {
        let message = format!("index must be from 0 to {most}, got {index}");
        return Err(Error::new(ErrorCode::OutOfRange, message));
    }
    Ok(())
}

/// A batch that takes more out of use and into it than the engine has room for at one time.
fn too_much(what: &str) -> Error {
    full(format!(
        "one batch cannot exchange so many {what}; make it several batches"
    ))
}
