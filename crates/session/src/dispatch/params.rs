//! Parameters: which one of the engine's each is. What is scheduled for them the engine keeps.

use super::Dispatcher;
use crate::operation::{ParamId, Point};
use noxrun_engine::{Action, Curve, Target, When};

impl Dispatcher {
    /// Where a parameter is; `None` when what it belongs to has ended.
    fn target(&self, param: ParamId) -> Option<Target> {
        Some(match param {
            ParamId::TrackVolume(id) => Target::TrackVolume(self.track_key(id)?),
            ParamId::TrackPan(id) => Target::TrackPan(self.track_key(id)?),
            ParamId::VoiceGain(id) => Target::VoiceGain(*self.voices.get(&id)?),
            ParamId::VoiceRate(id) => Target::VoiceRate(*self.voices.get(&id)?),
            ParamId::SendGain(id) => Target::EdgeGain(self.model.sends.get(&id)?.key),
            ParamId::InputGain(id) => Target::InputGain(self.inputs.get(&id)?.key?),
            ParamId::Effect(id, param) => Target::Effect(self.effect_key(id)?, param),
        })
    }

    pub(super) fn set(
        &mut self,
        param: ParamId,
        value: f64,
        (frames, curve): (u32, Curve),
        at: When,
    ) {
        let counted = self.later(at) != When::Now;
        match self.target(param) {
            Some(target) => self.command(
                at,
                counted,
                Action::Set {
                    target,
                    value,
                    frames,
                    curve,
                },
            ),
            None => self.stale(counted.into()),
        }
    }

    pub(super) fn automate(&mut self, param: ParamId, points: &[Point]) {
        let Some(target) = self.target(param) else {
            return self.stale(points.len() as u64);
        };
        // A gap in the order parts these points from those of another call; see `Action::Reach`.
        self.next_seq();
        for Point { at, value, curve } in points {
            self.counted(
                *at,
                Action::Reach {
                    target,
                    value: *value,
                    curve: *curve,
                },
            );
        }
    }

    pub(super) fn cancel(&mut self, param: ParamId, from: When) {
        match self.target(param) {
            Some(target) => self.counted(from, Action::Cancel(target)),
            None => self.stale(1),
        }
    }
}
