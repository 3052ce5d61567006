//! Items on their way to the audio thread, and batches of them.

use crate::intent::{EffectId, InputId, SendId, TrackId, VoiceId};
use crate::newest::{Newest, Rank, Slot};
use noxrun_engine::{
    Action, Curve, EffectBody, EffectKey, Input, InputKey, PlaySpec, Sink, TapKey, Target, When,
};

/// What an action names. It must have crossed before; what waits for its time is in vain once it is
/// gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// Nothing that could be waiting or go.
    None,
    /// Never part of a batch, so never waiting.
    Track(TrackId),
    Voice(VoiceId),
    Send(SendId),
    Effect(EffectId),
    Input(InputId),
}

/// Memory that travels ahead of its action.
pub(crate) enum Load {
    Effect(EffectKey, Box<EffectBody>),
    Tap(TapKey, Box<dyn Sink>),
    Input(InputKey, Box<Input>),
}

/// An action, resolved.
#[derive(Clone)]
pub(crate) struct Act {
    pub at: When,
    pub counted: bool,
    pub subject: Subject,
    pub action: Action,
    /// Set for values without a time of their own: the newest supersedes the others.
    pub value: Option<(Slot, Rank)>,
}

impl Act {
    /// An action that is neither counted nor a value.
    pub fn new(at: When, action: Action) -> Self {
        Self {
            at,
            counted: false,
            subject: Subject::None,
            action,
            value: None,
        }
    }

    pub fn counted(mut self) -> Self {
        self.counted = true;
        self
    }

    pub fn of(mut self, subject: Subject) -> Self {
        self.subject = subject;
        self
    }

    /// The parameter that it moves at a time, and the time.
    pub fn point(&self) -> Option<(Target, When)> {
        match self.action {
            Action::Set { target, .. } => Some((target, self.at)),
            // Nothing moves before its time.
            Action::Reach {
                target,
                at,
                curve: Curve::Step,
                ..
            } => Some((target, at)),
            Action::Reach { target, at, .. } => Some((target, reach_begins(self.at, at))),
            _ => None,
        }
    }
}

/// The point before keeps its frame: what is reached begins one later.
fn reach_begins(from: When, at: When) -> When {
    match (from, at) {
        (When::Frame(from), When::Frame(at)) => When::Frame(from.saturating_add(1).min(at)),
        (When::Frame(from), _) => When::Frame(from.saturating_add(1)),
        _ => from,
    }
}

/// One thing that crosses.
pub(crate) enum Item {
    Do(Act),
    /// The load crosses first.
    Carry(Option<Load>, Act),
    Play {
        at: When,
        voice: VoiceId,
        track: TrackId,
        spec: PlaySpec,
    },
    /// Memory for a delay. Never part of a batch: it crosses ahead of what makes it necessary.
    Line(noxrun_engine::Place, Box<[f32]>),
}

impl Item {
    pub fn at(&self) -> When {
        match self {
            Self::Do(act) | Self::Carry(_, act) => act.at,
            Self::Play { at, .. } => *at,
            Self::Line(..) => When::Now,
        }
    }

    pub fn act(&self) -> Option<&Act> {
        match self {
            Self::Do(act) | Self::Carry(_, act) => Some(act),
            Self::Play { .. } | Self::Line(..) => None,
        }
    }

    /// The track that it stops as a whole.
    pub fn stopped_track(&self) -> Option<TrackId> {
        let act = self.act()?;
        match (act.action, act.subject) {
            (Action::StopTrack { .. }, Subject::Track(track)) => Some(track),
            _ => None,
        }
    }

    /// What must have crossed before.
    pub fn subject(&self) -> Subject {
        self.act().map_or(Subject::None, |act| act.subject)
    }

    /// What has to be there for it to mean anything.
    pub fn owner(&self) -> Option<Subject> {
        let owner = match self {
            Self::Do(act) => act.subject,
            Self::Carry(..) | Self::Line(..) => Subject::None,
            Self::Play { track, .. } => Subject::Track(*track),
        };
        (owner != Subject::None).then_some(owner)
    }

    /// Whether it is one of the events that `max_events` bounds.
    pub fn is_counted(&self) -> bool {
        match self {
            Self::Do(act) | Self::Carry(_, act) => act.counted,
            Self::Play { .. } => true,
            Self::Line(..) => false,
        }
    }

    /// What it is a value of, if it is one without a time.
    pub fn value(&self) -> Option<(Slot, Rank)> {
        self.act()?.value
    }

    /// Takes the load away.
    pub fn unload(&mut self) -> Option<Load> {
        match self {
            Self::Carry(load, _) => load.take(),
            Self::Do(_) | Self::Play { .. } | Self::Line(..) => None,
        }
    }

