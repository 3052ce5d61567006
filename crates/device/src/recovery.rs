//! What to do about a device in trouble, step by step: pure policy, without a clock, a thread or a
//! device.
//!
//! - A loss that the backend tells of is final: the stream is let go, and the device is opened
//!   again, at once and then with growing pauses.
//! - A stream that fell silent is kept where that is possible, with the connections that somebody may have made to it: a
//!   server that was stopped goes on with it. Meanwhile the device is asked whether it answers.
//!   When it does and the stream stays silent, the stream is dead, and is let go.
//! - A stream that was opened again counts as back with its first block.
//!
//! One thing is under way at a time, however long it hangs: a server that does not answer costs one
//! thread, not one more with each attempt.

/// The first pause between two attempts, and the longest; nanoseconds.
const FIRST_PAUSE: u64 = 250_000_000;
const LONGEST_PAUSE: u64 = 1_000_000_000;
/// How long a silent stream has to show life once its device answers.
const SETTLE: u64 = 250_000_000;

/// What is known at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The device's time.
    pub(crate) now_ns: u64,
    /// The backend said that the stream is over.
    pub(crate) told: bool,
    /// The stream has to be opened again, but was not lost.
    pub(crate) outdated: bool,
    /// Callbacks did not come for too long.
    pub(crate) silent: bool,
    /// A callback came since the loss, or since the stream was opened.
    pub(crate) alive: bool,
    /// What came of the attempt under way, if it is over.
    pub(crate) outcome: Option<Outcome>,
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The device answers.
    Answers,
    /// There is a new stream.
    Opened,
    /// Neither.
    Failed,
}

/// What is to be done, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Report that the device is lost.
    TellLost,
    /// Report that it is back.
    TellBack,
    /// Let go of the stream.
    LetGo,
    /// Begin to ask whether the device answers.
    Ask,
    /// Begin to open it.
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// There is a stream without callbacks. `answered_ns`: since when its device answers.
    Silent {
        answered_ns: Option<u64>,
    },
    /// There is no stream.
    Gone,
    /// There is a new stream, which was not heard of yet.
    Proving,
}

/// The policy for one stream after another.
#[derive(Debug)]
pub(crate) struct Recovery {
    phase: Phase,
    told_lost: bool,
    busy: bool,
    next_ns: u64,
    pause: u64,
    longest_pause: u64,
    keeps_silent: bool,
}

impl Recovery {
    /// `keeps_silent`: a stream that falls silent may wake again, and its device may be asked
    /// meanwhile; else it is let go at once.
    pub(crate) fn new(keeps_silent: bool) -> Self {
        Self::with(keeps_silent, LONGEST_PAUSE)
    }

    /// For a device that is stepped by hand and may be tried before each step.
    pub(crate) fn by_steps() -> Self {
        Self::with(true, 0)
    }

    fn with(keeps_silent: bool, longest_pause: u64) -> Self {
        Self {
            keeps_silent,
            phase: Phase::Running,
            told_lost: false,
            busy: false,
            next_ns: 0,
            pause: FIRST_PAUSE.min(longest_pause),
            longest_pause,
        }
    }

    /// Whether the device was reported as lost and not yet as back.
    pub(crate) fn is_lost(&self) -> bool {
        self.told_lost
    }

