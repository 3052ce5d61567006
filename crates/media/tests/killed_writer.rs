//! A recorder that is killed, or whose disk fills up, leaves a file that reads.
//!
//! The recorder is this test binary itself, started again with a path in its environment.
#![cfg(unix)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use common::{Strict, TempFile, strict};
use noxrun_media::{MediaError, WavFormat, WavWriter};

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

/// Records until it is killed or the disk is full, saying how far it got after every write.
/// Without a path in the environment, as in a normal run, there is nothing to do.
#[test]
fn recorder() {
    let Ok(path) = std::env::var(PATH) else {
        return;
    };
    let format = format(&std::env::var(FORMAT).unwrap());
    let mut writer = WavWriter::create(path, RATE, CHANNELS, format).unwrap();
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

fn check_samples(read: &Strict, format: &str) {
    let scale = if format == "s24" { 256 } else { 1 };
    let samples: Vec<i32> = match format {
        "f32" => read
            .f32()
            .iter()
            .map(|sample| (sample * 32_768.0) as i32)
            .collect(),
        _ => read.integers(),
    };
    for (index, there) in samples.iter().enumerate() {
        assert_eq!(*there, sample(index) * scale, "sample {index}");
    }
}

#[test]
fn a_killed_recorder_loses_at_most_a_second_and_nothing_before_it() {
    for (format, blocks) in [
        ("f32", 1),
        ("s24", 33),
        ("s16", 200),
        ("s24", 471),
        ("f32", 1_200),
    ] {
        let file = TempFile::new(&format!("killed-{format}-{blocks}.wav"));
        let mut recorder = start("exec \"$@\"", &file, format);
        let mut written = 0;
        let mut seen = 0;
        for line in BufReader::new(recorder.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let Some(frames) = line.strip_prefix("frames ") else {
                continue;
            };
            written = frames.parse().unwrap();
            seen += 1;
            if seen == blocks {
                // SIGKILL; what the recorder had said before is still read from the pipe.
                recorder.kill().unwrap();
            }
        }
        recorder.wait().unwrap();
        assert!(seen >= blocks);

        let read = strict(&file.bytes(), true);
        assert_eq!((usize::from(read.channels), read.rate), (CHANNELS, RATE));
        // One more block may have been written than was told.
        let announced = read.frames();
        assert!(announced <= written + 301, "{announced} of {written}");
        assert!(
            written <= announced + RATE as usize,
            "{announced} of {written}"
        );
        check_samples(&read, format);
    }
}

#[test]
fn a_full_disk_is_an_error_with_the_path_and_leaves_every_whole_frame() {
    for format in ["f32", "s24", "s16"] {
        let file = TempFile::new(&format!("full-{format}.wav"));
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

        let read = strict(&file.bytes(), true);
        check_samples(&read, format);
        let words: Vec<&str> = stopped.splitn(4, ' ').collect();
        assert_eq!(
            words[1],
            read.frames().to_string(),
            "frames() and the file differ"
        );
        assert_eq!(words[2], "true", "the writer went on after an error");
        assert!(
            words[3].contains(&file.path().display().to_string()),
            "{stopped}"
        );
        // The limit is 600 blocks of 512 or 1,024 bytes; what is missing is less than a frame.
        let len = file.bytes().len();
        let limit = if len > 400_000 { 600 * 1024 } else { 600 * 512 };
        assert!(len <= limit && limit - len < 16, "{len} bytes of {limit}");
    }
}
