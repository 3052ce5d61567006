//! The table of voices: which wait, which sound, and what is said to them.

use crate::command::PlaySpec;
use crate::ends::Ends;
use crate::event::EndReason;
use crate::key::{TrackKey, VoiceKey};
use crate::play::Room;
use crate::ramp::Ramp;
use crate::schedule::NONE;
use crate::segments::Segments;
use crate::shared::Shared;
use crate::slots::Slots;
use crate::track::Track;
use crate::voice::{Score, Voice};
use crate::waits::{ALONE, Link, Waits};

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
    /// What is scheduled for it, its start included, and the points of gain and speed.
    planned: u32,
    points: [u32; 2],
}

/// Places of the first segment of the table.
const SHIFT: u32 = 8;

/// Room for as many more voices as there are.
pub(crate) struct VoiceSegment {
    entries: Box<[Entry]>,
    links: Box<[Link]>,
}

impl VoiceSegment {
    /// The next one when there are `count`.
    pub fn make(count: usize) -> Self {
        Self {
            entries: Segments::<_, SHIFT>::make(count, Entry::free),
            links: Segments::<_, SHIFT>::make(count, || ALONE),
        }
    }
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
            planned: NONE,
            points: [NONE; 2],
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
    entries: Segments<Entry, SHIFT>,
    waits: Waits<SHIFT>,
    slots: Slots,
    /// Places up to here were occupied when voices were last shown.
    shown: usize,
    fades: Fades,
    room: Box<Room>,
    /// Voices that ended in this stretch: frame and slot.
    ends: Vec<(u64, usize)>,
}

impl Voices {
    pub fn new(tracks: usize, max_voices: usize, fades: Fades) -> Self {
        // Written once, so that no callback is the first to touch it.
        let mut ends = vec![std::hint::black_box((1, 1)); Slots::count(max_voices)];
        ends.clear();
        Self {
            entries: Segments::new(),
            waits: Waits::new(tracks),
            slots: Slots::new(max_voices),
            shown: 0,
            fades,
            room: Box::new(Room::new()),
            ends,
        }
    }

    /// Segments that the table needs for `keys` voices.
    pub fn segments_for(keys: usize) -> usize {
        Segments::<Entry, SHIFT>::count_for(keys)
    }

    pub fn grow(&mut self, segment: VoiceSegment) {
        let odd = self.entries.add(segment.entries).is_some() | self.waits.grow(segment.links);
        debug_assert!(!odd, "the controller makes segments in their order");
    }

    /// Takes a voice in, to wait for its start. The key's place must be free: a controller that
    /// breaks this loses the newer voice, whose memory goes back.
    pub fn admit(&mut self, key: VoiceKey, spec: PlaySpec, seq: u64, frame: u64, ends: &mut Ends) {
        match self.entries.get_mut(key.index) {
            Some(entry) if matches!(entry.state, State::Free) => {
                entry.generation = key.generation;
                self.waits.enter(spec.track.index, key.index);
                entry.state = State::Waiting {
                    score: Score::new(spec, seq),
                    since: frame,
                };
            }
            _ => ends.reports.retire(spec.sample),
        }
    }

    /// What is scheduled for a voice; `None` when it has ended.
    pub fn planned(&mut self, key: VoiceKey) -> Option<&mut u32> {
        Some(&mut self.alive(key)?.planned)
    }

    /// The points of a voice's parameter; `None` when it has ended.
    pub fn points(&mut self, which: VoiceRamp, key: VoiceKey) -> Option<&mut u32> {
        Some(&mut self.alive(key)?.points[which as usize])
    }

    /// Everything that is scheduled for the voice in a place that is given back.
    fn forget(&mut self, index: u32, ends: &mut Ends) {
        let Entry {
            planned, points, ..
        } = &mut self.entries[index];
        ends.schedule.drop_owned(planned);
        points
            .iter_mut()
            .for_each(|points| ends.schedule.drop_list(points));
    }

    /// Makes a waiting voice sound from `frame` on. One that was stopped while it waited leaves its
    /// start behind, which is then nobody's command and not counted as stale.
    pub fn start(
        &mut self,
        key: VoiceKey,
        frame: u64,
        tracks: &[Track],
        shared: &Shared,
        ends: &mut Ends,
    ) {
        let Some((mut score, since)) = self.leave_waiting(key) else {
            return;
        };
        // A track that is not in service, or that was stopped as a whole before the play came here,
        // has no room for it.
        let wanted = score.spec.track;
        let track = tracks.get(wanted.index as usize);
        let takes = |track: &Track| track.is(wanted) && track.stopped_before <= score.seq;
        if !track.is_some_and(takes) {
            return self.end_waiting(key, frame, EndReason::Stopped, score, ends);
        }
        if self.slots.is_full()
            && let Some(slot) = self.slots.steal(self.fades.steal, tracks)
        {
            shared.count_stolen();
            self.settle(slot, frame, ends);
        }
        // When more were stolen in 5 ms than there are spare places, one of them is cut.
        let slot = self.slots.free().or_else(|| {
            let slot = self.slots.nearest_end()?;
            self.end(slot, frame, ends);
            Some(slot)
        });
        let Some(slot) = slot else {
            return self.end_waiting(key, frame, EndReason::Stolen, score, ends);
        };
        score.advance(frame - since);
        self.slots.put(slot, Voice::new(key, score));
        self.entries[key.index].state = State::Sounding { slot };
    }

