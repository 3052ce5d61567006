//! A line that makes sound later by whole frames, so that paths of different latency meet in time.
//!
//! Its memory comes from outside; without any it passes everything at once. It goes over to another
//! delay by a 10 ms crossfade, which begins when the line remembers far enough back. What it has not
//! heard is silence.

use crate::block::MAX_BLOCK;
use crate::ramp::{Curve, Ramp};

/// Memory for a delay of up to `frames` frames. It has been touched: no callback is the first to
/// fault a page of it in.
pub fn line_memory(frames: usize, channels: usize) -> Box<[f32]> {
    let floats = channels * (frames + MAX_BLOCK);
    (0..floats).map(|_| std::hint::black_box(0.0)).collect()
}

/// See the module's text.
#[derive(Debug)]
pub(crate) struct DelayLine {
    /// For each channel a ring of `capacity` frames, and behind all of them room for a stretch.
    memory: Box<[f32]>,
    channels: usize,
    capacity: usize,
    write: usize,
    /// Frames that the ring holds; what is older is silence.
    filled: usize,
    /// Frames for which it has followed its source, silence that was not written included.
    known: usize,
    /// Frames since sound went in.
    quiet: usize,
    delay: usize,
    /// The delay that it goes over to, `wait` frames from now.
    next: Option<usize>,
    wait: usize,
    mix: Ramp,
    /// The delay that was asked for last, and how long it takes to go over.
    goal: usize,
    fade: u32,
}

impl Default for DelayLine {
    fn default() -> Self {
        Self {
            memory: Box::default(),
            channels: 0,
            capacity: 0,
            write: 0,
            filled: 0,
            known: 0,
            quiet: usize::MAX,
            delay: 0,
            next: None,
            wait: 0,
            mix: Ramp::at(0.0),
            goal: 0,
            fade: 0,
        }
    }
}

impl DelayLine {
    /// Takes memory and gives back what it had. What the old memory remembers is kept.
    pub fn equip(&mut self, memory: Box<[f32]>, channels: usize) -> Box<[f32]> {
        let capacity = (memory.len() / channels.max(1)).saturating_sub(MAX_BLOCK);
        if capacity <= self.capacity {
            return memory;
        }
        let old = std::mem::replace(&mut self.memory, memory);
        let (old_capacity, old_write) = (self.capacity, self.write);
        let kept = self.filled.min(old_capacity);
        for channel in 0..channels {
            for back in 1..=kept {
                let from = (old_write + old_capacity - back) % old_capacity;
                self.memory[channel * capacity + capacity - back] =
                    old[channel * old_capacity + from];
            }
        }
        (self.channels, self.capacity, self.write, self.filled) = (channels, capacity, 0, kept);
        old
    }

    /// Gives its memory back.
    pub fn unequip(&mut self) -> Box<[f32]> {
        let memory = std::mem::take(&mut self.memory);
        *self = Self::default();
        memory
    }

    /// Frames by which it can delay at most.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Frames by which it delays, or will.
    pub fn goal(&self) -> usize {
        self.goal
    }

    /// Frames for which something may still be on its way through it.
    pub fn longest(&self) -> usize {
        self.delay.max(self.next.unwrap_or(0))
    }

    /// Forgets everything and delays by nothing. The memory stays.
    pub fn clear(&mut self) {
        self.skip();
        self.aim(0, 0, true);
    }

    /// Forgets what it has heard.
    pub fn forget(&mut self) {
        self.filled = 0;
        self.quiet = usize::MAX;
    }

    /// Goes over to another delay within `fade` frames; at once when `fresh`.
    pub fn aim(&mut self, delay: u32, fade: u32, fresh: bool) {
        self.goal = (delay as usize).min(self.capacity);
        self.fade = fade;
        if fresh || fade == 0 {
            self.delay = self.goal;
            self.next = None;
        } else if self.next.is_none() || self.wait > 0 {
            self.next = None;
            self.turn();
        }
    }

