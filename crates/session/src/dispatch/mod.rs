//! The dispatch side of an engine: the one model of what there is, and what is on its way to the audio
//! thread. It stands under one mutex, which nobody holds for longer than one operation takes.
//!
//! An operation is checked against the model (`model/refuse.rs`), changes the model and becomes
//! commands for the engine (`perform.rs`, with `tracks.rs`, `effects.rs`, `params.rs` and `inputs.rs`).
//! Commands go straight into the control queue; what finds it full waits in `outbox.rs`, in order.
//! Nothing waits for its time here: the engine's schedule does that. `batch.rs` holds an open batch,
//! `delays.rs` gives memory for delays, `reports.rs` passes on what comes back, `ask.rs` answers.
//!
//! What may not stand here: anything that waits for another thread or for a device.

mod ask;
mod batch;
mod coalesce;
mod delays;
mod effects;
mod inputs;
mod model;
mod outbox;
mod params;
mod perform;
mod reports;
mod tracks;

pub(crate) use batch::Stale;
pub(crate) use effects::made;

use crate::counters::Counters;
use crate::error::{Error, ErrorCode};
use crate::operation::{EffectId, InputId, VoiceId};
use crate::outlet::Outlet;
use batch::OpenBatch;
use delays::Lines;
use inputs::InputRecord;
use model::{Keys, Model};
use noxrun_engine::{
    Action, Batch, Command, Controller, EffectBody, EngineConfig, Message, TapKey, VoiceKey, When,
};
use outbox::{Outbox, Vacancies};
use reports::Told;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// See the module's text.
pub(crate) struct Dispatcher {
    controller: Controller,
    counters: Arc<Counters>,
    outlet: Arc<Outlet>,
    channels: usize,
    max_events: u64,
    /// Whether a device drives the engine, so that what waits for room may be late.
    real_time: bool,
    /// The order of commands on one frame.
    seq: u64,
    model: Model,
    voices: HashMap<VoiceId, VoiceKey>,
    voice_keys: Keys,
    inputs: HashMap<InputId, InputRecord>,
    input_keys: Keys,
    taps: HashMap<u64, TapKey>,
    tap_keys: Keys,
    vacancies: Vacancies,
    lines: Lines,
    outbox: Outbox,
    /// What an operation outside of batches has become so far.
    commands: Vec<Command>,
    batch: Option<OpenBatch>,
    /// Markers that have crossed and not come back.
    markers: usize,
    told: Told,
}

impl Dispatcher {
    pub fn new(
        controller: Controller,
        config: &EngineConfig,
        counters: Arc<Counters>,
        outlet: Arc<Outlet>,
    ) -> Self {
        Self {
            controller,
            counters,
            outlet,
            channels: config.channels,
            max_events: config.max_events as u64,
            real_time: config.real_time,
            seq: 1,
            model: Model::new(config),
            voices: HashMap::new(),
            voice_keys: Keys::new(config.voice_keys(), 0),
            inputs: HashMap::new(),
            input_keys: Keys::new(config.input_keys(), 0),
            taps: HashMap::new(),
            tap_keys: Keys::new(config.tap_keys(), 0),
            vacancies: Vacancies::default(),
            lines: Lines::new(config.track_keys() + config.edge_keys()),
            outbox: Outbox::new((f64::from(config.sample_rate) * 0.005).round() as u32),
            commands: Vec::new(),
            batch: None,
            markers: 0,
            told: Told::default(),
        }
    }

    /// Nothing crosses any more; what there was can still be asked for.
    pub fn replace_controller(&mut self, controller: Controller) {
        self.controller = controller;
    }

    /// Whether something waits for room in the control queue.
    pub fn is_waiting(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Whether reports are to be expected.
    pub fn is_busy(&self) -> bool {
        !self.voices.is_empty() || self.markers > 0
    }

    /// How far it has come: changes whenever something goes on.
    pub fn progress(&self) -> (u64, usize) {
        (
            self.counters.pushed.load(Ordering::Relaxed),
            self.outbox.len(),
        )
    }

    /// Counts `count` events in, if `limit` allows.
    fn reserve(&mut self, count: u64, limit: u64) -> Result<(), Error> {
        if count == 0 {
            return Ok(());
        }
        let counters = &self.counters;
        let accepted = counters.accepted.load(Ordering::Relaxed);
        let done =
            counters.settled_here.load(Ordering::Relaxed) + self.controller.shared.events_done();
        let waiting = accepted.saturating_sub(done);
        if waiting + count > limit {
            let most = self.max_events;
            let remedy = if count > most {
                "make it several calls"
            } else {
                "try again when some have taken effect"
            };
            return Err(Error::new(
                ErrorCode::QueueFull,
                format!(
                    "{waiting} events wait already and {count} more would be beyond {most} \
                     (maxEvents); nothing was changed, {remedy}"
                ),
            ));
        }
        self.accept(count);
        Ok(())
    }

    /// Counts events in that are never refused.
    fn accept(&mut self, count: u64) {
        self.counters.accepted.fetch_add(count, Ordering::Relaxed);
        if let Some(batch) = &mut self.batch {
            batch.events += count;
        }
    }

    /// A counted event came to nothing here.
    fn settle(&self, count: u64) {
        self.counters
            .settled_here
            .fetch_add(count, Ordering::Relaxed);
    }

    fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Sends a command, or adds it to the open batch.
    fn command(&mut self, at: When, counted: bool, action: Action) {
        let seq = self.next_seq();
        self.emit(Command::Do {
            at,
            seq,
            counted,
            action,
        });
    }

    fn emit(&mut self, command: Command) {
        match &mut self.batch {
            Some(batch) => batch.push(command),
            None => self.commands.push(command),
        }
    }

    /// Sends what an operation outside of batches has become: in one message, for all of it belongs on
    /// one frame.
    fn send_commands(&mut self) {
        if self.commands.len() > 1 {
            let commands = std::mem::take(&mut self.commands);
            let at = When::Now;
            self.send_batch(Batch { at, commands });
        } else if let Some(command) = self.commands.pop() {
            self.send(Message::One(command));
        }
    }

    /// Sends a message outside of batches: in front of the one that is open, once that is accepted.
    fn send_ahead(&mut self, message: Message) {
        match &mut self.batch {
            Some(batch) => batch.ahead.push(message),
            None => self.send(message),
        }
    }

    /// A command that is never part of a batch.
    fn command_ahead(&mut self, action: Action) {
        let seq = self.next_seq();
        self.send_ahead(Message::One(Command::Do {
            at: When::Now,
            seq,
            counted: false,
            action,
        }));
    }

    /// The operation's own event.
    fn counted(&mut self, at: When, action: Action) {
        self.command(at, true, action);
    }

    /// An action that comes with another one. Where it waits for its time it takes the room of an
    /// event, but is never refused.
    fn uncounted(&mut self, at: When, action: Action) {
        let timed = self.later(at) != When::Now;
        if timed {
            self.accept(1);
        }
        self.command(at, timed, action);
    }

    /// A time of its own, or the open batch's.
    fn later(&self, at: When) -> When {
        match at {
            When::Now => self.batch.as_ref().map_or(When::Now, |batch| batch.at),
            own => own,
        }
    }

    fn batch_is_timed(&self) -> bool {
        self.later(When::Now) != When::Now
    }

    fn count_stale(&self) {
        self.counters.stale.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is made before the lock is taken.
pub(crate) type Made = Option<(EffectId, Box<EffectBody>)>;
