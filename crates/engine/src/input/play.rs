//! The audio thread's end of an input: what it plays of what waits.

use super::queue::Queue;
use super::{InputFlow, InputSpec, nanoseconds};
use crate::block::MAX_BLOCK;
use crate::channel::{Gains, enter, heard};
use crate::ramp::{Curve, Ramp};
use rtrb::Consumer;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Frames may be missing for so long, seconds, and the target is taken for too small; who is away
/// for longer was paused or lost.
const TROUBLE: f64 = 0.2;

/// Frames of a fade: 5 ms.
pub(super) fn fade_frames(rate: u32) -> u32 {
    ((f64::from(rate) * 0.005).round() as u32).max(1)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody hears it yet.
    Idle,
    /// It waits for the target.
    Waiting,
    Playing,
    /// It fades out to forget what waits.
    Flushing,
    /// It goes over to the frames `skip` later, `done` frames of the crossfade are over.
    Skipping {
        skip: usize,
        done: u32,
    },
    /// Frames are missing: it goes back over those that it has, `done` of them so far.
    Missing {
        done: u32,
    },
    /// It has ended.
    Over,
}

/// The end that the audio thread plays from.
pub struct Input {
    queue: Queue,
    channels: usize,
    rate: u32,
    surplus: u32,
    max_target: u32,
    fade: u32,
    flow: Arc<InputFlow>,
    state: State,
    /// Frames since some were missing; more than any trouble before.
    away: u64,
    /// Where in the writer's count they were missing.
    dry_at: u64,
    pub(crate) gain: Ramp,
    /// How much of it is there: it comes and goes with the input.
    presence: Ramp,
    /// It goes down when frames are missing.
    level: Ramp,
    leaving: bool,
    /// Nothing of it has been heard.
    fresh: bool,
    /// One lane a channel, [`MAX_BLOCK`] frames each.
    lanes: Box<[f32]>,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input")
            .field("channels", &self.channels)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Input {
    pub(super) fn new(spec: &InputSpec, ring: Consumer<f32>, flow: Arc<InputFlow>) -> Self {
        let gain = if spec.gain.is_finite() {
            spec.gain
        } else {
            0.0
        };
        Self {
            queue: Queue::new(ring, spec.channels, fade_frames(spec.rate)),
            channels: spec.channels,
            rate: spec.rate,
            surplus: spec.surplus,
            max_target: spec.max_target,
            fade: fade_frames(spec.rate),
            flow,
            state: State::Idle,
            away: u64::MAX,
            dry_at: 0,
            gain: Ramp::at(gain),
            presence: Ramp::at(0.0),
            level: Ramp::at(0.0),
            leaving: false,
            fresh: true,
            // Written, so that no page is touched first in the callback.
            lanes: vec![std::hint::black_box(0.0); spec.channels * MAX_BLOCK].into(),
        }
    }

    /// Its gain from the beginning, linear; not finite is silence.
    pub fn set_gain(&mut self, gain: f64) {
        self.gain = Ramp::at(if gain.is_finite() { gain } else { 0.0 });
    }

    /// What both ends know of each other.
    pub fn flow(&self) -> &Arc<InputFlow> {
        &self.flow
    }

    /// Whether nothing of it has been heard.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Whether nothing of it is to be heard any more.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Over || (self.leaving && !self.presence.is_moving())
    }

    /// Comes in, within `fade` frames, on frame `offset` of a block of at most `largest` frames:
    /// what waited when the block began, without the target, is forgotten.
    pub(crate) fn come(&mut self, fade: u32, offset: u32, largest: u32) {
        self.presence.set(1.0, fade, Curve::Linear);
        self.state = State::Waiting;
        self.make_room(largest);
        let wanted = self.target().saturating_sub(offset) as usize;
        if !self.is_stale() && self.queue.waiting() >= wanted {
            self.queue.discard(self.queue.waiting() - wanted);
            self.level = Ramp::at(1.0);
            self.begin_to_play();
        }
    }

    /// Goes out within `fade` frames.
    pub(crate) fn leave(&mut self, fade: u32) {
        self.leaving = true;
        self.presence.set(0.0, fade, Curve::Linear);
    }

    /// A block of `frames` frames begins. Decisions are made here alone, so that they do not depend
    /// on how the block is cut.
    pub(crate) fn begin(&mut self, frames: u32, now_ns: u64) {
        self.make_room(frames);
        match self.state {
            State::Idle if self.is_stale() => self.flush(),
            // Its time has not come: no more than the target has to wait.
            State::Idle => {
                let beyond = self.queue.waiting().saturating_sub(self.target() as usize);
                self.queue.discard(beyond);
            }
            State::Waiting if self.is_stale() => self.flush(),
            State::Waiting => self.start(),
            State::Playing if self.is_stale() => {
                self.level.set(0.0, self.fade, Curve::Linear);
                self.state = State::Flushing;
            }
            State::Playing => {
                let target = self.target() as usize;
                let waiting = self.queue.waiting();
                if waiting > target + self.surplus as usize {
                    self.flow.overruns.fetch_add(1, Ordering::Relaxed);
                    let skip = waiting - target;
                    self.state = State::Skipping { skip, done: 0 };
                }
            }
            State::Flushing | State::Skipping { .. } | State::Missing { .. } | State::Over => {}
        }
        let origin = match self.state {
            State::Playing => now_ns
                .wrapping_sub(nanoseconds(self.queue.taken(), self.rate))
                .max(1),
            _ => 0,
        };
        self.flow.origin_ns.store(origin, Ordering::Relaxed);
        let gain = self.gain.current().to_bits();
        self.flow.gain.store(gain, Ordering::Relaxed);
    }

