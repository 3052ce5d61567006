//! Taps on tracks.

use super::Dispatcher;
use crate::batch::{Act, Item, Load};
use crate::intent::TrackId;
use noxrun_engine::{Action, Sink, When};

impl Dispatcher {
    /// Lets a sink take a track's sound. That of a track which was removed meanwhile is dropped.
    pub(super) fn add_tap(&mut self, id: u64, track: TrackId, sink: Box<dyn Sink>) {
        let track = self.track_key(track);
        let keys = track.and_then(|track| Some((track, self.tables.tap(id)?)));
        let Some((track, tap)) = keys else {
            return;
        };
        self.taps.insert(id, tap);
        let act = Act::new(When::Now, Action::AttachTap { tap, track });
        self.insert_alone(Item::Carry(Some(Load::Tap(tap, sink)), act));
    }

    /// Ends a tap, if its track has not taken it along.
    pub(super) fn end_tap(&mut self, id: u64) {
        if let Some(tap) = self.taps.remove(&id) {
            self.insert_alone(Item::Do(Act::new(When::Now, Action::DetachTap(tap))));
        }
    }
}
