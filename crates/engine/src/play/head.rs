//! A read head: a cursor, its own fade, and the mixing of what it reads.
//!
//! A pause fades out over 10 ms while the position stays where the pause was asked for; a resume or
//! a seek before that fade is over must not click. So a voice reads its sound through several
//! heads: one that plays, and the fading tails of earlier pauses and seeks.

use super::cursor::{Cursor, Step, speed};
use super::line::Line;
use super::mix::{Mix, Room, Stretch};
use super::reader::Read;
use crate::ramp::{Curve, Ramp};

#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub cursor: Cursor,
    /// Something of it will be heard, unless its sound is over.
    pub active: bool,
    /// It ends with its fade.
    pub dying: bool,
    pub fade: Ramp,
}

impl Head {
    /// A head that plays, rising over `fade` frames (0: at once).
    pub fn new(cursor: Cursor, fade: u32) -> Self {
        let mut ramp = Ramp::at(if fade > 0 { 0.0 } else { 1.0 });
        ramp.set(1.0, fade, Curve::Linear);
        Self {
            cursor,
            active: true,
            dying: false,
            fade: ramp,
        }
    }

    /// Lets it fade out. A fade of one frame has no audible one.
    pub fn die(&mut self, fade: u32) {
        self.dying = true;
        if fade <= 1 {
            self.active = false;
        } else {
            self.fade.set(0.0, fade, Curve::Linear);
        }
    }

    /// What its fades make of the voice's loudness, without the rise at its start: a voice that
    /// begins softly is not the first to give way.
    pub fn level(&self, line: &Line, fade_out: u32, rate: f64) -> f64 {
        if !self.active {
            return 0.0;
        }
        let falling = fade_out_value(&self.cursor, line, fade_out, Step::of(rate));
        self.fade.current() * falling.unwrap_or(0.0)
    }

    /// Adds a stretch to `bus` and returns how many of its frames sounded.
    pub fn render(&mut self, bus: &mut [f32], stretch: &Stretch, room: &mut Room) -> usize {
        // The last frame of a fade to nothing is silent already.
        let audible = if self.dying {
            self.fade.remaining().saturating_sub(1) as usize
        } else {
            usize::MAX
        };
        let wanted = stretch.frames.min(audible);
        let curved = self.shape(stretch, wanted, room);
        let flat = stretch.gain * self.fade.current() as f32;
        let mut mix = Mix {
            bus,
            stretch,
            line: self.cursor.line(&stretch.line),
            flat: (!curved).then_some(flat),
        };
        let moving = stretch.moving.min(wanted);
        let mut done = self.move_on(&mut mix, moving, room);
        let mut over = done < moving;
        if !over && done < wanted {
            let resting = self.go_on(&mut mix, done, wanted - done, room);
            done += resting;
            over = done < wanted;
        }
        if over || self.cursor.is_over(&mix.line) || (self.dying && self.fade.remaining() <= 1) {
            self.active = false;
        }
        done
    }

    /// Writes the product of the gain, its own fade and the voice's rise for the next `frames`
    /// frames into the room. `false`: it is the same on every frame, and nothing was written.
    fn shape(&mut self, stretch: &Stretch, frames: usize, room: &mut Room) -> bool {
        let level = &mut room.level[..frames];
        let rising = self.cursor.age < stretch.fade_in;
        let falling = stretch.fade_out > 0
            && self.cursor.left(&stretch.line).is_some_and(|left| {
                let frames = u64::from(stretch.fade_out) + frames as u64;
                Step::of(f64::INFINITY).covers(left, frames)
            });
        if self.fade.is_moving() {
            self.fade.fill(level);
        } else if stretch.gain_moves || rising || falling {
            level.fill(self.fade.current() as f32);
        } else {
            return false;
        }
        if stretch.gain_moves {
            multiply(level, &room.gain);
        } else {
            level.iter_mut().for_each(|value| *value *= stretch.gain);
        }
        if rising {
            for (value, k) in level.iter_mut().zip(self.cursor.age..stretch.fade_in) {
                *value *= (f64::from(k + 1) / f64::from(stretch.fade_in)) as f32;
            }
        }
        true
    }

