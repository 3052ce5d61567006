//! What comes out of a tap, in which place, and what it says of losses.

use super::OutputTap;
use crate::error::ErrorCode;
use crate::recorder::RecordSpec;
use noxrun_capture::{Chunk, Reader, Taken};
use noxrun_engine::{MAX_BLOCK, Sink};
use noxrun_media::{AudioWriter, WavFormat};
use std::path::PathBuf;
use std::sync::Arc;

const RATE: u32 = 48_000;

/// A sample that knows its frame and its channel; exact below a million frames.
fn sample(frame: u64, channel: usize) -> f32 {
    (frame * 8) as f32 + channel as f32
}

/// Gives `frames` frames of numbered samples, from engine frame `from` on.
fn give(sink: &mut dyn Sink, channels: usize, from: u64, frames: usize) {
    let lanes: Vec<Vec<f32>> = (0..channels)
        .map(|channel| {
            (from..from + frames as u64)
                .map(|frame| sample(frame, channel))
                .collect()
        })
        .collect();
    let lanes: Vec<&[f32]> = lanes.iter().map(Vec::as_slice).collect();
    sink.take(&lanes, from);
}

fn silent() -> Arc<dyn Fn() + Send + Sync> {
    Arc::new(|| {})
}

/// Everything up to the end.
fn rest(reader: &Reader) -> Vec<Chunk> {
    std::iter::from_fn(|| match reader.take() {
        Taken::Chunk(chunk) => Some(chunk),
        Taken::Empty | Taken::End => None,
    })
    .collect()
}

/// Checks every sample against its place; gives (first frame, frames in chunks, samples lost).
fn verify(chunks: &[Chunk], channels: usize) -> (u64, u64, u64) {
    let mut next = None;
    let (mut frames, mut lost) = (0, 0);
    for chunk in chunks {
        let missing = chunk.dropped_before / channels as u64;
        assert_eq!(chunk.frame, next.unwrap_or(chunk.frame - missing) + missing);
        for (n, found) in chunk.samples.iter().enumerate() {
            let frame = chunk.frame + (n / channels) as u64;
            assert_eq!(*found, sample(frame, n % channels), "frame {frame}");
        }
        assert!((chunk.time - chunk.frame as f64 / f64::from(RATE)).abs() < 1e-6);
        let length = (chunk.samples.len() / channels) as u64;
        next = Some(chunk.frame + length);
        frames += length;
        lost += chunk.dropped_before;
    }
    let first = chunks.first().map_or(0, |chunk| chunk.frame);
    (first, frames, lost)
}

/// A path in the system's temporary folder, removed when dropped.
struct TempPath(PathBuf);

