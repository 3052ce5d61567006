//! What a render leaves, in memory and in its folder.

use super::{Destination, Output};
use crate::error::ErrorCode;
use noxrun_media::{AudioWriter, WavFormat};
use std::f64::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const RATE: u32 = 48_000;

/// A folder of its own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("noxrun-output-{}-{made}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn file(path: &Path, format: Option<WavFormat>) -> Destination {
    Destination::File {
        path: path.to_path_buf(),
        format,
    }
}

/// Samples that know their place.
fn numbered(frames: usize, channels: usize) -> Vec<f32> {
    (0..frames * channels)
        .map(|n| n as f32 / 65_536.0)
        .collect()
}

#[test]
fn the_first_frames_are_passed_over_and_the_rest_stops_at_the_total() {
    for (skip, total, block) in [
        (0, 1_000, 256),
        (100, 900, 256),
        (256, 512, 256),
        (300, 700, 1),
        (0, 1, 7),
        (999, 1, 1_000),
        (10, 0, 64),
    ] {
        let sound = numbered(1_024, 3);
        let mut output = Output::create(&Destination::Memory, RATE, 3, skip, total).unwrap();
        let mut given = 0;
        for piece in sound.chunks(3 * block) {
            assert_eq!(output.is_complete(), given >= skip + total || total == 0);
            output.write(piece).unwrap();
            given += (piece.len() / 3) as u64;
        }
        assert!(output.is_complete());
        assert_eq!(output.frames(), total);
        let rendered = output.finish().unwrap();
        assert_eq!((rendered.frames, rendered.channel_data.len()), (total, 3));
        for (channel, lane) in rendered.channel_data.iter().enumerate() {
            let wanted = sound.iter().skip(channel).step_by(3);
            let wanted = wanted.skip(skip as usize).take(total as usize);
            assert!(lane.iter().eq(wanted), "{skip} {total} {block}");
        }
    }
}