    pub(crate) fn step(&mut self, seen: &Seen) -> Vec<Act> {
        let mut acts = Vec::new();
        if let Some(outcome) = seen.outcome {
            self.busy = false;
            self.take(outcome, seen.now_ns, &mut acts);
        }
        match self.phase {
            Phase::Running if seen.told => {
                self.lose(&mut acts);
                self.let_go(seen.now_ns, &mut acts);
            }
            Phase::Running if seen.outdated => self.let_go(seen.now_ns, &mut acts),
            Phase::Running if seen.silent => {
                self.lose(&mut acts);
                if self.keeps_silent {
                    self.next_ns = seen.now_ns;
                    self.phase = Phase::Silent { answered_ns: None };
                } else {
                    self.let_go(seen.now_ns, &mut acts);
                }
            }
            Phase::Silent { .. } | Phase::Proving if seen.told || seen.outdated => {
                let next_ns = match self.phase {
                    Phase::Proving => self.after_a_pause(seen.now_ns),
                    Phase::Running | Phase::Silent { .. } | Phase::Gone => seen.now_ns,
                };
                self.let_go(next_ns, &mut acts);
            }
            Phase::Silent { .. } | Phase::Proving if seen.alive => {
                acts.push(Act::TellBack);
                self.phase = Phase::Running;
                self.told_lost = false;
                self.pause = FIRST_PAUSE.min(self.longest_pause);
            }
            Phase::Silent { answered_ns } => {
                if answered_ns.is_some_and(|since| seen.now_ns - since >= SETTLE) {
                    self.let_go(seen.now_ns, &mut acts);
                }
            }
            Phase::Proving if seen.silent => {
                let next_ns = self.after_a_pause(seen.now_ns);
                self.lose(&mut acts);
                self.let_go(next_ns, &mut acts);
            }
            Phase::Running | Phase::Gone | Phase::Proving => {}
        }
        if !self.busy && seen.now_ns >= self.next_ns {
            let act = match self.phase {
                Phase::Silent { answered_ns: None } => Some(Act::Ask),
                Phase::Gone => Some(Act::Open),
                Phase::Running
                | Phase::Silent {
                    answered_ns: Some(_),
                }
                | Phase::Proving => None,
            };
            self.busy = act.is_some();
            acts.extend(act);
        }
        acts
    }

    fn take(&mut self, outcome: Outcome, now_ns: u64, acts: &mut Vec<Act>) {
        match (self.phase, outcome) {
            (Phase::Gone, Outcome::Opened) => self.phase = Phase::Proving,
            (Phase::Silent { .. }, Outcome::Answers) => {
                let answered_ns = Some(now_ns);
                self.phase = Phase::Silent { answered_ns };
            }
            (Phase::Silent { .. }, _) => self.next_ns = self.after_a_pause(now_ns),
            (Phase::Gone, Outcome::Failed) => {
                self.next_ns = self.after_a_pause(now_ns);
                self.lose(acts);
            }
            // It answers, so it may be opened now.
            (Phase::Gone, Outcome::Answers) => self.next_ns = now_ns,
            (Phase::Running | Phase::Proving, _) => {}
        }
    }

    fn lose(&mut self, acts: &mut Vec<Act>) {
        if !std::mem::replace(&mut self.told_lost, true) {
            acts.push(Act::TellLost);
        }
    }

    fn let_go(&mut self, next_ns: u64, acts: &mut Vec<Act>) {
        acts.push(Act::LetGo);
        self.phase = Phase::Gone;
        self.next_ns = next_ns;
    }

