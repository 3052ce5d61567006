//! Items on their way to the audio thread, and batches of them.

use crate::intent::{TrackId, VoiceId};
use noxrun_engine::{Action, NOW, PlaySpec, Target, VoiceKey};
use std::collections::HashMap;

/// One action or play, resolved, waiting to cross.
pub(crate) enum Item {
    Do {
        frame: u64,
        counted: bool,
        voice: Option<VoiceId>,
        action: Action,
    },
    Play {
        frame: u64,
        voice: VoiceId,
        spec: PlaySpec,
    },
}

impl Item {
    /// The voice that must have crossed before.
    pub fn voice(&self) -> Option<VoiceId> {
        match self {
            Self::Do { voice, .. } => *voice,
            Self::Play { .. } => None,
        }
    }

    /// What it is the newest value of, if it is a value without a time.
    pub fn slot(&self) -> Option<Slot> {
        match self {
            Self::Do {
                counted: false,
                action: Action::Set { target, .. },
                ..
            } => Some(Slot::Value(*target)),
            Self::Do {
                counted: false,
                action: Action::Gate { track, .. },
                ..
            } => Some(Slot::Gate(*track)),
            _ => None,
        }
    }
}

/// Something whose newest value alone matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Slot {
    Value(Target),
    Gate(TrackId),
}

/// Items that take effect on one frame.
pub(crate) struct Batch {
    frame: u64,
    items: Vec<Option<Item>>,
    next: usize,
    /// Sequence numbers set aside for the items beyond the first. Values that join later share the
    /// last: the order of values of different slots on one frame does not matter.
    pub reserved: u64,
    values: HashMap<Slot, usize>,
    plays: HashMap<VoiceKey, usize>,
}

impl Batch {
    pub fn new(at: Option<u64>) -> Self {
        Self {
            frame: at.unwrap_or(NOW),
            items: Vec::new(),
            next: 0,
            reserved: 0,
            values: HashMap::new(),
            plays: HashMap::new(),
        }
    }

    /// The frame of items without one of their own, or [`NOW`].
    pub fn frame(&self) -> u64 {
        self.frame
    }

    pub fn is_timed(&self) -> bool {
        self.frame != NOW
    }

    pub fn push(&mut self, item: Item) {
        self.items.push(Some(item));
    }

    /// Adds a voice, whose gain later values of this batch change in place.
    pub fn play(&mut self, key: VoiceKey, item: Item) {
        self.plays.insert(key, self.items.len());
        self.push(item);
    }

    /// Adds a value, or replaces the one of the same slot.
    pub fn value(&mut self, slot: Slot, item: Item) {
        if self.set_gain_of_play(&item) {
            return;
        }
        match self.values.get(&slot) {
            Some(index) => self.items[*index] = Some(item),
            None => {
                self.values.insert(slot, self.items.len());
                self.push(item);
            }
        }
    }

    fn set_gain_of_play(&mut self, item: &Item) -> bool {
        let Item::Do {
            action:
                Action::Set {
                    target: Target::VoiceGain(key),
                    value,
                    ..
                },
            ..
        } = item
        else {
            return false;
        };
        let play = self
            .plays
            .get(key)
            .and_then(|index| self.items[*index].as_mut());
        if let Some(Item::Play { spec, .. }) = play {
            spec.gain = *value;
            return true;
        }
        false
    }

    /// Whether nothing of it has crossed.
    pub fn is_whole(&self) -> bool {
        self.next == 0
    }

    pub fn is_only_values(&self) -> bool {
        !self.is_timed() && self.values.len() == self.items.len()
    }

    /// Whose newest values it holds.
    pub fn slots(&self) -> Vec<Slot> {
        self.values.keys().copied().collect()
    }

    /// Takes over the values of a younger batch of nothing else.
    pub fn join(&mut self, younger: Batch) {
        for item in younger.items.into_iter().flatten() {
            match item.slot() {
                Some(slot) => self.value(slot, item),
                None => self.push(item),
            }
        }
    }

    pub fn next_item(&self) -> Option<&Item> {
        self.items.get(self.next)?.as_ref()
    }

    /// Sets sequence numbers aside for what it holds now.
    pub fn reserve(&mut self) {
        self.reserved = self.items.len() as u64;
    }

    /// The next item to cross and its index; `None` when only the commit is left.
    pub fn take_next(&mut self) -> Option<(Item, u64)> {
        let index = self.next;
        let item = self.items.get_mut(index)?.take()?;
        self.next += 1;
        Some((item, index as u64))
    }
}
