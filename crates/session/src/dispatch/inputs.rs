//! Inputs of tracks: captures that are heard while they are captured.

use super::Dispatcher;
use super::store::Place;
use crate::batch::{Act, Item, Load, Subject};
use crate::input::Hold;
use crate::intent::{InputId, TrackId};
use noxrun_engine::{Action, Input, InputKey, When};

/// An input that has not come back.
pub(super) struct InputRecord {
    /// `None`: it was not put on a track yet.
    pub key: Option<InputKey>,
    source: Option<Box<Input>>,
    pub hold: Hold,
    /// When it begins.
    since: When,
    /// It was removed.
    leaving: bool,
    /// The batch in which it waits for a beat.
    pub waiting: Option<Place>,
}

impl Dispatcher {
    /// Keeps an input until it is put on a track.
    pub(super) fn keep_input(&mut self, id: InputId, hold: Hold, source: Box<Input>) {
        let record = InputRecord {
            key: None,
            source: Some(source),
            hold,
            since: When::Now,
            leaving: false,
            waiting: None,
        };
        self.inputs.insert(id, record);
    }

    pub(super) fn add_input(&mut self, id: InputId, track: TrackId, gain: f64) {
        let since = self.batch_time();
        let track_key = self.track_key(track);
        let record = self.inputs.get_mut(&id);
        let source = record.and_then(|record| record.source.take());
        let keys = track_key.and_then(|track| Some((track, self.tables.input(id)?)));
        let (Some((track, input)), Some(mut source)) = (keys, source) else {
            self.inputs.remove(&id);
            return self.stale(true);
        };
        if let Some(record) = self.inputs.get_mut(&id) {
            record.key = Some(input);
            record.since = since;
        }
        source.set_gain(gain);
        let load = Load::Input(input, source);
        let act = Act::new(When::Now, Action::AddInput { input, track }).counted();
        self.insert(Item::Carry(Some(load), act));
    }

    /// One that has not begun goes when it would begin.
    pub(super) fn remove_input(&mut self, id: InputId, until: u64) {
        let record = self.inputs.get_mut(&id).filter(|record| !record.leaving);
        let Some((key, since)) = record.and_then(|record| {
            record.leaving = true;
            Some((record.key?, record.since))
        }) else {
            return self.stale(true);
        };
        let at = self.not_before(since);
        self.counted(at, Action::RemoveInput(key));
        self.abandon(Subject::Input(id), until);
    }

    /// It is wanted no longer, whether it was put on a track or not.
    pub(super) fn end_input(&mut self, id: InputId) {
        let Some(record) = self.inputs.get_mut(&id) else {
            return;
        };
        let Some(key) = record.key else {
            self.inputs.remove(&id);
            return;
        };
        if !std::mem::replace(&mut record.leaving, true) {
            let act = Act::new(When::Now, Action::RemoveInput(key));
            self.insert_alone(Item::Do(act));
        }
    }

    /// An input has come back.
    pub(super) fn input_gone(&mut self, key: InputKey) {
        let places = &mut self.tables.inputs;
        if let Some(id) = places.give_back(key.index, key.generation) {
            self.inputs.remove(&id);
            self.drop_planned(Subject::Input(id), None);
        }
    }
}
