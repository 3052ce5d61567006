//! How a voice sounds now, for whoever asks.

use crate::command::VoiceKey;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

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
}

/// A sounding voice's key (packed) and its reading. The key is taken away while a place changes
/// hands, so a reader that finds the same key before and after has that voice's reading.
#[derive(Debug)]
pub(super) struct VoiceCell {
    key: AtomicU64,
    gain: AtomicU64,
    rate: AtomicU64,
    position: AtomicU64,
    moving: AtomicBool,
}

const NO_KEY: u64 = u64::MAX;

fn pack(key: VoiceKey) -> u64 {
    u64::from(key.index) << 32 | u64::from(key.generation)
}

impl Default for VoiceCell {
    fn default() -> Self {
        Self {
            key: AtomicU64::new(NO_KEY),
            gain: AtomicU64::new(0),
            rate: AtomicU64::new(0),
            position: AtomicU64::new(0),
            moving: AtomicBool::new(false),
        }
    }
}

impl VoiceCell {
    /// The reading, if it is this voice's.
    pub fn read(&self, voice: VoiceKey) -> Option<VoiceReading> {
        let key = pack(voice);
        if key == NO_KEY || self.key.load(Ordering::Acquire) != key {
            return None;
        }
        let number = |cell: &AtomicU64| f64::from_bits(cell.load(Ordering::Relaxed));
        let reading = VoiceReading {
            gain: number(&self.gain),
            rate: number(&self.rate),
            position: number(&self.position),
            moving: self.moving.load(Ordering::Relaxed),
        };
        // Orders the reading before the second look at the key.
        fence(Ordering::Acquire);
        (self.key.load(Ordering::Relaxed) == key).then_some(reading)
    }

    pub fn publish(&self, voice: Option<(VoiceKey, VoiceReading)>) {
        let Some((key, reading)) = voice else {
            self.key.store(NO_KEY, Ordering::Relaxed);
            return;
        };
        let key = pack(key);
        if self.key.load(Ordering::Relaxed) != key {
            self.key.store(NO_KEY, Ordering::Relaxed);
            // Orders the key's leaving before the new reading.
            fence(Ordering::Release);
        }
        self.gain.store(reading.gain.to_bits(), Ordering::Relaxed);
        self.rate.store(reading.rate.to_bits(), Ordering::Relaxed);
        let position = reading.position.to_bits();
        self.position.store(position, Ordering::Relaxed);
        self.moving.store(reading.moving, Ordering::Relaxed);
        self.key.store(key, Ordering::Release);
    }
}
