//! What comes back: retired memory is freed, what became of voices and markers is passed on, and
//! warnings, none of them too often.

use super::Dispatcher;
use crate::batch::Subject;
use crate::inbox::Entry;
use crate::intent::{Intent, TrackId, VoiceId};
use crate::outlet::{Reason, Report, Warning};
use noxrun_engine::{EndReason, Event, Trash};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const WARN_EVERY: Duration = Duration::from_secs(1);

/// One warning for each time the queue runs over, and not more than one a second.
#[derive(Default)]
pub(super) struct Overflow {
    reported: u64,
    running: bool,
    last: Option<Instant>,
}

impl Dispatcher {
    /// Takes what the audio thread says, frees what it retired, passes reports on.
    pub fn collect(&mut self) {
        self.free_trash();
        while let Ok(event) = self.controller.events.pop() {
            let report = match event {
                Event::Started { voice, frame } => {
                    let voice = self.tables.voices.owner(voice.index);
                    voice.map(|voice| Report::Started { voice, frame })
                }
                Event::Ended {
                    voice,
                    frame,
                    reason,
                } => {
                    // Its memory came back before the report did; free it before the key is used
                    // again, or the ring of returned memory could fill.
                    self.free_trash();
                    let places = &mut self.tables.voices;
                    let id = places.give_back(voice.index, voice.generation);
                    id.map(|voice| {
                        self.voices.remove(&voice);
                        self.drop_planned(Subject::Voice(voice), None);
                        Report::Ended {
                            voice,
                            frame,
                            reason: match reason {
                                EndReason::Finished => Reason::Finished,
                                EndReason::Stopped => Reason::Stopped,
                                EndReason::Stolen => Reason::Stolen,
                            },
                        }
                    })
                }
                Event::Marker { marker, frame } => {
                    self.markers = self.markers.saturating_sub(1);
                    Some(Report::Marker { marker, frame })
                }
                Event::TrackGone(track) => {
                    self.delays.track_gone(track);
                    let places = &mut self.tables.tracks;
                    let owner = places.give_back(track.index, track.generation);
                    if let Some(id) = owner.and_then(|id| TrackId::try_from(id).ok()) {
                        self.drop_planned(Subject::Track(id), None);
                    }
                    None
                }
                Event::EdgeGone(edge) => {
                    self.delays.edge_gone(edge);
                    let places = &mut self.tables.edges;
                    if let Some(send) = places.give_back(edge.index, edge.generation) {
                        self.drop_planned(Subject::Send(send), None);
                    }
                    None
                }
            };
            if let Some(report) = report {
                self.outlet.push(report);
            }
        }
        for (track, record) in &self.tracks {
            if self.controller.shared.take_poisoned(record.key.index) {
                self.warn(Warning::NonFinite { track: *track });
            }
        }
        let late = self.controller.shared.late_events();
        if late > self.late_seen && self.last_late.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            self.late_seen = late;
            self.last_late = Some(Instant::now());
            let by = self.controller.shared.late_by();
            self.warn(Warning::Late { by });
        }
        self.report_overflow();
    }

    /// Frees memory that has come back. The key of an effect, a tap or an input may then
    /// be used again.
    fn free_trash(&mut self) {
        while let Ok(trash) = self.controller.trash.pop() {
            match trash {
                Trash::Sample(_) => {}
                Trash::Line(_) => self.delays.line_gone(),
                Trash::Effect(key, _) => {
                    self.delays.effect_gone(key);
                    let places = &mut self.tables.effects;
                    if let Some(effect) = places.give_back(key.index, key.generation) {
                        self.drop_planned(Subject::Effect(effect), None);
                    }
                }
                Trash::Input(key, _) => self.input_gone(key),
                Trash::Tap(key, _) => {
                    let places = &mut self.tables.taps;
                    if let Some(tap) = places.give_back(key.index, key.generation) {
                        self.taps.remove(&tap);
                    }
                }
            }
        }
    }

    /// Ends every voice that is alive, at `frame`.
    pub fn close(&mut self, frame: u64) {
        self.collect();
        // What was not even translated: its promises are kept all the same.
        let untold = self.backlog.drain(..).filter_map(|entry| match entry {
            Entry::Intent(Intent::Play { voice, .. }) => Some(voice),
            _ => None,
        });
        let mut ids: Vec<VoiceId> = untold.collect();
        ids.extend(self.voices.drain().map(|(id, _)| id));
        ids.sort_unstable();
        for voice in ids {
            let reason = Reason::Closed;
            self.outlet.push(Report::Ended {
                voice,
                frame,
                reason,
            });
        }
        self.inputs.clear();
        self.batch = None;
        self.crossing = None;
        self.store.clear();
    }

    pub(super) fn report_overflow(&mut self) {
        let total = self.counters.overflows.load(Ordering::Relaxed);
        let overflow = &mut self.overflow;
        let count = total - std::mem::replace(&mut overflow.reported, total);
        if count == 0 {
            overflow.running &= self.controller.messages.is_full();
            return;
        }
        let recently = overflow.last.is_some_and(|at| at.elapsed() < WARN_EVERY);
        if !std::mem::replace(&mut overflow.running, true) && !recently {
            overflow.last = Some(Instant::now());
            self.warn(Warning::QueueOverflow { count });
        }
    }

    fn warn(&self, warning: Warning) {
        self.outlet.push(Report::Warning(warning));
    }
}
