//! The table of voices: which wait, which sound, and what is said to them.

use crate::command::{PlaySpec, TrackKey, VoiceKey};
use crate::event::EndReason;
use crate::play::Room;
use crate::ramp::Ramp;
use crate::reports::Reports;
use crate::shared::Shared;
use crate::slots::Slots;
use crate::track::Track;
use crate::voice::{Score, Voice};
use crate::waits::Waits;

enum State {
    Free,
    /// Gain and speed move in engine time; `since` is the frame they stand for.
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

/// Lengths of the engine's own fades in frames.
#[derive(Clone, Copy)]
pub(crate) struct Fades {
    /// Pause, resume and seek: 10 ms.
    pub pause: u32,
    /// Stealing: 5 ms.
    pub steal: u32,
}

impl Entry {
    fn free() -> Self {
        Self {
            generation: u32::MAX,
            state: State::Free,
        }
    }
}

/// Which of a voice's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VoiceRamp {
    Gain,
    Rate,
}

pub(crate) struct Voices {
    entries: Vec<Entry>,
    /// Entries that there may be; memory for them is there.
    places: usize,
    waits: Waits,
    slots: Slots,
    /// Places up to here were occupied when voices were last shown.
    shown: usize,
    fades: Fades,
    room: Box<Room>,
    /// Voices that ended in this stretch: frame and slot.
    ends: Vec<(u64, usize)>,
    pub reports: Reports,
}

impl Voices {
    /// `entries`: how many may wait or sound, and whether their memory is touched now.
    pub fn new(
        (entries, touch): (usize, bool),
        tracks: usize,
        max_voices: usize,
        fades: Fades,
        reports: Reports,
    ) -> Self {
        // Written once, so that no callback is the first to touch it.
        let mut ends = vec![std::hint::black_box((1, 1)); Slots::count(max_voices)];
        ends.clear();
        let mut table = Vec::with_capacity(entries);
        if touch {
            table.resize_with(entries, Entry::free);
        }
        Self {
            entries: table,
            places: entries,
            waits: Waits::new(tracks, (entries, touch)),
            slots: Slots::new(max_voices),
            shown: 0,
            fades,
            room: Box::new(Room::new()),
            ends,
            reports,
        }
    }

