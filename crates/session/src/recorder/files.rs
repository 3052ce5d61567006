//! The files of a recording, one after another: their join is the recording, frame for frame.

use super::spec::{RecordSpec, Rotate};
use crate::error::Error;
use crate::lock::lock;
use noxrun_media::{AudioWriter, MediaError, WavFormat};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A file that will not change any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its length.
    pub frames: u64,
    /// Frames of the recording in the files before it.
    pub start_frame: u64,
}

/// What is known of the files, for whoever asks while they are written.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub complete: Vec<RecordedFile>,
    /// The newest file, and whether it still grows.
    pub newest: PathBuf,
    pub is_growing: bool,
}

impl Log {
    /// All files that hold something of the recording, or will.
    pub fn paths(&self) -> Vec<PathBuf> {
        let complete = self.complete.iter().map(|file| file.path.clone());
        let growing = self.is_growing.then(|| self.newest.clone());
        complete.chain(growing).collect()
    }
}

pub(super) struct Files {
    /// As it was given.
    path: PathBuf,
    format: Option<WavFormat>,
    rate: u32,
    channels: usize,
    rotate: Rotate,
    /// Frames of a file, where its seconds are limited.
    frames_each: u64,
    /// `None` between two files: the next one is made for a frame that goes into it.
    writer: Option<AudioWriter>,
    made: u64,
    /// Frames in files that are complete.
    before: u64,
    log: Arc<Mutex<Log>>,
}

impl Files {
    /// Makes the first file.
    pub fn create(spec: &RecordSpec, rate: u32, channels: usize) -> Result<Self, Error> {
        spec.check()?;
        let seconds = spec.rotate.seconds;
        let mut files = Self {
            path: spec.path.clone(),
            format: spec.format,
            rate,
            channels,
            rotate: spec.rotate,
            // Saturates.
            frames_each: seconds.map_or(u64::MAX, |s| (s * f64::from(rate)).round() as u64),
            writer: None,
            made: 0,
            before: 0,
            log: Arc::default(),
        };
        files.open()?;
        Ok(files)
    }

    pub fn log(&self) -> &Arc<Mutex<Log>> {
        &self.log
    }

    /// Frames in all files.
    pub fn frames(&self) -> u64 {
        self.before + self.writer.as_ref().map_or(0, AudioWriter::frames)
    }

    /// Appends whole frames. Says whether a file was completed.
    pub fn write(&mut self, interleaved: &[f32]) -> Result<bool, MediaError> {
        let channels = self.channels;
        let mut rest = interleaved;
        self.append((rest.len() / channels) as u64, |writer, frames| {
            let (now, later) = rest.split_at(frames as usize * channels);
            rest = later;
            writer.write(now)
        })
    }

    /// Appends silent frames. Says whether a file was completed.
    pub fn write_silence(&mut self, frames: u64) -> Result<bool, MediaError> {
        self.append(frames, AudioWriter::write_silence)
    }

    /// Lets `put` append `frames` frames, no more to a file than there is room for.
    fn append(
        &mut self,
        frames: u64,
        mut put: impl FnMut(&mut AudioWriter, u64) -> Result<(), MediaError>,
    ) -> Result<bool, MediaError> {
        let mut completed = false;
        let mut left = frames;
        while left > 0 {
            let mut room = self.room();
            if room == 0 {
                completed |= self.complete()?;
                self.open()?;
                // A new file takes one frame at least.
                room = self.room().max(1);
            }
            let Some(writer) = &mut self.writer else {
                break;
            };
            let now = left.min(room);
            left -= now;
            let result = put(writer, now);
            result.inspect_err(|_| self.close())?;
        }
        Ok(completed)
    }

    /// Completes the last file.
    pub fn finish(&mut self) -> Result<(), MediaError> {
        self.complete().map(|_| ())
    }

    /// Frames that may still go into this file.
    fn room(&self) -> u64 {
        let Some(writer) = &self.writer else { return 0 };
        let by_time = self.frames_each.saturating_sub(writer.frames());
        let by_size = self.rotate.bytes.map_or(u64::MAX, |most| writer.room(most));
        by_time.min(by_size)
    }

    /// Whether there was a file to complete.
    fn complete(&mut self) -> Result<bool, MediaError> {
        let Some(writer) = &mut self.writer else {
            return Ok(false);
        };
        let result = writer.finish();
        self.close();
        result.map(|_| true)
    }

    /// The file is as it stays, whether it was completed or cut at a failure.
    fn close(&mut self) {
        let Some(writer) = self.writer.take() else {
            return;
        };
        let mut log = lock(&self.log);
        log.is_growing = false;
        let path = log.newest.clone();
        log.complete.push(RecordedFile {
            path,
            frames: writer.frames(),
            start_frame: self.before,
        });
        self.before += writer.frames();
    }

    fn open(&mut self) -> Result<(), MediaError> {
        let path = match self.rotate.is_asked() {
            true => numbered(&self.path, self.made + 1),
            false => self.path.clone(),
        };
        let writer = AudioWriter::create(&path, self.rate, self.channels, self.format)?;
        self.writer = Some(writer);
        self.made += 1;
        let mut log = lock(&self.log);
        log.newest = path;
        log.is_growing = true;
        Ok(())
    }
}

/// `take.wav` becomes `take-0001.wav`; beyond 9999 the number has more digits.
fn numbered(path: &Path, number: u64) -> PathBuf {
    // By its last dot, not by `extension`, which a file called ".wav" has none of.
    let name = path.file_name().unwrap_or_default();
    let bytes = name.as_encoded_bytes();
    let dot = bytes.iter().rposition(|byte| *byte == b'.');
    let extension = dot.and_then(|dot| std::str::from_utf8(&bytes[dot..]).ok());
    let extension = extension.unwrap_or_default();
    let mut numbered = OsString::new();
    match name.to_str().and_then(|name| name.strip_suffix(extension)) {
        Some(stem) => numbered.push(stem),
        // Not text: the number goes behind the whole name.
        None => numbered.push(name),
    }
    numbered.push(format!("-{number:04}{extension}"));
    path.with_file_name(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_front_of_the_extension() {
        for (path, number, expected) in [
            ("take.wav", 1, "take-0001.wav"),
            ("a.b/take.one.FLAC", 12, "a.b/take.one-0012.FLAC"),
            (".wav", 3, "-0003.wav"),
            ("take.wav", 10_000, "take-10000.wav"),
        ] {
            assert_eq!(numbered(Path::new(path), number), Path::new(expected));
        }
    }
}
