//! How a voice sounds now, for whoever asks.

use super::cell::{Cell, pack};
use crate::key::VoiceKey;
use std::sync::atomic::{AtomicU64, Ordering};

/// A voice as it sounds now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VoiceReading {
    /// Linear gain.
    pub gain: f64,
    /// Playback speed.
    pub rate: f64,
    /// The frame of its sound that comes next, at the engine clock's frame.
    pub position: f64,
    /// Whether it goes on: not paused.
    pub moving: bool,
    /// What it repeats: start and end in frames of its sound, the end excluded.
    pub repeat: Option<(u64, u64)>,
    /// Frames of its sound.
    pub frames: u64,
}

impl VoiceReading {
    /// Where in its sound it is `frames_later` frames of the engine after the clock's frame, if
    /// nothing changes.
    pub fn position_at(&self, frames_later: f64) -> f64 {
        if !self.moving {
            return self.position;
        }
        let moved = self.position + frames_later * self.rate;
        match self.repeat {
            Some((start, end)) if self.position < end as f64 => {
                if moved < end as f64 {
                    return moved;
                }
                let (start, end) = (start as f64, end as f64);
                start + (moved - end) % (end - start)
            }
            _ => moved.min(self.frames as f64),
        }
    }
}

/// Places of the numbers: gain, rate, position and whether it moves; then what is shown once, when
/// the place changes hands.
const MOVING: usize = 3;
const ONCE: usize = 4;
const REPEATS: u64 = 1;

/// One place in which voices sound.
#[derive(Debug)]
pub(super) struct VoiceCell(Cell<8>);

impl VoiceCell {
    pub fn new() -> Self {
        Self(Cell::new())
    }

    /// The reading, if it is this voice's.
    pub fn read(&self, voice: VoiceKey) -> Option<VoiceReading> {
        self.0.read(pack(voice.index, voice.generation), |numbers| {
            let bits = |index: usize| numbers[index].load(Ordering::Relaxed);
            let repeats = bits(ONCE) == REPEATS;
            VoiceReading {
                gain: f64::from_bits(bits(0)),
                rate: f64::from_bits(bits(1)),
                position: f64::from_bits(bits(2)),
                moving: bits(MOVING) != 0,
                repeat: repeats.then(|| (bits(ONCE + 1), bits(ONCE + 2))),
                frames: bits(ONCE + 3),
            }
        })
    }

    pub fn publish(&self, voice: Option<(VoiceKey, VoiceReading)>) {
        let Some((key, reading)) = voice else {
            self.0.clear();
            return;
        };
        let numbers = [
            reading.gain.to_bits(),
            reading.rate.to_bits(),
            reading.position.to_bits(),
            reading.moving.into(),
        ];
        let begin = |cells: &[AtomicU64; 8]| {
            let (start, end) = reading.repeat.unwrap_or_default();
            let repeats = u64::from(reading.repeat.is_some());
            let once = [repeats, start, end, reading.frames];
            for (cell, number) in cells[ONCE..].iter().zip(once) {
                cell.store(number, Ordering::Relaxed);
            }
        };
        self.0
            .publish(pack(key.index, key.generation), numbers, begin);
    }
}

#[cfg(test)]
mod tests {
    use super::VoiceReading;

    #[test]
    fn positions_wrap_in_their_repeat_and_stop_at_the_end() {
        let once = VoiceReading {
            gain: 1.0,
            rate: 1.0,
            position: 900.0,
            moving: true,
            repeat: None,
            frames: 1_000,
        };
        assert_eq!(once.position_at(50.5), 950.5);
        assert_eq!(once.position_at(500.0), 1_000.0);
        let repeating = VoiceReading {
            position: 250.0,
            repeat: Some((100, 300)),
            ..once
        };
        assert_eq!(repeating.position_at(49.0), 299.0);
        assert_eq!(repeating.position_at(50.0), 100.0);
        assert_eq!(repeating.position_at(475.0), 125.0);
        let fast = VoiceReading {
            rate: 2.0,
            ..repeating
        };
        assert_eq!(fast.position_at(24.5), 299.0);
        // Beyond the repeat it goes on to the end.
        let beyond = VoiceReading {
            position: 300.0,
            ..repeating
        };
        assert_eq!(beyond.position_at(50.0), 350.0);
        let paused = VoiceReading {
            moving: false,
            ..once
        };
        assert_eq!(paused.position_at(50.0), 900.0);
    }
}
