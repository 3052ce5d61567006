//! Any ratio: a row of taps for each output frame, by its place between two input frames.

use std::sync::Arc;

use noxrun_kernels::{GROUP, Place, fir_rows};

use crate::rows::Rows;

/// Output frames that are made at once, at most.
const LOT: usize = 512;
/// The same where each needs a row that is made for it.
const BLENDED_LOT: usize = 8;

#[derive(Debug, Clone)]
pub(crate) struct Polyphase {
    rows: Arc<Rows>,
    /// Whole part and numerator of the fraction (over `denominator`) of the step, in input frames,
    /// from one output frame to the next.
    step: (usize, u32),
    denominator: u32,
    /// One run of `stride` samples a channel; its first `filled` are valid.
    history: Vec<f32>,
    stride: usize,
    filled: usize,
    /// Where the next output frame's window begins in the history, and its phase.
    position: usize,
    fraction: u32,
    places: Vec<Place>,
    /// Rows that the table does not hold.
    blended: Vec<[f32; GROUP]>,
    /// The output frames of one channel.
    lane: Vec<f32>,
}

impl Polyphase {
    /// For output frames at multiples of `numerator / denominator` input frames (a reduced
    /// fraction), and at most `slice` input frames at once.
    pub fn new(
        rows: Rows,
        numerator: u32,
        denominator: u32,
        channels: usize,
        slice: usize,
    ) -> Self {
        let (lot, blended) = if rows.is_complete() {
            (LOT, 0)
        } else {
            (BLENDED_LOT, BLENDED_LOT * rows.width())
        };
        let stride = rows.taps() + slice;
        Self {
            step: ((numerator / denominator) as usize, numerator % denominator),
            denominator,
            history: vec![0.0; stride * channels],
            stride,
            filled: rows.taps() - 1 - rows.ahead(),
            position: 0,
            fraction: 0,
            places: vec![Place::default(); lot],
            blended: vec![[0.0; GROUP]; blended],
            lane: vec![0.0; lot],
            rows: Arc::new(rows),
        }
    }

    pub fn reset(&mut self) {
        self.filled = self.rows.taps() - 1 - self.rows.ahead();
        self.position = 0;
        self.fraction = 0;
        for lane in self.history.chunks_exact_mut(self.stride) {
            lane[..self.filled].fill(0.0);
        }
    }

    /// Input frames that an output frame looks ahead.
    pub fn delay(&self) -> usize {
        self.rows.ahead()
    }

    /// Adds at most a slice of interleaved frames.
    pub fn append(&mut self, input: &[f32], channels: usize) {
        let frames = input.len() / channels;
        for (channel, lane) in self.history.chunks_exact_mut(self.stride).enumerate() {
            let lane = &mut lane[self.filled..self.filled + frames];
            if channels == 1 {
                lane.copy_from_slice(input);
            } else {
                for (to, frame) in lane.iter_mut().zip(input.chunks_exact(channels)) {
                    *to = frame[channel];
                }
            }
        }
        self.filled += frames;
    }

    /// Adds at most a slice of silence.
    pub fn append_silence(&mut self, frames: usize) {
        for lane in self.history.chunks_exact_mut(self.stride) {
            lane[self.filled..self.filled + frames].fill(0.0);
        }
        self.filled += frames;
    }

    /// Appends the frames whose windows are complete, at most `limit`, and says how many.
    pub fn emit(&mut self, channels: usize, limit: usize, out: &mut Vec<f32>) -> usize {
        let mut emitted = 0;
        loop {
            let count = self.plan(limit - emitted);
            if count == 0 {
                self.compact();
                return emitted;
            }
            self.make(count, channels, out);
            emitted += count;
        }
    }

    /// Notes the places of the next output frames and how many there are, at most `limit`.
    fn plan(&mut self, limit: usize) -> usize {
        // The last place where a window is complete.
        let Some(last) = self.filled.checked_sub(self.rows.taps()) else {
            return 0;
        };
        let mut count = 0;
        for place in self.places.iter_mut().take(limit) {
            if self.position > last {
                break;
            }
            // Phases and positions of a history are far below 2^32.
            *place = Place {
                row: self.fraction,
                start: self.position as u32,
            };
            self.position += self.step.0;
            self.fraction += self.step.1;
            if self.fraction >= self.denominator {
                self.fraction -= self.denominator;
                self.position += 1;
            }
            count += 1;
        }
        count
    }

    fn make(&mut self, count: usize, channels: usize, out: &mut Vec<f32>) {
        let width = self.rows.width();
        let places = &mut self.places[..count];
        let rows = if self.rows.is_complete() {
            self.rows.table()
        } else {
            let blended = self.blended.chunks_exact_mut(width);
            for ((index, place), row) in (0..).zip(places.iter_mut()).zip(blended) {
                self.rows.blend(place.row, row);
                place.row = index;
            }
            &self.blended
        };
        let start = out.len();
        out.resize(start + count * channels, 0.0);
        let out = &mut out[start..];
        if channels == 1 {
            fir_rows(out, rows, width, &self.history, places);
            return;
        }
        let lane = &mut self.lane[..count];
        for (channel, history) in self.history.chunks_exact(self.stride).enumerate() {
            fir_rows(lane, rows, width, history, places);
            for (frame, x) in out.chunks_exact_mut(channels).zip(lane.iter()) {
                frame[channel] = *x;
            }
        }
    }

    /// Moves what later windows need to the front.
    fn compact(&mut self) {
        // A step is shorter than the window, so the position never passes what is filled.
        let from = self.position.min(self.filled);
        for lane in self.history.chunks_exact_mut(self.stride) {
            lane.copy_within(from..self.filled, 0);
        }
        self.filled -= from;
        self.position -= from;
    }
}
