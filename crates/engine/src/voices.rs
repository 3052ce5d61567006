//! The table of voices: which wait, which sound, who is stolen when places run out.

use crate::command::{PlaySpec, VoiceKey};
use crate::event::{EndReason, Event, Trash};
use crate::ramp::Curve;
use crate::renderer::MAX_BLOCK;
use crate::shared::Shared;
use crate::track::Track;
use crate::voice::{Scratch, Voice};

/// Places beyond `max_voices` in which stolen voices fade.
const SPARE: usize = 64;

enum State {
    Free,
    Waiting {
        spec: PlaySpec,
        seq: u64,
        paused: bool,
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
    /// Pause and resume: 10 ms.
    pub pause: u32,
    /// Stealing: 5 ms.
    pub steal: u32,
}

pub(crate) struct Voices {
    entries: Vec<Entry>,
    slots: Vec<Option<Voice>>,
    max_voices: usize,
    fades: Fades,
    scratch: Box<Scratch>,
    events: rtrb::Producer<Event>,
    trash: rtrb::Producer<Trash>,
}

impl Voices {
    pub fn new(
        entries: usize,
        max_voices: usize,
        fades: Fades,
        events: rtrb::Producer<Event>,
        trash: rtrb::Producer<Trash>,
    ) -> Self {
        Self {
            entries: (0..entries)
                .map(|_| Entry {
                    generation: u32::MAX,
                    state: State::Free,
                })
                .collect(),
            slots: (0..max_voices + SPARE).map(|_| None).collect(),
            max_voices,
            fades,
            scratch: Box::new(Scratch {
                gain: [0.0; MAX_BLOCK],
                fade: [0.0; MAX_BLOCK],
            }),
            events,
            trash,
        }
    }

    /// Number of places that can sound, spare ones included.
    pub fn slot_count(max_voices: usize) -> usize {
        max_voices + SPARE
    }

    /// Takes a voice in, to wait for its start. The key's place must be free: a controller that
    /// breaks this loses the newer voice, whose memory goes back.
    pub fn admit(&mut self, key: VoiceKey, spec: PlaySpec, seq: u64) {
        match self.entries.get_mut(key.index as usize) {
            Some(entry) if matches!(entry.state, State::Free) => {
                entry.generation = key.generation;
                entry.state = State::Waiting {
                    spec,
                    seq,
                    paused: false,
                };
            }
            _ => self.retire(Trash::Sample(spec.sample)),
        }
    }

    /// Makes a waiting voice sound from `frame` on.
    pub fn start(&mut self, key: VoiceKey, frame: u64, tracks: &[Track], shared: &Shared) {
        let Some(entry) = self.entry(key) else {
            shared.count_stale();
            return;
        };
        let State::Waiting { spec, seq, paused } = std::mem::replace(&mut entry.state, State::Free)
        else {
            return;
        };
        if tracks[spec.track as usize].stopped_before > seq {
            self.retire(Trash::Sample(spec.sample));
            self.report(Event::Ended {
                voice: key,
                frame,
                reason: EndReason::Stopped,
            });
            return;
        }
        let slot = self.place(frame, tracks, shared);
        let voice = Voice::new(key, spec.track, seq, spec.sample, spec.gain, paused);
        self.slots[slot] = Some(voice);
        self.entries[key.index as usize].state = State::Sounding { slot };
    }

    /// A free place, made by stealing where the limit is reached.
    fn place(&mut self, frame: u64, tracks: &[Track], shared: &Shared) -> usize {
        let sounding = self.slots.iter().flatten().filter(|v| !v.stolen);
        if sounding.count() >= self.max_voices {
            let loudness =
                |voice: &Voice| voice.level() * tracks[voice.track as usize].volume.current();
            let victims = self.slots.iter_mut().flatten().filter(|v| !v.stolen);
            let quietest = victims.min_by(|a, b| {
                let by_level = loudness(a).total_cmp(&loudness(b));
                by_level.then(a.seq.cmp(&b.seq))
            });
            if let Some(voice) = quietest {
                voice.stolen = true;
                voice.stop(self.fades.steal, EndReason::Stolen);
                shared.count_stolen();
            }
        }
        if let Some(slot) = self.slots.iter().position(Option::is_none) {
            return slot;
        }
        // More were stolen in 5 ms than there are spare places: cut the one nearest its end.
        let fading = self.slots.iter().enumerate();
        let fading = fading.filter_map(|(slot, v)| v.as_ref().map(|v| (slot, v)));
        let slot = fading
            .filter(|(_, v)| v.stolen)
            .min_by_key(|(slot, v)| (v.remaining(), *slot))
            .map_or(0, |(slot, _)| slot);
        self.end(slot, frame, EndReason::Stolen);
        slot
    }

