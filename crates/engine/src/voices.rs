//! The table of voices: which wait, which sound, and what is said to them.

use crate::command::{PlaySpec, TrackKey, VoiceKey};
use crate::event::EndReason;
use crate::ramp::Ramp;
use crate::renderer::MAX_BLOCK;
use crate::reports::Reports;
use crate::shared::{Shared, VoiceReading};
use crate::slots::Slots;
use crate::track::Track;
use crate::voice::{Score, Scratch, Voice};

enum State {
    Free,
    /// The gain moves in engine time; `since` is the frame it stands for.
    Waiting {
        score: Score,
        since: u64,
    },
    Sounding {
        slot: usize,
    },
}

struct Entry {
    generation: u32,
    state: State,
}

/// Which of a voice's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VoiceRamp {
    Gain,
    Rate,
}

/// Lengths of the engine's own fades in frames.
#[derive(Clone, Copy)]
pub(crate) struct Fades {
    /// Pause and resume: 10 ms.
    pub pause: u32,
    /// Stealing: 5 ms.
    pub steal: u32,
}

pub(crate) struct Voices {
    entries: Vec<Entry>,
    slots: Slots,
    fades: Fades,
    scratch: Box<Scratch>,
    pub reports: Reports,
}

impl Voices {
    pub fn new(entries: usize, max_voices: usize, fades: Fades, reports: Reports) -> Self {
        Self {
            entries: (0..entries)
                .map(|_| Entry {
                    generation: u32::MAX,
                    state: State::Free,
                })
                .collect(),
            slots: Slots::new(max_voices),
            fades,
            scratch: Box::new(Scratch {
                gain: std::hint::black_box([0.0; MAX_BLOCK]),
                fade: std::hint::black_box([0.0; MAX_BLOCK]),
            }),
            reports,
        }
    }

    /// Takes a voice in, to wait for its start. The key's place must be free: a controller that
    /// breaks this loses the newer voice, whose memory goes back.
    pub fn admit(&mut self, key: VoiceKey, spec: PlaySpec, seq: u64, frame: u64) {
        match self.entries.get_mut(key.index as usize) {
            Some(entry) if matches!(entry.state, State::Free) => {
                entry.generation = key.generation;
                let gain = if spec.gain.is_finite() {
                    spec.gain
                } else {
                    0.0
                };
                entry.state = State::Waiting {
                    score: Score {
                        sample: spec.sample,
                        track: spec.track,
                        gain: Ramp::at(gain),
                        seq,
                        paused: false,
                    },
                    since: frame,
                };
            }
            _ => self.reports.retire(spec.sample),
        }
    }

    /// Makes a waiting voice sound from `frame` on. One that was stopped while it waited leaves its
    /// start behind, which is then nobody's command and not counted as stale.
    pub fn start(&mut self, key: VoiceKey, frame: u64, tracks: &[Track], shared: &Shared) {
        let Some((mut score, since)) = self.leave_waiting(key) else {
            return;
        };
        // A track that was stopped as a whole after the play, or that is not in service, has no
        // room for it.
        let track = tracks.get(score.track.index as usize);
        if !track.is_some_and(|track| track.is(score.track) && track.stopped_before <= score.seq) {
            let reason = EndReason::Stopped;
            self.reports.ended(key, frame, reason, score.sample);
            return;
        }
        if self.slots.is_full()
            && let Some(slot) = self.slots.steal(self.fades.steal, tracks)
        {
            shared.count_stolen();
            self.settle(slot, frame);
        }
        // When more were stolen in 5 ms than there are spare places, one of them is cut.
        let slot = self.slots.free().or_else(|| {
            let slot = self.slots.nearest_end()?;
            self.end(slot, frame);
            Some(slot)
        });
        let Some(slot) = slot else {
            let reason = EndReason::Stolen;
            self.reports.ended(key, frame, reason, score.sample);
            return;
        };
        advance(&mut score.gain, frame - since);
        self.slots.put(slot, Voice::new(key, score));
        self.entries[key.index as usize].state = State::Sounding { slot };
    }

    pub fn stop(&mut self, key: VoiceKey, fade: u32, frame: u64, shared: &Shared) {
        if let Some((score, _)) = self.leave_waiting(key) {
            let reason = EndReason::Stopped;
            self.reports.ended(key, frame, reason, score.sample);
        } else if let Some((slot, voice)) = self.sounding(key) {
            voice.stop(fade, EndReason::Stopped);
            self.settle(slot, frame);
        } else {
            shared.count_stale();
        }
    }

