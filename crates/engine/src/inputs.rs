//! The inputs of all tracks.

use crate::block::MAX_BLOCK;
use crate::ends::Ends;
use crate::input::Input;
use crate::key::{InputKey, TrackKey};
use crate::ramp::Ramp;
use crate::schedule::NONE;
use crate::track::Track;

struct Slot {
    generation: u32,
    input: Box<Input>,
    track: Option<u32>,
    /// What is scheduled for it, and the points of its gain.
    planned: u32,
    points: u32,
}

pub(crate) struct Inputs {
    table: Vec<Option<Slot>>,
    /// How many there are.
    count: usize,
    /// The first frame of this block, and the most frames that a block had.
    block: u64,
    largest: u32,
    fade: u32,
    curve: Box<[f32; MAX_BLOCK]>,
}

impl Inputs {
    pub fn new(places: usize, fade: u32) -> Self {
        Self {
            table: (0..places).map(|_| None).collect(),
            count: 0,
            block: 0,
            largest: 0,
            fade,
            curve: Box::new([std::hint::black_box(0.0); MAX_BLOCK]),
        }
    }

    /// Takes an input in. One whose place is not free goes back.
    pub fn admit(&mut self, key: InputKey, input: Box<Input>, ends: &mut Ends) {
        match self.table.get_mut(key.index as usize) {
            Some(place @ None) => {
                *place = Some(Slot {
                    generation: key.generation,
                    input,
                    track: None,
                    planned: NONE,
                    points: NONE,
                });
                self.count += 1;
            }
            _ => ends.reports.input_gone(key, input),
        }
    }

    fn get(&mut self, key: InputKey) -> Option<&mut Slot> {
        let slot = self.table.get_mut(key.index as usize)?.as_mut()?;
        (slot.generation == key.generation).then_some(slot)
    }

    /// Lets an input sound on a track from `frame` on; one for a track that is not there goes back.
    /// `None`: there is no such input or track.
    pub fn attach(
        &mut self,
        key: InputKey,
        (track, frame): (TrackKey, u64),
        tracks: &[Track],
        ends: &mut Ends,
    ) -> Option<()> {
        let (fade, largest) = (self.fade, self.largest);
        let offset = u32::try_from(frame - self.block).unwrap_or(u32::MAX);
        let slot = self.get(key)?;
        if slot.track.is_some() {
            return None;
        }
        match tracks.get(track.index as usize) {
            Some(strip) if strip.is(track) => {
                slot.track = Some(track.index);
                let fade = if strip.is_fresh() { 0 } else { fade };
                slot.input.come(fade, offset, largest);
                Some(())
            }
            _ => {
                self.give_back(key.index as usize, ends);
                None
            }
        }
    }

    /// Fades an input out and ends it; at once when it is not heard. `None`: there is no such
    /// input.
    pub fn detach(&mut self, key: InputKey, ends: &mut Ends) -> Option<()> {
        let fade = self.fade;
        let slot = self.get(key)?;
        if slot.track.is_some() && !slot.input.is_fresh() {
            slot.input.leave(fade);
        } else {
            self.give_back(key.index as usize, ends);
        }
        Some(())
    }

    /// Ends every input of a track.
    pub fn end_track(&mut self, track: u32, ends: &mut Ends) {
        for index in 0..self.table.len() {
            let of = self.table[index].as_ref().and_then(|slot| slot.track);
            if of == Some(track) {
                self.give_back(index, ends);
            }
        }
    }

    /// What is scheduled for an input.
    pub fn planned(&mut self, key: InputKey) -> Option<&mut u32> {
        Some(&mut self.get(key)?.planned)
    }

    /// The points of an input's gain.
    pub fn points(&mut self, key: InputKey) -> Option<&mut u32> {
        Some(&mut self.get(key)?.points)
    }

    /// Its gain, and whether nothing of it has been heard.
    pub fn gain(&mut self, key: InputKey) -> Option<(&mut Ramp, bool)> {
        let slot = self.get(key)?;
        let fresh = slot.input.is_fresh();
        Some((&mut slot.input.gain, fresh))
    }

    /// A block of `frames` frames begins.
    pub fn begin(&mut self, frame: u64, frames: usize, now_ns: u64) {
        let frames = u32::try_from(frames).unwrap_or(u32::MAX);
        self.block = frame;
        self.largest = self.largest.max(frames);
        if self.count == 0 {
            return;
        }
        for slot in self.table.iter_mut().flatten() {
            slot.input.begin(frames, now_ns);
        }
    }

    /// Adds a stretch of every input to its track's bus.
    pub fn render(&mut self, frames: usize, tracks: &mut [Track], ends: &mut Ends) {
        if self.count == 0 {
            return;
        }
        for index in 0..self.table.len() {
            let Some(slot) = &mut self.table[index] else {
                continue;
            };
            let Some(track) = slot.track else { continue };
            let strip = &mut tracks[track as usize];
            if slot.input.render(&mut strip.bus, frames, &mut self.curve) {
                strip.sounding = true;
            }
            if slot.input.is_over() {
                self.give_back(index, ends);
            }
        }
    }

    fn give_back(&mut self, index: usize, ends: &mut Ends) {
        if let Some(mut slot) = self.table[index].take() {
            self.count -= 1;
            ends.schedule.drop_owned(&mut slot.planned);
            ends.schedule.drop_list(&mut slot.points);
            let index = index as u32;
            let generation = slot.generation;
            ends.reports
                .input_gone(InputKey { index, generation }, slot.input);
        }
    }
}
