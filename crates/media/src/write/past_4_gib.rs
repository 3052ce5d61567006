//! Files that grow beyond 4 GiB, in a file that begins with a hole: silence that takes no disk.

use std::fs;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use symphonia::core::formats::{SeekMode, SeekTo};
use symphonia::core::units::Timestamp;

use super::AudioWriter;
use super::wav::WavContent;
use crate::open::Media;
use crate::wav::WavFormat;

const RATE: u32 = 48_000;
const GIB_4: u64 = 1 << 32;
/// A file of this name in the environment makes this program a recorder that waits to be killed.
const PATH: &str = "NOXRUN_TEST_PAST_4_GIB";

struct Temp(PathBuf);

impl Temp {
    fn new(name: &str) -> Self {
        let name = format!("noxrun-media-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// A multiple of 2^-15, which every format holds exactly, never 0.
fn sample(index: u64) -> f32 {
    (index * 7919 % 32_768 + 1) as f32 / 32_768.0
}

/// A recording that is `before` bytes short of 4 GiB of sound, all of it silent.
fn almost(path: &Path, channels: usize, format: WavFormat, before: u64) -> AudioWriter {
    let mut content = WavContent::new(RATE, channels, format);
    let frame_len = (channels * format.bytes_per_sample()) as u64;
    content.stored = (GIB_4 - before) / frame_len * frame_len;
    let silent = content.stored;
    let mut writer = AudioWriter::start(path, path, (RATE, channels), Box::new(content)).unwrap();
    let header_len = writer.content.end() - silent;
    writer
        .file
        .set_len(header_len + silent)
        .and_then(|()| writer.announce(false))
        .unwrap_or_else(|error| {
            let dir = path.parent().unwrap().display();
            panic!("{dir} holds no file of 4 GiB, or makes no holes in it: {error}")
        });
    writer
}

/// What a header says of its file, read strictly and by hand: EBU Tech 3306, version 1.1.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    is_rf64: bool,
    data_start: u64,
    data_len: u64,
}

/// `is_whole`: no bytes follow what the header tells of.
fn told(path: &Path, is_whole: bool) -> Told {
    let mut file = fs::File::open(path).unwrap();
    let mut bytes = [0; 160];
    file.read_exact(&mut bytes).unwrap();
    let file_len = file.metadata().unwrap().len();
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let is_rf64 = match &bytes[..4] {
        b"RIFF" => false,
        b"RF64" => true,
        other => panic!("{other:?}"),
    };
    assert_eq!(&bytes[8..12], b"WAVE");
    assert_eq!(&bytes[12..16], if is_rf64 { b"ds64" } else { b"JUNK" });
    assert_eq!(u32_at(16), 28);
    let mut at = 48;
    let mut frame_len = 0;
    while &bytes[at..at + 4] != b"data" {
        match &bytes[at..at + 4] {
            b"fmt " => frame_len = u64::from(bytes[at + 20]),
            b"fact" if is_rf64 => assert_eq!(u32_at(at + 8), u32::MAX),
            b"fact" => {}
            other => panic!("chunk {other:?}"),
        }
        at += 8 + u32_at(at + 4) as usize;
    }
    let data_start = at as u64 + 8;
    let (riff_len, data_len) = if is_rf64 {
        assert_eq!((u32_at(4), u32_at(at + 4)), (u32::MAX, u32::MAX));
        assert_eq!(u64_at(36), u64_at(28) / frame_len);
        assert_eq!(u32_at(44), 0, "a table of other sizes");
        (u64_at(20), u64_at(28))
    } else {
        (u64::from(u32_at(4)), u64::from(u32_at(at + 4)))
    };
    assert_eq!(data_len % frame_len, 0);
    assert_eq!(riff_len + 8, data_start + data_len + data_len % 2);
    if is_whole {
        assert_eq!(riff_len + 8, file_len);
    } else {
        assert!(riff_len + 8 <= file_len, "{riff_len} of {file_len} bytes");
    }
    Told {
        is_rf64,
        data_start,
        data_len,
    }
}

/// The last `frames` frames of a file, by the project's own reader, interleaved integers of 15 bits.
fn read_tail(path: &Path, channels: usize, frames: u64) -> (u64, Vec<i32>) {
    let mut media = Media::from_file(path).unwrap();
    let all = media.frames.unwrap();
    media
        .reader
        .seek(
            SeekMode::Accurate,
            SeekTo::Timestamp {
                ts: Timestamp::try_from(all - frames).unwrap(),
                track_id: media.track_id,
            },
        )
        .unwrap();
    let mut bytes = Vec::new();
    while let Some(packet) = media.reader.next_packet().unwrap() {
        bytes.extend_from_slice(&packet.data);
    }
    let len = bytes.len() / (frames as usize * channels);
    let samples = bytes.chunks_exact(len).map(|bytes| match len {
        4 => (f32::from_le_bytes(bytes.try_into().unwrap()) * 32_768.0) as i32,
        3 => i32::from_le_bytes([0, bytes[0], bytes[1], bytes[2]]) >> 16,
        _ => i32::from(i16::from_le_bytes(bytes.try_into().unwrap())),
    });
    (all, samples.collect())
}

#[test]
fn a_file_is_valid_at_every_moment_while_it_grows_beyond_4_gib() {
    for (name, format, channels) in [
        ("f32", WavFormat::F32, 2),
        ("s24", WavFormat::S24, 1),
        ("s16", WavFormat::S16, 3),
    ] {
        let file = Temp::new(&format!("past-{name}.wav"));
        let frame_len = (channels * format.bytes_per_sample()) as u64;
        let mut writer = almost(&file.0, channels, format, 100_000);
        let silent = writer.frames();
        let mut seen = vec![told(&file.0, true)];
        let mut index = 0;
        for step in 0..60 {
            let samples = (1_000 + step) * channels as u64;
            let block: Vec<f32> = (index..index + samples).map(sample).collect();
            writer.write(&block).unwrap();
            index += samples;
            told(&file.0, false);
            writer.checkpoint().unwrap();
            let now = told(&file.0, true);
            assert_eq!(now.data_len, writer.frames() * frame_len);
            seen.push(now);
        }
        let frames = writer.finish().unwrap();
        let last = told(&file.0, true);
        assert_eq!(last.data_len, frames * frame_len);
        assert!(seen.iter().all(|now| now.data_start == last.data_start));
        let first_wide = seen.iter().position(|now| now.is_rf64).unwrap();
        assert!(first_wide > 1 && first_wide < 59, "{first_wide}");
        assert!(seen[first_wide..].iter().all(|now| now.is_rf64));
        assert!(last.data_len > GIB_4);

        let written = index / channels as u64;
        assert_eq!(frames, silent + written);
        let wanted: Vec<i32> = (0..index)
            .map(|n| (sample(n) * 32_768.0) as i32)
            .map(|n| match format {
                WavFormat::F32 => n,
                _ => n.min(32_767),
            })
            .collect();
        let (all, tail) = read_tail(&file.0, channels, written);
        assert_eq!(all, frames);
        assert!(tail == wanted, "{name}: the sound after the silence");
        #[cfg(target_os = "linux")]
        libsndfile_agrees(&file.0, frames);
    }
}

/// libsndfile, by its own program, finds the same length.
#[cfg(target_os = "linux")]
fn libsndfile_agrees(path: &Path, frames: u64) {
    let output = match Command::new("sndfile-info").arg(path).output() {
        Ok(output) => output,
        Err(error) => panic!("sndfile-info cannot be run ({error}); `npm run setup` installs it"),
    };
    let info = String::from_utf8_lossy(&output.stdout);
    let line = info.lines().find(|line| line.starts_with("Frames "));
    let found = line.and_then(|line| line.rsplit(' ').next());
    assert_eq!(found, Some(frames.to_string().as_str()), "{info}");
    assert!(info.contains("RF64"), "{info}");
}

/// Records across 4 GiB, saying how far it got after every write. Without a path in the
/// environment, as in a normal run, there is nothing to do.
#[test]
fn recorder_past_4_gib() {
    let Some(path) = std::env::var_os(PATH) else {
        return;
    };
    let mut writer = almost(Path::new(&path), 2, WavFormat::S16, 100_000);
    let mut out = std::io::stdout();
    let mut index = 0;
    loop {
        let block: Vec<f32> = (index..index + 960).map(sample).collect();
        writer.write(&block).unwrap();
        index += 960;
        writeln!(out, "frames {}", writer.frames()).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_recorder_killed_around_4_gib_leaves_a_valid_file() {
    let mut kinds = [0, 0];
    for writes in [1, 20, 45, 50, 52, 54, 60, 90, 200] {
        let file = Temp::new(&format!("killed-past-{writes}.wav"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "write::past_4_gib::recorder_past_4_gib",
                "--nocapture",
            ])
            .env(PATH, &file.0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut written = 0;
        let mut seen = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            if let Some(frames) = line.unwrap().strip_prefix("frames ") {
                written = frames.parse::<u64>().unwrap();
                seen += 1;
                if seen == writes {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        let found = told(&file.0, false);
        kinds[usize::from(found.is_rf64)] += 1;
        let frames = found.data_len / 4;
        assert!(frames + u64::from(RATE) >= written, "{frames} of {written}");
        // The sound that the header tells of is there: what follows the silence, from its start.
        let silent = (GIB_4 - 100_000) / 4;
        let mut bytes = Vec::new();
        let mut reader = fs::File::open(&file.0).unwrap();
        reader
            .seek(SeekFrom::Start(found.data_start + silent * 4))
            .unwrap();
        let sound = frames - silent;
        reader.take(sound * 4).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, sound * 4);
        for (n, bytes) in bytes.chunks_exact(2).enumerate() {
            let wanted = ((sample(n as u64) * 32_768.0) as i32).min(32_767);
            let heard = i32::from(i16::from_le_bytes(bytes.try_into().unwrap()));
            assert_eq!(heard, wanted, "sample {n}");
        }
    }
    assert!(kinds[0] > 0 && kinds[1] > 0, "all of one kind: {kinds:?}");
}
