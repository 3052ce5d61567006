//! The taps that are attached to tracks.

use crate::block::MAX_BLOCK;
use crate::ends::Ends;
use crate::key::{TapKey, TrackKey};
use crate::schedule::NONE;
use crate::tap::Sink;
use crate::track::Track;

/// Channels that a tap is shown at most.
const MAX_CHANNELS: usize = 32;

struct Slot {
    generation: u32,
    sink: Box<dyn Sink>,
    track: Option<u32>,
    /// What is scheduled for it.
    planned: u32,
}

pub(crate) struct Taps {
    table: Vec<Option<Slot>>,
}

impl Taps {
    pub fn new(count: usize) -> Self {
        Self {
            table: (0..count).map(|_| None).collect(),
        }
    }

    /// Takes a tap in. One whose place is not free goes back.
    pub fn admit(&mut self, key: TapKey, sink: Box<dyn Sink>, ends: &mut Ends) {
        match self.table.get_mut(key.index as usize) {
            Some(place @ None) => {
                *place = Some(Slot {
                    generation: key.generation,
                    sink,
                    track: None,
                    planned: NONE,
                });
            }
            _ => ends.reports.tap_gone(key, sink),
        }
    }

    fn get(&mut self, key: TapKey) -> Option<&mut Slot> {
        let slot = self.table.get_mut(key.index as usize)?.as_mut()?;
        (slot.generation == key.generation).then_some(slot)
    }

    /// What is scheduled for a tap.
    pub fn planned(&mut self, key: TapKey) -> Option<&mut u32> {
        Some(&mut self.get(key)?.planned)
    }

    /// Attaches a tap to a track; one for a track that is not there goes back. `None`: there is no
    /// such tap or track.
    pub fn attach(
        &mut self,
        key: TapKey,
        track: TrackKey,
        tracks: &mut [Track],
        ends: &mut Ends,
    ) -> Option<()> {
        let slot = self.get(key)?;
        if slot.track.is_some() {
            return None;
        }
        match tracks.get_mut(track.index as usize) {
            Some(strip) if strip.is(track) => {
                slot.track = Some(track.index);
                strip.taps += 1;
                Some(())
            }
            _ => {
                self.give_back(key, tracks, ends);
                None
            }
        }
    }

    /// Ends a tap. `None`: there is no such tap.
    pub fn detach(&mut self, key: TapKey, tracks: &mut [Track], ends: &mut Ends) -> Option<()> {
        self.get(key)?;
        self.give_back(key, tracks, ends);
        Some(())
    }

    fn give_back(&mut self, key: TapKey, tracks: &mut [Track], ends: &mut Ends) {
        if let Some(mut slot) = self.table[key.index as usize].take() {
            ends.schedule.drop_owned(&mut slot.planned);
            if let Some(track) = slot.track {
                tracks[track as usize].taps -= 1;
            }
            ends.reports.tap_gone(key, slot.sink);
        }
    }

    /// Ends every tap of a track.
    pub fn end_track(&mut self, track: u32, tracks: &mut [Track], ends: &mut Ends) {
        for index in 0..self.table.len() {
            let Some(slot) = &self.table[index] else {
                continue;
            };
            if slot.track == Some(track) {
                let generation = slot.generation;
                let index = index as u32;
                self.give_back(TapKey { index, generation }, tracks, ends);
            }
        }
    }

    /// Shows a track's sound to its taps.
    pub fn show(&mut self, track: &Track, index: u32, frame: u64, frames: usize) {
        let mut lanes: [&[f32]; MAX_CHANNELS] = [&[]; MAX_CHANNELS];
        let mut count = 0;
        for (lane, bus) in lanes.iter_mut().zip(track.bus.chunks_exact(MAX_BLOCK)) {
            *lane = &bus[..frames];
            count += 1;
        }
        for slot in self.table.iter_mut().flatten() {
            if slot.track == Some(index) {
                slot.sink.take(&lanes[..count], frame);
            }
        }
    }
}
