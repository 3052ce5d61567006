//! Intents into items: which voice and which parameter each means, and what becomes of those that
//! come too late or are taken back.

use super::{Dispatcher, VoiceRecord, Waiting};
use crate::batch::Item;
use crate::intent::{Intent, ParamId, TrackId, VoiceId};
use crate::newest::{Rank, Slot};
use crate::outlet::{Reason, Report};
use noxrun_engine::{Action, NOW, PlaySpec, Target, VoiceKey};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Dispatcher {
    pub(super) fn translate(&mut self, intent: Intent, until: u64) {
        match intent {
            Intent::AddTrack { track, volume, pan } => self.add_track(track, volume, pan),
            Intent::Mute { track, on } => self.mute(track, on),
            Intent::Solo { track, on } => self.solo(track, on),
            Intent::Play {
                voice,
                track,
                sample,
                gain,
                at,
            } => self.play(voice, track, sample, gain, at),
            Intent::Stop { voice, fade, at } => {
                if at.is_none() && self.cancel(voice, until) {
                    return;
                }
                self.command_voice(voice, at, true, |voice| Action::Stop { voice, fade });
            }
            Intent::Pause { voice, at } => self.command_voice(voice, at, true, Action::Pause),
            Intent::Resume { voice, at } => self.command_voice(voice, at, true, Action::Resume),
            Intent::StopTrack { track, fade, at } => {
                let item = Item::Do {
                    frame: at.unwrap_or(NOW),
                    counted: true,
                    voice: None,
                    action: Action::StopTrack { track, fade },
                    value: None,
                };
                self.insert(at, item);
            }
            Intent::Set {
                param,
                value,
                ramp: frames,
                curve,
                at,
            } => {
                let (target, voice) = match param {
                    ParamId::TrackVolume(track) => (Target::TrackVolume(track), None),
                    ParamId::TrackPan(track) => (Target::TrackPan(track), None),
                    ParamId::VoiceGain(id) => match self.voices.get(&id) {
                        Some(record) => (Target::VoiceGain(record.key), Some(id)),
                        None => return self.stale(at.is_some() || self.batch_is_timed()),
                    },
                };
                let action = Action::Set {
                    target,
                    value,
                    frames,
                    curve,
                };
                let rank = Rank::of(frames, curve, self.short_ramp);
                // A voice that has not sounded takes a short ramp at once.
                if let Some(id) = voice
                    && at.is_none()
                    && rank <= Rank::Short
                    && let Some(spec) = self.distant(id, until)
                {
                    spec.gain = value;
                    return;
                }
                self.value((Slot::Value(target), rank), at, voice, action);
            }
        }
    }

    fn play(
        &mut self,
        id: VoiceId,
        track: TrackId,
        sample: Arc<noxrun_engine::SampleData>,
        gain: f64,
        at: Option<u64>,
    ) {
        let Some(index) = self.free.pop() else {
            // More events than `max_events`: the submitting side refuses them before they come here.
            return self.stale(true);
        };
        let slot = index as usize;
        self.generations[slot] = self.generations[slot].wrapping_add(1);
        self.ids[slot] = id;
        let key = VoiceKey {
            index,
            generation: self.generations[slot],
        };
        let spec = PlaySpec {
            sample,
            track,
            gain,
        };
        let item = Item::Play {
            frame: at.unwrap_or(NOW),
            voice: id,
            spec,
        };
        let waiting = self.insert(at, item);
        self.voices.insert(id, VoiceRecord { key, waiting });
    }

    fn command_voice(
        &mut self,
        id: VoiceId,
        at: Option<u64>,
        counted: bool,
        action: impl FnOnce(VoiceKey) -> Action,
    ) {
        match self.voices.get(&id) {
            Some(record) => {
                let action = action(record.key);
                let frame = at.unwrap_or(NOW);
                let voice = Some(id);
                let item = Item::Do {
                    frame,
                    counted,
                    voice,
                    action,
                    value: None,
                };
                self.insert(at, item);
            }
            None => self.stale(counted),
        }
    }

    /// The play of a voice that waits here for a frame beyond `until`, outside of batches.
    fn distant(&mut self, id: VoiceId, until: u64) -> Option<&mut PlaySpec> {
        let place = self.voices.get(&id)?.waiting?;
        if self.batch.is_some() || place.0 <= until {
            return None;
        }
        match self.queue.get_mut(&place) {
            Some(Waiting::One(Item::Play { spec, .. })) => Some(spec),
            _ => None,
        }
    }

    /// Ends a voice whose start is far away. Nothing of it remains, so that whoever plans ahead and
    /// changes his mind does not run out of events.
    fn cancel(&mut self, id: VoiceId, until: u64) -> bool {
        if self.distant(id, until).is_none() {
            return false;
        }
        if let Some(record) = self.voices.remove(&id) {
            if let Some(place) = record.waiting {
                self.queue.remove(&place);
            }
            self.free.push(record.key.index);
        }
        // The play and its stop.
        self.settle(true);
        self.settle(true);
        self.outlet.push(Report::Ended {
            voice: id,
            frame: self.controller.shared.clock().frame,
            reason: Reason::Stopped,
        });
        true
    }

    pub(super) fn stale(&mut self, counted: bool) {
        self.counters.stale.fetch_add(1, Ordering::Relaxed);
        self.settle(counted);
    }

    /// A counted event came to nothing here.
    pub(super) fn settle(&self, counted: bool) {
        if counted {
            self.counters.settled_here.fetch_add(1, Ordering::Release);
        }
    }
}