    pub fn is_marker(&self) -> bool {
        let action = self.act().map(|act| act.action);
        matches!(action, Some(Action::Marker(_)))
    }
}

/// What a batch sends next.
pub(crate) enum Next {
    Load(Load),
    Item(Item, u64),
    Commit,
}

/// Items that take effect together.
pub(crate) struct Batch {
    at: When,
    items: Vec<Option<Item>>,
    next: usize,
    begun: bool,
    /// Sequence numbers set aside for the items beyond the first. Values that join later share the
    /// last: the order of values of different slots on one frame does not matter.
    pub reserved: u64,
    values: Newest<usize>,
}

impl Batch {
    pub fn new(at: When) -> Self {
        Self {
            at,
            items: Vec::new(),
            next: 0,
            begun: false,
            reserved: 0,
            values: Newest::new(),
        }
    }

    /// When it takes effect.
    pub fn at(&self) -> When {
        self.at
    }

    pub fn is_timed(&self) -> bool {
        self.at != When::Now
    }

    pub fn push(&mut self, item: Item) {
        self.items.push(Some(item));
    }

    /// Adds a value, or replaces those that it supersedes. Returns whether there were any.
    pub fn value(&mut self, slot: Slot, rank: Rank, act: &Act) -> bool {
        let places = self.values.supersede(slot, rank);
        for index in places.iter().flatten() {
            self.items[*index] = Some(Item::Do(act.clone()));
        }
        let superseded = places.iter().any(Option::is_some);
        if !superseded {
            self.values.note(slot, rank, self.items.len());
            self.push(Item::Do(act.clone()));
        }
        superseded
    }

    /// Later values of this slot may not stand in for those that it holds.
    pub fn forget(&mut self, slot: Slot) {
        self.values.forget(slot);
    }

    /// Whether nothing of it has crossed.
    pub fn is_whole(&self) -> bool {
        !self.begun
    }

    /// From here on it is on its way.
    pub fn begin(&mut self) {
        self.begun = true;
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
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
            match item {
                Item::Do(act) if act.value.is_some() => {
                    if let Some((slot, rank)) = act.value {
                        self.value(slot, rank, &act);
                    }
                }
                other => self.push(other),
            }
        }
    }

    /// Takes out what has a time of its own, with its index. Values keep theirs.
    pub fn take_timed(&mut self) -> Vec<(u64, Item)> {
        let mut timed = Vec::new();
        for (index, place) in self.items.iter_mut().enumerate() {
            let own = |item: &mut Item| item.at() != When::Now;
            if let Some(item) = place.take_if(own) {
                timed.push((index as u64, item));
            }
        }
        if self.items.iter().all(Option::is_none) {
            self.items.clear();
        }
        timed
    }

    /// Takes the points of a parameter out that have a time of their own which `is_meant` says.
    /// Returns how many of them were counted.
    pub fn take_points(&mut self, target: Target, is_meant: impl Fn(When) -> bool) -> u64 {
        let mut counted = 0;
        for place in &mut self.items {
            let is_point = |item: &mut Item| {
                let own = item.at() != When::Now;
                let point = item.act().filter(|_| own).and_then(Act::point);
                point.is_some_and(|(of, at)| of == target && is_meant(at))
            };
            counted += u64::from(
                place
                    .take_if(is_point)
                    .is_some_and(|item| item.is_counted()),
            );
        }
        counted
    }

    /// Takes everything out.
    pub fn into_items(self) -> impl Iterator<Item = Item> {
        self.items.into_iter().flatten()
    }

    /// What it holds, with its index.
    pub fn items(&self) -> impl Iterator<Item = (usize, &Item)> {
        let items = self.items.iter().enumerate();
        items.filter_map(|(index, item)| Some((index, item.as_ref()?)))
    }

    /// One item.
    pub fn get(&self, index: usize) -> Option<&Item> {
        self.items.get(index)?.as_ref()
    }

    /// Takes one item out.
    pub fn remove(&mut self, index: usize) -> Option<Item> {
        self.items.get_mut(index)?.take()
    }

    /// The item that is next to cross.
    pub fn next_item(&self) -> Option<&Item> {
        self.items.get(self.next..)?.iter().flatten().next()
    }

    /// Sets sequence numbers aside for what it holds now.
    pub fn reserve(&mut self) {
        self.reserved = self.items.len() as u64;
    }

    /// What is next to cross; of an item, with its index.
    pub fn take_next(&mut self) -> Next {
        while let Some(place) = self.items.get_mut(self.next) {
            if let Some(load) = place.as_mut().and_then(Item::unload) {
                return Next::Load(load);
            }
            let index = self.next as u64;
            self.next += 1;
            if let Some(item) = place.take() {
                return Next::Item(item, index);
            }
        }
        Next::Commit
    }
}
