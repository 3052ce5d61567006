//! Everything that waits, up to the next gap, in one piece.

use super::Chunker;

/// Frames of the stream without a gap inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// How many.
    pub frames: usize,
    /// Index of the first, as [`Chunk::frame`](crate::Chunk::frame).
    pub frame: u64,
    /// When it was at the device, as [`Chunk::time`](crate::Chunk::time).
    pub time: f64,
}

impl Chunker {
    /// Appends all that waits up to the next gap to `out`; for one whose chunks do not overlap.
    /// `None`: nothing waits. After the end of the stream that is noted.
    pub fn next_stretch(&mut self, out: &mut Vec<f32>) -> Option<Stretch> {
        while !self.ended {
            let is_last = self.runs.len() == 1;
            let run = self.runs.front_mut()?;
            let held = std::mem::take(&mut run.held);
            if held == 0 {
                if is_last {
                    self.ended = self.finished;
                    return None;
                }
                self.runs.pop_front();
                continue;
            }
            let (frame, frames) = (run.frame, held / self.channels);
            run.frame += frames as u64;
            run.dropped_before = 0;
            out.extend(self.samples.drain(..held));
            self.fresh -= held;
            let time = self.time_of(frame);
            return Some(Stretch {
                frames,
                frame,
                time,
            });
        }
        None
    }
}
