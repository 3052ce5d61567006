//! The transport's commands, and what becomes of what waits for a beat that is skipped.

use super::Dispatcher;
use super::beats::Seek;
use super::store::{Place, Waiting};
use crate::batch::{Act, Item};
use crate::outlet::Report;
use noxrun_engine::{Action, When};

impl Dispatcher {
    pub(super) fn tempo(&mut self, bpm: f64, at: When) {
        self.store.beats.note_tempo(bpm);
        self.counted(at, Action::Tempo(bpm));
    }

    /// A seek forwards drops what it skips: here what has not crossed, there the rest.
    ///
    /// What waits here lies beyond any position of the transport, so a seek backwards skips none of
    /// it.
    pub(super) fn seek_transport(&mut self, beat: f64) {
        let seek = match self.batch_time() {
            When::Now => {
                self.skip(beat);
                Seek::Now
            }
            When::Frame(frame) => Seek::Frame(frame),
            When::Beat(_) => Seek::Beat,
        };
        self.store.beats.note_seek(beat, seek);
        self.counted(When::Now, Action::SeekTransport(beat));
    }

    fn skip(&mut self, beat: f64) {
        for (place, waiting) in self.store.take_before(beat) {
            match waiting {
                Waiting::One(item) => self.skip_item(place, item),
                Waiting::Batch(batch) => {
                    for item in batch.into_items() {
                        self.skip_item(place, item);
                    }
                }
            }
        }
        self.forget_times_before(beat);
    }

    fn skip_item(&mut self, place: Place, item: Item) {
        match item {
            Item::Play { voice, .. } => {
                self.forget_voice(voice);
                self.settle(true);
            }
            Item::Do(act) if !act.action.is_structural() => {
                if let Some((slot, _)) = act.value {
                    self.newest.leave(slot, place);
                }
                if let Action::Marker(marker) = act.action {
                    let frame = None;
                    self.outlet.push(Report::Marker { marker, frame });
                }
                self.settle(act.counted);
            }
            // It waits for no beat.
            line @ Item::Line(..) => self.do_at_once(line),
            // Calls have been made on the strength of it: it is done at once.
            Item::Do(act) => self.do_at_once(Item::Do(Act {
                at: When::Now,
                ..act
            })),
            Item::Carry(load, act) => self.do_at_once(Item::Carry(
                load,
                Act {
                    at: When::Now,
                    ..act
                },
            )),
        }
    }

    fn do_at_once(&mut self, item: Item) {
        match item.act().map(|act| act.action) {
            Some(Action::Connect { edge, .. }) => {
                let send = self.tables.edges.owner(edge.index);
                if let Some(record) = send.and_then(|send| self.sends.get_mut(&send)) {
                    record.waiting = None;
                }
            }
            Some(Action::AddEffect { effect, .. }) => {
                let effect = self.tables.effects.owner(effect.index);
                if let Some(record) = effect.and_then(|id| self.effects.get_mut(&id)) {
                    record.waiting = None;
                }
            }
            _ => {}
        }
        self.insert_alone(item);
    }
}
