//! What stands in the files of a recording, whatever they are cut by and whatever is missing.

use super::{Gaps, RecordSpec, RecordedFile, Recording, Rotate};
use crate::error::ErrorCode;
use crate::tap::OutputTap;
use noxrun_engine::Sink;
use noxrun_media::{WavFormat, decode_file};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

const RATE: u32 = 8_000;
const CHANNELS: usize = 2;

/// A folder of its own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("noxrun-recorder-{}-{made}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        std::fs::create_dir(&folder.0).unwrap();
        folder
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A multiple of 2^-15, never 0, so that every format holds it and silence is told from it.
fn sample(frame: u64, channel: usize) -> f32 {
    ((frame * 7919 + channel as u64 * 31) % 32_767 + 1) as f32 / 32_768.0
}

/// Gives `frames` frames from engine frame `from` on, in blocks of 100.
fn give(sink: &mut dyn Sink, from: u64, frames: u64) {
    for start in (from..from + frames).step_by(100) {
        let end = (start + 100).min(from + frames);
        let lane = |channel| -> Vec<f32> { (start..end).map(|n| sample(n, channel)).collect() };
        sink.take(&[&lane(0), &lane(1)], start);
    }
}

fn open() -> (Box<dyn Sink>, OutputTap) {
    OutputTap::open(RATE, CHANNELS, 2 * 1_000_000).unwrap()
}

fn finish(sink: Box<dyn Sink>, tap: &OutputTap) {
    drop(sink);
    tap.finish();
}