    /// Stops what sounds on a track and was played before `seq`.
    pub fn stop_track(&mut self, track: TrackKey, fade: u32, seq: u64, frame: u64) {
        for slot in self.slots.occupied() {
            if let Some(voice) = self.slots.get(slot)
                && voice.track == track
                && voice.seq < seq
            {
                voice.stop(fade, EndReason::Stopped);
                self.settle(slot, frame);
            }
        }
    }

    pub fn pause(&mut self, key: VoiceKey, pausing: bool, shared: &Shared) {
        let fade = self.fades.pause;
        if let Some((score, _)) = self.waiting(key) {
            score.paused = pausing;
        } else if let Some((_, voice)) = self.sounding(key) {
            if pausing {
                voice.pause(fade);
            } else {
                voice.resume(fade);
            }
        } else {
            shared.count_stale();
        }
    }

    pub fn seek(&mut self, _key: VoiceKey, _position: u64, _shared: &Shared) {}

    pub fn ramp(
        &mut self,
        which: VoiceRamp,
        key: VoiceKey,
        frame: u64,
    ) -> Option<(&mut Ramp, bool)> {
        if which == VoiceRamp::Rate {
            return None;
        }
        if self.waiting(key).is_some() {
            let (score, since) = self.waiting(key)?;
            advance(&mut score.gain, frame - *since);
            *since = frame;
            Some((&mut score.gain, true))
        } else {
            let (_, voice) = self.sounding(key)?;
            let fresh = !voice.started;
            Some((&mut voice.gain, fresh))
        }
    }

    pub fn end_track(&mut self, _place: u32, _frame: u64) {}

    /// Adds `frames` frames of every voice, from engine frame `frame` on, to its track's bus.
    pub fn render(&mut self, frame: u64, frames: usize, tracks: &mut [Track]) {
        for slot in self.slots.occupied() {
            let Some(voice) = self.slots.get(slot) else {
                continue;
            };
            if voice.is_about_to_start() {
                voice.started = true;
                self.reports.started(voice.key, frame);
            }
            let track = &mut tracks[voice.track.index as usize];
            track.sounding |= voice.is_active();
            let sounded = voice.render(&mut track.bus, frames, &mut self.scratch);
            self.settle(slot, frame + sounded as u64);
        }
    }

    pub fn publish(&self, shared: &Shared) {
        for (slot, voice) in self.slots.places().iter().enumerate() {
            let reading = voice.as_ref().map(|v| {
                let reading = VoiceReading {
                    gain: v.gain.current(),
                    rate: 1.0,
                    position: 0.0,
                    moving: true,
                };
                (v.key, reading)
            });
            shared.publish_voice(slot, reading);
        }
        shared.publish_voices(self.slots.counted() as u32);
    }

    /// Ends the voice in `slot` if nothing of it is heard from `frame` on.
    fn settle(&mut self, slot: usize, frame: u64) {
        if self.slots.get(slot).is_some_and(|voice| voice.is_over()) {
            self.end(slot, frame);
        }
    }

    fn end(&mut self, slot: usize, frame: u64) {
        if let Some(voice) = self.slots.take(slot) {
            let reason = voice.reason();
            self.entries[voice.key.index as usize].state = State::Free;
            self.reports.ended(voice.key, frame, reason, voice.sample);
        }
    }

    fn entry(&mut self, key: VoiceKey) -> Option<&mut Entry> {
        self.entries
            .get_mut(key.index as usize)
            .filter(|entry| entry.generation == key.generation)
    }

    fn waiting(&mut self, key: VoiceKey) -> Option<(&mut Score, &mut u64)> {
        match &mut self.entry(key)?.state {
            State::Waiting { score, since } => Some((score, since)),
            _ => None,
        }
    }

    /// Takes a voice that waits out of the table.
    fn leave_waiting(&mut self, key: VoiceKey) -> Option<(Score, u64)> {
        let state = &mut self.entry(key)?.state;
        match std::mem::replace(state, State::Free) {
            State::Waiting { score, since } => Some((score, since)),
            other => {
                *state = other;
                None
            }
        }
    }

    fn sounding(&mut self, key: VoiceKey) -> Option<(usize, &mut Voice)> {
        let State::Sounding { slot } = self.entry(key)?.state else {
            return None;
        };
        Some((slot, self.slots.get(slot)?))
    }
}

fn advance(ramp: &mut Ramp, frames: u64) {
    ramp.advance(u32::try_from(frames).unwrap_or(u32::MAX));
}
