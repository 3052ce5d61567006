//! Every effect of an engine, whichever chain it is in, and what keeps its input in time.

use crate::block::MAX_BLOCK;
use crate::delay::DelayLine;
use crate::effect::{EffectBody, MAX_PARAMS};
use crate::ends::Ends;
use crate::key::EffectKey;
use crate::ramp::Ramp;
use crate::schedule::NONE;

/// Every effect of an engine, by the index of its key.
pub(crate) struct Effects {
    table: Vec<Option<Slot>>,
    /// Frames of a crossfade.
    pub(super) fade: u32,
    /// Channels of every bus.
    channels: usize,
}

pub(super) struct Slot {
    pub(super) generation: u32,
    pub(super) body: Box<EffectBody>,
    /// The place of the track whose chain it is in.
    pub(super) track: Option<u32>,
    /// The place of the track in whose chain it has a reserved place.
    pub(super) planned_on: Option<u32>,
    /// What is scheduled for it, and the points of its parameters.
    planned: u32,
    points: [u32; MAX_PARAMS],
    /// Frames by which its output is later than its input.
    pub(super) latency: u32,
    /// What keeps its input in time with its output.
    pub(super) dry: DelayLine,
    /// No frame has passed it.
    pub(super) fresh: bool,
}

impl Effects {
    pub fn new(count: usize, fade: u32, channels: usize) -> Self {
        Self {
            table: (0..count).map(|_| None).collect(),
            fade,
            channels,
        }
    }

    /// Takes an effect in. One whose place is not free, or that looks ahead on other channels than
    /// there are, goes back.
    pub fn admit(&mut self, key: EffectKey, mut body: Box<EffectBody>, ends: &mut Ends) {
        let fits = body.dry.is_empty() || body.dry_channels == self.channels;
        match self.table.get_mut(key.index as usize) {
            Some(place @ None) if fits => {
                let mut dry = DelayLine::default();
                // The line's memory was reserved with the effect.
                let nothing = dry.equip(std::mem::take(&mut body.dry), self.channels);
                debug_assert!(nothing.is_empty(), "dropping it frees nothing");
                *place = Some(Slot {
                    generation: key.generation,
                    body,
                    track: None,
                    planned_on: None,
                    planned: NONE,
                    points: [NONE; MAX_PARAMS],
                    latency: dry.capacity() as u32,
                    dry,
                    fresh: true,
                });
            }
            _ => ends.reports.effect_gone(key, body),
        }
    }

    pub(super) fn get(&mut self, key: EffectKey) -> Option<&mut Slot> {
        let slot = self.table.get_mut(key.index as usize)?.as_mut()?;
        (slot.generation == key.generation).then_some(slot)
    }

    /// The place of the track that has it.
    pub fn track_of(&mut self, key: EffectKey) -> Option<u32> {
        self.get(key)?.track
    }

    /// The place of the track in whose chain it has a reserved place.
    pub fn planned_on(&mut self, key: EffectKey) -> Option<u32> {
        self.get(key)?.planned_on
    }

    /// What is scheduled for an effect.
    pub fn planned(&mut self, key: EffectKey) -> Option<&mut u32> {
        Some(&mut self.get(key)?.planned)
    }

    /// The points of one of its parameters.
    pub fn points(&mut self, key: EffectKey, param: u8) -> Option<&mut u32> {
        let slot = self.get(key)?;
        let param = usize::from(param);
        slot.body.params.get(param)?;
        slot.points.get_mut(param)
    }

    /// Whether no frame has passed it.
    pub fn is_fresh(&mut self, key: EffectKey) -> bool {
        self.get(key).is_some_and(|slot| slot.fresh)
    }

    /// One of its parameters.
    pub fn param(&mut self, key: EffectKey, param: u8) -> Option<&mut Ramp> {
        self.get(key)?.body.params.get_mut(usize::from(param))
    }

    /// Gives an effect back that no chain has.
    pub fn give_back(&mut self, index: u32, ends: &mut Ends) {
        if let Some(mut slot) = self.table[index as usize].take() {
            ends.schedule.drop_owned(&mut slot.planned);
            for points in &mut slot.points {
                ends.schedule.drop_list(points);
            }
            slot.body.dry = slot.dry.unequip();
            let generation = slot.generation;
            ends.reports
                .effect_gone(EffectKey { index, generation }, slot.body);
        }
    }

    /// Gives back one that is in no chain. Returns whether there was one.
    pub fn refuse(&mut self, key: EffectKey, ends: &mut Ends) -> bool {
        let waits = self.get(key).is_some_and(|slot| slot.track.is_none());
        if waits {
            self.give_back(key.index, ends);
        }
        waits
    }

    /// Frames by which an effect's output is later than its input.
    pub(super) fn latency(&mut self, index: u32) -> u32 {
        self.slot(index).map_or(0, |slot| slot.latency)
    }

    pub(super) fn slot(&mut self, index: u32) -> Option<&mut Slot> {
        self.table.get_mut(index as usize)?.as_mut()
    }

    /// An effect is about to be heard again: what it remembers is of another time. Returns for how
    /// many frames it has to be run before.
    pub(super) fn wake(&mut self, index: u32) -> u32 {
        let Some(slot) = self.slot(index) else {
            return 0;
        };
        slot.body.processor.reset();
        slot.latency
    }

    /// Lets the input of an effect be as late as its output. `unheard`: nothing of the input is
    /// heard now.
    pub(super) fn hold_back(&mut self, index: u32, unheard: bool, fade: u32) {
        if let Some(slot) = self.slot(index) {
            slot.dry.aim(slot.latency, fade, unheard);
        }
    }
}

/// Room for a stretch of every channel and for a curve.
pub(crate) struct Scratch {
    pub lanes: Vec<f32>,
    pub curve: Box<[f32; MAX_BLOCK]>,
}

impl Scratch {
    pub fn new(channels: usize) -> Self {
        Self {
            lanes: (0..channels * MAX_BLOCK)
                .map(|_| std::hint::black_box(0.0))
                .collect(),
            curve: Box::new(std::hint::black_box([0.0; MAX_BLOCK])),
        }
    }
}