    /// Begins to go over where it is not yet as it should be.
    fn turn(&mut self) {
        if self.goal != self.delay {
            self.next = Some(self.goal);
            self.wait = self.goal.saturating_sub(self.known);
            self.mix = Ramp::at(0.0);
            self.mix.set(1.0, self.fade, Curve::Linear);
        }
    }

    /// Frames for which it goes on as it does now, of `frames`.
    fn segment(&self, frames: usize) -> usize {
        match self.next {
            None => frames,
            Some(_) if self.wait > 0 => frames.min(self.wait),
            Some(_) => frames.min(self.mix.remaining() as usize),
        }
    }

    /// A segment is over.
    fn advance(&mut self, frames: usize, sounding: bool) {
        self.known = (self.known + frames).min(self.capacity);
        self.quiet = if sounding {
            0
        } else {
            self.quiet.saturating_add(frames)
        };
        let Some(next) = self.next else { return };
        if self.wait > 0 {
            self.wait -= frames;
            return;
        }
        self.mix.advance(frames as u32);
        if !self.mix.is_moving() {
            self.delay = next;
            self.next = None;
            self.turn();
        }
    }

    /// A stretch passes it by: it remembers nothing from here on.
    pub fn skip(&mut self) {
        self.forget();
        self.known = 0;
    }

    /// A stretch of silence passes that need not be written: it holds no sound.
    pub fn rest(&mut self, mut frames: usize) {
        self.filled = 0;
        while frames > 0 {
            let segment = self.segment(frames);
            self.advance(segment, false);
            frames -= segment;
        }
    }

    /// Whether it does anything.
    pub fn is_used(&self) -> bool {
        self.delay > 0 || self.next.is_some()
    }

    /// Whether it goes over to another delay.
    pub fn is_turning(&self) -> bool {
        self.next.is_some()
    }

    /// Whether it holds nothing but silence.
    pub fn is_silent(&self) -> bool {
        self.quiet >= self.capacity
    }

    /// Whether sound is still on its way through it.
    pub fn is_busy(&self) -> bool {
        self.is_used() && !self.is_silent()
    }

    /// Delays a stretch (planar, [`MAX_BLOCK`] frames a channel) and returns it, equally laid out.
    pub fn run(&mut self, from: &[f32], frames: usize, sounding: bool) -> &[f32] {
        let mut start = 0;
        while start < frames {
            let segment = self.segment(frames - start);
            self.pass(from, start..start + segment, sounding);
            self.advance(segment, sounding);
            start += segment;
        }
        &self.memory[self.channels * self.capacity..][..self.channels * MAX_BLOCK]
    }

    fn pass(&mut self, from: &[f32], segment: std::ops::Range<usize>, sounding: bool) {
        let (rings, room) = self.memory.split_at_mut(self.channels * self.capacity);
        let fading = self.next.filter(|_| self.wait == 0);
        for channel in 0..self.channels {
            let ring = &mut rings[channel * self.capacity..][..self.capacity];
            let source = &from[channel * MAX_BLOCK..][segment.clone()];
            let out = &mut room[channel * MAX_BLOCK..][segment.clone()];
            // Each channel walks the same curve.
            let mut mix = self.mix;
            let (mut place, mut filled) = (self.write, self.filled);
            for (sample, out) in source.iter().zip(out) {
                let sample = if sounding { *sample } else { 0.0 };
                let late = |delay: usize| match delay {
                    0 => sample,
                    _ if delay > filled => 0.0,
                    _ if delay > place => ring[place + ring.len() - delay],
                    _ => ring[place - delay],
                };
                *out = late(self.delay);
                if let Some(next) = fading {
                    let gain = mix.next_value() as f32;
                    *out = *out * (1.0 - gain) + late(next) * gain;
                }
                ring[place] = sample;
                place = if place + 1 == ring.len() {
                    0
                } else {
                    place + 1
                };
                filled += 1;
            }
        }
        self.write = (self.write + segment.len()) % self.capacity.max(1);
        self.filled = (self.filled + segment.len()).min(self.capacity);
    }
}