    fn after_a_pause(&mut self, now_ns: u64) -> u64 {
        let pause = self.pause;
        self.pause = (2 * pause).min(self.longest_pause);
        now_ns + pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn at(ms: u64) -> Seen {
        Seen {
            now_ns: ms * MS,
            ..Seen::default()
        }
    }

    fn after(ms: u64, outcome: Outcome) -> Seen {
        Seen {
            outcome: Some(outcome),
            ..at(ms)
        }
    }

    fn told(ms: u64) -> Seen {
        Seen {
            told: true,
            ..at(ms)
        }
    }

    fn silent(ms: u64) -> Seen {
        Seen {
            silent: true,
            ..at(ms)
        }
    }

    fn alive(ms: u64) -> Seen {
        Seen {
            alive: true,
            ..at(ms)
        }
    }

    #[test]
    fn a_loss_is_told_once_and_the_device_tried_at_once_then_after_250_500_1000_ms() {
        let mut recovery = Recovery::new(true);
        let acts = recovery.step(&told(10));
        assert_eq!(acts, [Act::TellLost, Act::LetGo, Act::Open]);
        assert_eq!(recovery.step(&at(4000)), [], "one attempt at a time");
        let mut now = 5000;
        for pause in [250, 500, 1000, 1000, 1000] {
            assert_eq!(recovery.step(&after(now, Outcome::Failed)), []);
            assert_eq!(recovery.step(&at(now + pause - 1)), []);
            now += pause;
            assert_eq!(recovery.step(&at(now)), [Act::Open]);
        }
    }

    #[test]
    fn a_new_stream_is_back_with_its_first_block_and_may_be_lost_again() {
        let mut recovery = Recovery::new(true);
        recovery.step(&told(0));
        assert_eq!(recovery.step(&after(50, Outcome::Opened)), []);
        assert!(recovery.is_lost());
        assert_eq!(recovery.step(&alive(100)), [Act::TellBack]);
        assert!(!recovery.is_lost());
        let again = recovery.step(&told(150));
        assert_eq!(again, [Act::TellLost, Act::LetGo, Act::Open]);
    }

    #[test]
    fn a_new_stream_that_never_calls_is_let_go_and_told_of_by_nobody() {
        let mut recovery = Recovery::new(true);
        recovery.step(&told(0));
        recovery.step(&after(50, Outcome::Opened));
        assert_eq!(recovery.step(&silent(500)), [Act::LetGo]);
        assert_eq!(recovery.step(&at(749)), []);
        assert_eq!(recovery.step(&at(750)), [Act::Open]);
    }

    #[test]
    fn a_silent_stream_is_kept_and_goes_on_when_it_wakes() {
        let mut recovery = Recovery::new(true);
        assert_eq!(recovery.step(&silent(0)), [Act::TellLost, Act::Ask]);
        assert_eq!(recovery.step(&at(60_000)), [], "the server hangs");
        assert_eq!(recovery.step(&alive(60_050)), [Act::TellBack]);
        // The question is answered too late to matter.
        assert_eq!(recovery.step(&after(60_100, Outcome::Answers)), []);
        assert_eq!(recovery.step(&at(70_000)), []);
    }

    #[test]
    fn a_silent_stream_whose_device_answers_is_dead() {
        let mut recovery = Recovery::new(true);
        recovery.step(&silent(0));
        assert_eq!(recovery.step(&after(100, Outcome::Failed)), []);
        assert_eq!(recovery.step(&at(350)), [Act::Ask]);
        assert_eq!(recovery.step(&after(400, Outcome::Answers)), []);
        assert_eq!(recovery.step(&at(649)), []);
        assert_eq!(recovery.step(&at(650)), [Act::LetGo, Act::Open]);
    }

    #[test]
    fn a_silent_stream_that_is_told_to_be_over_is_let_go_while_a_question_hangs() {
        let mut recovery = Recovery::new(true);
        recovery.step(&silent(0));
        assert_eq!(recovery.step(&told(100)), [Act::LetGo]);
        assert_eq!(recovery.step(&after(900, Outcome::Failed)), []);
        assert_eq!(recovery.step(&at(1150)), [Act::Open]);
    }

    #[test]
    fn a_silent_stream_beside_which_nothing_may_be_asked_is_let_go_at_once() {
        let mut recovery = Recovery::new(false);
        let acts = recovery.step(&silent(0));
        assert_eq!(acts, [Act::TellLost, Act::LetGo, Act::Open]);
    }

    #[test]
    fn another_rate_is_no_loss_unless_opening_fails() {
        let outdated = |ms| Seen {
            outdated: true,
            ..at(ms)
        };
        let mut recovery = Recovery::new(true);
        assert_eq!(recovery.step(&outdated(0)), [Act::LetGo, Act::Open]);
        assert_eq!(recovery.step(&after(50, Outcome::Opened)), []);
        assert_eq!(recovery.step(&alive(60)), [Act::TellBack]);
        assert_eq!(recovery.step(&outdated(100)), [Act::LetGo, Act::Open]);
        assert_eq!(recovery.step(&after(150, Outcome::Failed)), [Act::TellLost]);
    }

    #[test]
    fn a_device_stepped_by_hand_is_tried_before_each_step() {
        let mut recovery = Recovery::by_steps();
        recovery.step(&told(0));
        for _ in 0..5 {
            assert_eq!(recovery.step(&after(0, Outcome::Failed)), [Act::Open]);
        }
    }
}