    /// Mixes the first `frames` frames, in which the speed moves. Returns how many there were
    /// before the natural end.
    fn move_on(&mut self, mix: &mut Mix, frames: usize, room: &mut Room) -> usize {
        let mut done = 0;
        while done < frames {
            let rate = speed(room.rate[done]);
            let step = Step::of(rate);
            let fade_out = mix.stretch.fade_out;
            let Some(value) = fade_out_value(&self.cursor, &mix.line, fade_out, step) else {
                break;
            };
            room.level[done] *= value as f32;
            room.reads[done] = Read::new(&self.cursor, rate);
            self.cursor.step(&mix.line, step);
            done += 1;
        }
        mix.interpolated(0, done, None, room);
        done
    }

    /// Mixes `frames` frames from frame `from` of the stretch on, in which the speed rests. Returns
    /// how many there were before the natural end.
    fn go_on(&mut self, mix: &mut Mix, from: usize, frames: usize, room: &mut Room) -> usize {
        let rate = speed(mix.stretch.rate);
        let step = Step::of(rate);
        let mut count = frames;
        if let Some(left) = self.cursor.left(&mix.line) {
            let (left, fade) = (step.count(left), mix.stretch.fade_out);
            let audible = if fade > 0 {
                left.saturating_sub(1)
            } else {
                left
            };
            count = usize::try_from(audible).unwrap_or(usize::MAX).min(frames);
            if left.saturating_sub(count as u64) < u64::from(fade) {
                for (value, k) in room.level[from..from + count].iter_mut().zip(0..) {
                    *value *= falling(fade, left - k) as f32;
                }
            }
        }
        if step.is_one() && self.cursor.part == 0 {
            self.direct(mix, from, count, room);
        } else if rate > 1.0 {
            let first = Read::new(&self.cursor, rate);
            for _ in 0..count {
                self.cursor.step(&mix.line, step);
            }
            mix.interpolated(from, count, Some((first, step)), room);
        } else {
            for read in &mut room.reads[from..from + count] {
                *read = Read::new(&self.cursor, rate);
                self.cursor.step(&mix.line, step);
            }
            mix.interpolated(from, count, None, room);
        }
        count
    }

    /// Mixes frames as they are.
    fn direct(&mut self, mix: &mut Mix, from: usize, count: usize, room: &Room) {
        let mut done = 0;
        while done < count {
            let at = self.cursor.at as usize;
            let run = (mix.line.limit() as usize - at).min(count - done);
            mix.direct(from + done, at, run, room);
            self.cursor.skip(&mix.line, run as u64);
            done += run;
        }
    }
}

/// The fall to the natural end on the next frame, whose speed is given; `None` when nothing of it
/// is heard any more. The fall's last frame is silent already.
fn fade_out_value(cursor: &Cursor, line: &Line, fade: u32, step: Step) -> Option<f64> {
    let Some(left) = cursor.left(line) else {
        return Some(1.0);
    };
    if fade == 0 || !step.covers(left, u64::from(fade)) {
        return (left > 0).then_some(1.0);
    }
    let left = step.count(left);
    (left > 1).then(|| falling(fade, left))
}

/// A ramp of `fade` frames from 1 to 0 where `left` frames of it are left, this one among them.
fn falling(fade: u32, left: u64) -> f64 {
    match u64::from(fade).checked_sub(left) {
        Some(k) => 1.0 - (k + 1) as f64 / f64::from(fade),
        None => 1.0,
    }
}

fn multiply(values: &mut [f32], by: &[f32]) {
    for (value, by) in values.iter_mut().zip(by) {
        *value *= by;
    }
}