/// The join of files, channel after channel.
fn join(files: &[RecordedFile]) -> Vec<Vec<f32>> {
    let mut all = vec![Vec::new(); CHANNELS];
    for file in files {
        let pcm = decode_file(&file.path, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(pcm.frames() as u64, file.frames);
        assert_eq!(all[0].len() as u64, file.start_frame);
        for (all, own) in all.iter_mut().zip(&pcm.channels) {
            all.extend_from_slice(own);
        }
    }
    all
}

/// The frames are those from `from` on; `None` is silence.
fn check(all: &[Vec<f32>], frames: impl Iterator<Item = Option<u64>>) {
    let frames: Vec<Option<u64>> = frames.collect();
    for (channel, lane) in all.iter().enumerate() {
        assert_eq!(lane.len(), frames.len());
        for (n, (found, frame)) in lane.iter().zip(&frames).enumerate() {
            let wanted = frame.map_or(0.0, |frame| sample(frame, channel));
            assert_eq!(*found, wanted, "frame {n}, channel {channel}");
        }
    }
}

fn spec(path: &Path, rotate: Rotate) -> RecordSpec {
    RecordSpec {
        rotate,
        ..RecordSpec::new(path)
    }
}

fn lengths(recording: &Recording) -> Vec<u64> {
    let files = recording.complete(0);
    files.iter().map(|file| file.frames).collect()
}

#[test]
fn by_time_every_file_has_exactly_its_seconds_and_the_join_is_the_recording() {
    for (kind, seconds, frames, expected) in [
        ("wav", 1.0, 28_001, vec![8_000, 8_000, 8_000, 4_001]),
        ("flac", 1.0, 20_000, vec![8_000, 8_000, 4_000]),
        ("wav", 1.000_06, 16_001, vec![8_000, 8_000, 1]),
        ("flac", 2.5, 40_000, vec![20_000, 20_000]),
        ("wav", 1e300, 9_000, vec![9_000]),
    ] {
        let folder = Folder::new();
        let (mut sink, tap) = open();
        let rotate = Rotate {
            seconds: Some(seconds),
            bytes: None,
        };
        let path = folder.0.join(format!("take.{kind}"));
        let recording = tap.record(&spec(&path, rotate)).unwrap();
        assert_eq!(recording.path(), folder.0.join(format!("take-0001.{kind}")));
        give(&mut *sink, 500, frames);
        finish(sink, &tap);
        let result = recording.stop().unwrap();
        assert_eq!((result.frames, result.dropped), (frames, 0));
        assert_eq!(lengths(&recording), expected);
        let names: Vec<String> = (1..=expected.len())
            .map(|n| format!("take-000{n}.{kind}"))
            .collect();
        assert_eq!(folder.names(), names);
        let paths: Vec<PathBuf> = names.iter().map(|name| folder.0.join(name)).collect();
        assert_eq!(recording.paths(), paths);
        check(&join(&recording.complete(0)), (500..500 + frames).map(Some));
    }
}

#[test]
fn by_size_no_file_is_larger_and_the_join_is_the_recording() {
    for (kind, format, bytes) in [
        ("wav", None, 65_536),
        ("wav", Some(WavFormat::S24), 100_001),
        ("flac", Some(WavFormat::S16), 65_536),
        ("flac", Some(WavFormat::S24), 123_456),
    ] {
        let folder = Folder::new();
        let (mut sink, tap) = open();
        let rotate = Rotate {
            seconds: Some(100.0),
            bytes: Some(bytes),
        };
        let path = folder.0.join(format!("take.{kind}"));
        let spec = RecordSpec {
            format,
            ..spec(&path, rotate)
        };
        let recording = tap.record(&spec).unwrap();
        give(&mut *sink, 0, 100_000);
        finish(sink, &tap);
        assert_eq!(recording.stop().unwrap().frames, 100_000);
        let files = recording.complete(0);
        assert!(files.len() > 2, "{}", files.len());
        for (n, file) in files.iter().enumerate() {
            let len = std::fs::metadata(&file.path).unwrap().len();
            assert!(len <= bytes, "{len} bytes of {bytes}");
            let is_last = n == files.len() - 1;
            assert!(is_last || len > bytes * 9 / 10, "{len} bytes of {bytes}");
        }
        check(&join(&files), (0..100_000).map(Some));
    }
}

#[test]
fn silence_longer_than_a_file_is_files_of_silence_and_splicing_leaves_it_out() {
    for gaps in [Gaps::Silence, Gaps::Splice] {
        let folder = Folder::new();
        let (mut sink, tap) = open();
        let rotate = Rotate {
            seconds: Some(1.0),
            bytes: None,
        };
        let spec = RecordSpec {
            gaps,
            ..spec(&folder.0.join("take.wav"), rotate)
        };
        let recording = tap.record(&spec).unwrap();
        give(&mut *sink, 0, 5_000);
        give(&mut *sink, 30_000, 5_000);
        finish(sink, &tap);
        let result = recording.stop().unwrap();
        assert_eq!(
            result.dropped, 0,
            "frames that were passed over are no loss"
        );
        let all = join(&recording.complete(0));
        if gaps == Gaps::Silence {
            assert_eq!(lengths(&recording), [8_000, 8_000, 8_000, 8_000, 3_000]);
            let heard = |n| !(5_000..30_000).contains(&n);
            check(&all, (0..35_000).map(|n| heard(n).then_some(n)));
        } else {
            assert_eq!(lengths(&recording), [8_000, 2_000]);
            check(&all, (0..5_000).chain(30_000..35_000).map(Some));
        }
    }
}

#[test]
fn a_file_that_cannot_be_made_ends_the_recording_at_once_and_nobody_else() {
    let folder = Folder::new();
    let (mut sink, tap) = open();
    let other = tap.record(&RecordSpec::new(folder.0.join("other.wav")));
    let other = other.unwrap();
    let rotate = Rotate {
        seconds: Some(1.0),
        bytes: None,
    };
    let path = folder.0.join("take.wav");
    let recording = tap.record(&spec(&path, rotate)).unwrap();
    let told = Arc::new(AtomicBool::new(false));
    recording.set_listener(Some({
        let told = Arc::clone(&told);
        Arc::new(move || told.store(true, Ordering::Relaxed))
    }));
    // The third file's name is taken by a folder.
    let taken = folder.0.join("take-0003.wav");
    std::fs::create_dir(&taken).unwrap();
    give(&mut *sink, 0, 30_000);
    let deadline = Instant::now() + Duration::from_secs(20);
    while recording.result().is_none() {
        assert!(Instant::now() < deadline, "it never ended");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(told.load(Ordering::Relaxed));
    let error = recording.stop().err().unwrap();
    assert_eq!(error.code, ErrorCode::Io);
    let last = folder.0.join("take-0002.wav").display().to_string();
    for part in [
        &*taken.display().to_string(),
        "16000 frames",
        "2 files",
        &last,
    ] {
        assert!(error.message.contains(part), "{error}");
    }
    assert_eq!(recording.frames(), 16_000);
    check(&join(&recording.complete(0)), (0..16_000).map(Some));
    give(&mut *sink, 30_000, 1_000);
    finish(sink, &tap);
    assert_eq!(other.stop().unwrap().frames, 31_000);
    check(&join(&other.complete(0)), (0..31_000).map(Some));
}

#[test]
fn limits_that_make_no_sense_are_named_and_no_file_is_made() {
    let folder = Folder::new();
    let (_sink, tap) = open();
    for (rotate, name, value) in [
        ((Some(0.99), None), "seconds", "0.99"),
        ((Some(f64::NAN), None), "seconds", "NaN"),
        ((Some(f64::INFINITY), None), "seconds", "inf"),
        ((None, Some(65_535)), "bytes", "65535"),
    ] {
        let (seconds, bytes) = rotate;
        let rotate = Rotate { seconds, bytes };
        let result = tap.record(&spec(&folder.0.join("take.wav"), rotate));
        let error = result.err().unwrap();
        assert_eq!(error.code, ErrorCode::OutOfRange);
        for part in [&format!("rotate.{name}"), value] {
            assert!(error.message.contains(part), "{error}");
        }
    }
    assert_eq!(folder.names(), Vec::<String>::new());
}
