//! A track's effects in series.
//!
//! Whatever comes, goes, moves or is bypassed is crossfaded over 10 ms between its input and its
//! output; an effect of which nothing is heard is not run, and is reset before it is heard again.
//! A bypassed effect that has latency goes on delaying, so that bypass moves nothing in time.

use crate::command::EffectKey;
use crate::delay::DelayLine;
use crate::effect::EffectBody;
use crate::ramp::{Curve, Ramp};
use crate::renderer::MAX_BLOCK;
use crate::reports::Reports;

/// Effects in a chain at most. The controlling side refuses more.
pub const MAX_CHAIN: usize = 32;
/// Room for those that are on their way out as well.
const ENTRIES: usize = 2 * MAX_CHAIN;

/// Every effect of an engine, by the index of its key.
pub(crate) struct Effects {
    table: Vec<Option<Slot>>,
    /// Frames of a crossfade.
    fade: u32,
}

struct Slot {
    generation: u32,
    body: Box<EffectBody>,
    /// The place of the track whose chain it is in.
    track: Option<u32>,
    /// What keeps its input in time with its output.
    dry: DelayLine,
}

impl Effects {
    pub fn new(count: usize, fade: u32) -> Self {
        Self {
            table: (0..count).map(|_| None).collect(),
            fade,
        }
    }

    /// Takes an effect in. One whose place is not free goes back.
    pub fn admit(&mut self, key: EffectKey, mut body: Box<EffectBody>, reports: &mut Reports) {
        match self.table.get_mut(key.index as usize) {
            Some(place @ None) => {
                let mut dry = DelayLine::default();
                // The line's memory was reserved with the effect.
                let channels = body.dry_channels;
                // It had none before: what comes back is empty, and nothing is freed.
                let _ = dry.equip(std::mem::take(&mut body.dry), channels);
                *place = Some(Slot {
                    generation: key.generation,
                    body,
                    track: None,
                    dry,
                });
            }
            _ => reports.effect_gone(key, body),
        }
    }

    fn get(&mut self, key: EffectKey) -> Option<&mut Slot> {
        let slot = self.table.get_mut(key.index as usize)?.as_mut()?;
        (slot.generation == key.generation).then_some(slot)
    }

    /// The place of the track that has it.
    pub fn track_of(&mut self, key: EffectKey) -> Option<u32> {
        self.get(key)?.track
    }

    /// One of its parameters.
    pub fn param(&mut self, key: EffectKey, param: u8) -> Option<&mut Ramp> {
        self.get(key)?.body.params.get_mut(usize::from(param))
    }

    /// Gives an effect back that no chain has.
    pub fn give_back(&mut self, index: u32, reports: &mut Reports) {
        if let Some(mut slot) = self.table[index as usize].take() {
            slot.body.dry = slot.dry.unequip();
            let generation = slot.generation;
            reports.effect_gone(EffectKey { index, generation }, slot.body);
        }
    }

    /// Gives back one that was meant for a track that is not there.
    pub fn refuse(&mut self, key: EffectKey, reports: &mut Reports) {
        if self.get(key).is_some() {
            self.give_back(key.index, reports);
        }
    }

