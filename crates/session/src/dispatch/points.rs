//! Parameters: values, points of automations, and their cancelling.

use super::Dispatcher;
use crate::batch::{Act, Item, Subject};
use crate::intent::ParamId;
use crate::newest::{Rank, Slot};
use noxrun_engine::{Action, Curve, Target, TransportReading, When};

impl Dispatcher {
    /// Where a parameter is; `None` when what it belongs to has ended.
    fn target(&self, param: ParamId) -> Option<(Target, Subject)> {
        let voice = |id| Some((self.voices.get(&id)?.key, Subject::Voice(id)));
        Some(match param {
            ParamId::TrackVolume(id) => {
                (Target::TrackVolume(self.track_key(id)?), Subject::Track(id))
            }
            ParamId::TrackPan(id) => (Target::TrackPan(self.track_key(id)?), Subject::Track(id)),
            ParamId::VoiceGain(id) => {
                let (key, subject) = voice(id)?;
                (Target::VoiceGain(key), subject)
            }
            ParamId::VoiceRate(id) => {
                let (key, subject) = voice(id)?;
                (Target::VoiceRate(key), subject)
            }
            ParamId::SendGain(id) => {
                let key = self.sends.get(&id)?.key;
                (Target::EdgeGain(key), Subject::Send(id))
            }
            ParamId::InputGain(id) => {
                let key = self.inputs.get(&id)?.key?;
                (Target::InputGain(key), Subject::Input(id))
            }
            ParamId::Effect(id, param) => {
                let key = self.effects.get(&id)?.key;
                (Target::Effect(key, param), Subject::Effect(id))
            }
        })
    }

    pub(super) fn set(
        &mut self,
        param: ParamId,
        value: f64,
        (frames, curve): (u32, Curve),
        at: When,
        until: u64,
    ) {
        let Some((target, subject)) = self.target(param) else {
            return self.stale(at != When::Now || self.batch_is_timed());
        };
        let rank = Rank::of(frames, curve, self.short_ramp);
        let prompt = at == When::Now;
        // A voice that has not sounded takes a short ramp at once.
        if prompt && rank <= Rank::Short && self.set_distant(param, value, until) {
            return;
        }
        let mut act = Act::new(
            at,
            Action::Set {
                target,
                value,
                frames,
                curve,
            },
        )
        .of(subject);
        let slot = (Slot::Value(target), rank);
        // A send that has not begun has no gain yet: it begins with this one.
        if prompt && let Some(since) = self.begins(param) {
            act.at = since;
            if rank <= Rank::Short {
                act.action = Action::Set {
                    target,
                    value,
                    frames: 0,
                    curve,
                };
            }
            return self.value_from(slot, act);
        }
        self.value(slot, act);
    }

    fn set_distant(&mut self, param: ParamId, value: f64, until: u64) -> bool {
        let spec = match param {
            ParamId::VoiceGain(id) | ParamId::VoiceRate(id) => self.distant(id, until),
            _ => None,
        };
        let Some(spec) = spec else {
            return false;
        };
        if matches!(param, ParamId::VoiceRate(_)) {
            spec.rate = value;
        } else {
            spec.gain = value;
        }
        true
    }

    /// When a send begins, if that is later than now and than the open batch.
    fn begins(&self, param: ParamId) -> Option<When> {
        let ParamId::SendGain(id) = param else {
            return None;
        };
        let since = self.sends.get(&id)?.since;
        let since = self.not_before(since);
        (since != When::Now).then_some(since)
    }

    pub(super) fn reach(
        &mut self,
        param: ParamId,
        value: f64,
        curve: Curve,
        (from, at): (When, When),
    ) {
        let Some((target, subject)) = self.target(param) else {
            return self.stale(true);
        };
        self.forget_values(target);
        let from = if self.is_behind(from) {
            When::Now
        } else {
            from
        };
        let action = Action::Reach {
            target,
            value,
            at,
            curve,
        };
        let act = Act::new(from, action).counted();
        self.insert(Item::Do(act.of(subject)));
    }

    /// Whether the transport stands still beyond a beat: then it never comes to it, unless it is put
    /// back.
    fn is_behind(&self, at: When) -> bool {
        let reading = self.controller.shared.transport();
        match at {
            When::Beat(beat) if !reading.playing => beat < self.store.beats.position(&reading),
            _ => false,
        }
    }

    /// Drops what waits here for the parameter, and has the audio thread do the same with what it
    /// has.
    pub(super) fn cancel_points(&mut self, param: ParamId, from: When) {
        let Some((target, subject)) = self.target(param) else {
            return self.stale(true);
        };
        self.forget_values(target);
        let begin = match from {
            When::Now => self.batch_time(),
            own => own,
        };
        let transport = self.controller.shared.transport();
        let is_meant = |at: When| is_from(at, begin, &transport);
        let mut dropped = self.store.take_points(target, is_meant);
        if let Some(batch) = &mut self.batch {
            dropped += batch.take_points(target, is_meant);
        }
        for _ in 0..dropped {
            self.settle(true);
        }
        let act = Act::new(from, Action::Cancel(target)).counted();
        self.insert(Item::Do(act.of(subject)));
    }

    /// Later values of this parameter may not go in front of what comes now.
    fn forget_values(&mut self, target: Target) {
        let slot = Slot::Value(target);
        self.newest.forget(slot);
        if let Some(batch) = &mut self.batch {
            batch.forget(slot);
        }
    }
}

/// Whether `at` is `from` or later. Where a stopped transport's beats will fall is not known: they
/// are later than any frame.
fn is_from(at: When, from: When, transport: &TransportReading) -> bool {
    match (from, at) {
        (When::Now, _) => true,
        (_, When::Now) => false,
        (When::Frame(from), When::Frame(at)) => at >= from,
        (When::Beat(from), When::Beat(at)) => at >= from,
        (When::Frame(from), When::Beat(at)) => !transport.playing || at >= transport.beat_at(from),
        (When::Beat(from), When::Frame(at)) => transport.playing && transport.beat_at(at) >= from,
    }
}

#[cfg(test)]
mod tests {
    use super::is_from;
    use noxrun_engine::{TransportReading, When};

    #[test]
    fn beats_and_frames_compare_by_the_transport() {
        let mut transport = TransportReading {
            playing: true,
            frame: 48_000,
            beat: 4.0,
            tempo: 120.0,
            looped: None,
            rate: 48_000,
        };
        let (frame, beat) = (When::Frame, When::Beat);
        assert!(is_from(beat(6.0), frame(96_000), &transport));
        assert!(!is_from(beat(7.9), frame(48_000 + 96_000), &transport));
        assert!(is_from(frame(96_000), beat(6.0), &transport));
        assert!(!is_from(frame(95_999), beat(6.0), &transport));
        transport.playing = false;
        assert!(is_from(beat(0.0), frame(u64::MAX), &transport));
        assert!(!is_from(frame(u64::MAX), beat(0.0), &transport));
        assert!(is_from(frame(0), When::Now, &transport));
    }
}
