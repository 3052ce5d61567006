//! Tells from the times of blocks how many frames of an input are missing between them.
//!
//! As long as every frame comes through, the moments at which blocks arrive lie on a line with the
//! slope of the rate, or behind it when a callback is late. A block lies behind the line for one of
//! two reasons: frames are missing, or they came late, and then later blocks come faster than real
//! time until one is back on the line. Only the first is a gap, so
//! lateness counts as missing frames
//! - at once in the first block of a stream that was opened again: nothing was held back for it;
//! - at once beyond what the backend could have held back and delivered late;
//! - else when no block within a second came closer to the line: what was held back would have.
//!
//! Pure arithmetic: no clock, no device, nothing allocated.

use crate::info::Backend;
use crate::request::Granted;

/// How long lateness is watched before it is believed.
const WINDOW_NS: f64 = 1e9;

/// When lateness means missing frames, nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rule {
    /// Beyond: at once.
    at_once: f64,
    /// Beyond, for a whole window: at its end.
    settled: f64,
}

impl Rule {
    fn of(granted: &Granted) -> Self {
        let period = f64::from(granted.buffer_size) * 1e9 / f64::from(granted.device_rate.max(1));
        match granted.device.backend {
            // It knows the moment of each frame, so each block is judged by itself.
            Backend::Virtual => Self {
                at_once: f64::NEG_INFINITY,
                settled: f64::INFINITY,
            },
            // A client's queue is one cycle or two periods, and so is the server's or the card's.
            Backend::Jack | Backend::Alsa => Self {
                at_once: (8.0 * period).max(50e6),
                settled: (8.0 * period).max(50e6),
            },
            // Servers that queue for a client that stalls, and only estimate their delay.
            _ => Self {
                at_once: f64::INFINITY,
                settled: (4.0 * period).max(100e6),
            },
        }
    }
}

/// The line of one input, across the streams that serve it.
#[derive(Debug)]
pub struct Continuity {
    rule: Rule,
    /// Nanoseconds a frame.
    frame_ns: f64,
    /// When the next frame will be at the device if none is missing; `None` before the first.
    next_ns: Option<f64>,
    /// Of the last block.
    age_ns: Option<f64>,
    is_first: bool,
    /// The least lateness of this window, and how much of the window is left.
    least: f64,
    window_left: f64,
}

impl Continuity {
    /// For a stream that was granted so, before its first block.
    #[must_use]
    pub fn new(granted: &Granted) -> Self {
        Self {
            rule: Rule::of(granted),
            frame_ns: 1e9 / f64::from(granted.device_rate.max(1)),
            next_ns: None,
            age_ns: None,
            is_first: true,
            least: f64::INFINITY,
            window_left: WINDOW_NS,
        }
    }

    /// Another stream serves the input from now on. Time goes on.
    pub fn reopened(&mut self, granted: &Granted) {
        *self = Self {
            next_ns: self.next_ns,
            age_ns: self.age_ns,
            ..Self::new(granted)
        };
    }

    /// Takes note of `frames` frames that arrived at `at_ns`; says how many
    /// frames, at the device's rate, are missing right before them.
    ///
    /// `age_seconds`: of the first of them when they arrived. It tells nothing within a stream, where
    /// it changes with connections, but another stream may hand on its blocks sooner or later.
    pub fn block(&mut self, at_ns: u64, age_seconds: f64, frames: usize) -> u64 {
        let at = at_ns as f64;
        let age = age_seconds * 1e9;
        let older = age - self.age_ns.replace(age).unwrap_or(age);
        let next = self.next_ns.unwrap_or(at);
        let lasts = frames as f64 * self.frame_ns;
        let late = at - next;
        let mut missing = 0;
        let is_first = std::mem::take(&mut self.is_first);
        if is_first || late > self.rule.at_once {
            missing = self.frames_in(if is_first { late - older } else { late });
            self.next_ns = Some(at + lasts);
            self.begin_window();
            return missing;
        }
        self.least = self.least.min(late);
        self.window_left -= lasts;
        let line = if self.window_left <= 0.0 {
            if self.least > self.rule.settled {
                missing = self.frames_in(self.least);
            }
            // Less than that is drift of the two clocks: the line follows the device.
            let shift = self.least;
            self.begin_window();
            next + shift
        } else {
            next
        };
        self.next_ns = Some(line + lasts);
        missing
    }

    /// No stream serves the input: how many frames have gone by unheard, until `now_ns`, since the
    /// last call that told.
    pub fn pass(&mut self, now_ns: u64) -> u64 {
        let Some(next) = self.next_ns else { return 0 };
        // Whole nanoseconds may fall short of a whole frame by a little.
        let frames = (now_ns as f64 - next) / self.frame_ns + 1e-3;
        let missing = frames.max(0.0).floor();
        self.next_ns = Some(next + missing * self.frame_ns);
        missing as u64
    }

    fn frames_in(&self, late: f64) -> u64 {
        // Negative is none: what is early was told as missing too soon, by less than a block.
        (late / self.frame_ns).round().max(0.0) as u64
    }

