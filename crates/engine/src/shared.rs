//! What the audio thread publishes for everybody: atomics only, written in place.

use crate::command::VoiceKey;
use crate::meter::{MeterCell, MeterReading};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};

/// Engine time as of the newest callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockReading {
    /// The next frame to be rendered, after that callback.
    pub frame: u64,
    /// Frames of the newest callback.
    pub block: u64,
    /// Monotonic nanoseconds at which that callback began.
    pub at_ns: u64,
}

/// The published state of one engine.
///
/// Counters only grow. Everything may be read from any thread at any time; nothing here blocks
/// the audio thread.
#[derive(Debug)]
pub struct Shared {
    version: AtomicU64,
    frame: AtomicU64,
    block: AtomicU64,
    at_ns: AtomicU64,
    late: AtomicU64,
    late_by: AtomicU64,
    stale: AtomicU64,
    stolen: AtomicU64,
    voices: AtomicU32,
    done: AtomicU64,
    max_depth: AtomicU32,
    tracks: Vec<TrackCell>,
    voice_gains: Vec<VoiceCell>,
}

#[derive(Debug)]
struct TrackCell {
    volume: AtomicU64,
    pan: AtomicU64,
    poisoned: AtomicBool,
    meter: MeterCell,
}

/// A sounding voice's key (packed) and its gain. The key is taken away while a place changes hands,
/// so a reader that finds the same key before and after the gain has that voice's gain.
#[derive(Debug)]
struct VoiceCell {
    key: AtomicU64,
    gain: AtomicU64,
}

const NO_KEY: u64 = u64::MAX;

fn pack(key: VoiceKey) -> u64 {
    u64::from(key.index) << 32 | u64::from(key.generation)
}

impl Shared {
    pub(crate) fn new(tracks: usize, channels: usize, slots: usize) -> Self {
        Self {
            version: AtomicU64::new(0),
            frame: AtomicU64::new(0),
            block: AtomicU64::new(0),
            at_ns: AtomicU64::new(0),
            late: AtomicU64::new(0),
            late_by: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            stolen: AtomicU64::new(0),
            voices: AtomicU32::new(0),
            done: AtomicU64::new(0),
            max_depth: AtomicU32::new(0),
            tracks: (0..tracks)
                .map(|_| TrackCell {
                    volume: AtomicU64::new(1f64.to_bits()),
                    pan: AtomicU64::new(0),
                    poisoned: AtomicBool::new(false),
                    meter: MeterCell::new(channels),
                })
                .collect(),
            voice_gains: (0..slots)
                .map(|_| VoiceCell {
                    key: AtomicU64::new(NO_KEY),
                    gain: AtomicU64::new(0),
                })
                .collect(),
        }
    }

    /// The engine clock. The three figures belong together: a version counter that is odd while
    /// they change makes the reader try again.
    pub fn clock(&self) -> ClockReading {
        loop {
            let before = self.version.load(Ordering::Acquire);
            let reading = ClockReading {
                frame: self.frame.load(Ordering::Relaxed),
                block: self.block.load(Ordering::Relaxed),
                at_ns: self.at_ns.load(Ordering::Relaxed),
            };
            // Orders the three loads before the second look at the version.
            fence(Ordering::Acquire);
            if before & 1 == 0 && self.version.load(Ordering::Relaxed) == before {
                return reading;
            }
            std::hint::spin_loop();
        }
    }

