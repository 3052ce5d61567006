//! What cannot be, and what there is no room for.

use super::{MASTER, MAX_CHAIN, MAX_SENDS, Wiring};
use crate::effects::EFFECTS;
use crate::error::{Error, ErrorCode};
use crate::intent::{EffectId, Intent, ParamId, TrackId, in_range};

impl Wiring {
    /// Checks an intent against what there is.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG` for a track that is not there, a number that is taken and a circle,
    /// `ERR_LIMIT` where there is no room, `ERR_OUT_OF_RANGE` for places in a chain and for values of effects. What names a
    /// send or an effect that has ended is no error: it will come to nothing.
    pub fn check(&self, intent: &Intent) -> Result<(), Error> {
        match intent {
            Intent::AddTrack { track, output, .. } => {
                self.room_for_track(*track)?;
                self.known(*output)
            }
            Intent::RemoveTrack(track) => {
                not_master(*track, "be removed")?;
                self.known(*track)
            }
            Intent::Route { track, to } => {
                not_master(*track, "have an output")?;
                self.no_circle(*track, *to)?;
                self.room_for_edge()
            }
            Intent::AddSend { send, from, to, .. } => {
                if self.sends.contains_key(send) {
                    return Err(invalid(format!("there is a send {send} already")));
                }
                self.no_circle(*from, *to)?;
                self.room_for_send(*from)?;
                self.room_for_edge()
            }
            Intent::AddEffect {
                effect,
                track,
                index,
                ..
            } => {
                if self.effects.contains_key(effect) {
                    return Err(invalid(format!("there is an effect {effect} already")));
                }
                self.room_for_effect(*track, *index)
            }
            Intent::MoveEffect { effect, index } => self.place(*effect, *index),
            Intent::ClearEffects(track)
            | Intent::Play { track, .. }
            | Intent::AddInput { track, .. }
            | Intent::StopTrack { track, .. } => self.known(*track),
            Intent::Set {
                param: ParamId::Effect(effect, param),
                value,
                ..
            }
            | Intent::Reach {
                param: ParamId::Effect(effect, param),
                value,
                ..
            } => self.value(*effect, *param, *value),
            _ => Ok(()),
        }
    }

    /// Whether [`Wiring::check`] has anything to say of it.
    pub fn concerns(intent: &Intent) -> bool {
        let of_effect = |param: &ParamId| matches!(param, ParamId::Effect(..));
        match intent {
            Intent::Play { .. } | Intent::AddInput { .. } | Intent::StopTrack { .. } => true,
            Intent::Set { param, .. } | Intent::Reach { param, .. } => of_effect(param),
            other => other.is_structural(),
        }
    }

    pub fn known(&self, track: TrackId) -> Result<(), Error> {
        if self.has_track(track) {
            return Ok(());
        }
        Err(invalid(format!("there is no track {track}")))
    }

    fn no_circle(&self, from: TrackId, to: TrackId) -> Result<(), Error> {
        self.known(from)?;
        self.known(to)?;
        if self.reaches(to, from) {
            return Err(invalid(format!(
                "track {from} cannot feed track {to}, which feeds it: that would be a circle"
            )));
        }
        Ok(())
    }

    fn room_for_track(&self, track: TrackId) -> Result<(), Error> {
        if self.has_track(track) {
            return Err(invalid(format!("there is a track {track} already")));
        }
        let (live, limit) = (self.tracks.len() - 1, self.limits.tracks);
        if live >= limit {
            let message = format!("the engine has room for {limit} tracks (maxTracks)");
            return Err(Error::new(ErrorCode::Limit, message));
        }
        if self.tracks.len() + self.parting.tracks >= self.limits.track_keys {
            return Err(too_much("tracks"));
        }
        self.room_for_edge()
    }

    fn room_for_edge(&self) -> Result<(), Error> {
        let live = self.tracks.len() - 1 + self.sends.len();
        if live + self.parting.edges >= self.limits.edge_keys {
            return Err(too_much("connections"));
        }
        Ok(())
    }

    fn room_for_send(&self, track: TrackId) -> Result<(), Error> {
        let count = self.tracks.get(&track).map_or(0, |node| node.sends.len());
        if count >= MAX_SENDS {
            let message =
                format!("track {track} has {MAX_SENDS} sends already, as many as a track may have");
            return Err(Error::new(ErrorCode::Limit, message));
        }
        Ok(())
    }

    fn room_for_effect(&self, track: TrackId, index: Option<u32>) -> Result<(), Error> {
        self.known(track)?;
        let count = self.tracks.get(&track).map_or(0, |node| node.chain.len());
        if count >= MAX_CHAIN {
            let message = format!(
                "the chain of track {track} has {MAX_CHAIN} effects already, as many as a chain \
                 may have"
            );
            return Err(Error::new(ErrorCode::Limit, message));
        }
        let keys = self.limits.effect_keys;
        if self.effects.len() >= keys {
            let message = format!(
                "the engine has {keys} effects already, as many as it has room for with its \
                 maxTracks"
            );
            return Err(Error::new(ErrorCode::Limit, message));
        }
        if self.effects.len() + self.parting.effects >= keys {
            return Err(too_much("effects"));
        }
        index.map_or(Ok(()), |index| at_most(index, count))
    }

    fn place(&self, effect: EffectId, index: u32) -> Result<(), Error> {
        let Some((track, _)) = self.effects.get(&effect) else {
            return Ok(());
        };
        let count = self.tracks.get(track).map_or(0, |node| node.chain.len());
        at_most(index, count.saturating_sub(1))
    }

    fn value(&self, effect: EffectId, param: u8, value: f64) -> Result<(), Error> {
        let Some(spec) = self
            .effect_kind(effect)
            .and_then(|kind| EFFECTS.get(usize::from(kind)))
        else {
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

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::InvalidArg, message)
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
    let message = format!("one batch cannot exchange so many {what}; make it several batches");
    Error::new(ErrorCode::Limit, message)
}
