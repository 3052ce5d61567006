//! Level meters: peak and RMS of each channel over the last 100 ms.
//!
//! Ten buckets of 10 ms and the one being filled: a sample leaves within 10 ms after it is 100 ms
//! old. The audio thread fills them and publishes the
//! two figures once a callback; reading changes nothing.

use std::sync::atomic::{AtomicU32, Ordering};

const BUCKETS: usize = 10;

/// What a meter shows, linear, one figure a channel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeterReading {
    /// Greatest absolute sample.
    pub peak: Vec<f32>,
    /// Root of the mean square.
    pub rms: Vec<f32>,
}

/// The published side of one meter.
#[derive(Debug)]
pub(crate) struct MeterCell {
    peak: Vec<AtomicU32>,
    rms: Vec<AtomicU32>,
}

impl MeterCell {
    pub fn new(channels: usize) -> Self {
        let zeros = || (0..channels).map(|_| AtomicU32::new(0)).collect();
        Self {
            peak: zeros(),
            rms: zeros(),
        }
    }

    pub fn read(&self) -> MeterReading {
        let values = |cells: &[AtomicU32]| {
            cells
                .iter()
                .map(|cell| f32::from_bits(cell.load(Ordering::Relaxed)))
                .collect()
        };
        MeterReading {
            peak: values(&self.peak),
            rms: values(&self.rms),
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    peak: f32,
    squares: f64,
    frames: usize,
}

/// The audio thread's side of one meter.
#[derive(Debug)]
pub(crate) struct Meter {
    bucket_frames: usize,
    /// `[channel][bucket]`, the last of each channel being the one that is filled.
    buckets: Vec<[Bucket; BUCKETS + 1]>,
    oldest: usize,
    totals: Vec<Total>,
    frames: u64,
}

/// What a channel came to since the meter was made, and its peak since the last publication.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Total {
    pub squares: f64,
    pub peak: f32,
    pub top: f32,
}

impl Meter {
    pub fn new(channels: usize, rate: u32) -> Self {
        Self {
            bucket_frames: (rate as usize / 100).max(1),
            buckets: vec![[Bucket::default(); BUCKETS + 1]; channels],
            oldest: 0,
            totals: vec![Total::default(); channels],
            frames: 0,
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        for buckets in &mut self.buckets {
            *buckets = Default::default();
        }
        self.totals.fill(Total::default());
        self.frames = 0;
    }

    /// Greatest absolute sample since it was made.
    pub fn top(&self) -> f32 {
        self.totals
            .iter()
            .fold(0.0, |top, total| top.max(total.top))
    }

    /// What came together since the meter was made: frames, and a total for each channel.
    pub fn totals(&self) -> (u64, &[Total]) {
        (self.frames, &self.totals)
    }

    /// The peaks have been shown.
    pub fn forget_peaks(&mut self) {
        for total in &mut self.totals {
            total.peak = 0.0;
        }
    }

    /// Takes `frames` frames of each channel; `channel` gives a channel's frames, or `None` where
    /// the stretch is silent.
    pub fn take<'a>(&mut self, frames: usize, channel: impl Fn(usize) -> Option<&'a [f32]>) {
        let mut start = 0;
        self.frames += frames as u64;
        while start < frames {
            let filled = self.buckets[0][BUCKETS].frames;
            let end = frames.min(start + self.bucket_frames - filled);
            for (index, buckets) in self.buckets.iter_mut().enumerate() {
                let bucket = &mut buckets[BUCKETS];
                bucket.frames += end - start;
                if let Some(samples) = channel(index) {
                    let (peak, squares) = noxrun_kernels::measure(&samples[start..end]);
                    bucket.peak = bucket.peak.max(peak);
                    bucket.squares += squares;
                    let total = &mut self.totals[index];
                    total.squares += squares;
                    total.peak = total.peak.max(peak);
                    total.top = total.top.max(peak);
                }
            }
            if self.buckets[0][BUCKETS].frames == self.bucket_frames {
                for buckets in &mut self.buckets {
                    buckets[self.oldest] = buckets[BUCKETS];
                    buckets[BUCKETS] = Bucket::default();
                }
                self.oldest = (self.oldest + 1) % BUCKETS;
            }
            start = end;
        }
    }

    pub fn publish(&self, cell: &MeterCell) {
        for (channel, buckets) in self.buckets.iter().enumerate() {
            let (mut peak, mut squares, mut frames) = (0f32, 0f64, 0usize);
            for bucket in buckets {
                peak = peak.max(bucket.peak);
                squares += bucket.squares;
                frames += bucket.frames;
            }
            // Squares of absurd samples overflow; a meter shows a number.
            let rms = (squares / frames.max(1) as f64).sqrt() as f32;
            let rms = rms.min(f32::MAX);
            cell.peak[channel].store(peak.to_bits(), Ordering::Relaxed);
            cell.rms[channel].store(rms.to_bits(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_wave_shows_its_level_and_leaves_after_the_window() {
        let cell = MeterCell::new(2);
        let mut meter = Meter::new(2, 48_000);
        let loud = vec![0.5f32; 4800];
        let soft = vec![-0.25f32; 4800];
        meter.take(4800, |c| Some(if c == 0 { &loud } else { &soft }));
        meter.publish(&cell);
        let reading = cell.read();
        assert_eq!(reading.peak, [0.5, 0.25]);
        assert!((reading.rms[0] - 0.5).abs() < 1e-6 && (reading.rms[1] - 0.25).abs() < 1e-6);
        for _ in 0..100 {
            meter.take(47, |_| None);
        }
        meter.take(100, |_| None);
        meter.publish(&cell);
        assert_eq!(cell.read().peak, [0.0, 0.0]);
        assert_eq!(cell.read().rms, [0.0, 0.0]);
    }
}