    /// Adds a stretch to a bus. Returns whether it sounded.
    pub(crate) fn render(
        &mut self,
        bus: &mut [f32],
        frames: usize,
        curve: &mut [f32; MAX_BLOCK],
    ) -> bool {
        let mut done = 0;
        while done < frames {
            let count = self.play(frames - done);
            if count == 0 {
                break;
            }
            let still =
                !self.gain.is_moving() && !self.presence.is_moving() && !self.level.is_moving();
            let gains = if still {
                let gain = self.gain.current() * self.presence.current() * self.level.current();
                Gains::Flat(gain as f32)
            } else {
                for value in &mut curve[..count] {
                    let here = self.presence.next_value() * self.level.next_value();
                    *value = (self.gain.next_value() * here) as f32;
                }
                Gains::Curve(&curve[..count])
            };
            let lanes = self.lanes.chunks_exact(MAX_BLOCK);
            for (channel, lane) in lanes.enumerate().take(heard(self.channels, bus)) {
                enter(bus, done, self.channels, channel, &lane[..count], gains);
            }
            self.fresh = false;
            done += count;
        }
        let silent = (frames - done) as u32;
        self.gain.advance(silent);
        self.presence.advance(silent);
        self.away = self.away.saturating_add(u64::from(silent));
        done > 0
    }

    /// Brings the next frames into the lanes, `most` at most, and returns how many; 0: silence.
    fn play(&mut self, most: usize) -> usize {
        loop {
            match self.state {
                State::Idle | State::Waiting | State::Over => return 0,
                State::Playing | State::Flushing => {
                    let flushed = self.state == State::Flushing && !self.level.is_moving();
                    if flushed {
                        self.flush();
                        self.state = State::Waiting;
                        return 0;
                    }
                    // Before looking at what waits: what was pushed before the end is seen.
                    let ended = self.flow.ended.load(Ordering::Acquire);
                    let mut count = most.min(self.queue.waiting());
                    if self.state == State::Flushing {
                        count = count.min(self.level.remaining() as usize);
                    }
                    if count > 0 {
                        self.queue.copy(count, &mut self.lanes);
                        return count;
                    }
                    self.miss(ended);
                }
                State::Skipping { skip, done } => {
                    let there = self.queue.waiting().saturating_sub(skip);
                    let count = most.min(there).min((self.fade - done) as usize);
                    if done == self.fade || count == 0 {
                        self.queue.discard(skip);
                        self.begin_to_play();
                        continue;
                    }
                    self.queue.crossfade(skip, (done, count), &mut self.lanes);
                    let done = done + count as u32;
                    self.state = State::Skipping { skip, done };
                    return count;
                }
                State::Missing { done } => {
                    let count = most.min(self.level.remaining() as usize);
                    if count == 0 {
                        let ended = self.flow.ended.load(Ordering::Acquire);
                        let over = ended && self.queue.waiting() == 0;
                        self.state = if over { State::Over } else { State::Waiting };
                        return 0;
                    }
                    self.queue.mirror(done as usize, count, &mut self.lanes);
                    self.away += count as u64;
                    self.state = State::Missing {
                        done: done + count as u32,
                    };
                    return count;
                }
            }
        }
    }

    fn is_stale(&self) -> bool {
        self.flow.stale.load(Ordering::Acquire)
    }

    fn target(&self) -> u32 {
        self.flow.target()
    }

    /// A block may not be larger than what waits for it.
    fn make_room(&mut self, block: u32) {
        if block > self.target() {
            let target = block.min(self.max_target);
            self.flow.target.store(target, Ordering::Relaxed);
        }
    }

    /// Begins to play if the target waits: a greater one when frames were late just now.
    fn start(&mut self) {
        let mut target = self.target();
        // First what waits, which brings along what was told of it.
        let waiting = self.queue.waiting();
        let trouble = (TROUBLE * f64::from(self.rate)) as u64;
        // At a hole nothing was late: there was nothing.
        let was_hole = self.flow.hole.load(Ordering::Relaxed) >= self.dry_at;
        if self.away < trouble && !was_hole {
            let more = (target / 4).max(self.rate / 1000);
            target = target.saturating_add(more).min(self.max_target);
        }
        let Some(beyond) = waiting.checked_sub(target as usize) else {
            // No more will come.
            if self.flow.ended.load(Ordering::Acquire) {
                self.state = State::Over;
            }
            return;
        };
        self.flow.target.store(target, Ordering::Relaxed);
        self.queue.discard(beyond);
        self.level = Ramp::at(0.0);
        self.level.set(1.0, self.fade, Curve::Linear);
        self.begin_to_play();
    }

    fn begin_to_play(&mut self) {
        self.state = State::Playing;
        self.away = u64::MAX;
        self.flow.starts.fetch_add(1, Ordering::Relaxed);
    }

    /// Frames are missing.
    fn miss(&mut self, ended: bool) {
        if !ended {
            self.flow.underruns.fetch_add(1, Ordering::Relaxed);
        }
        self.away = 0;
        self.dry_at = self.queue.taken();
        self.level.set(0.0, self.fade, Curve::Linear);
        self.state = State::Missing { done: 0 };
    }

    /// Forgets all that waits.
    fn flush(&mut self) {
        self.queue.discard(self.queue.waiting());
        self.flow.stale.store(false, Ordering::Release);
    }
}
