//! A place on a sound's line, in fixed point: nothing accumulates rounding.

use super::line::Line;
use crate::command::RATES;

/// One frame, in parts.
const ONE: u64 = 1 << 32;

/// From this many frames of finished laps on, an interpolating read sees none of what was before
/// the region.
const FORGOTTEN: u64 = 4_096;

/// A speed within what voices take: parameters are not checked on their way here.
pub(crate) fn speed(rate: f64) -> f64 {
    // Written so that what is not a number ends at the lower bound.
    if rate > *RATES.start() {
        rate.min(*RATES.end())
    } else {
        *RATES.start()
    }
}

/// How far a frame of a given speed goes, in parts of 2^-32 of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step(u64);

impl Step {
    pub fn of(rate: f64) -> Self {
        Self((speed(rate) * ONE as f64).round() as u64)
    }

    /// Whether it leads from frame to frame.
    pub fn is_one(self) -> bool {
        self.0 == ONE
    }

    /// `count` of it, in parts of a frame.
    pub fn times(self, count: u64) -> u64 {
        self.0 * count
    }

    /// The places of the frames of a sound from `back` frames before a read on, whose frame is
    /// `part` behind it.
    pub fn places(self, part: u32, back: u64) -> Places {
        let step = i128::from(self.0);
        let way = -(i128::from(back) << 64) - (i128::from(part) << 32);
        let apart = 1i128 << 64;
        Places {
            place: way.div_euclid(step) as i64,
            rest: way.rem_euclid(step) as u64,
            apart: (apart / step) as i64,
            apart_rest: (apart % step) as u64,
            step: self.0,
        }
    }

    /// Whether `frames` of it cover what is left of a line.
    pub fn covers(self, left: u128, frames: u64) -> bool {
        u128::from(self.0) * u128::from(frames) >= left
    }

    /// How many of it there are in what is left of a line, the last one cut off.
    pub fn count(self, left: u128) -> u64 {
        u64::try_from(left.div_ceil(u128::from(self.0))).unwrap_or(u64::MAX)
    }
}

/// Where the frames of a sound lie among the frames that are heard: places that are 1 / step apart.
///
/// They are exact quotients rounded down, kept as quotient and remainder: wherever the counting
/// begins, the same frame has the same place among the same others.
pub(crate) struct Places {
    place: i64,
    rest: u64,
    apart: i64,
    apart_rest: u64,
    step: u64,
}

impl Places {
    /// The next frame of the sound: the frame that is heard at it or before it, and the rest of the
    /// way in parts of 2^-32.
    pub fn next(&mut self) -> (i64, u32) {
        let place = self.place;
        self.place += self.apart;
        self.rest += self.apart_rest;
        if self.rest >= self.step {
            self.rest -= self.step;
            self.place += 1;
        }
        (place >> 32, place as u32)
    }
}

/// Where a head is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor {
    /// Frame of the sound.
    pub at: u64,
    /// What it is beyond that frame, in parts of 2^-32.
    pub part: u32,
    /// Frames of the line that laps around the region have put behind `at`.
    pub behind: u64,
    /// Frames it has sounded for.
    pub age: u32,
    /// It began before the end of the region, so it stays in it.
    repeats: bool,
    /// What it may still go, in parts of a frame.
    length: Option<u128>,
}

impl Cursor {
    pub fn new(line: &Line, offset: u64, length: Option<u64>) -> Self {
        let cursor = Self {
            at: 0,
            part: 0,
            behind: 0,
            age: 0,
            repeats: false,
            length: length.map(|frames| u128::from(frames) << 32),
        };
        cursor.sought(line, offset)
    }

    /// The same voice elsewhere: its length and its age count on. Beyond the end of the region it
    /// goes on to the end of the sound.
    pub fn sought(mut self, line: &Line, position: u64) -> Self {
        self.at = position.min(line.frames);
        self.part = 0;
        self.behind = 0;
        self.repeats = line.region.is_some_and(|(_, end)| position < end);
        self
    }

    /// What is ahead of it.
    pub fn line(&self, line: &Line) -> Line {
        if self.repeats {
            *line
        } else {
            line.without_region()
        }
    }

    /// How far it is to the natural end, in parts of a frame; `None`: there is none.
    pub fn left(&self, line: &Line) -> Option<u128> {
        if self.repeats {
            return self.length;
        }
        let frames = u128::from(line.frames.saturating_sub(self.at)) << 32;
        let to_end = frames.saturating_sub(u128::from(self.part));
        Some(self.length.map_or(to_end, |length| length.min(to_end)))
    }

    pub fn is_over(&self, line: &Line) -> bool {
        self.left(line) == Some(0)
    }

    /// Goes on by one frame of the engine.
    pub fn step(&mut self, line: &Line, step: Step) {
        let sum = u64::from(self.part) + (step.0 & (ONE - 1));
        self.part = sum as u32;
        self.advance(line, (step.0 >> 32) + (sum >> 32), 1);
        self.length = self
            .length
            .map(|left| left.saturating_sub(u128::from(step.0)));
    }

    /// Goes on by `frames` frames at speed 1.
    pub fn skip(&mut self, line: &Line, frames: u64) {
        self.advance(line, frames, frames);
        let gone = u128::from(frames) << 32;
        self.length = self.length.map(|left| left.saturating_sub(gone));
    }

    fn advance(&mut self, line: &Line, by: u64, age: u64) {
        self.at += by;
        self.age = self
            .age
            .saturating_add(u32::try_from(age).unwrap_or(u32::MAX));
        if self.repeats
            && let Some((start, end)) = line.region
            && self.at >= end
        {
            let within = (self.at - start) % (end - start);
            if self.behind < FORGOTTEN {
                self.behind += self.at - start - within;
            }
            self.at = start + within;
        }
    }

    /// Frames of the sound.
    pub fn position(&self) -> f64 {
        self.at as f64 + f64::from(self.part) / ONE as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_the_speed_rounded_to_fixed_point_and_never_out_of_bounds() {
        assert!(Step::of(1.0).is_one());
        assert_eq!(Step::of(1.0 / 3.0), Step(1_431_655_765));
        assert_eq!(Step::of(16.0), Step(16 << 32));
        for rate in [17.0, f64::INFINITY, f64::MAX] {
            assert_eq!(Step::of(rate), Step(16 << 32));
        }
        for rate in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(Step::of(rate), Step(1 << 28));
        }
    }

    #[test]
    fn a_million_thirds_of_a_frame_are_where_one_multiplication_says() {
        let line = Line::new(1_000_000, None);
        let mut cursor = Cursor::new(&line, 0, None);
        for _ in 0..1_000_000 {
            cursor.step(&line, Step::of(1.0 / 3.0));
        }
        let parts = 1_431_655_765u64 * 1_000_000;
        assert_eq!((cursor.at, cursor.part), (parts >> 32, parts as u32));
    }

    #[test]
    fn a_step_longer_than_its_region_ends_within_it() {
        let line = Line::new(100, Some((10, 13)));
        let mut cursor = Cursor::new(&line, 0, Some(1_000));
        for k in 1..=40u64 {
            cursor.step(&line, Step::of(16.0));
            let place = 16 * k;
            let expected = if place < 13 {
                place
            } else {
                10 + (place - 10) % 3
            };
            assert_eq!(cursor.at, expected, "step {k}");
        }
        assert_eq!(cursor.left(&line), Some(360 << 32));
    }
}
