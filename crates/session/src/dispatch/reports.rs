//! What comes back: places and memory that the engine has let go of, what became of voices and
//! markers, and warnings, none of them too often.

use super::Dispatcher;
use crate::operation::VoiceId;
use crate::outlet::{Reason, Report, Warning};
use noxrun_engine::{EndReason, Event, Trash};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const WARN_EVERY: Duration = Duration::from_secs(1);

/// What was warned of: each time the queue runs over once, and nothing more than once a second.
#[derive(Default)]
pub(super) struct Told {
    overflows: u64,
    running_over: bool,
    last_overflow: Option<Instant>,
    late: u64,
    last_late: Option<Instant>,
}

impl Dispatcher {
    /// Takes what the audio thread says and passes it on. Returns the memory that came back, to be
    /// freed without the lock. While a batch is open nothing is taken: the model may go back.
    #[must_use = "freed where the lock is not held"]
    pub fn collect(&mut self) -> Vec<Trash> {
        let mut freed = Vec::new();
        if self.is_in_batch() {
            return freed;
        }
        self.take_trash(&mut freed);
        while let Some(event) = self.controller.next_event() {
            let report = match event {
                Event::Started { voice, frame } => {
                    let id = self.voice_keys.owner(voice.index, voice.generation);
                    id.map(|voice| Report::Started { voice, frame })
                }
                Event::Ended {
                    voice,
                    frame,
                    reason,
                } => {
                    // Its memory came back before the report did.
                    self.take_trash(&mut freed);
                    let id = self.voice_keys.gone(voice.index, voice.generation);
                    id.map(|voice| {
                        self.voices.remove(&voice);
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
                    self.model.delays.track_gone(track);
                    self.vacancies.track_gone(track);
                    self.model.track_keys.gone(track.index, track.generation);
                    None
                }
                Event::EdgeGone(edge) => {
                    self.model.delays.edge_gone(edge);
                    self.vacancies.edge_gone(edge);
                    self.model.edge_keys.gone(edge.index, edge.generation);
                    None
                }
            };
            if let Some(report) = report {
                self.outlet.push(report);
            }
        }
        for (id, track) in &self.model.tracks {
            if self.controller.shared.take_poisoned(track.key.index) {
                self.warn(Warning::NonFinite { track: *id });
            }
        }
        let late = self.controller.shared.late_events();
        let told = &mut self.told;
        if late > told.late && told.last_late.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            told.late = late;
            told.last_late = Some(Instant::now());
            let by = self.controller.shared.late_by();
            self.warn(Warning::Late { by });
        }
        self.report_overflow();
        freed
    }

    /// Places whose memory has come back may be used again.
    fn take_trash(&mut self, freed: &mut Vec<Trash>) {
        while let Some(trash) = self.controller.next_trash() {
            match &trash {
                Trash::Line(_) => self.lines.came_back(),
                Trash::Effect(key, _) => {
                    self.model.delays.effect_gone(*key);
                    self.vacancies.effect_gone(*key);
                    self.model.effect_keys.gone(key.index, key.generation);
                }
                Trash::Input(key, _) => self.input_gone(*key),
                Trash::Tap(key, _) => {
                    self.vacancies.tap_gone(*key);
                    if let Some(tap) = self.tap_keys.gone(key.index, key.generation) {
                        self.taps.remove(&tap);
                    }
                }
                _ => {}
            }
            freed.push(trash);
        }
    }

    /// Ends every voice that is alive, at `frame`.
    pub fn close(&mut self, frame: u64) {
        self.abort_batch();
        drop(self.collect());
        let mut ids: Vec<VoiceId> = self.voices.drain().map(|(id, _)| id).collect();
        ids.sort_unstable();
        for voice in ids {
            let reason = Reason::Closed;
            self.outlet.push(Report::Ended {
                voice,
                frame,
                reason,
            });
        }
        self.close_inputs();
        self.outbox.clear();
    }

    pub(super) fn report_stopped(&self, voice: VoiceId) {
        self.outlet.push(Report::Ended {
            voice,
            frame: self.controller.shared.clock().frame,
            reason: Reason::Stopped,
        });
    }

    fn report_overflow(&mut self) {
        let total = self.counters.overflows.load(Ordering::Relaxed);
        let told = &mut self.told;
        let count = total - std::mem::replace(&mut told.overflows, total);
        if count == 0 {
            told.running_over &= self.controller.is_full();
            return;
        }
        let recently = told
            .last_overflow
            .is_some_and(|at| at.elapsed() < WARN_EVERY);
        if !std::mem::replace(&mut told.running_over, true) && !recently {
            told.last_overflow = Some(Instant::now());
            self.warn(Warning::QueueOverflow { count });
        }
    }

    fn warn(&self, warning: Warning) {
        self.outlet.push(Report::Warning(warning));
    }
}
