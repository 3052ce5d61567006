//! Reads between the frames of a sound.

use super::cursor::{Cursor, Step};
use super::line::Line;
use super::sinc::{HALF, MAX_TAPS, Sinc, TAPS};
use crate::block::MAX_BLOCK;
use crate::command::RATES;
use crate::sample::SampleData;
use noxrun_kernels as kernels;
use std::hint::black_box;

/// Channels that are read with one set of taps.
pub(crate) const PAIR: usize = 2;

/// Most frames of a sound that one stretch is made of.
const SPAN: usize = MAX_BLOCK * *RATES.end() as usize + MAX_TAPS + 8;

/// Where one frame is read, and at what speed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    at: u64,
    behind: u64,
    part: u32,
    rate: f64,
}

impl Read {
    pub const NONE: Self = Self {
        at: 0,
        behind: 0,
        part: 0,
        rate: 1.0,
    };

    pub fn new(cursor: &Cursor, rate: f64) -> Self {
        Self {
            at: cursor.at,
            behind: cursor.behind,
            part: cursor.part,
            rate,
        }
    }
}

/// What to read.
#[derive(Clone, Copy)]
pub(crate) enum Reads<'a> {
    /// Frames with a place and a speed of their own.
    Each(&'a [Read]),
    /// As many frames, one step apart, at one speed beyond 1.
    Even(Read, Step, usize),
}

pub(crate) struct Reader {
    sinc: &'static Sinc,
    taps: [f32; MAX_TAPS],
    windows: [[f32; SPAN]; PAIR],
    /// What was read, one lane a channel.
    pub lanes: [[f32; MAX_BLOCK]; PAIR],
}

impl Reader {
    pub fn new() -> Self {
        // Through a black box: memory that is merely asked for as zeros is first touched, and may
        // fault, in a callback.
        Self {
            sinc: Sinc::shared(),
            taps: black_box([0.0; MAX_TAPS]),
            windows: black_box([[0.0; SPAN]; PAIR]),
            lanes: black_box([[0.0; MAX_BLOCK]; PAIR]),
        }
    }

    /// Reads `sample`'s channel `first` and, where there is one among the first `heard`, the next
    /// one into the lanes. Returns how many channels it read.
    pub fn read(
        &mut self,
        sample: &SampleData,
        line: &Line,
        first: usize,
        heard: usize,
        reads: Reads,
    ) -> usize {
        let one = sample.channel(first);
        let two = (first + 1 < heard).then(|| sample.channel(first + 1));
        match reads {
            Reads::Each(reads) => self.gather(one, two, line, reads),
            Reads::Even(from, step, count) => self.spread(one, two, line, from, step, count),
        }
        1 + usize::from(two.is_some())
    }

    /// For every frame that is heard, the sum over the frames of the sound around it.
    fn gather(&mut self, one: &[f32], two: Option<&[f32]>, line: &Line, reads: &[Read]) {
        let [lane_one, lane_two] = &mut self.lanes;
        let [room_one, room_two] = &mut self.windows;
        // A voice back at speed 1 meets the same taps on every frame.
        let mut held = None;
        let (mut count, mut factor) = (0, 1.0);
        for (frame, read) in reads.iter().enumerate() {
            if held != Some((read.part, read.rate)) {
                held = Some((read.part, read.rate));
                (count, factor) = self.sinc.taps(read.part, read.rate, &mut self.taps);
            }
            let taps = &self.taps[..count];
            let back = count / 2 - 1;
            let one = window(line, one, read, back, &mut room_one[..count]);
            lane_one[frame] = kernels::dot(taps, one) * factor;
            if let Some(two) = two {
                let two = window(line, two, read, back, &mut room_two[..count]);
                lane_two[frame] = kernels::dot(taps, two) * factor;
            }
        }
    }

    /// The same sums for frames that are one even step apart, in another order: every frame of the
    /// sound is spread over the frames that hear it. Seen from there the filter is not stretched,
    /// so that its taps are the table's rows, and they serve all channels.
    fn spread(
        &mut self,
        one: &[f32],
        two: Option<&[f32]>,
        line: &Line,
        from: Read,
        step: Step,
        count: usize,
    ) {
        let back = (HALF as f64 * from.rate).ceil() as usize + 1;
        let last = step.times(count as u64 - 1) + u64::from(from.part);
        let span = back + (last >> 32) as usize + back + 1;
        let [lane_one, lane_two] = &mut self.lanes;
        let (lane_one, lane_two) = (&mut lane_one[..count], &mut lane_two[..count]);
        let [room_one, room_two] = &mut self.windows;
        let one = window(line, one, &from, back, &mut room_one[..span]);
        let two = two.map(|two| window(line, two, &from, back, &mut room_two[..span]));
        lane_one.fill(0.0);
        lane_two.fill(0.0);
        let mut place = step.places(from.part, back as u64);
        for (index, x) in one.iter().enumerate() {
            let (frame, part) = place.next();
            // Tap `t` belongs to frame `t + frame - HALF + 1`.
            let first = frame + 1 - HALF as i64;
            let skipped = usize::try_from(-first).unwrap_or(0);
            let end = usize::try_from(count as i64 - first).unwrap_or(0).min(TAPS);
            if skipped >= end {
                continue;
            }
            let taps = &mut self.taps[..end - skipped];
            self.sinc.row(part, skipped, taps);
            let frames = (first + skipped as i64) as usize..(first + end as i64) as usize;
            add(&mut lane_one[frames.clone()], *x, taps);
            if let Some(two) = two {
                add(&mut lane_two[frames], two[index], taps);
            }
        }
        let factor = (1.0 / from.rate) as f32;
        for lane in [lane_one, lane_two] {
            lane.iter_mut().for_each(|value| *value *= factor);
        }
    }
}

/// Inlined: for some seventy taps a call into the kernels costs what it saves.
fn add(lane: &mut [f32], x: f32, taps: &[f32]) {
    for (sum, tap) in lane.iter_mut().zip(taps) {
        *sum += x * tap;
    }
}

/// As much of the line as `room` holds, from `back` frames before a read on.
fn window<'a>(
    line: &Line,
    source: &'a [f32],
    read: &Read,
    back: usize,
    room: &'a mut [f32],
) -> &'a [f32] {
    let back = back as u64;
    // After a lap, what came before the region's start is the region's end.
    let lowest = match line.region {
        Some((start, _)) if read.behind > 0 => start,
        _ => 0,
    };
    if read.at >= lowest + back && read.at - back + room.len() as u64 <= line.limit() {
        return &source[(read.at - back) as usize..][..room.len()];
    }
    line.unroll(source, (read.at + read.behind) as i64 - back as i64, room);
    room
}
