//! Peak and RMS over the last 100 ms, computed in the callback.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Finished buckets of 10 ms that count, besides the one that is filling.
const BUCKETS: usize = 10;
/// Samples that are measured side by side.
const LANES: usize = 16;

/// What a meter shows, linear (1 = full scale), a value a channel, over the last 100 ms (up to 110:
/// whole hundredths of a second leave at once). What is no number counts as silence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Meter {
    /// Largest magnitude.
    pub peak: Vec<f32>,
    /// Root of the mean square.
    pub rms: Vec<f32>,
}

/// The values as they are published: a bit pattern of the peak and one of the mean square a channel.
#[derive(Debug)]
pub(crate) struct MeterCells(Vec<(AtomicU32, AtomicU64)>);

impl MeterCells {
    pub(crate) fn read(&self) -> Meter {
        let peak = |cell: &AtomicU32| f32::from_bits(cell.load(Ordering::Relaxed));
        let rms = |cell: &AtomicU64| f64::from_bits(cell.load(Ordering::Relaxed)).sqrt() as f32;
        Meter {
            peak: self.0.iter().map(|(cell, _)| peak(cell)).collect(),
            rms: self.0.iter().map(|(_, cell)| rms(cell)).collect(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Level {
    peak: f32,
    squares: f64,
}

/// The callback's side.
pub(crate) struct MeterWriter {
    cells: Arc<MeterCells>,
    channels: usize,
    /// `BUCKETS + 1` groups of one level a channel; the one at `filling` is not finished.
    levels: Vec<Level>,
    filling: usize,
    /// Of the finished buckets together, a channel.
    past: Vec<Level>,
    /// Frames in the bucket that is filling, and in a full one.
    filled: usize,
    length: usize,
    /// Finished buckets that hold frames.
    finished: usize,
}

impl MeterWriter {
    /// A meter of `channels` at `rate` Hz, and what others read.
    pub(crate) fn new(channels: usize, rate: u32) -> (Self, Arc<MeterCells>) {
        let cells: Arc<MeterCells> = Arc::new(MeterCells(
            (0..channels).map(|_| Default::default()).collect(),
        ));
        let writer = Self {
            cells: Arc::clone(&cells),
            channels,
            levels: vec![Level::default(); (BUCKETS + 1) * channels],
            filling: 0,
            past: vec![Level::default(); channels],
            filled: 0,
            length: (rate as usize).div_ceil(100).max(1),
            finished: 0,
        };
        (writer, cells)
    }

    /// Takes in interleaved frames and publishes.
    pub(crate) fn process(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let frames = (samples.len() / self.channels).min(self.length - self.filled);
            let (now, later) = samples.split_at(frames * self.channels);
            let levels = &mut self.levels[self.filling * self.channels..][..self.channels];
            measure(now, levels);
            self.filled += frames;
            if self.filled == self.length {
                self.filling = (self.filling + 1) % (BUCKETS + 1);
                self.levels[self.filling * self.channels..][..self.channels].fill(Level::default());
                self.filled = 0;
                self.finished = (self.finished + 1).min(BUCKETS);
                self.sum_up();
            }
            samples = later;
        }
        self.publish();
    }

    /// Forgets everything: nothing is being captured.
    pub(crate) fn clear(&mut self) {
        self.levels.fill(Level::default());
        self.past.fill(Level::default());
        self.filled = 0;
        self.finished = 0;
        self.publish();
    }

    /// A bucket is finished, and the one that is filling is empty: once in 10 ms.
    fn sum_up(&mut self) {
        self.past.fill(Level::default());
        for bucket in self.levels.chunks_exact(self.channels) {
            for (past, level) in self.past.iter_mut().zip(bucket) {
                past.peak = larger(past.peak, level.peak);
                past.squares += level.squares;
            }
        }
    }

    fn publish(&self) {
        let frames = (self.finished * self.length + self.filled).max(1) as f64;
        let now = &self.levels[self.filling * self.channels..][..self.channels];
        for (((peak, square), past), now) in self.cells.0.iter().zip(&self.past).zip(now) {
            peak.store(larger(past.peak, now.peak).to_bits(), Ordering::Relaxed);
            let mean = (past.squares + now.squares) / frames;
            square.store(mean.to_bits(), Ordering::Relaxed);
        }
    }
}

/// Adds interleaved frames to the levels of their channels.
fn measure(samples: &[f32], levels: &mut [Level]) {
    let channels = levels.len();
    let rest = if LANES.is_multiple_of(channels) {
        // Lane `n` sees channel `n % channels` only.
        let (mut peaks, mut squares) = ([0.0f32; LANES], [0.0f32; LANES]);
        let groups = samples.chunks_exact(LANES);
        let rest = groups.remainder();
        for group in groups {
            for ((peak, square), &sample) in peaks.iter_mut().zip(&mut squares).zip(group) {
                *peak = larger(*peak, sample.abs());
                *square += larger(0.0, sample * sample);
            }
        }
        for (lane, (peak, square)) in peaks.into_iter().zip(squares).enumerate() {
            levels[lane % channels].add(peak, square);
        }
        rest
    } else {
        samples
    };
    for frame in rest.chunks_exact(channels) {
        for (level, &sample) in levels.iter_mut().zip(frame) {
            level.add(sample.abs(), larger(0.0, sample * sample));
        }
    }
}

impl Level {
    fn add(&mut self, peak: f32, squares: f32) {
        self.peak = larger(self.peak, peak);
        self.squares += f64::from(squares);
    }
}

/// The larger one, and never a NaN that comes second: one instruction, unlike `f32::max`.
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_wave_has_its_height_as_peak_and_rms() {
        let (mut writer, cells) = MeterWriter::new(2, 48_000);
        let block: Vec<f32> = (0..256)
            .flat_map(|n| [if n % 2 == 0 { 0.5 } else { -0.5 }, 0.25])
            .collect();
        for _ in 0..100 {
            writer.process(&block);
        }
        let meter = cells.read();
        assert_eq!(meter.peak, [0.5, 0.25]);
        assert!((meter.rms[0] - 0.5).abs() < 1e-6 && (meter.rms[1] - 0.25).abs() < 1e-6);
    }

    #[test]
    fn every_channel_has_its_own_level() {
        for channels in 1..=20 {
            let (mut writer, cells) = MeterWriter::new(channels, 48_000);
            let height = |channel: usize| (channel + 1) as f32 / 32.0;
            let block: Vec<f32> = (0..333 * channels).map(|n| height(n % channels)).collect();
            writer.process(&block);
            let meter = cells.read();
            for channel in 0..channels {
                assert_eq!(meter.peak[channel], height(channel));
                assert!((meter.rms[channel] - height(channel)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_click_is_shown_for_100_ms_and_no_longer_than_110() {
        let (mut writer, cells) = MeterWriter::new(1, 1_000);
        writer.process(&[0.0; 5]);
        writer.process(&[1.0]);
        writer.process(&[0.0; 99]);
        assert_eq!(cells.read().peak, [1.0]);
        writer.process(&[0.0; 10]);
        assert_eq!(cells.read().peak, [0.0]);
        assert_eq!(cells.read().rms, [0.0]);
    }

    #[test]
    fn what_is_no_number_counts_as_silence() {
        for channels in [1, 2, 3] {
            let (mut writer, cells) = MeterWriter::new(channels, 48_000);
            let mut block = vec![0.5; 480 * channels];
            for frame in block.chunks_exact_mut(channels).step_by(4) {
                frame.fill(f32::NAN);
            }
            writer.process(&block);
            let meter = cells.read();
            assert_eq!(meter.peak, vec![0.5; channels]);
            let rms = 0.5 * 0.75f32.sqrt();
            assert!(
                meter.rms.iter().all(|x| (x - rms).abs() < 1e-6),
                "{meter:?}"
            );
        }
    }

    #[test]
    fn the_first_milliseconds_are_not_diluted() {
        let (mut writer, cells) = MeterWriter::new(1, 48_000);
        writer.process(&[0.5; 100]);
        assert_eq!(cells.read().rms, [0.5]);
        writer.clear();
        assert_eq!(
            cells.read(),
            Meter {
                peak: vec![0.0],
                rms: vec![0.0]
            }
        );
    }
}
