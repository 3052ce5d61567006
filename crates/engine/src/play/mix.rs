//! What a stretch needs, and how what a head reads enters a bus.

use super::cursor::Step;
use super::line::Line;
use super::reader::{PAIR, Read, Reader, Reads};
use crate::block::MAX_BLOCK;
use crate::channel::{Gains, enter, heard};
use crate::sample::SampleData;

/// What the heads of one voice have in common in a stretch.
pub(crate) struct Stretch<'a> {
    pub sample: &'a SampleData,
    pub line: Line,
    pub fade_in: u32,
    pub fade_out: u32,
    pub frames: usize,
    /// The gain: in the room where it moves, else this.
    pub gain: f32,
    pub gain_moves: bool,
    /// The speed moves in this many frames, and is in the room for those; then it is `rate`.
    pub moving: usize,
    pub rate: f64,
}

/// Room for what a stretch needs.
pub(crate) struct Room {
    pub gain: [f32; MAX_BLOCK],
    pub rate: [f64; MAX_BLOCK],
    pub level: [f32; MAX_BLOCK],
    pub reads: [Read; MAX_BLOCK],
    reader: Reader,
}

impl Room {
    pub fn new() -> Self {
        // As in the reader: written, so that no callback is the first to touch it.
        Self {
            gain: std::hint::black_box([0.0; MAX_BLOCK]),
            rate: std::hint::black_box([0.0; MAX_BLOCK]),
            level: std::hint::black_box([0.0; MAX_BLOCK]),
            reads: std::hint::black_box([Read::NONE; MAX_BLOCK]),
            reader: Reader::new(),
        }
    }
}

/// Where a head's frames go.
pub(crate) struct Mix<'a> {
    pub bus: &'a mut [f32],
    pub stretch: &'a Stretch<'a>,
    pub line: Line,
    /// The level that every frame has; none: they are in the room.
    pub flat: Option<f32>,
}

impl Mix<'_> {
    /// Adds the `count` frames of the sound from `at` on.
    pub fn direct(&mut self, from: usize, at: usize, count: usize, room: &Room) {
        let gains = gains(self.flat, &room.level[from..from + count]);
        let sample = self.stretch.sample;
        for channel in 0..heard(sample.channels(), self.bus) {
            let source = &sample.channel(channel)[at..at + count];
            enter(self.bus, from, sample.channels(), channel, source, gains);
        }
    }

    /// Adds the `count` frames that the room's reads name, or as many of an even step.
    pub fn interpolated(
        &mut self,
        from: usize,
        count: usize,
        even: Option<(Read, Step)>,
        room: &mut Room,
    ) {
        if count == 0 {
            return;
        }
        let gains = gains(self.flat, &room.level[from..from + count]);
        let each = Reads::Each(&room.reads[from..from + count]);
        let reads = even.map_or(each, |(first, step)| Reads::Even(first, step, count));
        let sample = self.stretch.sample;
        let heard = heard(sample.channels(), self.bus);
        for first in (0..heard).step_by(PAIR) {
            let read = room.reader.read(sample, &self.line, first, heard, reads);
            for (channel, lane) in (first..).zip(&room.reader.lanes[..read]) {
                enter(
                    self.bus,
                    from,
                    sample.channels(),
                    channel,
                    &lane[..count],
                    gains,
                );
            }
        }
    }
}

fn gains(flat: Option<f32>, level: &[f32]) -> Gains<'_> {
    flat.map_or(Gains::Curve(level), Gains::Flat)
}