#[test]
fn a_file_is_what_the_writer_makes_of_the_same_sound() {
    for (name, format) in [
        ("a.flac", None),
        ("a.flac", Some(WavFormat::S16)),
        ("a.wav", None),
        ("a.WAV", Some(WavFormat::S24)),
    ] {
        let folder = Folder::new();
        let path = folder.0.join(name);
        let sound = numbered(20_000, 2);
        let mut output = Output::create(&file(&path, format), RATE, 2, 500, 19_000).unwrap();
        for block in sound.chunks(2 * 256) {
            output.write(block).unwrap();
        }
        let rendered = output.finish().unwrap();
        assert_eq!((rendered.frames, rendered.channel_data), (19_000, vec![]));
        assert_eq!(folder.names(), [name]);

        let direct = folder.0.join(format!("direct-{name}"));
        let mut writer = AudioWriter::create(&direct, RATE, 2, format).unwrap();
        writer.write(&sound[2 * 500..2 * 19_500]).unwrap();
        writer.finish().unwrap();
        assert!(
            fs::read(path).unwrap() == fs::read(direct).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn what_was_there_stays_until_the_render_has_succeeded() {
    let folder = Folder::new();
    let path = folder.0.join("a.wav");
    fs::write(&path, b"precious").unwrap();
    let mut output = Output::create(&file(&path, None), RATE, 2, 0, 20_000).unwrap();
    output.write(&numbered(20_000, 2)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    // An abort.
    drop(output);
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(folder.names(), ["a.wav"]);

    let mut output = Output::create(&file(&path, None), RATE, 2, 0, 100).unwrap();
    output.write(&numbered(100, 2)).unwrap();
    output.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap()[..4], *b"RIFF");
    assert_eq!(folder.names(), ["a.wav"]);
}

#[test]
fn an_aborted_render_leaves_no_file() {
    let folder = Folder::new();
    for name in ["a.wav", "a.flac"] {
        let path = folder.0.join(name);
        let mut output = Output::create(&file(&path, None), RATE, 2, 0, 9_000).unwrap();
        output.write(&numbered(5_000, 2)).unwrap();
        drop(output);
        assert!(folder.names().is_empty());
    }
}

#[test]
fn a_file_that_cannot_get_its_name_is_an_error_that_leaves_nothing() {
    let folder = Folder::new();
    let path = folder.0.join("a.flac");
    let mut output = Output::create(&file(&path, None), RATE, 2, 0, 100).unwrap();
    output.write(&numbered(100, 2)).unwrap();
    // Somebody takes the name meanwhile.
    fs::create_dir(&path).unwrap();
    let error = output.finish().unwrap_err();
    assert_eq!(error.code, ErrorCode::Io);
    assert!(
        error.message.contains(&path.display().to_string()),
        "{error}"
    );
    assert_eq!(folder.names(), ["a.flac"]);
    assert!(path.is_dir());
}

#[test]
fn what_cannot_be_written_is_refused_before_the_render() {
    let folder = Folder::new();
    fs::create_dir(folder.0.join("folder.wav")).unwrap();
    let refused = |name: &str, format, channels, total| {
        let path = folder.0.join(name);
        let error = Output::create(&file(&path, format), RATE, channels, 0, total).unwrap_err();
        assert_eq!(folder.names(), ["folder.wav"], "{name}");
        if channels == 2 {
            assert!(
                error.message.contains(&path.display().to_string()),
                "{error}"
            );
        }
        error.code
    };
    assert_eq!(refused("a.mp3", None, 2, 1), ErrorCode::InvalidArg);
    assert_eq!(refused("a", None, 2, 1), ErrorCode::InvalidArg);
    assert_eq!(
        refused("a.flac", Some(WavFormat::F32), 2, 1),
        ErrorCode::InvalidArg
    );
    assert_eq!(refused("a.flac", None, 9, 1), ErrorCode::OutOfRange);
    assert_eq!(refused("no/a.flac", None, 2, 1), ErrorCode::NotFound);
    assert_eq!(refused("folder.wav", None, 2, 1), ErrorCode::Io);
    assert_eq!(refused("a.flac", None, 2, 1 << 36), ErrorCode::OutOfRange);
    assert_eq!(refused("a.wav", None, 2, 1 << 62), ErrorCode::OutOfRange);
    let error = Output::create(&Destination::Memory, RATE, 2, 0, 1 << 62).unwrap_err();
    assert_eq!(error.code, ErrorCode::OutOfRange);
    assert!(error.message.contains(&(1u64 << 62).to_string()), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let (real, link) = (folder.0.join("real"), folder.0.join("link.wav"));
    fs::write(&real, b"old").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, &link).unwrap();
    let mut output = Output::create(&file(&link, None), RATE, 1, 0, 4).unwrap();
    output.write(&[0.5; 4]).unwrap();
    output.finish().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&real).unwrap()[..4], *b"RIFF");
    assert_eq!(
        fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(folder.names(), ["link.wav", "real"]);
}

#[test]
fn loudness_is_that_of_what_was_taken() {
    // A tone of 1,000 Hz at −23 dBFS on both sides is −23 LUFS; what is trimmed would be louder.
    let height = 10f64.powf(-23.0 / 20.0);
    let sound: Vec<f32> = (0..5 * RATE)
        .flat_map(|n| {
            let loud = if (RATE..4 * RATE).contains(&n) {
                1.0
            } else {
                10.0
            };
            let sine = (f64::from(n) * 1_000.0 / f64::from(RATE) * TAU).sin();
            [(loud * height * sine) as f32; 2]
        })
        .collect();
    let (skip, total) = (u64::from(RATE), 3 * u64::from(RATE));
    let mut output = Output::create(&Destination::Memory, RATE, 2, skip, total).unwrap();
    for block in sound.chunks(2 * 256) {
        output.write(block).unwrap();
    }
    let loudness = output.finish().unwrap().loudness;
    assert!((loudness - -23.0).abs() < 0.1, "{loudness}");

    let output = Output::create(&Destination::Memory, RATE, 2, 0, 0).unwrap();
    assert_eq!(output.finish().unwrap().loudness, f64::NEG_INFINITY);
}
