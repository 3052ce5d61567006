//! Sound files written in pieces, valid at every moment. The path's extension chooses the kind.

mod check;
mod content;
mod flac;
#[cfg(test)]
mod past_4_gib;
mod wav;

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::MediaError;
use crate::wav::WavFormat;
use content::Content;
use flac::FlacContent;
use wav::WavContent;

pub(crate) use check::{check, check_whole};

/// Writes sound to a WAV or a FLAC file; memory does not grow with its length.
///
/// Sound goes to the file in pieces of half a second at most (FLAC: and whole blocks), each followed
/// at once by the header that tells of it. So the file is valid while it grows: a process that is
/// killed at any moment leaves one that every program reads, and loses at most the last second.
/// Nothing is promised for a power failure: the system writes to the disk when it likes.
///
/// A WAV file is plain RIFF up to 4 GiB and becomes RF64 (EBU Tech 3306) when it grows beyond.
///
/// An error cuts the file at its last whole frame (FLAC: block), its header says so, and the writer
/// refuses to go on. Dropping it completes the file without telling of an error.
///
/// Not for an audio callback: it waits for the disk.
///
/// ```
/// use noxrun_media::AudioWriter;
///
/// # let path = std::env::temp_dir().join(format!("noxrun-media-doc-{}.flac", std::process::id()));
/// let mut file = AudioWriter::create(&path, 48_000, 2, None)?;
/// for _ in 0..100 {
///     file.write(&[0.25; 2 * 480])?;
/// }
/// assert_eq!(file.finish()?, 48_000);
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), noxrun_media::MediaError>(())
/// ```
#[derive(Debug)]
pub struct AudioWriter {
    file: File,
    path: PathBuf,
    content: Box<dyn Content>,
    channels: usize,
    /// Most frames that the file can hold, and what ends there.
    limit: (u64, &'static str),
    /// Frames after which the header is brought up to date: half a second.
    announce_every: u64,
    /// Frames taken since it was.
    unannounced: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Recording,
    Finished,
    Failed,
}

impl AudioWriter {
    /// Starts a file, in place of one that is already there.
    ///
    /// `path` ends in `.wav` or `.flac`, in capitals or not. `sample_rate` in Hz within
    /// [`SAMPLE_RATES`](crate::SAMPLE_RATES), `channels` within [`CHANNELS`](crate::CHANNELS), for
    /// FLAC at most 8. `format` is one of f32 (default), s24 and s16 for WAV, of s24 (default) and
    /// s16 for FLAC.
    ///
    /// # Errors
    /// [`MediaError::Unwritable`] for another extension, and for f32 in FLAC;
    /// [`MediaError::Invalid`] for a rate or a channel count outside the limits: all before
    /// anything is touched. [`MediaError::NotFound`] when the folder does not exist,
    /// [`MediaError::Access`], [`MediaError::Io`].
    pub fn create(
        path: impl AsRef<Path>,
        sample_rate: u32,
        channels: usize,
        format: Option<WavFormat>,
    ) -> Result<Self, MediaError> {
        let path = path.as_ref();
        Self::create_at(path, path, sample_rate, channels, format)
    }

    /// As [`create`](Self::create), but into the file `place`, for whoever gives it the name `path`
    /// when it is complete. `path` chooses the kind, and errors name it.
    ///
    /// # Errors
    /// Those of [`create`](Self::create).
    pub fn create_at(
        place: &Path,
        path: &Path,
        sample_rate: u32,
        channels: usize,
        format: Option<WavFormat>,
    ) -> Result<Self, MediaError> {
        check(sample_rate, channels)?;
        // By its end, not by `extension`, which a file called ".wav" has none of.
        let name = path.as_os_str().to_string_lossy().to_ascii_lowercase();
        let content: Box<dyn Content> = if name.ends_with(".wav") {
            let format = format.unwrap_or(WavFormat::F32);
            Box::new(WavContent::new(sample_rate, channels, format))
        } else if name.ends_with(".flac") {
            let format = format.unwrap_or(WavFormat::S24);
            Box::new(FlacContent::new(path, sample_rate, channels, format)?)
        } else {
            return Err(MediaError::Unwritable {
                what: format!(
                    "path is {}; names that end in .wav or .flac are allowed",
                    path.display()
                ),
            });
        };
        Self::start(place, path, (sample_rate, channels), content)
    }

