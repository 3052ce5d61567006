//! From the control queue into the schedule: batches are held back until they are complete, times
//! that have passed become the present, memory that travels ahead is put in its place.

use crate::command::{Action, Command, DelayPlace, Message, Target, When};
use crate::ramp::Curve;
use crate::renderer::Renderer;
use crate::schedule::Due;
use crate::track::Track;
use crate::transport::sane;

impl Renderer {
    /// Takes in what the queue holds at this moment; what arrives meanwhile is the next block's.
    pub(crate) fn drain(&mut self) {
        let waiting = self.messages.slots();
        self.shared.note_depth(waiting as u32);
        for _ in 0..waiting {
            let Ok(message) = self.messages.pop() else {
                break;
            };
            self.take_in(message);
        }
    }

    fn take_in(&mut self, message: Message) {
        let reports = &mut self.voices.reports;
        match message {
            Message::One(command) => self.take_command(command, When::Now),
            Message::Batch(mut batch) => {
                let at = batch.at;
                for command in batch.commands.drain(..) {
                    self.take_command(command, at);
                }
                self.voices.reports.batch_done(batch);
            }
            Message::Grow(growth) => reports.grown(growth),
            Message::Effect(key, body) => self.effects.admit(key, body, reports),
            Message::Line(place, memory) => {
                let old = match place {
                    DelayPlace::Edge(edge) => self.graph.equip(edge, memory, self.channels),
                    DelayPlace::Voices(track) => {
                        self.delays_voices = true;
                        let strip = self.tracks.get_mut(track.index as usize);
                        // It may travel ahead of the track.
                        let fits = |strip: &&mut Track| !strip.in_service || strip.is(track);
                        match strip.filter(fits) {
                            Some(strip) => strip.voices_delay.equip(memory, self.channels),
                            None => memory,
                        }
                    }
                };
                self.graph.touch();
                reports.line_gone(old);
            }
            Message::Tap(key, sink) => self.taps.admit(key, sink, reports),
            Message::Input(key, input) => self.inputs.admit(key, input, reports),
        }
    }

    fn take_command(&mut self, command: Command, batch: When) {
        let own = |at: When| if at == When::Now { batch } else { at };
        match command {
            Command::Do {
                at,
                seq,
                counted,
                action,
            } => {
                let due = Due {
                    seq,
                    counted,
                    prompt: at == When::Now,
                    action,
                    ..Due::IDLE
                };
                self.enqueue(own(at), due);
            }
            Command::Play {
                at,
                seq,
                voice,
                spec,
            } => {
                self.voices.admit(voice, spec, seq, self.frame);
                let due = Due {
                    seq,
                    counted: true,
                    prompt: at == When::Now,
                    action: Action::Start(voice),
                    ..Due::IDLE
                };
                self.enqueue(own(at), due);
            }
        }
    }

    fn enqueue(&mut self, at: When, mut due: Due) {
        match due.action {
            Action::Cancel(target) => self.drop_scheduled(target, at, due.seq),
            Action::Reach { target, value, .. } => due.action = jump(target, value),
            _ => {}
        }
        match at {
            // Where it lies is judged in its turn: what was said of the transport before holds.
            When::Beat(beat) if beat.is_finite() => {
                due.beat = Some(sane(beat));
                self.schedule.push(self.frame, due);
            }
            When::Frame(frame) => self.enqueue_at(frame, due),
            _ => self.enqueue_at(self.frame, due),
        }
    }

    fn enqueue_at(&mut self, frame: u64, due: Due) {
        self.enqueue_frame(frame, due);
    }

    pub(crate) fn resolved(&self, due: Due) -> Due {
        due
    }

    fn enqueue_frame(&mut self, mut frame: u64, due: Due) {
        if frame < self.frame {
            self.shared.count_late(self.frame - frame);
            // Its order is that of the commands that came with it, not that of a time long past.
            frame = self.frame;
        }
        #[cfg(feature = "sabotage")]
        if noxrun_sabotage::is(noxrun_sabotage::Fault::LateStart)
            && matches!(due.action, Action::Start(_))
        {
            frame += 1;
        }
        self.schedule.push(frame, due);
    }

    /// A beat that the running transport has passed is late, unless a loop brings it by again. A
    /// stopped transport has no past: it may be put anywhere before it starts.
    pub(crate) fn enqueue_beat(&mut self, beat: f64, due: Due) {
        let transport = &self.transport;
        if !transport.is_playing() {
            if beat >= transport.beat_at(self.frame) {
                self.schedule.push_ahead(beat, due);
            } else {
                self.schedule.push_behind(beat, due);
            }
            return;
        }
        let frame = transport.frame_of(beat);
        let late = transport.lateness(beat, self.frame);
        if late == 0 {
            self.schedule.push_ahead(beat, due);
        } else if transport.next_frame_of(beat, self.frame) > self.frame {
            self.schedule.push_behind(beat, due);
        } else if frame < self.frame {
            self.enqueue_at(frame, due);
        } else {
            // Before the engine's first frame.
            self.shared.count_late(late);
            self.enqueue_at(frame, due);
        }
    }

    /// Drops what was scheduled for a parameter from `from` on.
    fn drop_scheduled(&mut self, target: Target, from: When, before: u64) {
        let transport = &self.transport;
        let playing = transport.is_playing();
        let is_meant = |due: &Due| {
            let of = match due.action {
                Action::Set { target, .. } | Action::Reach { target, .. } => target,
                _ => return false,
            };
            // One that waits for its sound has had its time; what had none is not taken back.
            of == target && due.seq < before && !due.compensated && !due.prompt
        };
        let now = self.frame;
        let beat_is_later = |beat: f64| match from {
            When::Now => true,
            // Where a stopped transport's beats will fall is not known: they are later.
            When::Frame(from) => !playing || transport.next_frame_of(beat, now) >= from,
            When::Beat(from) => beat >= from,
        };
        let counted = self.schedule.drop_where(
            |frame, due| {
                let later = match (due.beat, from) {
                    (Some(beat), _) => beat_is_later(beat),
                    (None, When::Now) => true,
                    (None, When::Frame(from)) => frame >= from,
                    (None, When::Beat(from)) => playing && frame >= transport.frame_of(from),
                };
                later && is_meant(due)
            },
            |beat, due| beat_is_later(beat) && is_meant(due),
        );
        if counted > 0 {
            self.shared.count_done(counted);
        }
    }
}

/// A value at once.
pub(crate) fn jump(target: Target, value: f64) -> Action {
    Action::Set {
        target,
        value,
        frames: 0,
        curve: Curve::Step,
    }
}
