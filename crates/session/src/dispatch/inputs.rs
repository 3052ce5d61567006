//! Inputs of tracks (captures that are heard while they are captured) and taps on them.

use super::Dispatcher;
use crate::input::Hold;
use crate::key::pack;
use crate::operation::{InputId, TrackId};
use noxrun_engine::{Action, Input, InputKey, Message, Sink, TapKey, When};

/// An input that has not come back.
pub(super) struct InputRecord {
    /// `None`: it was not put on a track yet.
    pub key: Option<InputKey>,
    source: Option<Box<Input>>,
    /// Dropping it ends what feeds the input.
    hold: Option<Hold>,
    /// It was removed.
    leaving: bool,
}

impl InputRecord {
    pub fn is_leaving(&self) -> bool {
        self.leaving
    }
}

impl Dispatcher {
    /// Keeps an input until it is put on a track.
    pub fn keep_input(&mut self, id: InputId, hold: Hold, source: Box<Input>) {
        let record = InputRecord {
            key: None,
            source: Some(source),
            hold: Some(hold),
            leaving: false,
        };
        self.inputs.insert(id, record);
    }

    pub(super) fn add_input(&mut self, id: InputId, track: TrackId, gain: f64) -> u64 {
        let track = self.track_key(track);
        let record = self.inputs.get_mut(&id);
        let source = record.and_then(|record| record.source.take());
        let (Some(track), Some(mut source)) = (track, source) else {
            self.stale(1);
            return 0;
        };
        // As many as callers may hold; one that was given up comes back at once.
        let Some((index, generation)) = self.input_keys.take(id, |_, _| false) else {
            self.inputs.remove(&id);
            self.stale(1);
            return 0;
        };
        let input = InputKey { index, generation };
        if let Some(record) = self.inputs.get_mut(&id) {
            record.key = Some(input);
        }
        if let Some(batch) = &mut self.batch {
            batch.inputs.push(id);
        }
        source.set_gain(gain);
        self.send_ahead(Message::Input(input, source));
        self.counted(When::Now, Action::AddInput { input, track });
        pack(index, generation)
    }

    pub(super) fn remove_input(&mut self, id: InputId) {
        let record = self.inputs.get_mut(&id).filter(|record| !record.leaving);
        let Some(key) = record.and_then(|record| {
            record.leaving = true;
            record.key
        }) else {
            return self.stale(1);
        };
        self.counted(When::Now, Action::RemoveInput(key));
    }

    /// It is wanted no longer, whether it was put on a track or not.
    pub fn end_input(&mut self, id: InputId) {
        let Some(record) = self.inputs.get_mut(&id) else {
            return;
        };
        let Some(key) = record.key else {
            self.inputs.remove(&id);
            return;
        };
        if !std::mem::replace(&mut record.leaving, true) {
            self.command_ahead(Action::RemoveInput(key));
        }
    }

    /// Nothing feeds inputs any more.
    pub(super) fn close_inputs(&mut self) {
        for record in self.inputs.values_mut() {
            record.hold = None;
            record.source = None;
        }
    }

    /// It was put on a track in a batch that came to nothing.
    pub(super) fn forget_input(&mut self, id: InputId) {
        if let Some(key) = self.inputs.remove(&id).and_then(|record| record.key) {
            self.input_keys.gone(key.index, key.generation);
        }
    }

    /// An input has come back.
    pub(super) fn input_gone(&mut self, key: InputKey) {
        self.vacancies.input_gone(key);
        if let Some(id) = self.input_keys.gone(key.index, key.generation) {
            self.inputs.remove(&id);
        }
    }

    /// Lets a sink take a track's sound from the next block on. One for a track that is not there is
    /// dropped.
    pub fn add_tap(&mut self, id: u64, track: TrackId, sink: Box<dyn Sink>) {
        let keys = self.track_key(track).and_then(|track| {
            let (index, generation) = self.tap_keys.take(id, |_, _| false)?;
            Some((track, TapKey { index, generation }))
        });
        let Some((track, tap)) = keys else {
            return;
        };
        self.taps.insert(id, tap);
        self.send_ahead(Message::Tap(tap, sink));
        self.command_ahead(Action::AttachTap { tap, track });
    }

    /// Ends a tap, if its track has not taken it along.
    pub fn end_tap(&mut self, id: u64) {
        if let Some(tap) = self.taps.remove(&id) {
            self.tap_keys.leave(tap.index);
            self.tap_keys.settle();
            self.command_ahead(Action::DetachTap(tap));
        }
    }
}
