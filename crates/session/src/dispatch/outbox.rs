//! What waits for room in the control queue, in the order of the calls. Values without a time that
//! wait are superseded by newer ones.

use super::Dispatcher;
use super::coalesce::{Newest, Rank, ValueOf, compact};
use noxrun_engine::{
    Action, Batch, Command, EdgeKey, EffectKey, InputKey, Message, TapKey, TrackKey, When,
};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

/// A place of the engine's tables comes to its next owner when the one before has gone. Until then the
/// command that fills it waits, and everything behind it.
#[derive(Debug, Default)]
pub(super) struct Vacancies {
    tracks: Vec<u32>,
    edges: Vec<u32>,
    effects: Vec<u32>,
    taps: Vec<u32>,
    inputs: Vec<u32>,
}

fn note(gone: &mut Vec<u32>, index: u32, generation: u32) {
    let index = index as usize;
    if gone.len() <= index {
        gone.resize(index + 1, 0);
    }
    gone[index] = generation;
}

fn is_free(gone: &[u32], index: u32, generation: u32) -> bool {
    generation <= 1
        || gone
            .get(index as usize)
            .is_some_and(|gone| *gone + 1 >= generation)
}

fn is_gone(gone: &[u32], index: u32, generation: u32) -> bool {
    gone.get(index as usize)
        .is_some_and(|gone| *gone >= generation)
}

impl Vacancies {
    pub fn track_gone(&mut self, key: TrackKey) {
        note(&mut self.tracks, key.index, key.generation);
    }

    pub fn edge_gone(&mut self, key: EdgeKey) {
        note(&mut self.edges, key.index, key.generation);
    }

    pub fn effect_gone(&mut self, key: EffectKey) {
        note(&mut self.effects, key.index, key.generation);
    }

    pub fn tap_gone(&mut self, key: TapKey) {
        note(&mut self.taps, key.index, key.generation);
    }

    pub fn input_gone(&mut self, key: InputKey) {
        note(&mut self.inputs, key.index, key.generation);
    }

    /// Whether the engine has said that a connection ended.
    pub fn is_edge_gone(&self, key: EdgeKey) -> bool {
        is_gone(&self.edges, key.index, key.generation)
    }

    /// Whether the last that used a place of connections has gone.
    pub fn is_edge_free(&self, index: u32, generation: u32) -> bool {
        is_gone(&self.edges, index, generation)
    }

    /// As [`Self::is_edge_free`], of effects.
    pub fn is_effect_free(&self, index: u32, generation: u32) -> bool {
        is_gone(&self.effects, index, generation)
    }

    fn takes(&self, action: &Action) -> bool {
        match action {
            Action::AddTrack(setup) => {
                is_free(&self.tracks, setup.track.index, setup.track.generation)
            }
            Action::Connect { edge, .. } => is_free(&self.edges, edge.index, edge.generation),
            _ => true,
        }
    }

    /// Whether everything that a message fills is free.
    fn take(&self, message: &Message) -> bool {
        let command = |command: &Command| match command {
            Command::Do { action, .. } => self.takes(action),
            Command::Play { .. } => true,
        };
        match message {
            Message::One(one) => command(one),
            Message::Batch(batch) => batch.commands.iter().all(command),
            Message::Effect(key, _) => is_free(&self.effects, key.index, key.generation),
            Message::Tap(key, _) => is_free(&self.taps, key.index, key.generation),
            Message::Input(key, _) => is_free(&self.inputs, key.index, key.generation),
            _ => true,
        }
    }
}

/// See the module's text.
pub(super) struct Outbox {
    waiting: VecDeque<Message>,
    /// Messages that have left: the number of the first one that waits.
    first: u64,
    /// Where the newest values wait, by the numbers of their messages.
    newest: Newest<u64>,
    /// Length of the default ramp in frames.
    pub short_ramp: u32,
}