    fn start(
        place: &Path,
        path: &Path,
        (sample_rate, channels): (u32, usize),
        content: Box<dyn Content>,
    ) -> Result<Self, MediaError> {
        let file = begin(place, &content.header(false))
            .map_err(|error| MediaError::from_io(path, error))?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
            limit: content.limit(),
            content,
            channels,
            announce_every: u64::from(sample_rate / 2),
            unannounced: 0,
            state: State::Recording,
        })
    }

    /// Appends interleaved samples, a whole number of frames.
    ///
    /// # Errors
    /// [`MediaError::Invalid`] when the last frame is not whole: nothing is written.
    /// [`MediaError::TooLarge`] where the kind of file ends: what fits is written.
    /// [`MediaError::Io`] with the path: what reached the file stays in it.
    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), MediaError> {
        self.usable()?;
        check_whole(interleaved.len(), self.channels)?;
        let mut rest = interleaved;
        while !rest.is_empty() {
            let frames = (rest.len() / self.channels) as u64;
            let room = self.limit.0 - self.frames();
            if room == 0 {
                return Err(self.full());
            }
            let space = self.content.space() as u64;
            let due = self.announce_every - self.unannounced;
            let count = frames.min(room).min(space).min(due);
            let (now, later) = rest.split_at(count as usize * self.channels);
            self.content.take(now);
            self.unannounced += count;
            rest = later;
            if count == due || count == space {
                self.checkpoint()?;
            }
        }
        Ok(())
    }

    /// Appends `frames` frames of silence, as [`write`](Self::write) would zeros, but faster: in a WAV
    /// file a long silence is a hole, which takes no time.
    ///
    /// # Errors
    /// Those of [`write`](Self::write).
    pub fn write_silence(&mut self, frames: u64) -> Result<(), MediaError> {
        self.usable()?;
        let mut left = frames;
        while left > 0 {
            let room = self.limit.0 - self.frames();
            if room == 0 {
                return Err(self.full());
            }
            let mut taken = 0;
            self.attempt(|writer| {
                taken = writer.content.silence(&mut writer.file, left.min(room))?;
                Ok(())
            })?;
            left -= taken;
            self.unannounced += taken;
            if self.unannounced >= self.announce_every || self.content.space() == 0 {
                self.checkpoint()?;
            }
        }
        Ok(())
    }

    /// Makes the file hold, and its header announce, what was written so far; FLAC but for the last
    /// unfinished block, at most half a second.
    ///
    /// # Errors
    /// [`MediaError::Io`] with the path.
    pub fn checkpoint(&mut self) -> Result<(), MediaError> {
        self.usable()?;
        self.attempt(|writer| {
            writer.content.store(&mut writer.file, false)?;
            writer.announce(false)
        })
    }

    /// Completes the file and gives its length in frames. May be called again; nothing can be
    /// written any more.
    ///
    /// # Errors
    /// [`MediaError::Io`] with the path; [`frames`](Self::frames) says what the file holds.
    pub fn finish(&mut self) -> Result<u64, MediaError> {
        if self.state != State::Finished {
            self.usable()?;
            self.complete()?;
        }
        Ok(self.frames())
    }

    /// Frames written so far; after an error, the frames that the file holds.
    pub fn frames(&self) -> u64 {
        self.content.stored() + self.content.waiting()
    }

    /// Most frames that the file can hold.
    pub fn max_frames(&self) -> u64 {
        self.limit.0
    }

    /// Frames that can still be written before the complete file might be larger than `bytes`
    /// bytes. FLAC counts what is still to come as if it did not shrink.
    pub fn room(&self, bytes: u64) -> u64 {
        self.content.room(bytes)
    }

    fn usable(&self) -> Result<(), MediaError> {
        let why = match self.state {
            State::Recording => return Ok(()),
            State::Finished => "the file is complete",
            State::Failed => "the recording ended at an earlier error",
        };
        Err(MediaError::Io {
            path: self.path.clone(),
            source: io::Error::other(why),
        })
    }

    fn full(&mut self) -> MediaError {
        let what = format!(
            "{} cannot grow beyond {}, the recording ends after {} frames",
            self.path.display(),
            self.limit.1,
            self.frames()
        );
        match self.checkpoint() {
            Ok(()) => MediaError::TooLarge { what },
            Err(error) => error,
        }
    }

    fn complete(&mut self) -> Result<(), MediaError> {
        self.attempt(|writer| {
            writer.content.store(&mut writer.file, true)?;
            writer.announce(true)
        })?;
        self.state = State::Finished;
        Ok(())
    }

    /// Does `work` on the file; where that fails, leaves a valid file behind.
    fn attempt(
        &mut self,
        work: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> Result<(), MediaError> {
        work(self).map_err(|error| {
            self.state = State::Failed;
            self.content.forget();
            // Cutting and rewriting need no new space, so they work on a full disk. Where even
            // they fail the file still holds the last header that was true.
            if self.file.set_len(self.content.end()).is_ok() {
                self.announce(false).ok();
            }
            MediaError::from_io(&self.path, error)
        })
    }

    /// Brings the header up to date with what the file holds. One write, so that a killed process
    /// never leaves half a header.
    fn announce(&mut self, is_complete: bool) -> io::Result<()> {
        let end = self.content.end();
        let padding = self.content.padding();
        if padding > 0 {
            // Before the header counts it, and as a hole, for which a full disk has room, too. The
            // next samples overwrite it.
            self.file.set_len(end + padding)?;
        }
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.content.header(is_complete))?;
        self.file.seek(SeekFrom::Start(end))?;
        self.unannounced = 0;
        Ok(())
    }
}

