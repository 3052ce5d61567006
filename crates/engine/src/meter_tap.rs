//! Meters of a caller's own: peak and RMS since they were last read.
//!
//! A meter takes one of the cells that the engine keeps for them. The audio thread raises the cell's
//! peak and shows its track's running totals; a reader takes the peak away and compares the totals
//! with those that it saw before.

use crate::command::TrackKey;
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

/// A track's running totals: frames, and squares for each channel. They belong together: a version
/// that is odd while they change makes a reader try again.
#[derive(Debug)]
pub(crate) struct TotalsCell {
    version: AtomicU32,
    frames: AtomicU64,
    squares: Vec<AtomicU64>,
}

impl TotalsCell {
    pub fn new(channels: usize) -> Self {
        Self {
            version: AtomicU32::new(0),
            frames: AtomicU64::new(0),
            squares: (0..channels).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub fn publish(&self, meter: &Meter) {
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
        let next = version.wrapping_add(2);
        self.version.store(next, Ordering::Release);
    }

    fn read(&self) -> (u64, Vec<f64>) {
        loop {
            let before = self.version.load(Ordering::Acquire);
            let number = |cell: &AtomicU64| f64::from_bits(cell.load(Ordering::Relaxed));
            let reading = (
                self.frames.load(Ordering::Relaxed),
                self.squares.iter().map(number).collect(),
            );
            // Orders the loads before the second look at the version.
            fence(Ordering::Acquire);
            if before & 1 == 0 && self.version.load(Ordering::Relaxed) == before {
                return reading;
            }
            std::hint::spin_loop();
        }
    }
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

    pub fn is_on(&self, track: TrackKey) -> bool {
        self.owner.load(Ordering::Acquire) == pack(track)
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
    seen: (u64, Vec<f64>),
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
        let tap = &shared.meter_taps[cell];
        for peak in &tap.peaks {
            peak.store(0, Ordering::Relaxed);
        }
        let seen = totals.read();
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
        let now = self.shared.totals(self.track).map(TotalsCell::read);
        let now = now.unwrap_or_else(|| self.seen.clone());
        let passed = now.0.saturating_sub(self.seen.0).max(1);
        let squares = now.1.iter().zip(&self.seen.1);
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
