//! What is known of the tracks: mute and solo, and the gates that follow from them.

use super::{Dispatcher, Waiting};
use crate::batch::Item;
use crate::intent::TrackId;
use crate::newest::{Rank, Slot};
use noxrun_engine::{Action, NOW, TrackSetup};
use std::sync::atomic::Ordering;

#[derive(Default, Clone, Copy)]
pub(super) struct TrackRecord {
    muted: bool,
    soloed: bool,
    open: bool,
}

impl TrackRecord {
    /// Of a track that is neither muted nor soloed.
    pub(super) fn new(open: bool) -> Self {
        Self {
            open,
            ..Self::default()
        }
    }
}

impl Dispatcher {
    pub(super) fn add_track(&mut self, track: TrackId, volume: f64, pan: f64) {
        let index = track as usize;
        if self.tracks.len() <= index {
            self.tracks.resize(index + 1, TrackRecord::default());
        }
        let open = !self.any_solo();
        self.tracks[index] = TrackRecord::new(open);
        let setup = TrackSetup {
            track,
            volume,
            pan,
            open,
        };
        // Never part of a batch: a track without sound changes nothing, and calls outside the batch
        // may use it before the batch takes effect.
        let place = self.next_place(None);
        let item = Item::Do {
            frame: NOW,
            counted: false,
            voice: None,
            action: Action::AddTrack(setup),
            value: None,
        };
        self.queue.insert(place, Waiting::One(item));
    }

    pub(super) fn mute(&mut self, track: TrackId, on: bool) {
        if let Some(record) = self.tracks.get_mut(track as usize) {
            record.muted = on;
            self.update_gates();
        }
    }

    pub(super) fn solo(&mut self, track: TrackId, on: bool) {
        if let Some(record) = self.tracks.get_mut(track as usize) {
            record.soloed = on;
            self.update_gates();
        }
    }

    fn update_gates(&mut self) {
        let any_solo = self.any_solo();
        for track in 0..self.tracks.len() {
            let record = self.tracks[track];
            // Solo in place: the master carries what is soloed.
            let heard = track == 0 || !any_solo || record.soloed;
            let open = !record.muted && heard;
            if open == record.open {
                continue;
            }
            self.tracks[track].open = open;
            let track = track as TrackId;
            let action = Action::Gate { track, open };
            if self.batch_is_timed() {
                // A scheduled point, of which there are no more than tracks: it takes the room of
                // others, but is never refused.
                self.counters.accepted.fetch_add(1, Ordering::Relaxed);
            }
            self.value((Slot::Gate(track), Rank::Jump), None, None, action);
        }
    }

    /// Everything feeds the master, so a solo of its own changes nothing.
    fn any_solo(&self) -> bool {
        self.tracks.iter().skip(1).any(|track| track.soloed)
    }
}