    /// Takes a voice in, to wait for its start. The key's place must be free: a controller that
    /// breaks this loses the newer voice, whose memory goes back.
    pub fn admit(&mut self, key: VoiceKey, spec: PlaySpec, seq: u64, frame: u64) {
        let index = key.index as usize;
        if index >= self.entries.len() && index < self.places {
            self.entries.resize_with(index + 1, Entry::free);
        }
        match self.entries.get_mut(index) {
            Some(entry) if matches!(entry.state, State::Free) => {
                entry.generation = key.generation;
                self.waits.enter(spec.track.index, key.index);
                entry.state = State::Waiting {
                    score: Score::new(spec, seq),
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
        // A track that is not in service, or that was stopped as a whole before the play came here,
        // has no room for it.
        let wanted = score.spec.track;
        let track = tracks.get(wanted.index as usize);
        let takes = |track: &Track| track.is(wanted) && track.stopped_before <= score.seq;
        if !track.is_some_and(takes) {
            let reason = EndReason::Stopped;
            self.reports.ended(key, frame, reason, score.spec.sample);
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
            self.reports.ended(key, frame, reason, score.spec.sample);
            return;
        };
        score.advance(frame - since);
        self.slots.put(slot, Voice::new(key, score));
        self.entries[key.index as usize].state = State::Sounding { slot };
    }

    pub fn stop(&mut self, key: VoiceKey, fade: u32, frame: u64, shared: &Shared) {
        if let Some((score, _)) = self.leave_waiting(key) {
            let reason = EndReason::Stopped;
            self.reports.ended(key, frame, reason, score.spec.sample);
        } else if let Some((slot, voice)) = self.sounding(key) {
            voice.stop(fade, EndReason::Stopped);
            self.settle(slot, frame);
        } else {
            shared.count_stale();
        }
    }

    /// Stops what sounds on a track, and ends what waits for it, if it was played before `seq`.
    pub fn stop_track(&mut self, track: TrackKey, fade: u32, seq: u64, frame: u64) {
        for slot in self.slots.occupied() {
            if let Some(voice) = self.slots.get(slot)
                && voice.score.spec.track == track
                && voice.score.seq < seq
            {
                voice.stop(fade, EndReason::Stopped);
                self.settle(slot, frame);
            }
        }
        self.end_waiting(track, seq, frame);
    }

    /// Ends what waits for a track and was played before `seq`.
    pub fn end_waiting(&mut self, track: TrackKey, seq: u64, frame: u64) {
        let mut next = self.waits.newest(track.index);
        while let Some(place) = next {
            next = self.waits.older(place);
            let Entry { generation, state } = &self.entries[place as usize];
            let State::Waiting { score, .. } = state else {
                continue;
            };
            if score.spec.track != track || score.seq >= seq {
                continue;
            }
            let key = VoiceKey {
                index: place,
                generation: *generation,
            };
            if let Some((score, _)) = self.leave_waiting(key) {
                let reason = EndReason::Stopped;
                self.reports.ended(key, frame, reason, score.spec.sample);
            }
        }
    }

    /// Ends at once what sounds on the track in `place`.
    pub fn end_track(&mut self, place: u32, frame: u64) {
        for slot in self.slots.occupied() {
            if let Some(voice) = self.slots.get(slot)
                && voice.score.spec.track.index == place
            {
                voice.stop(0, EndReason::Stopped);
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

    /// Goes on from another frame of the sound; one that waits will begin there.
    pub fn seek(&mut self, key: VoiceKey, position: u64, shared: &Shared) {
        let fade = self.fades.pause;
        if let Some((score, _)) = self.waiting(key) {
            score.spec.offset = position;
        } else if let Some((_, voice)) = self.sounding(key) {
            voice.seek(position, fade);
        } else {
            shared.count_stale();
        }
    }

    /// A voice's parameter as it is before `frame`, and whether the voice has not sounded yet.
    /// `None` when the voice has ended.
    pub fn ramp(
        &mut self,
        which: VoiceRamp,
        key: VoiceKey,
        frame: u64,
    ) -> Option<(&mut Ramp, bool)> {
        let entry = self.entries.get_mut(key.index as usize);
        let entry = entry.filter(|entry| entry.generation == key.generation)?;
        let (score, fresh) = match &mut entry.state {
            State::Free => return None,
            State::Waiting { score, since } => {
                score.advance(frame - *since);
                *since = frame;
                (score, true)
            }
            State::Sounding { slot } => {
                let voice = self.slots.get(*slot)?;
                (&mut voice.score, !voice.started)
            }
        };
        let ramp = match which {
            VoiceRamp::Gain => &mut score.gain,
            VoiceRamp::Rate => &mut score.rate,
        };
        Some((ramp, fresh))
    }

    /// Adds `frames` frames of every voice, from engine frame `frame` on, to its track's bus.
    pub fn render(&mut self, frame: u64, frames: usize, tracks: &mut [Track]) {
        for slot in self.slots.occupied() {
            let Some(voice) = self.slots.get(slot) else {
                continue;
            };
            let track = &mut tracks[voice.score.spec.track.index as usize];
            let sounded = voice.render(&mut track.bus, frames, &mut self.room);
            if sounded > 0 {
                track.sounding = true;
                if !std::mem::replace(&mut voice.started, true) {
                    self.reports.started(voice.key, frame);
                }
            }
            if voice.is_over() {
                self.ends.push((frame + sounded as u64, slot));
            }
        }
        // Reports go out in the order of their frames.
        self.ends.sort_unstable_by(|a, b| b.cmp(a));
        while let Some((frame, slot)) = self.ends.pop() {
            self.end(slot, frame);
        }
    }

    pub fn publish(&mut self, shared: &Shared) {
        // Beyond these places nothing is, and nothing was the last time.
        let top = self.slots.occupied().end;
        let shown = std::mem::replace(&mut self.shown, top).max(top);
        for (slot, voice) in self.slots.places()[..shown].iter().enumerate() {
            shared.publish_voice(slot, voice.as_ref().map(|v| (v.key, v.reading())));
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
            self.reports
                .ended(voice.key, frame, reason, voice.score.spec.sample);
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
            State::Waiting { score, since } => {
                self.waits.leave(score.spec.track.index, key.index);
                Some((score, since))
            }
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