    pub(crate) fn publish_clock(&self, reading: ClockReading) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        // Orders the odd version before the three stores.
        fence(Ordering::Release);
        self.frame.store(reading.frame, Ordering::Relaxed);
        self.block.store(reading.block, Ordering::Relaxed);
        self.at_ns.store(reading.at_ns, Ordering::Relaxed);
        self.version.store(version + 2, Ordering::Release);
    }

    /// Events that came after their frame.
    pub fn late_events(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// By how many frames the newest late event was late.
    pub fn late_by(&self) -> u64 {
        self.late_by.load(Ordering::Relaxed)
    }

    pub(crate) fn count_late(&self, by: u64) {
        self.late_by.store(by, Ordering::Relaxed);
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    /// Commands for voices that had ended.
    pub fn stale_commands(&self) -> u64 {
        self.stale.load(Ordering::Relaxed)
    }

    pub(crate) fn count_stale(&self) {
        self.stale.fetch_add(1, Ordering::Relaxed);
    }

    /// Voices that newer ones replaced.
    pub fn stolen_voices(&self) -> u64 {
        self.stolen.load(Ordering::Relaxed)
    }

    pub(crate) fn count_stolen(&self) {
        self.stolen.fetch_add(1, Ordering::Relaxed);
    }

    /// Voices that sound or are paused now, without those that fade because they were stolen: never
    /// more than `max_voices`.
    pub fn voices(&self) -> u32 {
        self.voices.load(Ordering::Relaxed)
    }

    pub(crate) fn publish_voices(&self, count: u32) {
        self.voices.store(count, Ordering::Relaxed);
    }

    /// Counted events that have taken effect.
    pub fn events_done(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }

    pub(crate) fn count_done(&self, count: u64) {
        self.done.fetch_add(count, Ordering::Release);
    }

    /// Most messages that a block found in the control queue.
    pub fn max_depth(&self) -> u32 {
        self.max_depth.load(Ordering::Relaxed)
    }

    pub(crate) fn note_depth(&self, depth: u32) {
        self.max_depth.fetch_max(depth, Ordering::Relaxed);
    }

    /// A track's volume, as it sounds now.
    pub fn track_volume(&self, track: u32) -> f64 {
        self.tracks.get(track as usize).map_or(0.0, |cell| {
            f64::from_bits(cell.volume.load(Ordering::Relaxed))
        })
    }

    /// A track's pan, as it sounds now.
    pub fn track_pan(&self, track: u32) -> f64 {
        self.tracks
            .get(track as usize)
            .map_or(0.0, |cell| f64::from_bits(cell.pan.load(Ordering::Relaxed)))
    }

    pub(crate) fn publish_track(&self, track: usize, volume: f64, pan: f64) {
        let cell = &self.tracks[track];
        cell.volume.store(volume.to_bits(), Ordering::Relaxed);
        cell.pan.store(pan.to_bits(), Ordering::Relaxed);
    }

    /// A track's levels over the last 100 ms, after its fader.
    pub fn meter(&self, track: u32) -> MeterReading {
        self.tracks
            .get(track as usize)
            .map_or_else(MeterReading::default, |cell| cell.meter.read())
    }

    pub(crate) fn meter_cell(&self, track: usize) -> &MeterCell {
        &self.tracks[track].meter
    }

    /// Whether a non-finite sample closed this track since the last call.
    pub fn take_poisoned(&self, track: u32) -> bool {
        self.tracks
            .get(track as usize)
            .is_some_and(|cell| cell.poisoned.swap(false, Ordering::Relaxed))
    }

    pub(crate) fn note_poisoned(&self, track: usize) {
        self.tracks[track].poisoned.store(true, Ordering::Relaxed);
    }

    /// A voice's gain as it sounds now; `None` when it does not sound.
    pub fn voice_gain(&self, voice: VoiceKey) -> Option<f64> {
        let key = pack(voice);
        let mut cells = self.voice_gains.iter();
        let cell = cells.find(|cell| key != NO_KEY && cell.key.load(Ordering::Acquire) == key)?;
        let gain = f64::from_bits(cell.gain.load(Ordering::Relaxed));
        // Orders the gain before the second look at the key.
        fence(Ordering::Acquire);
        (cell.key.load(Ordering::Relaxed) == key).then_some(gain)
    }

    pub(crate) fn publish_voice(&self, slot: usize, voice: Option<(VoiceKey, f64)>) {
        let cell = &self.voice_gains[slot];
        match voice {
            Some((key, gain)) => {
                let key = pack(key);
                if cell.key.load(Ordering::Relaxed) != key {
                    cell.key.store(NO_KEY, Ordering::Relaxed);
                    // Orders the key's leaving before the new gain.
                    fence(Ordering::Release);
                }
                cell.gain.store(gain.to_bits(), Ordering::Relaxed);
                cell.key.store(key, Ordering::Release);
            }
            None => cell.key.store(NO_KEY, Ordering::Relaxed),
        }
    }
}
