//! What leaves the audio thread: reports, and memory that is not needed any more.

use crate::command::Batch;
use crate::effect::EffectBody;
use crate::event::{EndReason, Event, Trash};
use crate::growth::Growth;
use crate::input::Input;
use crate::key::{EdgeKey, EffectKey, InputKey, TapKey, TrackKey, VoiceKey};
use crate::sample::SampleData;
use crate::shared::Shared;
use crate::tap::Sink;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(crate) struct Reports {
    events: rtrb::Producer<Event>,
    trash: rtrb::Producer<Trash>,
    shared: Arc<Shared>,
}

impl Reports {
    pub fn new(
        events: rtrb::Producer<Event>,
        trash: rtrb::Producer<Trash>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            events,
            trash,
            shared,
        }
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

    /// A marker's frame, or that it was skipped.
    pub fn marker(&mut self, marker: u64, frame: Option<u64>) {
        self.report(Event::Marker { marker, frame });
    }

    /// A track is out of service.
    pub fn track_gone(&mut self, track: TrackKey) {
        self.shared.hide_track(track);
        self.report(Event::TrackGone(track));
    }

    /// A connection has ended.
    pub fn edge_gone(&mut self, edge: EdgeKey) {
        self.shared.hide_edge(edge);
        self.report(Event::EdgeGone(edge));
    }

    /// Gives a sample's share back.
    pub fn retire(&mut self, sample: Arc<SampleData>) {
        self.give_back(Trash::Sample(sample));
    }

    /// Gives an effect back.
    pub fn effect_gone(&mut self, key: EffectKey, body: Box<EffectBody>) {
        self.shared.hide_effect(key);
        self.give_back(Trash::Effect(key, body));
    }

    /// Gives a tap back.
    pub fn tap_gone(&mut self, key: TapKey, sink: Box<dyn Sink>) {
        self.give_back(Trash::Tap(key, sink));
    }

    /// Gives an input back.
    pub fn input_gone(&mut self, key: InputKey, input: Box<Input>) {
        self.give_back(Trash::Input(key, input));
    }

    /// Gives a delay's memory back.
    pub fn line_gone(&mut self, memory: Box<[f32]>) {
        if !memory.is_empty() {
            self.give_back(Trash::Line(memory));
        }
    }

    /// Gives a batch's box back.
    pub fn batch_done(&mut self, batch: Box<Batch>) {
        self.give_back(Trash::Batch(batch));
    }

    /// Goes over to bigger rings, where there are any, and gives the rest back.
    pub fn grow(&mut self, mut growth: Box<Growth>) {
        if let Some(events) = growth.events.take() {
            growth.old_events = Some(std::mem::replace(&mut self.events, events));
            self.shared
                .usage
                .event_rings
                .fetch_add(1, Ordering::Release);
        }
        if let Some(trash) = growth.trash.take() {
            growth.old_trash = Some(std::mem::replace(&mut self.trash, trash));
            self.shared
                .usage
                .trash_rings
                .fetch_add(1, Ordering::Release);
        }
        self.give_back(Trash::Growth(growth));
    }

    fn give_back(&mut self, trash: Trash) {
        // The ring has a place for every key. Should a controller break the rule of the credits,
        // leaking beats freeing on the audio thread.
        if let Err(rtrb::PushError::Full(trash)) = self.trash.push(trash) {
            std::mem::forget(trash);
        }
    }

    fn report(&mut self, event: Event) {
        // Places for every key: full only when a controller uses a key again before it has read
        // that it ended. An event is plain data, so losing one frees nothing here.
        let _ = self.events.push(event);
    }
}
