//! FLAC files that can be played at every moment of the recording.

use std::fmt;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{check, check_whole, ended};
use crate::error::MediaError;
use crate::flac::{FLAC_CHANNELS, FrameEncoder, MAX_FRAMES, StreamInfo, block_len};
use crate::wav::{WavFormat, integer};

/// Writes a FLAC file whose header is true while it grows.
///
/// Every block goes to the file as soon as it is full. The length in the header follows twice for
/// every second of sound and on `checkpoint`; the checksum and the last, shorter block come on
/// `finish` and when dropped. Until then the checksum counts as unknown.
pub(super) struct FlacWriter {
    file: File,
    path: PathBuf,
    channels: usize,
    info: StreamInfo,
    encoder: FrameEncoder,
    /// Of everything that went into a block.
    checksum: md5::Context,
    /// Samples on their way into the block, and as the checksum wants them.
    integers: Vec<i32>,
    bytes: Vec<u8>,
    /// Bytes in the file.
    stored: u64,
    /// Most frames that fit.
    limit: u64,
    /// Frames in the file that its header does not tell of.
    unannounced: u64,
    state: State,
}

impl fmt::Debug for FlacWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlacWriter")
            .field("path", &self.path)
            .field("info", &self.info)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Recording,
    Finished,
    Failed,
}