impl Drop for AudioWriter {
    fn drop(&mut self) {
        if self.state == State::Recording {
            // Nobody is left to tell an error to; `finish` is for those who want to know.
            self.complete().ok();
        }
    }
}

/// A new file with its first header.
fn begin(place: &Path, header: &[u8]) -> io::Result<File> {
    let mut file = File::create(place)?;
    let written = file.write_all(header);
    // Half a header is no sound file. What is no file at all, as a device, is not ours to remove.
    if written.is_err() && file.metadata().is_ok_and(|found| found.is_file()) {
        std::fs::remove_file(place).ok();
    }
    written.map(|()| file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_format_keeps_every_frame_that_fits() {
        for (kind, limit) in [("wav", 1_000), ("flac", 5_000)] {
            let name = format!("noxrun-media-{}-limit.{kind}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let format = Some(WavFormat::S16);
            let mut writer = AudioWriter::create(&path, 48_000, 2, format).unwrap();
            writer.limit.0 = limit;
            let block = vec![0.5; 2 * (limit as usize - 100)];
            writer.write(&block).unwrap();
            match writer.write(&block) {
                Err(error @ MediaError::TooLarge { .. }) => {
                    let text = error.to_string();
                    assert!(text.contains(&path.display().to_string()), "{text}");
                    assert!(text.contains(&format!("{limit} frames")), "{text}");
                }
                other => panic!("{other:?}"),
            }
            assert!(matches!(
                writer.write(&[0.5; 2]),
                Err(MediaError::TooLarge { .. })
            ));
            assert_eq!(writer.frames(), limit);
            assert_eq!(writer.finish().unwrap(), limit);
            assert_eq!(crate::probe_file(&path).unwrap().frames, Some(limit));
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn what_the_room_allows_never_makes_the_file_larger() {
        let mut seed = 1u32;
        for (kind, channels, format) in [
            ("wav", 1, WavFormat::S24),
            ("wav", 3, WavFormat::F32),
            ("flac", 1, WavFormat::S24),
            ("flac", 2, WavFormat::S16),
            ("flac", 8, WavFormat::S24),
        ] {
            for bytes in [65_536, 65_537, 200_001] {
                let name = format!("noxrun-media-{}-room.{kind}", std::process::id());
                let path = std::env::temp_dir().join(name);
                let mut writer =
                    AudioWriter::create(&path, 48_000, channels, Some(format)).unwrap();
                loop {
                    let frames = writer.room(bytes).min(700) as usize;
                    if frames == 0 {
                        break;
                    }
                    // Noise, which does not shrink.
                    let block: Vec<f32> = (0..frames * channels)
                        .map(|_| {
                            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                            seed as i32 as f32 / 2_147_483_648.0
                        })
                        .collect();
                    writer.write(&block).unwrap();
                }
                writer.finish().unwrap();
                let len = std::fs::metadata(&path).unwrap().len();
                assert!(len <= bytes, "{len} of {bytes} bytes: {kind}, {channels}");
                assert!(
                    len > bytes * 95 / 100,
                    "{len} of {bytes} bytes: {kind}, {channels}"
                );
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}
