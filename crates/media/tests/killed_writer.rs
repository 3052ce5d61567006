//! A recorder that is killed, or whose disk fills up, leaves a file that reads.
//!
//! The recorder is this test binary itself, started again with a path in its environment.
#![cfg(unix)]

#[path = "suite/common/mod.rs"]
mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use common::flac::{Block, HEADER, blocks, info};
use common::{TempFile, strict};
use noxrun_media::{AudioWriter, MediaError, WavFormat};

const RATE: u32 = 8_000;
const CHANNELS: usize = 3;
const PATH: &str = "NOXRUN_TEST_RECORDER_PATH";
const FORMAT: &str = "NOXRUN_TEST_RECORDER_FORMAT";

/// Multiples of 2^-15, so that every format holds them exactly.
fn sample(index: usize) -> i32 {
    (index * 7919 % 65_536) as i32 - 32_768
}

fn format(name: &str) -> WavFormat {
    match name {
        "s24" => WavFormat::S24,
        "s16" => WavFormat::S16,
        _ => WavFormat::F32,
    }
}

/// What a file that was not completed holds.
struct Found {
    /// Frames that its header announces, and those that are there.
    announced: u64,
    frames: u64,
    /// All samples, as multiples of 2^-15.
    samples: Vec<i32>,
}

fn read(file: &TempFile, format: &str) -> Found {
    let bytes = file.bytes();
    let scale = if format == "s24" { 256 } else { 1 };
    let exact = |sample: &i32| {
        assert_eq!(sample % scale, 0);
        sample / scale
    };
    if file.path().extension().unwrap() == "wav" {
        let read = strict(&bytes, true);
        assert_eq!((usize::from(read.channels), read.rate), (CHANNELS, RATE));
        let samples = match format {
            "f32" => read.f32().iter().map(|x| (x * 32_768.0) as i32).collect(),
            _ => read.integers().iter().map(exact).collect(),
        };
        return Found {
            announced: read.frames() as u64,
            frames: read.frames() as u64,
            samples,
        };
    }
    let header = info(&bytes);
    assert_eq!((header.channels, header.rate), (CHANNELS, RATE));
    // Nobody knows the checksum of what was not completed.
    assert_eq!(header.md5, [0; 16]);
    let mut samples = Vec::new();
    for Block { lanes, .. } in blocks(&bytes).0 {
        for frame in 0..lanes[0].len() {
            samples.extend(lanes.iter().map(|lane| exact(&lane[frame])));
        }
    }
    Found {
        announced: header.frames,
        frames: (samples.len() / CHANNELS) as u64,
        samples,
    }
}

/// Records until it is killed or the disk is full, saying how far it got after every write.
/// Without a path in the environment, as in a normal run, there is nothing to do.
#[test]
fn recorder() {
    let Ok(path) = std::env::var(PATH) else {
        return;
    };
    let format = format(&std::env::var(FORMAT).unwrap());
    let mut writer = AudioWriter::create(path, RATE, CHANNELS, Some(format)).unwrap();
    let mut out = std::io::stdout();
    for block in 0.. {
        let first = writer.frames() as usize * CHANNELS;
        let samples: Vec<f32> = (first..first + (1 + block % 301) * CHANNELS)
            .map(|index| sample(index) as f32 / 32_768.0)
            .collect();
        let line = match writer.write(&samples) {
            Ok(()) => format!("frames {}", writer.frames()),
            Err(error @ MediaError::Io { .. }) => {
                let again = writer.write(&samples).is_err() && writer.checkpoint().is_err();
                format!("stopped {} {again} {error}", writer.frames())
            }
            Err(error) => panic!("{error}"),
        };
        writeln!(out, "{line}").unwrap();
        out.flush().unwrap();
        if line.starts_with("stopped") {
            return;
        }
    }
}