    fn begin_window(&mut self) {
        self.least = f64::INFINITY;
        self.window_left = WINDOW_NS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::info::DeviceInfo;

    const MS: u64 = 1_000_000;

    fn granted(backend: Backend, rate: u32, buffer_size: u32) -> Granted {
        Granted {
            device: DeviceInfo {
                id: "x".into(),
                name: "x".into(),
                backend,
                input_channels: 1,
                output_channels: 1,
                sample_rates: vec![rate],
                buffer_size: None,
                is_default_input: false,
                is_default_output: false,
            },
            sample_rate: rate,
            device_rate: rate,
            channels: 1,
            buffer_size,
            latency_seconds: 0.0,
            latency_is_estimate: false,
            warnings: Vec::new(),
        }
    }

    /// Blocks of 10 ms at 48 kHz whose stamps are `lateness` (ms, of block n) behind the line.
    fn missing(backend: Backend, blocks: u64, lateness: impl Fn(u64) -> f64) -> Vec<(u64, u64)> {
        let mut continuity = Continuity::new(&granted(backend, 48_000, 480));
        (0..blocks)
            .map(|n| {
                let at = 1e9 + n as f64 * 1e7 + lateness(n) * 1e6;
                (n, continuity.block(at as u64, 0.0, 480))
            })
            .filter(|(_, missing)| *missing > 0)
            .collect()
    }

    #[test]
    fn jitter_of_half_a_period_and_drift_of_a_thousandth_are_no_loss() {
        for backend in [Backend::Jack, Backend::Alsa, Backend::PulseAudio] {
            let wobble = |n: u64| (n * 7919 % 100) as f64 * 0.05;
            let drift = |n: u64| n as f64 * 0.01;
            assert_eq!(missing(backend, 20_000, wobble), []);
            assert_eq!(missing(backend, 20_000, |n| wobble(n) + drift(n)), []);
            assert_eq!(missing(backend, 20_000, |n| wobble(n) - drift(n)), []);
        }
    }

    #[test]
    fn a_stall_after_which_everything_comes_late_is_no_loss() {
        // 40 ms late at block 100, back on the line ten blocks later; on a server that queues, 2 s.
        let late = |n: u64| {
            if n < 100 {
                0.0
            } else {
                40.0 - 4.0 * (n - 100).min(10) as f64
            }
        };
        assert_eq!(missing(Backend::Jack, 500, late), []);
        let late = |n: u64| {
            if n < 100 {
                0.0
            } else {
                2000.0 - 40.0 * (n - 100).min(50) as f64
            }
        };
        assert_eq!(missing(Backend::PulseAudio, 500, late), []);
    }

    #[test]
    fn more_than_a_backend_can_hold_back_is_missing_at_once() {
        let late = |n: u64| if n < 100 { 0.0 } else { 2000.0 };
        assert_eq!(missing(Backend::Jack, 500, late), [(100, 96_000)]);
        assert_eq!(missing(Backend::Alsa, 500, late), [(100, 96_000)]);
    }

    #[test]
    fn what_no_block_makes_up_for_in_a_second_is_missing() {
        let late = |n: u64| if n < 150 { 0.0 } else { 500.0 };
        let told = missing(Backend::PulseAudio, 1000, late);
        let [(at, 24_000)] = told[..] else {
            panic!("{told:?}")
        };
        assert!((150..=350).contains(&at));
    }

    #[test]
    fn a_shift_that_may_be_the_backends_own_is_no_loss() {
        let late = |n: u64| if n < 150 { 0.0 } else { 20.0 };
        for backend in [Backend::Jack, Backend::Alsa, Backend::PulseAudio] {
            assert_eq!(missing(backend, 1000, late), []);
        }
    }

    #[test]
    fn an_exact_device_tells_every_frame() {
        let late = |n: u64| if n < 7 { 0.0 } else { 1000.0 / 48_000.0 };
        assert_eq!(missing(Backend::Virtual, 400, late), [(7, 1)]);
    }

    #[test]
    fn a_stream_opened_again_at_another_rate_begins_after_the_gap_by_the_clock() {
        let mut continuity = Continuity::new(&granted(Backend::Jack, 48_000, 480));
        assert_eq!(continuity.block(1000 * MS, 0.0, 480), 0);
        continuity.reopened(&granted(Backend::Jack, 44_100, 441));
        // The first block ended at 1,010 ms.
        assert_eq!(continuity.block(2010 * MS, 0.0, 441), 44_100);
        assert_eq!(continuity.block(2020 * MS, 0.0, 441), 0);
    }

    #[test]
    fn a_stream_whose_blocks_are_older_begins_earlier() {
        let mut continuity = Continuity::new(&granted(Backend::Alsa, 48_000, 480));
        assert_eq!(continuity.block(1000 * MS, 0.010, 480), 0);
        continuity.reopened(&granted(Backend::Alsa, 48_000, 24_000));
        // The first ended at 1,000 ms; the second begins at 1,500.
        assert_eq!(continuity.block(2000 * MS, 0.500, 24_000), 24_000);
    }

    #[test]
    fn time_that_passes_without_a_stream_is_told_once() {
        let mut continuity = Continuity::new(&granted(Backend::Jack, 48_000, 480));
        assert_eq!(
            continuity.pass(500 * MS),
            0,
            "before the first block nothing is missing"
        );
        continuity.block(1000 * MS, 0.0, 480);
        assert_eq!(continuity.pass(1005 * MS), 0);
        let told = (1..=9)
            .map(|n| continuity.pass((1010 + n * 33) * MS))
            .sum::<u64>();
        continuity.reopened(&granted(Backend::Jack, 48_000, 480));
        assert_eq!(told + continuity.block(1510 * MS, 0.0, 480), 24_000);
    }
}