impl Outbox {
    pub fn new(short_ramp: u32) -> Self {
        Self {
            waiting: VecDeque::new(),
            first: 0,
            newest: Newest::new(),
            short_ramp,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn clear(&mut self) {
        self.first += self.waiting.len() as u64;
        self.waiting.clear();
        self.newest.clear();
    }

    fn push(&mut self, message: Message) {
        if let Some((value, rank)) = self.value(&message) {
            let number = self.first + self.waiting.len() as u64;
            self.newest.note(value, rank, number);
        } else {
            self.seal(&message);
        }
        self.waiting.push_back(message);
    }

    /// What a message is a value of, if it is one without a time.
    fn value(&self, message: &Message) -> Option<(ValueOf, Rank)> {
        match message {
            Message::One(Command::Do {
                at: When::Now,
                counted: false,
                action,
                ..
            }) => ValueOf::of(action, self.short_ramp),
            _ => None,
        }
    }

    /// Later values may not go in front of what a message says of their parameters.
    fn seal(&mut self, message: &Message) {
        match message {
            Message::One(Command::Do { action, .. }) => self.seal_action(action),
            Message::Batch(batch) => {
                for command in &batch.commands {
                    if let Command::Do { action, .. } = command {
                        self.seal_action(action);
                    }
                }
            }
            _ => {}
        }
    }

    fn seal_action(&mut self, action: &Action) {
        if let Some(value) = ValueOf::named(action) {
            self.newest.forget(value);
        }
    }

    /// Puts a value in the place of the older ones that it supersedes. Returns it where there is
    /// none.
    fn supersede(&mut self, message: Message) -> Result<(), Message> {
        let Some((value, rank)) = self.value(&message) else {
            return Err(message);
        };
        let Message::One(Command::Do { action, .. }) = &message else {
            return Err(message);
        };
        let places = self.newest.supersede(value, rank);
        let mut superseded = false;
        for number in places.iter().flatten() {
            let place = number.checked_sub(self.first).map(|place| place as usize);
            if let Some(Message::One(Command::Do { action: older, .. })) =
                place.and_then(|place| self.waiting.get_mut(place))
            {
                *older = *action;
                superseded = true;
            }
        }
        if superseded { Ok(()) } else { Err(message) }
    }
}

impl Dispatcher {
    /// Sends a message now, or as soon as there is room.
    pub(super) fn send(&mut self, message: Message) {
        let mut message = message;
        if self.outbox.is_empty() && self.may_cross(&message) {
            match self.cross(message) {
                Ok(()) => return,
                Err(refused) => message = refused,
            }
        }
        if let Err(message) = self.outbox.supersede(message) {
            // Offline everything that was called crosses before the next frame: nothing is late.
            if self.real_time && self.controller.is_full() {
                self.counters.overflows.fetch_add(1, Ordering::Relaxed);
            }
            self.outbox.push(message);
            // There may be room again already.
            self.pump(4);
        }
    }

    /// Sends the commands of a batch that has ended. One of nothing but values joins one that waits:
    /// both then take effect on one frame, and no flood of batches can fill the memory.
    pub(super) fn send_batch(&mut self, batch: Batch) {
        let short = self.outbox.short_ramp;
        if is_only_values(&batch, short)
            && let Some(Message::Batch(waiting)) = self.outbox.waiting.back_mut()
            && is_only_values(waiting, short)
        {
            waiting.commands.extend(batch.commands);
            if waiting.commands.len() >= COMPACT {
                compact(&mut waiting.commands, short);
            }
            return;
        }
        self.send(Message::Batch(Box::new(batch)));
    }

    /// Sends what waits, at most `most` messages. Returns whether nothing waits any more.
    pub fn pump(&mut self, most: usize) -> bool {
        for _ in 0..most {
            let Some(next) = self.outbox.waiting.front() else {
                break;
            };
            if !self.may_cross(next) {
                return false;
            }
            let Some(next) = self.outbox.waiting.pop_front() else {
                break;
            };
            let value = self.outbox.value(&next);
            if let Err(refused) = self.cross(next) {
                self.outbox.waiting.push_front(refused);
                return false;
            }
            if let Some((of, _)) = value {
                self.outbox.newest.leave(of, self.outbox.first);
            }
            self.outbox.first += 1;
        }
        if self.outbox.is_empty() {
            self.outbox.newest.clear();
        }
        self.outbox.is_empty()
    }

    fn may_cross(&self, message: &Message) -> bool {
        if let Message::Line(..) = message {
            return self.lines.have_room();
        }
        let is_marker = matches!(
            message,
            Message::One(Command::Do {
                action: Action::Marker(_),
                ..
            })
        );
        if is_marker && self.markers as u64 >= self.max_events {
            return false;
        }
        self.vacancies.take(message)
    }

    fn cross(&mut self, message: Message) -> Result<(), Message> {
        let markers = markers(&message);
        let line = match &message {
            Message::Line(place, _) => Some(*place),
            _ => None,
        };
        self.controller.send(message)?;
        self.counters.pushed.fetch_add(1, Ordering::Relaxed);
        self.markers += markers;
        if let Some(place) = line {
            self.lines.sent(place);
        }
        Ok(())
    }
}

/// Commands of a batch from which on superseded values are looked for.
pub(super) const COMPACT: usize = 4_096;

fn is_only_values(batch: &Batch, short: u32) -> bool {
    batch.at == When::Now
        && batch.commands.iter().all(|command| match command {
            Command::Do {
                at: When::Now,
                counted: false,
                action,
                ..
            } => ValueOf::of(action, short).is_some(),
            _ => false,
        })
}

fn markers(message: &Message) -> usize {
    let is_marker = |command: &&Command| {
        matches!(
            command,
            Command::Do {
                action: Action::Marker(_),
                ..
            }
        )
    };
    match message {
        Message::One(command) => usize::from(is_marker(&command)),
        Message::Batch(batch) => batch.commands.iter().filter(is_marker).count(),
        _ => 0,
    }
}
