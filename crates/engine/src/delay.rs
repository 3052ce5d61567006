//! A line that makes sound later by whole frames, so that paths of different latency meet in time.
//!
//! Its memory comes from outside; without any it passes everything at once. A new delay is faded to
//! over 10 ms; where the line does not remember far enough back, the late sound fades in when it
//! comes.

use crate::ramp::{Curve, Ramp};
use crate::renderer::MAX_BLOCK;

#[derive(Debug, Clone, Copy)]
struct Reader {
    delay: usize,
    gain: Ramp,
    /// Frames until its gain begins to rise.
    wait: usize,
    fade: u32,
}

impl Reader {
    const IDLE: Self = Self {
        delay: 0,
        gain: Ramp::at(0.0),
        wait: 0,
        fade: 0,
    };

    fn is_silent(&self) -> bool {
        self.wait == 0 && !self.gain.is_moving() && self.gain.current() == 0.0
    }

    fn next_gain(&mut self) -> f32 {
        if self.wait > 0 {
            self.wait -= 1;
            if self.wait == 0 {
                self.gain.set(1.0, self.fade, Curve::Linear);
            }
            return 0.0;
        }
        self.gain.next_value() as f32
    }
}

/// Floats of memory for a delay of up to `frames` frames.
pub fn line_memory(frames: usize, channels: usize) -> usize {
    channels * (frames + MAX_BLOCK)
}

/// See the module's text.
#[derive(Debug)]
pub(crate) struct DelayLine {
    /// For each channel a ring of `capacity` frames, and behind all of them room for a stretch.
    memory: Box<[f32]>,
    channels: usize,
    capacity: usize,
    write: usize,
    /// Frames that the ring remembers.
    filled: usize,
    /// Newest first.
    readers: [Reader; 2],
    /// Frames since sound went in.
    quiet: usize,
}

impl Default for DelayLine {
    fn default() -> Self {
        Self {
            memory: Box::default(),
            channels: 0,
            capacity: 0,
            write: 0,
            filled: 0,
            readers: [
                Reader {
                    gain: Ramp::at(1.0),
                    ..Reader::IDLE
                },
                Reader::IDLE,
            ],
            quiet: usize::MAX,
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

    /// Forgets everything and delays by nothing. The memory stays.
    pub fn clear(&mut self) {
        self.readers = Self::default().readers;
        self.filled = 0;
        self.quiet = usize::MAX;
    }

    /// Goes over to another delay within `fade` frames; at once when `fresh`.
    pub fn aim(&mut self, delay: u32, fade: u32, fresh: bool) {
        let delay = (delay as usize).min(self.capacity);
        if self.readers[0].delay == delay {
            return;
        }
        if fresh {
            self.readers[0].delay = delay;
            return;
        }
        let mut old = self.readers[0];
        old.wait = 0;
        old.gain.set(0.0, fade, Curve::Linear);
        let mut new = Reader {
            delay,
            fade,
            ..Reader::IDLE
        };
        new.wait = delay.saturating_sub(self.filled);
        if new.wait == 0 {
            new.gain.set(1.0, fade, Curve::Linear);
        }
        self.readers = [new, old];
    }

    /// A stretch passes it by: it remembers nothing from here on.
    pub fn skip(&mut self) {
        self.filled = 0;
    }

    /// Whether it does anything.
    pub fn is_used(&self) -> bool {
        self.readers[0].delay > 0 || !self.readers[1].is_silent() || self.readers[0].wait > 0
    }

    /// Whether sound is still on its way through it.
    pub fn is_busy(&self) -> bool {
        self.is_used() && self.quiet < self.capacity
    }

    /// Delays a stretch (planar, [`MAX_BLOCK`] frames a channel) and returns it, equally laid out.
    pub fn run(&mut self, from: &[f32], frames: usize, sounding: bool) -> &[f32] {
        let Self {
            memory,
            channels,
            capacity,
            write,
            readers,
            ..
        } = self;
        let (rings, room) = memory.split_at_mut(*channels * *capacity);
        for channel in 0..*channels {
            let ring = &mut rings[channel * *capacity..][..*capacity];
            let source = &from[channel * MAX_BLOCK..][..frames];
            let out = &mut room[channel * MAX_BLOCK..][..frames];
            // Each channel walks the same gains.
            let mut readers = *readers;
            let mut place = *write;
            for (sample, out) in source.iter().zip(out) {
                let sample = if sounding { *sample } else { 0.0 };
                let mut sum = 0.0;
                for reader in &mut readers {
                    let back = (place + *capacity - reader.delay) % *capacity;
                    let late = if reader.delay == 0 {
                        sample
                    } else {
                        ring[back]
                    };
                    sum += late * reader.next_gain();
                }
                ring[place] = sample;
                place = (place + 1) % *capacity;
                *out = sum;
            }
        }
        for _ in 0..frames {
            for reader in readers.iter_mut() {
                reader.next_gain();
            }
        }
        *write = (*write + frames) % (*capacity).max(1);
        self.filled = (self.filled + frames).min(self.capacity);
        self.quiet = if sounding {
            0
        } else {
            self.quiet.saturating_add(frames)
        };
        &self.memory[self.channels * self.capacity..]
    }
}