impl FlacWriter {
    /// Starts the file `place`; errors name `path`.
    pub fn create_at(
        place: &Path,
        path: &Path,
        sample_rate: u32,
        channels: usize,
        format: WavFormat,
    ) -> Result<Self, MediaError> {
        check(sample_rate, channels)?;
        if !FLAC_CHANNELS.contains(&channels) {
            return Err(MediaError::Invalid {
                what: format!(
                    "channels is {channels}; {} to {} are allowed in a FLAC file",
                    FLAC_CHANNELS.start(),
                    FLAC_CHANNELS.end()
                ),
            });
        }
        if format == WavFormat::F32 {
            return Err(MediaError::Unwritable {
                what: format!(
                    "format is f32 and the path {}; a FLAC file allows s24 and s16",
                    path.display()
                ),
            });
        }
        let block = block_len(sample_rate);
        let info = StreamInfo {
            sample_rate,
            channels,
            bits: format.bits(),
            block,
            smallest: 0,
            largest: 0,
            frames: 0,
            md5: [0; 16],
        };
        let mut file = File::create(place).map_err(|error| MediaError::from_io(path, error))?;
        file.write_all(&info.bytes())
            .map_err(|error| MediaError::from_io(path, error))?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
            channels,
            info,
            encoder: FrameEncoder::new(sample_rate, channels, format.bits(), block),
            checksum: md5::Context::new(),
            integers: Vec::new(),
            bytes: Vec::new(),
            stored: StreamInfo::LEN,
            limit: MAX_FRAMES,
            unannounced: 0,
            state: State::Recording,
        })
    }

    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), MediaError> {
        self.usable()?;
        check_whole(interleaved.len(), self.channels)?;
        let mut rest = interleaved;
        while !rest.is_empty() {
            let frames = (rest.len() / self.channels) as u64;
            let room = self.limit - self.frames();
            if room == 0 {
                return Err(self.full());
            }
            let space = (self.info.block - self.encoder.waiting()) as u64;
            let count = frames.min(room).min(space) as usize;
            let (now, later) = rest.split_at(count * self.channels);
            self.take(now);
            rest = later;
            if self.encoder.waiting() == self.info.block {
                self.attempt(Self::store)?;
                if self.unannounced >= u64::from(self.info.sample_rate / 2) {
                    self.checkpoint()?;
                }
            }
        }
        Ok(())
    }

    /// Adds whole frames to the block and to the checksum.
    fn take(&mut self, interleaved: &[f32]) {
        let bits = self.info.bits;
        self.integers.clear();
        self.integers
            .extend(interleaved.iter().map(|sample| integer(*sample, bits)));
        self.encoder.add(&self.integers);
        self.bytes.clear();
        if bits == 16 {
            let bytes = self.integers.iter().map(|n| (*n as i16).to_le_bytes());
            self.bytes.extend(bytes.flatten());
        } else {
            let bytes = self.integers.iter().map(|n| n.to_le_bytes());
            self.bytes.extend(bytes.flat_map(|[a, b, c, _]| [a, b, c]));
        }
        self.checksum.consume(&self.bytes);
    }

    pub fn checkpoint(&mut self) -> Result<(), MediaError> {
        self.usable()?;
        self.attempt(Self::announce)
    }

    pub fn finish(mut self) -> Result<u64, MediaError> {
        self.usable()?;
        self.complete()?;
        Ok(self.frames())
    }

    pub fn frames(&self) -> u64 {
        let waiting = match self.state {
            State::Recording => self.encoder.waiting() as u64,
            State::Finished | State::Failed => 0,
        };
        self.info.frames + waiting
    }

    pub fn max_frames(&self) -> u64 {
        self.limit
    }

    fn usable(&self) -> Result<(), MediaError> {
        match self.state {
            State::Recording | State::Finished => Ok(()),
            State::Failed => Err(ended(&self.path)),
        }
    }

    fn full(&mut self) -> MediaError {
        let what = format!(
            "{} cannot grow beyond 2^36 frames, the recording ends after {}",
            self.path.display(),
            self.frames()
        );
        match self.checkpoint() {
            Ok(()) => MediaError::TooLarge { what },
            Err(error) => error,
        }
    }

    /// The last block, if one waits, and the whole header.
    fn complete(&mut self) -> Result<(), MediaError> {
        self.attempt(|writer| {
            if writer.encoder.waiting() > 0 {
                writer.store()?;
            }
            writer.info.md5 = writer.checksum.clone().finalize().into();
            writer.announce()
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
            self.info.md5 = [0; 16];
            // Cutting and rewriting need no new space, so they work on a full disk. Where even
            // they fail the file still holds the last header that was true.
            if self.file.set_len(self.stored).is_ok() {
                self.announce().ok();
            }
            MediaError::from_io(&self.path, error)
        })
    }

    /// Puts the block into the file.
    fn store(&mut self) -> io::Result<()> {
        let frames = self.encoder.waiting() as u64;
        let bytes = self.encoder.encode();
        self.file.write_all(bytes)?;
        self.stored += bytes.len() as u64;
        self.info.smallest = match self.info.smallest {
            0 => bytes.len(),
            smallest => smallest.min(bytes.len()),
        };
        self.info.largest = self.info.largest.max(bytes.len());
        self.info.frames += frames;
        self.unannounced += frames;
        Ok(())
    }

    /// Brings the header up to date with what the file holds. One write, so that a killed process
    /// never leaves half a header.
    fn announce(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.info.bytes())?;
        self.file.seek(SeekFrom::Start(self.stored))?;
        self.unannounced = 0;
        Ok(())
    }
}

impl Drop for FlacWriter {
    fn drop(&mut self) {
        if self.state == State::Recording {
            // Nobody is left to tell an error to; `finish` is for those who want to know.
            self.complete().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_format_keeps_every_frame_that_fits() {
        let name = format!("noxrun-media-{}-limit.flac", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut writer = FlacWriter::create_at(&path, &path, 48_000, 2, WavFormat::S16).unwrap();
        writer.limit = 5_000;
        writer.write(&[0.5; 2 * 4_900]).unwrap();
        match writer.write(&[0.5; 2 * 4_900]) {
            Err(error @ MediaError::TooLarge { .. }) => {
                let text = error.to_string();
                assert!(text.contains(&path.display().to_string()), "{text}");
                assert!(text.contains("5000"), "{text}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(writer.frames(), 5_000);
        assert_eq!(writer.finish().unwrap(), 5_000);
        // The last 36 bits of STREAMINFO's packed field.
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[21..26], [0xF0, 0, 0, 0x13, 0x88]);
        std::fs::remove_file(path).unwrap();
    }
}
