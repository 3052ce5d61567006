//! What comes back: retired memory is freed, what became of voices is passed on, and warnings, none of
//! them too often.

use super::Dispatcher;
use crate::intent::{TrackId, VoiceId};
use crate::outlet::{Reason, Report, Warning};
use noxrun_engine::{EndReason, Event};
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
        while let Ok(event) = self.controller.events.pop() {
            let report = match event {
                Event::Started { voice, frame } => Report::Started {
                    voice: self.ids[voice.index as usize],
                    frame,
                },
                Event::Ended {
                    voice,
                    frame,
                    reason,
                } => {
                    let id = self.ids[voice.index as usize];
                    self.voices.remove(&id);
                    // Its memory came back before the report did; free it before the key is used
                    // again, or the ring of returned memory could fill.
                    while self.controller.trash.pop().is_ok() {}
                    self.free.push(voice.index);
                    Report::Ended {
                        voice: id,
                        frame,
                        reason: match reason {
                            EndReason::Finished => Reason::Finished,
                            EndReason::Stopped => Reason::Stopped,
                            EndReason::Stolen => Reason::Stolen,
                        },
                    }
                }
            };
            self.outlet.push(report);
        }
        for track in 0..self.tracks.len() as TrackId {
            if self.controller.shared.take_poisoned(track) {
                self.warn(Warning::NonFinite { track });
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

    /// Ends every voice that is alive, at `frame`.
    pub fn close(&mut self, frame: u64) {
        self.collect();
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
        self.queue.clear();
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
