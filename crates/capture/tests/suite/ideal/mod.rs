//! What a capture would deliver if nothing were ever lost, computed beside the pipeline, and what any
//! chunks of it must satisfy.

use noxrun_capture::{Chunk, Quality};
use noxrun_resample::resample_planar;

/// What happens to a capture, in device frames.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// A callback of so many frames.
    Push(usize),
    /// A callback of so many frames while paused.
    Paused(usize),
    /// Frames that the device lost.
    Gap(u64),
}

/// A sample of the device: noise that is another for each frame and channel.
fn sample(frame: u64, channel: u64) -> f32 {
    let mut x = (frame << 8 | channel).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((x >> 40) as f32 + 1.0) / 2.0_f32.powi(25)
}

/// Frames of the device from `from` on, interleaved.
pub fn device(from: u64, frames: usize, channels: usize) -> Vec<f32> {
    (from..from + frames as u64)
        .flat_map(|frame| (0..channels as u64).map(move |channel| sample(frame, channel)))
        .collect()
}

/// Stretches of frames without a hole, each with the index of its first one.
pub struct Ideal {
    channels: usize,
    delivered: f64,
    runs: Vec<(u64, Vec<f32>)>,
    /// The index after all of them.
    end: u64,
}

impl Ideal {
    /// What `acts` give from `rate` Hz to `delivered` Hz.
    pub fn new(acts: &[Act], channels: usize, rate: u32, delivered: u32) -> Self {
        let mut ideal = Self {
            channels,
            delivered: f64::from(delivered),
            runs: Vec::new(),
            end: 0,
        };
        // The run that goes on: its first device frame and its length.
        let (mut at, mut run) = (0_u64, None::<(u64, usize)>);
        for act in acts {
            match *act {
                Act::Push(0) | Act::Gap(0) => {}
                Act::Push(frames) => {
                    run = Some(run.map_or((at, frames), |(from, length)| (from, length + frames)));
                    at += frames as u64;
                }
                Act::Paused(frames) => {
                    ideal.end_run(run.take(), rate, delivered);
                    at += frames as u64;
                }
                Act::Gap(frames) => {
                    ideal.end_run(run.take(), rate, delivered);
                    at += frames;
                }
            }
        }
        ideal.end_run(run, rate, delivered);
        ideal
    }

    fn end_run(&mut self, run: Option<(u64, usize)>, rate: u32, delivered: u32) {
        let Some((from, frames)) = run else { return };
        let planar: Vec<Vec<f32>> = (0..self.channels as u64)
            .map(|channel| {
                (0..frames as u64)
                    .map(|n| sample(from + n, channel))
                    .collect()
            })
            .collect();
        let planar = if rate == delivered {
            planar
        } else {
            resample_planar(&planar, rate, delivered, Quality::LowLatency).unwrap()
        };
        let samples: Vec<f32> = (0..planar[0].len())
            .flat_map(|n| planar.iter().map(move |lane| lane[n]))
            .collect();
        // Two runs that are rounded up can be a frame longer than one.
        let start = scaled(from, rate, delivered).max(self.end);
        let follows_on = start == self.end;
        self.end = start + (samples.len() / self.channels) as u64;
        match self.runs.last_mut() {
            // A pause in which no frame came, or too few for one of the delivered rate, is no hole.
            Some((_, run)) if follows_on => run.extend(samples),
            _ => self.runs.push((start, samples)),
        }
    }

    /// Samples of all runs.
    pub fn samples(&self) -> u64 {
        self.runs
            .iter()
            .map(|(_, samples)| samples.len() as u64)
            .sum()
    }

    fn frames_of(&self, samples: &[f32]) -> u64 {
        (samples.len() / self.channels) as u64
    }

    /// Samples with an index in `from..to`.
    fn between(&self, from: u64, to: u64) -> u64 {
        let frames: u64 = self
            .runs
            .iter()
            .map(|(start, samples)| {
                let end = start + self.frames_of(samples);
                end.min(to).saturating_sub((*start).max(from))
            })
            .sum();
        frames * self.channels as u64
    }

    /// Checks everything that a reader got until the end: each sample on its index in its channel, no
    /// hole inside a chunk, each lost sample told by the chunk after it, each chunk at its time where
    /// device frame n was at the device at n / 48,000 s. Returns samples delivered
    /// (overlaps once) and dropped.
    pub fn verify(&self, chunks: &[Chunk]) -> (u64, u64) {
        let (mut next, mut delivered, mut dropped) = (0, 0, 0);
        for (n, chunk) in chunks.iter().enumerate() {
            assert_eq!(chunk.samples.len() % self.channels, 0, "whole frames");
            let end = chunk.frame + self.frames_of(&chunk.samples);
            assert_eq!(
                chunk.dropped_before,
                self.between(next, chunk.frame),
                "chunk {n} at {} tells exactly what is missing from {next} on",
                chunk.frame
            );
            if !chunk.samples.is_empty() {
                // Half a frame of either rate where a run begins, and one for runs rounded up.
                let off = chunk.time - chunk.frame as f64 / self.delivered;
                assert!(
                    off.abs() < 2.5 / self.delivered.min(48_000.0),
                    "chunk {n} at {} is {off} s off",
                    chunk.frame
                );
                let (start, run) = self
                    .runs
                    .iter()
                    .find(|(start, run)| {
                        (*start..start + self.frames_of(run)).contains(&chunk.frame)
                    })
                    .expect("a chunk begins inside a run");
                let offset = (chunk.frame - start) as usize * self.channels;
                assert_eq!(
                    run.get(offset..offset + chunk.samples.len()),
                    Some(&chunk.samples[..]),
                    "chunk {n} at {} has no hole and the right samples",
                    chunk.frame
                );
            }
            assert_eq!(
                chunk.is_final,
                n + 1 == chunks.len(),
                "the last one is final"
            );
            dropped += chunk.dropped_before;
            delivered += self.between(next.max(chunk.frame), end);
            next = next.max(end);
        }
        assert_eq!(self.between(next, u64::MAX), 0, "the last loss is told too");
        (delivered, dropped)
    }
}

/// `round(frames × delivered / rate)`.
fn scaled(frames: u64, rate: u32, delivered: u32) -> u64 {
    let (rate, delivered) = (u64::from(rate), u64::from(delivered));
    (2 * frames * delivered + rate) / (2 * rate)
}
