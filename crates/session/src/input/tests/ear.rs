//! An ear for one tone.

use super::RATE;
use std::f64::consts::TAU;

/// Tells pitch and clicks of what is heard.
pub struct Ear {
    /// Radians a frame that the tone has by right, now; its cosine and sine.
    expected: f64,
    turn: (f64, f64),
    rotor: (f64, f64),
    window: (f64, f64, usize),
    last_angle: Option<f64>,
    history: [f64; 2],
    frames: u64,
    /// The greatest deviation of the pitch, as a ratio, over windows of a quarter of a second.
    pub pitch: f64,
    /// The greatest sample that a tone of this pitch cannot have after those before it.
    pub click: f64,
}

impl Ear {
    const WINDOW: usize = RATE as usize / 4;

    pub fn new() -> Self {
        Self {
            expected: 0.0,
            turn: (1.0, 0.0),
            rotor: (1.0, 0.0),
            window: (0.0, 0.0, 0),
            last_angle: None,
            history: [0.0; 2],
            frames: 0,
            pitch: 0.0,
            click: 0.0,
        }
    }

    pub fn expect(&mut self, radians: f64) {
        self.expected = radians;
        self.turn = (radians.cos(), radians.sin());
    }

    pub fn listen(&mut self, x: f64) {
        self.frames += 1;
        let [before, last] = self.history;
        let possible = 2.0 * self.turn.0 * last - before;
        self.history = [last, x];
        // It begins with silence.
        if self.frames < u64::from(RATE) {
            return;
        }
        self.click = self.click.max((x - possible).abs());
        let ((c, s), (re, im)) = (self.turn, self.rotor);
        self.rotor = (re * c - im * s, re * s + im * c);
        self.window.0 += x * self.rotor.0;
        self.window.1 += x * self.rotor.1;
        self.window.2 += 1;
        if self.window.2 == Self::WINDOW {
            self.end_window();
        }
    }

    fn end_window(&mut self) {
        let angle = self.window.1.atan2(self.window.0);
        if let Some(last) = self.last_angle.replace(angle) {
            let turn = (angle - last + 1.5 * TAU).rem_euclid(TAU) - 0.5 * TAU;
            let deviation = turn / Self::WINDOW as f64 / self.expected;
            self.pitch = self.pitch.max(deviation.abs());
        }
        let length = self.rotor.0.hypot(self.rotor.1);
        self.rotor = (self.rotor.0 / length, self.rotor.1 / length);
        self.window = (0.0, 0.0, 0);
    }
}
