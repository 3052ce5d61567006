//! An open batch: what is called inside changes the model at once, so that checks see it, and waits
//! here until the batch is accepted. A batch that comes to nothing puts the model back.

use super::coalesce::compact;
use super::model::Model;
use super::outbox::COMPACT;
use super::{Dispatcher, Made};
use crate::error::{Error, ErrorCode};
use crate::operation::{InputId, Operation, VoiceId, when};
use noxrun_engine::{Action, Batch, Command, Message, When};
use std::collections::HashMap;

/// What is asked of a track, a send, an effect or an input that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stale {
    /// `ERR_INVALID_STATE`.
    Refuse,
    /// Nothing is done, and it is counted; a track is `ERR_INVALID_ARG`.
    Ignore,
}

/// See the module's text.
pub(super) struct OpenBatch {
    pub at: When,
    /// What goes ahead of it, alone.
    pub ahead: Vec<Message>,
    commands: Vec<Command>,
    /// Commands from which on superseded values are looked for.
    compact_at: usize,
    /// The model before it, from the first operation on that changes it.
    before: Option<Box<Model>>,
    /// Events that it counted in.
    pub events: u64,
    /// Where the newest state of a gate stands, by the track's place, in a batch with a time.
    gates: HashMap<u32, usize>,
    pub voices: Vec<VoiceId>,
    pub inputs: Vec<InputId>,
}

impl OpenBatch {
    fn new(at: When) -> Self {
        Self {
            at,
            ahead: Vec::new(),
            commands: Vec::new(),
            compact_at: COMPACT,
            before: None,
            events: 0,
            gates: HashMap::new(),
            voices: Vec::new(),
            inputs: Vec::new(),
        }
    }

    pub fn push(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Puts the newest state of a gate in the place of an older one. Returns whether there was one.
    /// In a batch with a time each takes the room of an event, so there may be one a track only.
    pub fn supersedes_gate(&mut self, action: Action) -> bool {
        let Action::Gate { track, .. } = action else {
            return false;
        };
        if self.at == When::Now {
            return false;
        }
        let place = self.commands.len();
        let older = *self.gates.entry(track.index).or_insert(place);
        match self.commands.get_mut(older) {
            Some(Command::Do { action: older, .. }) => {
                *older = action;
                true
            }
            _ => false,
        }
    }

    /// Keeps a flood of values within one batch bounded.
    fn tidy(&mut self, short_ramp: u32) {
        if self.at == When::Now && self.commands.len() >= self.compact_at {
            compact(&mut self.commands, short_ramp);
            self.compact_at = COMPACT.max(2 * self.commands.len());
        }
    }
}

impl Dispatcher {
    /// Opens a batch.
    ///
    /// # Errors
    /// `ERR_INVALID_STATE` when one is open.
    pub fn begin_batch(&mut self, at: When) -> Result<(), Error> {
        when("at", at)?;
        if self.batch.is_some() {
            return Err(Error::new(
                ErrorCode::InvalidState,
                "a batch is open already",
            ));
        }
        self.batch = Some(OpenBatch::new(at));
        Ok(())
    }

    /// Whether a batch is open. Reports are not taken in meanwhile: the model may go back to what it
    /// was before the batch.
    pub fn is_in_batch(&self) -> bool {
        self.batch.is_some()
    }

    /// Sends what was called since the batch began.
    pub fn commit_batch(&mut self) {
        let Some(batch) = self.batch.take() else {
            return;
        };
        self.model.keys_are_settled();
        for message in batch.ahead {
            self.send(message);
        }
        if !batch.commands.is_empty() {
            self.send_batch(Batch {
                at: batch.at,
                commands: batch.commands,
            });
        }
    }

    /// Undoes what was called since the batch began.
    pub fn abort_batch(&mut self) {
        let Some(batch) = self.batch.take() else {
            return;
        };
        if let Some(before) = batch.before {
            self.model = *before;
        }
        for voice in batch.voices {
            self.forget_voice(voice);
        }
        for input in batch.inputs {
            self.forget_input(input);
        }
        self.counters
            .accepted
            .fetch_sub(batch.events, std::sync::atomic::Ordering::Relaxed);
    }

    /// Does an operation: all of it, or nothing of it.
    ///
    /// # Errors
    /// Those of `model/refuse.rs`; `ERR_QUEUE_FULL`.
    pub fn submit(&mut self, operation: Operation, made: Made, stale: Stale) -> Result<u64, Error> {
        self.refuse(&operation, stale)?;
        let limit = match operation {
            // Whoever takes back what he planned must not be refused because of it.
            Operation::Cancel { .. } => self.max_events.saturating_mul(2),
            _ => self.max_events,
        };
        self.reserve(operation.events(self.batch_is_timed()), limit)?;
        if let Some(batch) = &mut self.batch {
            if batch.before.is_none() && changes_the_model(&operation) {
                batch.before = Some(Box::new(self.model.clone()));
            }
            batch.tidy(self.outbox.short_ramp);
        }
        let key = self.perform(operation, made);
        self.send_commands();
        if self.batch.is_none() {
            self.model.keys_are_settled();
        }
        Ok(key)
    }
}

/// Whether it changes tracks, sends, chains or what is heard of them.
fn changes_the_model(operation: &Operation) -> bool {
    use Operation::{
        AddEffect, AddSend, AddTrack, ClearEffects, MoveEffect, Mute, RemoveEffect, RemoveSend,
        RemoveTrack, Route, Solo,
    };
    matches!(
        operation,
        AddTrack { .. }
            | RemoveTrack { .. }
            | Route { .. }
            | AddSend { .. }
            | RemoveSend { .. }
            | AddEffect { .. }
            | MoveEffect { .. }
            | RemoveEffect { .. }
            | ClearEffects { .. }
            | Mute { .. }
            | Solo { .. }
    )
}
