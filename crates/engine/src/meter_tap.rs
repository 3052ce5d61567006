//! Meters of a caller's own: peak and RMS since they were last read.
//!
//! A meter takes one of the cells that the engine keeps for them. The audio thread raises the cell's
//! peak and shows its track's running totals; a reader takes the peak away and compares the totals
//! with those that it saw before.

use crate::key::TrackKey;
use crate::meter::{Meter, MeterReading};
use crate::shared::Shared;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

const FREE: u64 = u64::MAX;
/// Taken, but not on a track yet.
const TAKEN: u64 = u64::MAX - 1;

fn pack(track: TrackKey) -> u64 {
    u64::from(track.index) << 32 | u64::from(track.generation)
}

/// A track's running totals: frames, and squares for each channel, and whose they are. They belong
/// together: a version that is odd while they change makes a reader try again.
#[derive(Debug)]
pub(crate) struct TotalsCell {
    version: AtomicU32,
    generation: AtomicU32,
    frames: AtomicU64,
    squares: Vec<AtomicU64>,
}

impl TotalsCell {
    pub fn new(channels: usize) -> Self {
        Self {
            version: AtomicU32::new(0),
            generation: AtomicU32::new(0),
            frames: AtomicU64::new(0),
            squares: (0..channels).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub fn publish(&self, generation: u32, meter: &Meter) {
        let (frames, totals) = meter.totals();
        let version = self.version.load(Ordering::Relaxed);
        self.version
            .store(version.wrapping_add(1), Ordering::Relaxed);
        // Orders the odd version before the stores.
        fence(Ordering::Release);
        for (cell, total) in self.squares.iter().zip(totals) {
            cell.store(total.squares.to_bits(), Ordering::Relaxed);
        }
        self.frames.store(frames, Ordering::Relaxed);
        self.generation.store(generation, Ordering::Relaxed);
        let next = version.wrapping_add(2);
        self.version.store(next, Ordering::Release);
    }

    /// The totals of a track; nothing where the place is not its own, not yet or no more.
    fn read(&self, generation: u32) -> Totals {
        loop {
            let before = self.version.load(Ordering::Acquire);
            let own = self.generation.load(Ordering::Relaxed) == generation;
            let number = |cell: &AtomicU64| f64::from_bits(cell.load(Ordering::Relaxed));
            let number = |cell| if own { number(cell) } else { 0.0 };
            let reading = Totals {
                frames: self.frames.load(Ordering::Relaxed) * u64::from(own),
                squares: self.squares.iter().map(number).collect(),
            };
            // Orders the loads before the second look at the version.
            fence(Ordering::Acquire);
            if before & 1 == 0 && self.version.load(Ordering::Relaxed) == before {
                return reading;
            }
            std::hint::spin_loop();
        }
    }
}

/// What a track came to.
#[derive(Debug, Clone)]
struct Totals {
    frames: u64,
    squares: Vec<f64>,
}

/// The peaks of one meter, and whose it is.
#[derive(Debug)]
pub(crate) struct TapCell {
    owner: AtomicU64,
    peaks: Vec<AtomicU32>,
}

impl TapCell {
    pub fn new(channels: usize) -> Self {
        Self {
            owner: AtomicU64::new(FREE),
            peaks: (0..channels).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// The track that it is on.
    pub fn owner(&self) -> Option<TrackKey> {
        let owner = self.owner.load(Ordering::Acquire);
        (owner < TAKEN).then_some(TrackKey {
            index: (owner >> 32) as u32,
            generation: owner as u32,
        })
    }

    pub fn raise(&self, meter: &Meter) {
        for (peak, total) in self.peaks.iter().zip(meter.totals().1) {
            // Floats without a sign order as their bits do.
            peak.fetch_max(total.peak.to_bits(), Ordering::Relaxed);
        }
    }
}

/// A meter of a caller's own. Dropping it gives its place back.
#[derive(Debug)]
pub struct MeterTap {
    shared: Arc<Shared>,
    track: TrackKey,
    cell: usize,
    seen: Totals,
}

impl MeterTap {
    /// A meter on a track; `None` when every place is taken or there is no such place.
    pub fn open(shared: &Arc<Shared>, track: TrackKey) -> Option<Self> {
        let totals = shared.totals(track)?;
        let free = |cell: &TapCell| {
            let taking =
                cell.owner
                    .compare_exchange(FREE, TAKEN, Ordering::AcqRel, Ordering::Relaxed);
            taking.is_ok()
        };
        let cell = shared.meter_taps.iter().position(free)?;
        shared.note_meter_tap(cell);
        let tap = &shared.meter_taps[cell];
        for peak in &tap.peaks {
            peak.store(0, Ordering::Relaxed);
        }
        let seen = totals.read(track.generation);
        tap.owner.store(pack(track), Ordering::Release);
        Some(Self {
            shared: Arc::clone(shared),
            track,
            cell,
            seen,
        })
    }

    /// Levels since the last call, or since it was opened.
    pub fn read(&mut self) -> MeterReading {
        let take = |peak: &AtomicU32| f32::from_bits(peak.swap(0, Ordering::Relaxed));
        let peaks = &self.shared.meter_taps[self.cell].peaks;
        let peak = peaks.iter().map(take).collect();
        let totals = self.shared.totals(self.track);
        let now = totals.map_or_else(
            || self.seen.clone(),
            |totals| totals.read(self.track.generation),
        );
        let passed = now.frames.saturating_sub(self.seen.frames).max(1);
        let squares = now.squares.iter().zip(&self.seen.squares);
        let rms = squares.map(|(now, before)| {
            let mean = (now - before).max(0.0) / passed as f64;
            (mean.sqrt() as f32).min(f32::MAX)
        });
        let rms = rms.collect();
        self.seen = now;
        MeterReading { peak, rms }
    }
}

impl Drop for MeterTap {
    fn drop(&mut self) {
        let cell = &self.shared.meter_taps[self.cell];
        cell.owner.store(FREE, Ordering::Release);
    }
}
