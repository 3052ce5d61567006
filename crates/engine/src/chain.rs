//! A track's effects in series.
//!
//! Whatever comes, goes, moves or is bypassed is crossfaded over 10 ms between its input and its
//! output; an effect of which nothing is heard is not run, and is reset before it is heard again.
//! A bypassed effect that has latency goes on delaying, so that bypass moves nothing in time. One
//! that comes, or comes back, is run for its latency before anything of it is heard: there is
//! nothing in it yet.

mod effects;
mod entry;

use crate::ends::Ends;
use crate::key::EffectKey;
use crate::ramp::{Curve, Ramp};
use crate::shared::Shared;
pub(crate) use effects::{Effects, Scratch};
use entry::{Entry, Fate};

/// Effects in a chain at most. The controlling side refuses more.
pub const MAX_CHAIN: usize = 32;
/// Room for those that are on their way out as well.
const ENTRIES: usize = 2 * MAX_CHAIN;

/// See the module's text.
pub(crate) struct Chain {
    /// In their order, reserved places included.
    entries: Vec<Entry>,
    /// How many are more than reserved places.
    live: usize,
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
                wait: 0,
                seq: 0,
            };
            ENTRIES
        ];
        entries.clear();
        Self { entries, live: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    fn insert(&mut self, place: usize, entry: Entry) {
        self.live += usize::from(entry.is_live());
        self.entries.insert(place, entry);
    }

    fn take(&mut self, place: usize) -> Entry {
        let entry = self.entries.remove(place);
        self.live -= usize::from(entry.is_live());
        entry
    }

    /// Where an effect is, or comes in.
    fn home(&self, index: u32) -> Option<usize> {
        let is_home = |entry: &Entry| {
            entry.effect == index && !matches!(entry.fate, Fate::Moves | Fate::Reserved)
        };
        self.entries.iter().position(is_home)
    }

    /// Where an effect will be when all has come about that is planned.
    fn last_place(&self, index: u32) -> Option<usize> {
        let places = self.entries.iter().enumerate();
        let reserved =
            places.filter(|(_, entry)| entry.effect == index && entry.fate == Fate::Reserved);
        let newest = reserved.max_by_key(|(_, entry)| entry.seq);
        newest.map(|(place, _)| place).or_else(|| self.home(index))
    }

    fn place(&self, before: Option<EffectKey>, effects: &mut Effects) -> usize {
        before
            .filter(|key| effects.get(*key).is_some())
            .and_then(|key| self.last_place(key.index))
            .unwrap_or(self.entries.len())
    }

    /// Reserves the place of an effect that comes in later.
    pub fn plan_add(
        &mut self,
        (key, before): (EffectKey, Option<EffectKey>),
        (bypassed, seq): (bool, u64),
        track: u32,
        effects: &mut Effects,
    ) {
        let is_full = self.entries.len() == ENTRIES;
        let slot = effects.get(key).filter(|slot| slot.track.is_none());
        let Some(slot) = slot.filter(|slot| slot.planned_on.is_none() && !is_full) else {
            return;
        };
        slot.planned_on = Some(track);
        let place = self.place(before, effects);
        self.insert(place, reserved(key.index, Fate::Planned, bypassed, seq));
    }

    /// Reserves the place to which an effect moves later.
    pub fn plan_move(
        &mut self,
        (key, before): (EffectKey, Option<EffectKey>),
        seq: u64,
        effects: &mut Effects,
    ) {
        let stays = before.is_some_and(|before| before.index == key.index);
        if stays || self.entries.len() == ENTRIES || self.home(key.index).is_none() {
            return;
        }
        let place = self.place(before, effects);
        self.insert(place, reserved(key.index, Fate::Reserved, false, seq));
    }

    /// Gives a reserved place up. Returns where it was.
    fn give_up(&mut self, index: u32, fate: Fate, seq: Option<u64>) -> Option<usize> {
        let place = self.entries.iter().position(|entry| {
            entry.effect == index && entry.fate == fate && seq.is_none_or(|seq| entry.seq == seq)
        })?;
        self.take(place);
        Some(place)
    }

    /// An effect that was to come in does not come any more.
    pub fn unplan(&mut self, index: u32) {
        while self.give_up(index, Fate::Planned, None).is_some() {}
        while self.give_up(index, Fate::Reserved, None).is_some() {}
    }

    /// Makes room for one more: of what fades out, the one that is nearest its end is cut.
    fn make_room(&mut self, effects: &mut Effects, ends: &mut Ends) {
        if self.entries.len() < ENTRIES {
            return;
        }
        let leaving = self.entries.iter().enumerate();
        let leaving = leaving.filter(|(_, entry)| entry.fate == Fate::Leaves);
        let oldest = leaving.min_by_key(|(_, entry)| entry.wet.remaining());
        if let Some((index, _)) = oldest {
            let entry = self.take(index);
            effects.give_back(entry.effect, ends);
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
        ends: &mut Ends,
    ) -> Option<bool> {
        let slot = effects.get(key)?;
        if slot.track.is_some() {
            return None;
        }
        slot.track = Some(track);
        slot.planned_on = None;
        let planned = self
            .entries
            .iter()
            .find(|e| e.effect == key.index && e.fate == Fate::Planned);
        let bypassed = planned.map_or(bypassed, |entry| entry.bypassed);
        let planned = self.give_up(key.index, Fate::Planned, None);
        if planned.is_none() {
            self.make_room(effects, ends);
        }
        if self.entries.len() == ENTRIES {
            effects.give_back(key.index, ends);
            return Some(false);
        }
        let mut entry = Entry {
            effect: key.index,
            fate: Fate::Stays,
            bypassed,
            wet: Ramp::at(if at_once && !bypassed { 1.0 } else { 0.0 }),
            wait: 0,
            seq: 0,
        };
        if at_once {
            effects.hold_back(key.index, true, 0);
        } else {
            effects.enter(&mut entry);
        }
        let place = planned.unwrap_or_else(|| self.place(before, effects));
        self.insert(place, entry);
        Some(!at_once && !bypassed)
    }

    /// Takes an effect out. Returns whether there is a crossfade to wait for.
    pub fn remove(
        &mut self,
        key: EffectKey,
        at_once: bool,
        effects: &mut Effects,
        ends: &mut Ends,
    ) -> bool {
        while self.give_up(key.index, Fate::Reserved, None).is_some() {}
        // One that is on its way to another place stays on its way out of the old one.
        self.give_up(key.index, Fate::Arrives, None);
        let Some(index) = self.entries.iter().position(|e| e.effect == key.index) else {
            return false;
        };
        let entry = &mut self.entries[index];
        if at_once || (entry.is_silent() && effects.latency(key.index) == 0) {
            self.take(index);
            effects.give_back(key.index, ends);
            return false;
        }
        if entry.fate == Fate::Stays {
            effects.leave(entry);
        }
        entry.fate = Fate::Leaves;
        true
    }

    /// Moves an effect to the place that command `seq` reserved, or else before another one.
    /// Returns whether there is a crossfade to wait for.
    pub fn move_to(
        &mut self,
        (key, before): (EffectKey, Option<EffectKey>),
        (seq, at_once): (u64, bool),
        effects: &mut Effects,
    ) -> bool {
        let mut reserved = self.give_up(key.index, Fate::Reserved, Some(seq));
        let leaves = |e: &Entry| e.effect == key.index && e.fate == Fate::Leaves;
        if before.is_some_and(|before| before.index == key.index) || self.entries.iter().any(leaves)
        {
            return false;
        }
        let Some(home) = self.home(key.index) else {
            return false;
        };
        let entry = self.entries[home];
        let delays = entry.fate == Fate::Stays && effects.latency(key.index) > 0;
        // One that comes in at this very frame goes on doing so from there.
        let unheard = entry.wet.current() == 0.0 && !delays;
        if at_once || unheard || self.entries.len() == ENTRIES {
            // Nothing of it is heard there, or it has not been heard at all.
            self.take(home);
            reserved = reserved.map(|place| place - usize::from(home < place));
            let place = reserved.unwrap_or_else(|| self.place(before, effects));
            self.insert(place, entry);
            return false;
        }
        self.entries[home].fate = Fate::Moves;
        effects.leave(&mut self.entries[home]);
        let place = reserved.unwrap_or_else(|| self.place(before, effects));
        let arriving = Entry {
            fate: Fate::Arrives,
            wet: Ramp::at(0.0),
            wait: 0,
            ..entry
        };
        self.insert(place, arriving);
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
        let entry = &mut self.entries[home];
        if std::mem::replace(&mut entry.bypassed, on) == on || entry.fate != Fate::Stays {
            return false;
        }
        let frames = if at_once { 0 } else { effects.fade };
        if on {
            effects.hold_back(entry.effect, entry.is_alone(), frames);
        } else if entry.is_silent() {
            entry.wait = effects.wake(entry.effect);
        }
        if at_once {
            entry.wait = 0;
        }
        entry
            .wet
            .set(if on { 0.0 } else { 1.0 }, frames, Curve::Linear);
        !at_once
    }

    /// What follows when crossfades are over. Returns whether there are more to wait for.
    pub fn settle(&mut self, effects: &mut Effects, ends: &mut Ends) -> bool {
        let mut index = 0;
        let mut fading = false;
        while index < self.entries.len() {
            let entry = self.entries[index];
            let turns = effects
                .slot(entry.effect)
                .is_some_and(|s| s.dry.is_turning());
            let over = entry.is_silent() && !turns;
            match entry.fate {
                Fate::Leaves if over => {
                    self.take(index);
                    effects.give_back(entry.effect, ends);
                }
                Fate::Moves if over => {
                    self.take(index);
                    self.arrive(entry.effect, effects);
                    fading = true;
                }
                fate => {
                    fading |= matches!(fate, Fate::Leaves | Fate::Moves);
                    index += 1;
                }
            }
        }
        fading
    }

    fn arrive(&mut self, effect: u32, effects: &mut Effects) {
        let arriving = |e: &&mut Entry| e.effect == effect && e.fate == Fate::Arrives;
        if let Some(entry) = self.entries.iter_mut().find(arriving) {
            entry.fate = Fate::Stays;
            effects.enter(entry);
        }
    }

    /// Gives everything back at once.
    pub fn clear(&mut self, effects: &mut Effects, ends: &mut Ends) {
        self.live = 0;
        while let Some(entry) = self.entries.pop() {
            if !matches!(entry.fate, Fate::Arrives | Fate::Reserved) {
                effects.give_back(entry.effect, ends);
            }
        }
    }

    /// Lets effects forget what they heard. What is on its way past them goes on: an effect that
    /// looks ahead comes in from there when it has something to say.
    pub fn reset(&mut self, effects: &mut Effects) {
        for entry in self.entries.iter_mut().filter(|entry| entry.is_live()) {
            let wait = effects.wake(entry.effect);
            let is_heard = entry.fate == Fate::Stays && !entry.is_silent();
            if wait > 0 && is_heard && !entry.bypassed {
                effects.hold_back(entry.effect, entry.is_alone(), effects.fade);
                entry.wait = wait;
                entry.wet = Ramp::at(0.0);
                entry.wet.set(1.0, effects.fade, Curve::Linear);
            }
        }
    }

    /// Frames by which it makes sound later.
    pub fn latency(&self, effects: &mut Effects) -> u32 {
        latency(&self.entries, effects)
    }

    /// How much later than what comes into the chain a change of an effect meets its sound: where
    /// it comes in, or where it goes out.
    pub fn lateness(&self, key: EffectKey, goes_out: bool, effects: &mut Effects) -> u32 {
        let Some(home) = self.home(key.index) else {
            return 0;
        };
        let own = match goes_out {
            true => effects.latency(key.index),
            false => 0,
        };
        latency(&self.entries[..home], effects) + own
    }

    /// Whether nothing of an effect is heard.
    pub fn is_asleep(&self, key: EffectKey) -> bool {
        self.home(key.index)
            .is_none_or(|home| self.entries[home].is_silent())
    }

    /// Whether silence would come out for as long as silence goes in.
    pub fn is_at_rest(&self, effects: &mut Effects) -> bool {
        let mut entries = self.entries.iter().filter(|entry| entry.is_live());
        entries.all(|entry| {
            effects.slot(entry.effect).is_none_or(|slot| {
                (entry.is_silent() || slot.body.processor.is_at_rest()) && slot.dry.is_silent()
            })
        })
    }

    /// A stretch passes by in silence.
    pub fn skip(&mut self, frames: usize, effects: &mut Effects) {
        for entry in self.entries.iter_mut().filter(|entry| entry.is_live()) {
            entry.advance(frames);
            if entry.fate != Fate::Arrives
                && let Some(slot) = effects.slot(entry.effect)
            {
                slot.fresh = false;
                slot.body.advance(frames);
                slot.dry.rest(frames);
            }
        }
    }

    /// Works on a stretch of `bus` (planar, [`MAX_BLOCK`] frames a channel). `sounding`: it is not
    /// silent.
    pub fn process(
        &mut self,
        (bus, mut sounding): (&mut [f32], bool),
        (frame, frames): (u64, usize),
        effects: &mut Effects,
        scratch: &mut Scratch,
    ) {
        for entry in &mut self.entries {
            if entry.fate == Fate::Arrives || !entry.is_live() {
                continue;
            }
            let Some(slot) = effects.slot(entry.effect) else {
                continue;
            };
            slot.fresh = false;
            if slot.latency > 0 {
                let rests = entry.is_silent() || slot.body.processor.is_at_rest();
                let ends = rests && slot.dry.is_silent();
                slot.crossfade(bus, sounding, (frame, frames), entry, scratch);
                sounding |= !ends;
            } else if entry.is_silent() {
                slot.body.advance(frames);
            } else {
                sounding |= !slot.body.processor.is_at_rest();
                if entry.is_alone() {
                    slot.body.process(bus, frame, frames);
                } else {
                    slot.crossfade(bus, sounding, (frame, frames), entry, scratch);
                }
            }
        }
    }

    pub fn publish(&self, shared: &Shared, effects: &mut Effects) {
        for entry in self.entries.iter().filter(|entry| entry.is_live()) {
            if let Some(slot) = effects.slot(entry.effect) {
                let (index, generation) = (entry.effect, slot.generation);
                shared.publish_effect(EffectKey { index, generation }, &slot.body.params);
            }
        }
    }
}

fn reserved(effect: u32, fate: Fate, bypassed: bool, seq: u64) -> Entry {
    Entry {
        effect,
        fate,
        bypassed,
        wet: Ramp::at(0.0),
        wait: 0,
        seq,
    }
}

/// Frames by which entries make sound later.
fn latency(entries: &[Entry], effects: &mut Effects) -> u32 {
    let delaying = |entry: &&Entry| matches!(entry.fate, Fate::Stays | Fate::Moves);
    let delaying = entries.iter().filter(delaying);
    delaying.map(|entry| effects.latency(entry.effect)).sum()
}