    pub fn stop(&mut self, key: VoiceKey, fade: u32, frame: u64, shared: &Shared) {
        let Some(entry) = self.entry(key) else {
            shared.count_stale();
            return;
        };
        match &entry.state {
            State::Sounding { slot } => {
                let slot = *slot;
                if let Some(voice) = &mut self.slots[slot] {
                    voice.stop(fade, EndReason::Stopped);
                }
            }
            State::Waiting { .. } => {
                if let State::Waiting { spec, .. } =
                    std::mem::replace(&mut entry.state, State::Free)
                {
                    self.retire(Trash::Sample(spec.sample));
                    self.report(Event::Ended {
                        voice: key,
                        frame,
                        reason: EndReason::Stopped,
                    });
                }
            }
            State::Free => shared.count_stale(),
        }
    }

    pub fn stop_track(&mut self, track: u32, fade: u32, seq: u64) {
        for voice in self.slots.iter_mut().flatten() {
            if voice.track == track && voice.seq < seq {
                voice.stop(fade, EndReason::Stopped);
            }
        }
    }

    pub fn pause(&mut self, key: VoiceKey, pausing: bool, shared: &Shared) {
        let fade = self.fades.pause;
        let Some(entry) = self.entry(key) else {
            shared.count_stale();
            return;
        };
        match &mut entry.state {
            State::Sounding { slot } => {
                let slot = *slot;
                if let Some(voice) = &mut self.slots[slot] {
                    if pausing {
                        voice.pause(fade);
                    } else {
                        voice.resume(fade);
                    }
                }
            }
            State::Waiting { paused, .. } => *paused = pausing,
            State::Free => shared.count_stale(),
        }
    }

    pub fn set_gain(
        &mut self,
        key: VoiceKey,
        value: f64,
        frames: u32,
        curve: Curve,
        shared: &Shared,
    ) {
        let Some(entry) = self.entry(key) else {
            shared.count_stale();
            return;
        };
        match &mut entry.state {
            State::Sounding { slot } => {
                let slot = *slot;
                if let Some(voice) = &mut self.slots[slot] {
                    voice.gain.set(value, frames, curve);
                }
            }
            State::Waiting { spec, .. } if value.is_finite() => spec.gain = value,
            State::Waiting { .. } => {}
            State::Free => shared.count_stale(),
        }
    }

    /// Adds `frames` frames of every voice, from engine frame `frame` on, to its track's bus.
    pub fn render(&mut self, frame: u64, frames: usize, tracks: &mut [Track]) {
        for slot in 0..self.slots.len() {
            let Some(voice) = &mut self.slots[slot] else {
                continue;
            };
            if voice.is_about_to_start() {
                voice.started = true;
                let key = voice.key;
                push(&mut self.events, Event::Started { voice: key, frame });
            }
            let track = &mut tracks[voice.track as usize];
            track.sounding = true;
            if let Some((sounded, reason)) = voice.render(&mut track.bus, frames, &mut self.scratch)
            {
                self.end(slot, frame + sounded as u64, reason);
            }
        }
    }

    pub fn publish(&self, shared: &Shared) {
        let mut count = 0;
        for (slot, voice) in self.slots.iter().enumerate() {
            count += u32::from(voice.is_some());
            shared.publish_voice(slot, voice.as_ref().map(|v| (v.key, v.gain.current())));
        }
        shared.publish_voices(count);
    }

    fn end(&mut self, slot: usize, frame: u64, reason: EndReason) {
        if let Some(voice) = self.slots[slot].take() {
            self.entries[voice.key.index as usize].state = State::Free;
            self.retire(Trash::Sample(voice.sample));
            self.report(Event::Ended {
                voice: voice.key,
                frame,
                reason,
            });
        }
    }

    fn entry(&mut self, key: VoiceKey) -> Option<&mut Entry> {
        self.entries
            .get_mut(key.index as usize)
            .filter(|entry| entry.generation == key.generation)
    }

    fn retire(&mut self, trash: Trash) {
        // The ring has a place for every key. Should a controller break the rule of the credits,
        // leaking beats freeing on the audio thread.
        if let Err(rtrb::PushError::Full(trash)) = self.trash.push(trash) {
            std::mem::forget(trash);
        }
    }

    fn report(&mut self, event: Event) {
        push(&mut self.events, event);
    }
}

fn push(events: &mut rtrb::Producer<Event>, event: Event) {
    // Two places for every key: full only when the controller never reads. The event is plain data.
    if events.push(event).is_err() {
        debug_assert!(false, "the event ring has two places for every voice");
    }
}