impl TempPath {
    fn new(name: &str) -> Self {
        let name = format!("noxrun-tap-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for TempPath {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

#[test]
fn chunks_carry_engine_frames_and_the_last_one_arrives() {
    for channels in [1, 2, 6] {
        for start in [0, 1, 12_345] {
            let (mut sink, tap) = OutputTap::open(RATE, channels, 100_000 * channels).unwrap();
            let reader = tap.reader(100, silent()).unwrap();
            let mut frame = start;
            for frames in [1, 255, MAX_BLOCK, MAX_BLOCK + 1, 3 * MAX_BLOCK + 7, 0, 33] {
                give(&mut *sink, channels, frame, frames);
                frame += frames as u64;
            }
            tap.settle();
            let mut chunks = rest(&reader);
            assert!(
                chunks
                    .iter()
                    .all(|chunk| chunk.samples.len() == 100 * channels)
            );
            drop(sink);
            tap.finish();
            chunks.extend(rest(&reader));
            assert!(chunks.last().unwrap().is_final);
            assert_eq!(verify(&chunks, channels), (start, frame - start, 0));
            assert!(matches!(reader.take(), Taken::End));

            let stats = tap.stats();
            assert_eq!(stats.captured, (frame - start) * channels as u64);
            assert_eq!(stats.captured, stats.delivered);
            assert_eq!(
                stats.lost_by_device, 0,
                "what was before the tap is no loss"
            );
        }
    }
}

#[test]
fn an_overrun_is_whole_frames_in_their_exact_place() {
    let (mut sink, tap) = OutputTap::open(RATE, 2, 2 * 1_000).unwrap();
    // Nobody reads: the ring takes a thousand frames, not one more.
    for block in 0..10 {
        give(&mut *sink, 2, 500 + block * 256, 256);
    }
    let stats = tap.stats();
    assert_eq!((stats.captured, stats.dropped), (2 * 2_560, 2 * 1_560));
    assert_eq!(stats.buffered, 2 * 1_000);

    let reader = tap.reader(64, silent()).unwrap();
    tap.settle();
    let mut chunks = rest(&reader);
    give(&mut *sink, 2, 3_060, 100);
    drop(sink);
    tap.finish();
    chunks.extend(rest(&reader));
    assert_eq!(verify(&chunks, 2), (500, 1_100, 2 * 1_560));
    let gap = chunks
        .iter()
        .find(|chunk| chunk.dropped_before > 0)
        .unwrap();
    assert_eq!(gap.frame, 3_060);
    let stats = reader.stats();
    assert_eq!(
        stats.received,
        stats.delivered + stats.dropped + stats.buffered
    );
    assert_eq!(stats.buffered, 0);
}

#[test]
fn a_later_reader_starts_at_now_and_readers_do_not_disturb_each_other() {
    let (mut sink, tap) = OutputTap::open(RATE, 2, 20_000).unwrap();
    let first = tap.reader(10, silent()).unwrap();
    give(&mut *sink, 2, 7_000, 300);
    let second = tap.reader(1_000, silent()).unwrap();
    give(&mut *sink, 2, 7_300, 300);
    drop(sink);
    tap.finish();
    assert_eq!(verify(&rest(&first), 2), (7_000, 600, 0));
    assert_eq!(verify(&rest(&second), 2), (7_300, 300, 0));
}

#[test]
fn after_the_end_nobody_joins() {
    let (sink, tap) = OutputTap::open(RATE, 2, 1_000).unwrap();
    drop(sink);
    tap.finish();
    tap.finish();
    let error = tap.reader(10, silent()).err().unwrap();
    assert_eq!(error.code, ErrorCode::Closed);
    let path = TempPath::new("late.wav");
    let error = tap.record(&RecordSpec::new(&path.0)).err().unwrap();
    assert_eq!(error.code, ErrorCode::Closed);
    assert!(!path.0.exists());
}

#[test]
fn recordings_hold_exactly_what_the_tap_took() {
    let sound: Vec<f32> = (0..2 * 30_000).map(|n| (n as f32 * 0.01).sin()).collect();
    for (name, format) in [
        ("a.flac", None),
        ("b.flac", Some(WavFormat::S16)),
        ("c.wav", None),
        ("d.wav", Some(WavFormat::S24)),
    ] {
        let (mut sink, tap) = OutputTap::open(RATE, 2, 2 * 96_000).unwrap();
        let (path, direct) = (
            TempPath::new(name),
            TempPath::new(&format!("direct-{name}")),
        );
        let recording = tap
            .record(&RecordSpec {
                format,
                ..RecordSpec::new(&path.0)
            })
            .unwrap();
        for (n, block) in sound.chunks(2 * MAX_BLOCK).enumerate() {
            let lane = |n: usize| {
                block
                    .iter()
                    .skip(n)
                    .step_by(2)
                    .copied()
                    .collect::<Vec<f32>>()
            };
            // An engine that has run for a while: the file begins with the first frame taken.
            sink.take(&[&lane(0), &lane(1)], 1_000_000 + (n * MAX_BLOCK) as u64);
        }
        drop(sink);
        tap.finish();
        let result = recording.stop().unwrap();
        assert_eq!((result.frames, result.dropped), (30_000, 0));

        let mut writer = AudioWriter::create(&direct.0, RATE, 2, format).unwrap();
        writer.write(&sound).unwrap();
        writer.finish().unwrap();
        let bytes = |path: &TempPath| std::fs::read(&path.0).unwrap();
        assert!(bytes(&path) == bytes(&direct), "{name}");
    }
}

#[test]
fn a_recording_that_cannot_start_says_why_and_leaves_the_sound_to_others() {
    let (mut sink, tap) = OutputTap::open(RATE, 2, 10_000).unwrap();
    give(&mut *sink, 2, 0, 100);
    let refused = |name: &str, format| {
        let path = TempPath::new(name);
        let error = tap
            .record(&RecordSpec {
                format,
                ..RecordSpec::new(&path.0)
            })
            .err()
            .unwrap();
        assert!(
            error.message.contains(&path.0.display().to_string()),
            "{error}"
        );
        error.code
    };
    assert_eq!(refused("a.mp3", None), ErrorCode::InvalidArg);
    assert_eq!(
        refused("a.flac", Some(WavFormat::F32)),
        ErrorCode::InvalidArg
    );
    assert_eq!(refused("no/such/folder/a.wav", None), ErrorCode::NotFound);
    let reader = tap.reader(10, silent()).unwrap();
    drop(sink);
    tap.finish();
    assert_eq!(verify(&rest(&reader), 2), (0, 100, 0));
}