    fn slot(&mut self, index: u32) -> Option<&mut Slot> {
        self.table.get_mut(index as usize)?.as_mut()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    /// It goes back when it has faded out.
    Leaves,
    /// It goes to its other entry when it has faded out.
    Moves,
    /// It waits until it has faded out at its other entry.
    Arrives,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    effect: u32,
    fate: Fate,
    bypassed: bool,
    /// How much of its output is heard, 0…1.
    wet: Ramp,
}

/// See the module's text.
pub(crate) struct Chain {
    entries: Vec<Entry>,
}

impl Chain {
    pub fn new() -> Self {
        // An empty vector's memory is touched when it is first written; so write it now.
        let mut entries = vec![
            Entry {
                effect: 0,
                fate: Fate::Leaves,
                bypassed: true,
                wet: Ramp::at(0.0),
            };
            ENTRIES
        ];
        entries.clear();
        Self { entries }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where an effect is, or will be.
    fn home(&self, index: u32) -> Option<usize> {
        let is_home = |entry: &Entry| entry.effect == index && entry.fate != Fate::Moves;
        self.entries.iter().position(is_home)
    }

    fn place(&self, before: Option<EffectKey>) -> usize {
        before
            .and_then(|key| self.home(key.index))
            .unwrap_or(self.entries.len())
    }

    /// Makes room for one more: what fades out and is nearest the front is cut.
    fn make_room(&mut self, effects: &mut Effects, reports: &mut Reports) {
        if self.entries.len() < ENTRIES {
            return;
        }
        let leaving = |entry: &Entry| entry.fate == Fate::Leaves;
        if let Some(index) = self.entries.iter().position(leaving) {
            let entry = self.entries.remove(index);
            effects.give_back(entry.effect, reports);
        }
    }

    /// Puts an effect in. `at_once`: without a crossfade. Returns whether there is one to wait for;
    /// `None`: it is not there, or has a chain already.
    pub fn add(
        &mut self,
        (key, before): (EffectKey, Option<EffectKey>),
        (bypassed, at_once): (bool, bool),
        track: u32,
        effects: &mut Effects,
        reports: &mut Reports,
    ) -> Option<bool> {
        let fade = effects.fade;
        let slot = effects.get(key)?;
        if slot.track.is_some() {
            return None;
        }
        slot.track = Some(track);
        self.make_room(effects, reports);
        if self.entries.len() == ENTRIES {
            effects.give_back(key.index, reports);
            return Some(false);
        }
        let mut wet = Ramp::at(if at_once && !bypassed { 1.0 } else { 0.0 });
        let fades = !at_once && !bypassed;
        if fades {
            wet.set(1.0, fade, Curve::Linear);
        }
        let place = self.place(before);
        let entry = Entry {
            effect: key.index,
            fate: Fate::Stays,
            bypassed,
            wet,
        };
        self.entries.insert(place, entry);
        Some(fades)
    }

    /// Takes an effect out. Returns whether there is a crossfade to wait for.
    pub fn remove(
        &mut self,
        key: EffectKey,
        at_once: bool,
        effects: &mut Effects,
        reports: &mut Reports,
    ) -> bool {
        // One that is on its way to another place stays on its way out of the old one.
        let arriving = |e: &Entry| e.effect == key.index && e.fate == Fate::Arrives;
        if let Some(index) = self.entries.iter().position(arriving) {
            self.entries.remove(index);
        }
        let Some(index) = self.entries.iter().position(|e| e.effect == key.index) else {
            return false;
        };
        let entry = &mut self.entries[index];
        if at_once || (entry.wet.current() == 0.0 && !entry.wet.is_moving()) {
            self.entries.remove(index);
            effects.give_back(key.index, reports);
            return false;
        }
        if entry.fate != Fate::Moves && entry.fate != Fate::Leaves {
            entry.wet.set(0.0, effects.fade, Curve::Linear);
        }
        entry.fate = Fate::Leaves;
        true
    }

    /// Moves an effect. Returns whether there is a crossfade to wait for.
    pub fn move_to(
        &mut self,
        key: EffectKey,
        before: Option<EffectKey>,
        at_once: bool,
        effects: &mut Effects,
    ) -> bool {
        let leaves = |e: &Entry| e.effect == key.index && e.fate == Fate::Leaves;
        if before.is_some_and(|before| before.index == key.index) || self.entries.iter().any(leaves)
        {
            return false;
        }
        let Some(home) = self.home(key.index) else {
            return false;
        };
        let entry = self.entries[home];
        // One that comes in at this very frame goes on doing so from there.
        let silent = entry.wet.current() == 0.0;
        if at_once || silent || self.entries.len() == ENTRIES {
            // Nothing of it is heard there, or it has not been heard at all.
            self.entries.remove(home);
            let place = self.place(before);
            self.entries.insert(place, entry);
            return false;
        }
        self.entries[home].fate = Fate::Moves;
        self.entries[home].wet.set(0.0, effects.fade, Curve::Linear);
        let place = self.place(before);
        let arriving = Entry {
            fate: Fate::Arrives,
            wet: Ramp::at(0.0),
            ..entry
        };
        self.entries.insert(place, arriving);
        true
    }

    /// Bypasses an effect or no longer. Returns whether there is a crossfade to wait for.
    pub fn bypass(
        &mut self,
        key: EffectKey,
        on: bool,
        at_once: bool,
        effects: &mut Effects,
    ) -> bool {
        let Some(home) = self.home(key.index) else {
            return false;
        };
        let fade = effects.fade;
        let entry = &mut self.entries[home];
        if entry.bypassed == on || entry.fate == Fate::Leaves {
            entry.bypassed = on;
            return false;
        }
        entry.bypassed = on;
        if entry.fate == Fate::Arrives {
            return false;
        }
        if !on && entry.wet.current() == 0.0 && !entry.wet.is_moving() {
            wake(effects, entry.effect);
        }
        let target = if on { 0.0 } else { 1.0 };
        let frames = if at_once { 0 } else { fade };
        entry.wet.set(target, frames, Curve::Linear);
        !at_once
    }

    /// What follows when crossfades are over. Returns whether another one began.
    pub fn settle(&mut self, effects: &mut Effects, reports: &mut Reports) -> bool {
        let mut index = 0;
        let mut fading = false;
        while index < self.entries.len() {
            let entry = self.entries[index];
            let over = !entry.wet.is_moving() && entry.wet.current() == 0.0;
            match entry.fate {
                Fate::Leaves if over => {
                    self.entries.remove(index);
                    effects.give_back(entry.effect, reports);
                }
                Fate::Moves if over => {
                    self.entries.remove(index);
                    fading |= self.arrive(entry.effect, effects);
                }
                _ => index += 1,
            }
        }
        fading
    }

    fn arrive(&mut self, effect: u32, effects: &mut Effects) -> bool {
        let arriving = |e: &&mut Entry| e.effect == effect && e.fate == Fate::Arrives;
        let Some(entry) = self.entries.iter_mut().find(arriving) else {
            return false;
        };
        entry.fate = Fate::Stays;
        if entry.bypassed {
            return false;
        }
        entry.wet.set(1.0, effects.fade, Curve::Linear);
        wake(effects, effect);
        true
    }

    /// Gives everything back at once.
    pub fn clear(&mut self, effects: &mut Effects, reports: &mut Reports) {
        while let Some(entry) = self.entries.pop() {
            if entry.fate != Fate::Arrives {
                effects.give_back(entry.effect, reports);
            }
        }
    }

    /// Forgets what was heard.
    pub fn reset(&mut self, effects: &mut Effects) {
        for entry in &self.entries {
            wake(effects, entry.effect);
        }
    }

    /// Frames by which it makes sound later.
    pub fn latency(&self, effects: &mut Effects) -> u32 {
        let stays = |entry: &&Entry| matches!(entry.fate, Fate::Stays | Fate::Moves);
        let entries = self.entries.iter().filter(stays);
        let mut latency = 0;
        for entry in entries {
            latency += effects
                .slot(entry.effect)
                .map_or(0, |s| s.body.latency() as u32);
        }
        latency
    }

    /// Frames by which what stands in front of an effect makes sound later.
    pub fn latency_before(&self, key: EffectKey, effects: &mut Effects) -> u32 {
        let Some(home) = self.home(key.index) else {
            return 0;
        };
        let stays = |entry: &&Entry| matches!(entry.fate, Fate::Stays | Fate::Moves);
        let entries = self.entries[..home].iter().filter(stays);
        let mut latency = 0;
        for entry in entries {
            latency += effects
                .slot(entry.effect)
                .map_or(0, |s| s.body.latency() as u32);
        }
        latency
    }

    /// Whether silence would come out for as long as silence goes in.
    pub fn is_at_rest(&self, effects: &mut Effects) -> bool {
        self.entries.iter().all(|entry| {
            effects.slot(entry.effect).is_none_or(|slot| {
                let unheard = !entry.wet.is_moving() && entry.wet.current() == 0.0;
                (unheard || slot.body.processor.is_at_rest()) && !slot.dry.is_busy()
            })
        })
    }

    /// A stretch passes by in silence.
    pub fn skip(&mut self, frames: usize, effects: &mut Effects) {
        for entry in &mut self.entries {
            entry.wet.advance(frames as u32);
            if entry.fate != Fate::Arrives
                && let Some(slot) = effects.slot(entry.effect)
            {
                slot.body.advance(frames);
            }
        }
    }

    /// Works on a stretch of `bus` (planar, [`MAX_BLOCK`] frames a channel).
    pub fn process(
        &mut self,
        bus: &mut [f32],
        (frame, frames): (u64, usize),
        effects: &mut Effects,
        scratch: &mut Scratch,
    ) {
        for entry in &mut self.entries {
            if entry.fate == Fate::Arrives {
                continue;
            }
            let Some(slot) = effects.slot(entry.effect) else {
                continue;
            };
            let delays = slot.body.latency() > 0;
            if !entry.wet.is_moving() && entry.wet.current() == 0.0 && !delays {
                slot.body.advance(frames);
                continue;
            }
            if !entry.wet.is_moving() && entry.wet.current() == 1.0 && !delays {
                slot.body.process(bus, frame, frames);
                continue;
            }
            slot.crossfade(bus, (frame, frames), &mut entry.wet, scratch);
        }
    }

    pub fn publish(&self, effects: &mut Effects) {
        for entry in &self.entries {
            if let Some(slot) = effects.slot(entry.effect) {
                slot.body.publish();
            }
        }
    }
}

/// An effect is about to be heard again: what it remembers is of another time.
fn wake(effects: &mut Effects, index: u32) {
    if let Some(slot) = effects.slot(index) {
        slot.body.processor.reset();
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

impl Slot {
    /// Mixes input and output; the input as late as the output.
    fn crossfade(
        &mut self,
        bus: &mut [f32],
        (frame, frames): (u64, usize),
        wet: &mut Ramp,
        scratch: &mut Scratch,
    ) {
        let latency = self.body.latency() as u32;
        self.dry.aim(latency, 0, true);
        let dry = &mut scratch.lanes[..bus.len()];
        if latency > 0 {
            dry.copy_from_slice(self.dry.run(bus, frames, true));
        } else {
            dry.copy_from_slice(bus);
        }
        if wet.is_moving() || wet.current() != 0.0 {
            self.body.process(bus, frame, frames);
        } else {
            self.body.advance(frames);
        }
        let curve = &mut scratch.curve[..frames];
        wet.fill(curve);
        let lanes = bus
            .chunks_exact_mut(MAX_BLOCK)
            .zip(dry.chunks_exact(MAX_BLOCK));
        for (wet, dry) in lanes {
            for ((wet, dry), gain) in wet[..frames].iter_mut().zip(dry).zip(&*curve) {
                *wet = dry * (1.0 - gain) + *wet * gain;
            }
        }
    }
}
