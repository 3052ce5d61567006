//! The frames of a sound in the order in which a voice comes by them.
//!
//! The line is the sound as it lies there; where a region repeats, the line goes on with that region
//! for ever when it reaches its end. Before the sound, and after the end of one that does not
//! repeat, there is silence. A voice's offset and length choose a piece of the line and do not
//! change it: an interpolating read at either end sees the frames beyond.

/// How a sound is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// Length of the sound.
    pub frames: u64,
    /// What repeats: start and end, the end excluded. Never empty, within the sound.
    pub region: Option<(u64, u64)>,
}

impl Line {
    /// A region that is empty within the sound is none.
    pub fn new(frames: usize, repeat: Option<(u64, u64)>) -> Self {
        let frames = frames as u64;
        let region = repeat.map(|(start, end)| (start, end.min(frames)));
        Self {
            frames,
            region: region.filter(|(start, end)| start < end),
        }
    }

    /// The same sound, played on past the region.
    pub fn without_region(self) -> Self {
        Self {
            region: None,
            ..self
        }
    }

    /// One after the last frame that is read before the line jumps or ends.
    pub fn limit(&self) -> u64 {
        self.region.map_or(self.frames, |(_, end)| end)
    }

    /// The frame of the sound at place `at` of the line; `None` after its end.
    pub fn fold(&self, at: u64) -> Option<u64> {
        match self.region {
            _ if at < self.limit() => Some(at),
            Some((start, end)) => Some(start + (at - start) % (end - start)),
            None => None,
        }
    }

    /// Writes the line from place `from` on, in one channel's frames, into `out`.
    pub fn unroll(&self, source: &[f32], from: i64, out: &mut [f32]) {
        let silent = usize::try_from(-from).unwrap_or(0).min(out.len());
        out[..silent].fill(0.0);
        let mut done = silent;
        while done < out.len() {
            let Some(at) = self.fold((from + done as i64) as u64) else {
                out[done..].fill(0.0);
                return;
            };
            let run = ((self.limit() - at) as usize).min(out.len() - done);
            out[done..done + run].copy_from_slice(&source[at as usize..at as usize + run]);
            done += run;
            if self.region == Some((at, at + run as u64)) {
                repeat_last(out, done, run);
                return;
            }
        }
    }
}

/// Fills `out` from `done` on with repetitions of the `lap` frames before, in ever longer copies:
/// a region may be a single frame.
fn repeat_last(out: &mut [f32], mut done: usize, mut lap: usize) {
    while done < out.len() {
        let run = lap.min(out.len() - done);
        out.copy_within(done - lap..done - lap + run, done);
        done += run;
        lap += run;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every frame holds its own index + 1, so that silence can be told.
    fn unrolled(line: Line, from: i64, count: usize) -> Vec<f32> {
        let source: Vec<f32> = (1..=line.frames).map(|n| n as f32).collect();
        let mut out = vec![f32::NAN; count];
        line.unroll(&source, from, &mut out);
        out
    }

    #[test]
    fn a_line_is_silent_on_both_sides_of_a_sound() {
        let line = Line::new(3, None);
        assert_eq!(unrolled(line, -2, 7), [0.0, 0.0, 1.0, 2.0, 3.0, 0.0, 0.0]);
        assert_eq!(unrolled(line, -9, 4), [0.0; 4]);
        assert_eq!(unrolled(line, 5, 2), [0.0; 2]);
    }

    #[test]
    fn a_line_repeats_its_region_whatever_its_length() {
        for (start, end) in [(0, 8), (3, 4), (3, 8), (2, 5), (0, 1), (7, 8)] {
            let line = Line::new(8, Some((start, end)));
            for from in -5..30 {
                let expected: Vec<f32> = (from..from + 40)
                    .map(|place: i64| match place {
                        ..0 => 0.0,
                        place if place < end as i64 => (place + 1) as f32,
                        place => {
                            let (start, end) = (start as i64, end as i64);
                            (start + (place - start) % (end - start) + 1) as f32
                        }
                    })
                    .collect();
                assert_eq!(unrolled(line, from, 40), expected, "{start}..{end}, {from}");
            }
        }
    }

    #[test]
    fn a_region_that_is_empty_within_the_sound_is_none() {
        for repeat in [(5, 5), (6, 5), (8, 9), (20, 30), (u64::MAX, u64::MAX)] {
            assert_eq!(Line::new(8, Some(repeat)), Line::new(8, None));
        }
        assert_eq!(Line::new(8, Some((2, u64::MAX))).region, Some((2, 8)));
    }
}
