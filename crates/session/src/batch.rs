//! Items on their way to the audio thread, and batches of them.

use crate::intent::VoiceId;
use crate::newest::{Newest, Rank, Slot};
use noxrun_engine::{Action, NOW, PlaySpec};

/// One action or play, resolved, waiting to cross.
#[derive(Clone)]
pub(crate) enum Item {
    Do {
        frame: u64,
        counted: bool,
        voice: Option<VoiceId>,
        action: Action,
        /// Set for values without a time of their own: the newest supersedes the others.
        value: Option<(Slot, Rank)>,
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

    /// Whether it is one of the events that `max_events` bounds.
    pub fn is_counted(&self) -> bool {
        match self {
            Self::Do { counted, .. } => *counted,
            Self::Play { .. } => true,
        }
    }

    /// What it is a value of, if it is one without a time.
    pub fn value(&self) -> Option<(Slot, Rank)> {
        match self {
            Self::Do { value, .. } => *value,
            Self::Play { .. } => None,
        }
    }
}

/// Items that take effect on one frame.
pub(crate) struct Batch {
    frame: u64,
    items: Vec<Option<Item>>,
    next: usize,
    /// Sequence numbers set aside for the items beyond the first. Values that join later share the
    /// last: the order of values of different slots on one frame does not matter.
    pub reserved: u64,
    values: Newest<usize>,
}

impl Batch {
    pub fn new(at: Option<u64>) -> Self {
        Self {
            frame: at.unwrap_or(NOW),
            items: Vec::new(),
            next: 0,
            reserved: 0,
            values: Newest::new(),
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

    /// Adds a value, or replaces those that it supersedes. Returns whether there were any.
    pub fn value(&mut self, slot: Slot, rank: Rank, item: &Item) -> bool {
        let places = self.values.supersede(slot, rank);
        for index in places.iter().flatten() {
            self.items[*index] = Some(item.clone());
        }
        let superseded = places.iter().any(Option::is_some);
        if !superseded {
            self.values.note(slot, rank, self.items.len());
            self.push(item.clone());
        }
        superseded
    }

    /// Whether nothing of it has crossed.
    pub fn is_whole(&self) -> bool {
        self.next == 0
    }

    pub fn is_only_values(&self) -> bool {
        !self.is_timed() && self.values.len() == self.items.len()
    }

    /// The newest values that it holds.
    pub fn values(&self) -> Vec<(Slot, Rank)> {
        self.values.iter().collect()
    }

    /// Takes over the values of a younger batch of nothing else.
    pub fn join(&mut self, younger: Batch) {
        for item in younger.items.into_iter().flatten() {
            match item.value() {
                Some((slot, rank)) => {
                    self.value(slot, rank, &item);
                }
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
