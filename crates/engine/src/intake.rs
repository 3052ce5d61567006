//! From the control queue into the schedule: batches are held back until they are complete, frames
//! that have passed become the present one.

use crate::command::{Action, Commit, Message, NOW};
use crate::renderer::Renderer;
use crate::schedule::Due;

impl Renderer {
    /// Takes in what the queue holds at this moment; what arrives meanwhile is the next block's.
    pub(crate) fn drain(&mut self) {
        let waiting = self.messages.slots();
        self.shared.note_depth(waiting as u32);
        for _ in 0..waiting {
            let Ok(next) = self.messages.peek() else {
                break;
            };
            // A commit only moves what has its room already. Anything else takes a place; where
            // there is none, the rest stays in the queue and nothing is lost.
            if !matches!(next, Message::Commit(_)) {
                if !self.schedule.has_room(self.staged.len() + 1) {
                    break;
                }
                if self.staged.len() == self.staged_capacity {
                    self.commit(NOW);
                }
            }
            let Ok(message) = self.messages.pop() else {
                break;
            };
            match message {
                Message::Do {
                    frame,
                    seq,
                    staged,
                    counted,
                    action,
                } => {
                    let prompt = frame == NOW;
                    let due = Due {
                        frame,
                        seq,
                        counted,
                        prompt,
                        action,
                    };
                    self.take_in(due, staged);
                }
                Message::Play {
                    frame,
                    seq,
                    staged,
                    voice,
                    spec,
                } => {
                    self.voices.admit(voice, spec, seq, self.frame);
                    let due = Due {
                        frame,
                        seq,
                        counted: true,
                        prompt: frame == NOW,
                        action: Action::Start(voice),
                    };
                    self.take_in(due, staged);
                }
                Message::Commit(Commit { frame }) => self.commit(frame),
            }
        }
    }

    fn take_in(&mut self, due: Due, staged: bool) {
        if staged {
            self.staged.push(due);
        } else {
            self.enqueue(due);
        }
    }

    fn enqueue(&mut self, mut due: Due) {
        if due.frame == NOW {
            due.frame = self.frame;
        } else if due.frame < self.frame {
            self.shared.count_late(self.frame - due.frame);
            // Its order is that of the commands that came with it, not that of a time long past.
            due.frame = self.frame;
        }
        #[cfg(feature = "sabotage")]
        if noxrun_sabotage::is(noxrun_sabotage::Fault::LateStart)
            && matches!(due.action, Action::Start(_))
        {
            due.frame += 1;
        }
        self.schedule.push(due);
    }

    fn commit(&mut self, frame: u64) {
        for index in 0..self.staged.len() {
            let mut due = self.staged[index];
            if due.frame == NOW {
                due.frame = frame;
            }
            self.enqueue(due);
        }
        self.staged.clear();
    }
}
