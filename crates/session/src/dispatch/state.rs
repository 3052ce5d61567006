//! What is known of voices, sends and effects, and of how they sound now.

use super::Dispatcher;
use super::store::Place;
use crate::batch::Subject;
use crate::intent::{ParamId, TrackId, VoiceId};
use noxrun_engine::{EdgeKey, EffectKey, Readout, TrackKey, VoiceKey, When};
use std::sync::Arc;

/// The part of a sound that a voice moves on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// Where it begins.
    pub offset: u64,
    pub repeat: Option<(u64, u64)>,
    pub frames: u64,
}

pub(super) struct VoiceRecord {
    pub key: VoiceKey,
    /// Where its `Play` waits, until it has crossed.
    pub waiting: Option<Place>,
    pub span: Span,
}

pub(super) struct SendRecord {
    pub key: EdgeKey,
    /// When it begins.
    pub since: When,
    /// The batch in which it waits for a beat.
    pub waiting: Option<Place>,
}

pub(super) struct EffectRecord {
    pub key: EffectKey,
    pub track: TrackId,
    /// When it begins.
    pub since: When,
    /// When it comes to its place in the chain.
    pub placed: When,
    /// What it stands before of all that has its place earlier.
    pub anchor: Option<EffectKey>,
    /// Where a correction of its place waits.
    pub correction: Option<Place>,
    pub readout: Arc<Readout>,
    /// The batch in which it waits for a beat.
    pub waiting: Option<Place>,
}

impl Span {
    /// `position`, moved on by `frames` frames of the sound.
    fn after(&self, position: f64, frames: f64) -> f64 {
        let moved = position + frames;
        match self.repeat {
            Some((start, end)) if position < end as f64 => {
                if moved < end as f64 {
                    return moved;
                }
                let (start, end) = (start as f64, end as f64);
                start + (moved - end) % (end - start)
            }
            _ => moved.min(self.frames as f64),
        }
    }
}

impl Dispatcher {
    /// The key of a track that has not been removed.
    pub fn track_key(&self, track: TrackId) -> Option<TrackKey> {
        self.tracks.get(&track).map(|record| record.key)
    }

    /// A parameter's value as it sounds now; `None` when what it belongs to does not sound or is
    /// not known.
    pub fn param_current(&self, param: ParamId) -> Option<f64> {
        let shared = &self.controller.shared;
        let voice = |id: &VoiceId| shared.voice(self.voices.get(id)?.key);
        match param {
            ParamId::TrackVolume(track) => Some(shared.track_volume(self.track_key(track)?)),
            ParamId::TrackPan(track) => Some(shared.track_pan(self.track_key(track)?)),
            ParamId::VoiceGain(id) => voice(&id).map(|voice| voice.gain),
            ParamId::VoiceRate(id) => voice(&id).map(|voice| voice.rate),
            ParamId::SendGain(send) => {
                let record = self
                    .sends
                    .get(&send)
                    .filter(|send| send.waiting.is_none())?;
                shared.edge_gain(record.key)
            }
            ParamId::InputGain(input) => self.inputs.get(&input)?.hold.gain(),
            ParamId::Effect(effect, param) => self.effects.get(&effect)?.readout.value(param),
        }
    }

    /// Where in its sound a voice is at engine frame `frame`, in frames; `None` when it is over or
    /// not known.
    pub fn voice_position(&self, voice: VoiceId, frame: u64) -> Option<f64> {
        let VoiceRecord { key, span, .. } = self.voices.get(&voice)?;
        let clock = self.controller.shared.clock();
        let Some(reading) = self.controller.shared.voice(*key) else {
            return Some(span.offset as f64);
        };
        if !reading.moving {
            return Some(reading.position);
        }
        let elapsed = frame.saturating_sub(clock.frame) as f64;
        Some(span.after(reading.position, elapsed * reading.rate))
    }

    /// Where that waits which has to cross before something that names it.
    pub(super) fn awaited(&self, subject: Subject) -> Option<Place> {
        match subject {
            Subject::None | Subject::Track(_) => None,
            Subject::Voice(id) => self.voices.get(&id)?.waiting,
            Subject::Send(id) => self.sends.get(&id)?.waiting,
            Subject::Effect(id) => self.effects.get(&id)?.waiting,
            Subject::Input(id) => self.inputs.get(&id)?.waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn positions_wrap_in_their_repeat_and_stop_at_the_end() {
        let once = Span {
            offset: 0,
            repeat: None,
            frames: 1_000,
        };
        assert_eq!(once.after(900.0, 50.5), 950.5);
        assert_eq!(once.after(900.0, 500.0), 1_000.0);
        let repeating = Span {
            repeat: Some((100, 300)),
            ..once
        };
        assert_eq!(repeating.after(250.0, 49.0), 299.0);
        assert_eq!(repeating.after(250.0, 50.0), 100.0);
        assert_eq!(repeating.after(250.0, 475.0), 125.0);
        // Beyond the repeat it goes on to the end.
        assert_eq!(repeating.after(300.0, 50.0), 350.0);
    }
}
