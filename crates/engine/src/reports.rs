//! What leaves the audio thread: reports of voices and the memory they held.

use crate::command::VoiceKey;
use crate::event::{EndReason, Event, Trash};
use crate::sample::SampleData;
use std::sync::Arc;

pub(crate) struct Reports {
    events: rtrb::Producer<Event>,
    trash: rtrb::Producer<Trash>,
}

impl Reports {
    pub fn new(events: rtrb::Producer<Event>, trash: rtrb::Producer<Trash>) -> Self {
        Self { events, trash }
    }

    pub fn started(&mut self, voice: VoiceKey, frame: u64) {
        self.report(Event::Started { voice, frame });
    }

    /// Gives a voice's memory back, then says that its key is free: whoever reads the report finds
    /// the memory.
    pub fn ended(
        &mut self,
        voice: VoiceKey,
        frame: u64,
        reason: EndReason,
        sample: Arc<SampleData>,
    ) {
        self.retire(sample);
        self.report(Event::Ended {
            voice,
            frame,
            reason,
        });
    }

    /// Gives memory back.
    pub fn retire(&mut self, sample: Arc<SampleData>) {
        // The ring has a place for every key. Should a controller break the rule of the credits,
        // leaking beats freeing on the audio thread.
        if let Err(rtrb::PushError::Full(trash)) = self.trash.push(Trash::Sample(sample)) {
            std::mem::forget(trash);
        }
    }

    fn report(&mut self, event: Event) {
        // Two places for every key: full only when a controller uses a key again before it has read
        // that it ended. An event is plain data, so losing one frees nothing here.
        let _ = self.events.push(event);
    }
}