    pub fn stop(&mut self, key: VoiceKey, fade: u32, frame: u64, shared: &Shared, ends: &mut Ends) {
        if let Some((score, _)) = self.leave_waiting(key) {
            self.end_waiting(key, frame, EndReason::Stopped, score, ends);
        } else if let Some((slot, voice)) = self.sounding(key) {
            voice.stop(fade, EndReason::Stopped);
            self.settle(slot, frame, ends);
        } else {
            shared.count_stale();
        }
    }

    /// Stops what sounds on a track, and ends what waits for it, if it was played before `seq`.
    pub fn stop_track(
        &mut self,
        track: TrackKey,
        fade: u32,
        (seq, frame): (u64, u64),
        ends: &mut Ends,
    ) {
        for slot in self.slots.occupied() {
            if let Some(voice) = self.slots.get(slot)
                && voice.score.spec.track == track
                && voice.score.seq < seq
            {
                voice.stop(fade, EndReason::Stopped);
                self.settle(slot, frame, ends);
            }
        }
        self.stop_waiting(track, (seq, frame), ends);
    }

    /// Ends what waits for a track and was played before `seq`.
    pub fn stop_waiting(&mut self, track: TrackKey, (seq, frame): (u64, u64), ends: &mut Ends) {
        let mut next = self.waits.newest(track.index);
        while let Some(place) = next {
            next = self.waits.older(place);
            let Entry {
                generation, state, ..
            } = &self.entries[place];
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
                self.end_waiting(key, frame, EndReason::Stopped, score, ends);
            }
        }
    }

    /// One that waited, and has left the table, has ended.
    fn end_waiting(
        &mut self,
        key: VoiceKey,
        frame: u64,
        reason: EndReason,
        score: Score,
        ends: &mut Ends,
    ) {
        self.forget(key.index, ends);
        ends.reports.ended(key, frame, reason, score.spec.sample);
    }

    /// Ends at once what sounds on the track in `place`.
    pub fn end_track(&mut self, place: u32, frame: u64, ends: &mut Ends) {
        for slot in self.slots.occupied() {
            if let Some(voice) = self.slots.get(slot)
                && voice.score.spec.track.index == place
            {
                voice.stop(0, EndReason::Stopped);
                self.settle(slot, frame, ends);
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
        let entry = self.entries.get_mut(key.index);
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
    pub fn render(&mut self, frame: u64, frames: usize, tracks: &mut [Track], ends: &mut Ends) {
        for slot in self.slots.occupied() {
            let Some(voice) = self.slots.get(slot) else {
                continue;
            };
            let track = &mut tracks[voice.score.spec.track.index as usize];
            let sounded = voice.render(&mut track.bus, frames, &mut self.room);
            if sounded > 0 {
                track.sounding = true;
                if !std::mem::replace(&mut voice.started, true) {
                    ends.reports.started(voice.key, frame);
                }
            }
            if voice.is_over() {
                self.ends.push((frame + sounded as u64, slot));
            }
        }
        // Reports go out in the order of their frames.
        self.ends.sort_unstable_by(|a, b| b.cmp(a));
        while let Some((frame, slot)) = self.ends.pop() {
            self.end(slot, frame, ends);
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
    fn settle(&mut self, slot: usize, frame: u64, ends: &mut Ends) {
        if self.slots.get(slot).is_some_and(|voice| voice.is_over()) {
            self.end(slot, frame, ends);
        }
    }

    fn end(&mut self, slot: usize, frame: u64, ends: &mut Ends) {
        if let Some(voice) = self.slots.take(slot) {
            let reason = voice.reason();
            self.entries[voice.key.index].state = State::Free;
            self.forget(voice.key.index, ends);
            ends.reports
                .ended(voice.key, frame, reason, voice.score.spec.sample);
        }
    }

    fn entry(&mut self, key: VoiceKey) -> Option<&mut Entry> {
        self.entries
            .get_mut(key.index)
            .filter(|entry| entry.generation == key.generation)
    }

    /// A voice that waits or sounds.
    fn alive(&mut self, key: VoiceKey) -> Option<&mut Entry> {
        let entry = self.entry(key)?;
        (!matches!(entry.state, State::Free)).then_some(entry)
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
