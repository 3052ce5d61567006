//! What is kept while a capture is paused: the newest frames, and when they were at the device.

use std::collections::VecDeque;

use crate::handoff::Producer;

/// Samples that go over to the ring at once, at most: some ten microseconds of copying. The rest
/// follows with the next blocks.
const BURST: usize = 1 << 16;
/// Instants that are kept, evenly apart.
const MARKS: u64 = 256;

/// A ring of the newest frames at the delivered rate, reserved at opening.
///
/// Its frames up to `owed` belong to the capture and wait only for their turn; those after it are
/// kept as long as there is room.
pub(crate) struct PreRoll {
    channels: usize,
    samples: Vec<f32>,
    /// Samples held, and where the oldest one is.
    held: usize,
    oldest: usize,
    /// Index of the frame after the newest one, also when none are held.
    end: u64,
    owed: u64,
    /// (where on the delivered frames' axis, the frame there, seconds).
    marks: VecDeque<(f64, u64, f64)>,
    /// Frames at the delivered rate between two marks, at least.
    mark_step: u64,
}

impl PreRoll {
    /// Room for `frames`, 1 or more. Allocates and touches every page.
    pub(crate) fn new(frames: usize, channels: usize) -> Self {
        let mut marks = VecDeque::from(vec![(1.0, 1, 1.0); MARKS as usize + 2]);
        marks.clear();
        Self {
            channels,
            samples: vec![1.0; frames * channels],
            held: 0,
            oldest: 0,
            end: 0,
            owed: u64::MAX,
            marks,
            mark_step: (frames as u64).div_ceil(MARKS),
        }
    }

    /// The capture is paused: what comes from frame `from` on is only kept.
    pub(crate) fn pause(&mut self, from: u64) {
        self.owed = from;
    }

    /// The capture goes on with frame `now`: what is kept belongs to it, as far as it is no older
    /// than there is room for.
    pub(crate) fn resume(&mut self, now: u64) {
        let room = (self.samples.len() / self.channels) as u64;
        // What an earlier resume owes has nothing missing behind it.
        if self.start() >= self.owed {
            let old = now.saturating_sub(room).saturating_sub(self.start()) as usize;
            self.forget(old.saturating_mul(self.channels).min(self.held));
        }
        self.owed = u64::MAX;
    }

    /// The stream has a hole, and goes on with frame `frame`. Call [`release_all`](Self::release_all)
    /// before: what is not owed is forgotten, for what is kept has no hole.
    pub(crate) fn skip_to(&mut self, frame: u64) {
        self.forget(self.held);
        self.marks.clear();
        self.end = self.end.max(frame);
    }

    /// Notes that what comes next, `frame`, or exactly `place` on the delivered frames' axis, was at
    /// the device at `time` seconds.
    pub(crate) fn mark(&mut self, place: f64, frame: u64, time: f64) {
        let is_due = self
            .marks
            .back()
            .is_none_or(|last| frame.saturating_sub(last.1) >= self.mark_step);
        if is_due && self.marks.len() < self.marks.capacity() {
            self.marks.push_back((place, frame, time));
        }
    }

    /// Takes in the next frames of the stream: what is owed goes to the ring, in order.
    pub(crate) fn take(&mut self, samples: &[f32], producer: &mut Producer) {
        self.release(BURST.max(samples.len()), producer);
        let mut rest = samples;
        if self.held == 0 {
            let owed = self.owed.saturating_sub(self.end) as usize;
            let now = owed.saturating_mul(self.channels).min(samples.len());
            if now > 0 {
                self.begin(producer);
                self.end += (now / self.channels) as u64;
                producer.push(&samples[..now]);
                rest = &samples[now..];
            }
        }
        self.keep(rest);
    }

    /// Lets go all that is owed.
    pub(crate) fn release_all(&mut self, producer: &mut Producer) {
        self.release(usize::MAX, producer);
        if self.owed == u64::MAX {
            self.begin(producer);
        }
    }

    fn start(&self) -> u64 {
        self.end - (self.held / self.channels) as u64
    }

    /// Lets at most `most` samples of what is owed go to the ring.
    fn release(&mut self, most: usize, producer: &mut Producer) {
        let owed = self.owed.saturating_sub(self.start()) as usize;
        let mut left = owed.saturating_mul(self.channels).min(self.held).min(most);
        while left > 0 {
            self.begin(producer);
            let start = self.start();
            let until_mark = self.marks.front().map_or(u64::MAX, |mark| mark.1 - start) as usize;
            let now = left
                .min(self.samples.len() - self.oldest)
                .min(until_mark.saturating_mul(self.channels));
            producer.push(&self.samples[self.oldest..self.oldest + now]);
            self.forget(now);
            left -= now;
        }
    }

    /// The ring goes on with the oldest frame that is held, or else with the next one.
    fn begin(&mut self, producer: &mut Producer) {
        let start = self.start();
        // Behind a pause the stream begins here.
        producer.skip(start.saturating_sub(producer.frame()));
        while let Some(&(place, frame, time)) = self.marks.front()
            && (frame <= start || self.held == 0)
        {
            producer.mark(place, time);
            self.marks.pop_front();
        }
    }

    /// Puts frames behind the newest; the oldest make room.
    fn keep(&mut self, samples: &[f32]) {
        self.end += (samples.len() / self.channels) as u64;
        let capacity = self.samples.len();
        let newest = &samples[samples.len().saturating_sub(capacity)..];
        if newest.is_empty() {
            return;
        }
        let over = (self.held + newest.len()).saturating_sub(capacity);
        self.oldest = (self.oldest + over) % capacity;
        self.held -= over;
        let at = (self.oldest + self.held) % capacity;
        let (now, wrapped) = newest.split_at(newest.len().min(capacity - at));
        self.samples[at..at + now.len()].copy_from_slice(now);
        self.samples[..wrapped.len()].copy_from_slice(wrapped);
        self.held += newest.len();
        // The newest of the marks before the oldest frame says when that was.
        let start = self.start();
        while self.marks.get(1).is_some_and(|mark| mark.1 <= start) {
            self.marks.pop_front();
        }
    }

    fn forget(&mut self, samples: usize) {
        self.held -= samples;
        self.oldest = if self.held == 0 {
            0
        } else {
            (self.oldest + samples) % self.samples.len()
        };
    }
}