fn start(shell: &str, file: &TempFile, format: &str) -> Child {
    Command::new("sh")
        .args(["-c", shell, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "recorder", "--nocapture"])
        .env(PATH, file.path())
        .env(FORMAT, format)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn check_samples(found: &Found) {
    for (index, there) in found.samples.iter().enumerate() {
        assert_eq!(*there, sample(index), "sample {index}");
    }
}

#[test]
fn a_killed_recorder_loses_at_most_a_second_and_nothing_before_it() {
    for (kind, format, writes) in [
        ("wav", "f32", 1),
        ("wav", "s24", 33),
        ("wav", "s16", 200),
        ("wav", "s24", 471),
        ("wav", "f32", 1_200),
        ("flac", "s24", 1),
        ("flac", "s16", 33),
        ("flac", "s24", 200),
        ("flac", "s16", 471),
        ("flac", "s24", 1_200),
    ] {
        let file = TempFile::new(&format!("killed-{format}-{writes}.{kind}"));
        let mut recorder = start("exec \"$@\"", &file, format);
        let mut written: u64 = 0;
        let mut seen = 0;
        for line in BufReader::new(recorder.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let Some(frames) = line.strip_prefix("frames ") else {
                continue;
            };
            written = frames.parse().unwrap();
            seen += 1;
            if seen == writes {
                // SIGKILL; what the recorder had said before is still read from the pipe.
                recorder.kill().unwrap();
            }
        }
        recorder.wait().unwrap();
        assert!(seen >= writes);

        let found = read(&file, format);
        // One more write may have been made than was told.
        assert!(found.frames <= written + 301, "{}", found.frames);
        assert!(found.announced <= found.frames);
        assert!(
            written <= found.announced + u64::from(RATE),
            "{} of {written}",
            found.announced
        );
        check_samples(&found);
    }
}

#[test]
fn a_full_disk_is_an_error_with_the_path_and_leaves_every_whole_frame() {
    for (kind, format) in [
        ("wav", "f32"),
        ("wav", "s24"),
        ("wav", "s16"),
        ("flac", "s24"),
        ("flac", "s16"),
    ] {
        let file = TempFile::new(&format!("full-{format}.{kind}"));
        // A file size limit, its signal ignored, refuses writes as a full disk does, in mid-frame.
        let shell = "trap '' XFSZ; ulimit -f 600; exec \"$@\"";
        let mut recorder = start(shell, &file, format);
        let lines = BufReader::new(recorder.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let stopped = lines
            .filter(|line| line.starts_with("stopped "))
            .last()
            .expect("no error");
        assert!(recorder.wait().unwrap().success());

        let found = read(&file, format);
        check_samples(&found);
        assert_eq!(found.announced, found.frames);
        let words: Vec<&str> = stopped.splitn(4, ' ').collect();
        assert_eq!(
            words[1],
            found.frames.to_string(),
            "frames() and the file differ"
        );
        assert_eq!(words[2], "true", "the writer went on after an error");
        assert!(
            words[3].contains(&file.path().display().to_string()),
            "{stopped}"
        );
        // The limit is 600 blocks of 512 or 1,024 bytes; what is missing is less than a frame, or
        // in FLAC less than a block of as many bytes as its samples have.
        let bytes = file.bytes();
        let limit = if bytes.len() > 400_000 {
            600 * 1024
        } else {
            600 * 512
        };
        let most = if kind == "wav" {
            16
        } else {
            block_bytes(&bytes)
        };
        assert!(
            bytes.len() <= limit && limit - bytes.len() < most,
            "{} bytes",
            bytes.len()
        );
        if kind == "flac" {
            let (blocks, cut) = blocks(&bytes);
            assert!(!cut, "half a block was left");
            let sizes: usize = blocks.iter().map(|block| block.len).sum();
            assert_eq!(HEADER + sizes, bytes.len());
        }
    }
}

/// Bytes of a block of a FLAC file at most.
fn block_bytes(bytes: &[u8]) -> usize {
    let header = info(bytes);
    usize::from(header.blocks.1) * CHANNELS * header.bits as usize / 8 + 32
}
