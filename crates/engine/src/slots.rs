//! The places in which voices sound, and who gives way when they run out.
//!
//! The order of places is the order of summing, so it must not depend on how frames were cut into
//! blocks: a voice takes the lowest free place, never the one that was freed last.

use crate::event::EndReason;
use crate::track::Track;
use crate::voice::Voice;

/// Least number of places beyond `max_voices` in which stolen voices fade.
const SPARE: usize = 64;

pub(crate) struct Slots {
    places: Vec<Option<Voice>>,
    max_voices: usize,
    /// Voices that count against the limit: all but the stolen ones.
    counted: usize,
    /// Every place from here on is free.
    top: usize,
}

impl Slots {
    pub fn new(max_voices: usize) -> Self {
        Self {
            places: (0..Self::count(max_voices)).map(|_| None).collect(),
            max_voices,
            counted: 0,
            top: 0,
        }
    }

    /// Number of places: enough for every voice to be replaced at once and fade.
    pub fn count(max_voices: usize) -> usize {
        max_voices + max_voices.max(SPARE)
    }

    /// Voices that count against the limit.
    pub fn counted(&self) -> usize {
        self.counted
    }

    pub fn places(&self) -> &[Option<Voice>] {
        &self.places
    }

    /// Where voices may be.
    pub fn occupied(&self) -> std::ops::Range<usize> {
        0..self.top
    }

    pub fn get(&mut self, slot: usize) -> Option<&mut Voice> {
        self.places.get_mut(slot)?.as_mut()
    }

    pub fn is_full(&self) -> bool {
        self.counted >= self.max_voices
    }

    /// Lets the quietest voice fade out over `fade` frames, the oldest among equals. Returns its
    /// place.
    pub fn steal(&mut self, fade: u32, tracks: &[Track]) -> Option<usize> {
        let level = |voice: &Voice| {
            let track = tracks.get(voice.score.spec.track.index as usize);
            voice.level() * track.map_or(0.0, Track::level)
        };
        let mut quietest: Option<(usize, f64, u64)> = None;
        for (slot, place) in self.places[..self.top].iter().enumerate() {
            let Some(voice) = place.as_ref().filter(|voice| !voice.stolen) else {
                continue;
            };
            let level = level(voice);
            let gives_way = quietest.is_none_or(|(_, least, seq)| {
                let by_level = level.total_cmp(&least);
                by_level.then(voice.score.seq.cmp(&seq)).is_lt()
            });
            if gives_way {
                quietest = Some((slot, level, voice.score.seq));
            }
        }
        let (slot, ..) = quietest?;
        let voice = self.places[slot].as_mut()?;
        voice.stolen = true;
        voice.stop(fade, EndReason::Stolen);
        self.counted -= 1;
        Some(slot)
    }

    /// The lowest free place.
    pub fn free(&self) -> Option<usize> {
        self.places.iter().position(Option::is_none)
    }

    /// The stolen voice whose end is heard least: one that has not sounded yet, else the one
    /// nearest its end.
    pub fn nearest_end(&self) -> Option<usize> {
        let voices = self.places.iter().enumerate();
        let voices = voices.filter_map(|(slot, place)| Some((slot, place.as_ref()?)));
        voices
            .filter(|(_, voice)| voice.stolen)
            .min_by_key(|(slot, voice)| (voice.started, voice.remaining(), *slot))
            .map(|(slot, _)| slot)
    }

    /// Puts a voice into a free place.
    pub fn put(&mut self, slot: usize, voice: Voice) {
        self.places[slot] = Some(voice);
        self.counted += 1;
        self.top = self.top.max(slot + 1);
    }

    /// Takes a voice out.
    pub fn take(&mut self, slot: usize) -> Option<Voice> {
        let voice = self.places[slot].take()?;
        self.counted -= usize::from(!voice.stolen);
        while self.top > 0 && self.places[self.top - 1].is_none() {
            self.top -= 1;
        }
        Some(voice)
    }
}
