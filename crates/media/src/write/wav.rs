//! WAV files that are valid at every moment of the recording.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{check, check_whole, ended};
use crate::error::MediaError;
use crate::wav::{Header, WavFormat};

/// Bytes gathered before the system is asked to write.
const BUFFER_LEN: usize = 1 << 16;

/// Writes a recording to a WAV file whose header is true while it grows.
///
/// Sound first, then the sizes in the header: twice for every second of sound, on
/// [`checkpoint`](Self::checkpoint), on [`finish`](Self::finish) and when dropped. A process that
/// is killed at any moment leaves a file that every program reads, and loses at most the last half
/// second. Nothing is promised for a power failure: the system writes to the disk when it likes.
///
/// Not for an audio callback: it waits for the disk.
///
/// # Errors
/// After an error the file is cut at its last whole frame, its header says so, and the writer
/// refuses to go on.
#[derive(Debug)]
pub struct WavWriter {
    file: File,
    path: PathBuf,
    header: Header,
    header_len: u64,
    /// Most bytes of sound that fit.
    limit: u64,
    /// Encoded samples that the file does not hold yet.
    buffer: Vec<u8>,
    /// Bytes of sound in the file.
    stored: u64,
    /// Frames since the header was last brought up to date.
    unannounced: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Recording,
    Finished,
    Failed,
}

impl WavWriter {
    /// Starts a file, in place of one that is already there.
    ///
    /// `sample_rate` in Hz within [`SAMPLE_RATES`](crate::SAMPLE_RATES), `channels` within
    /// [`CHANNELS`](crate::CHANNELS).
    ///
    /// # Errors
    /// [`MediaError::Invalid`] for a rate or channel count outside the limits, before anything is
    /// touched; [`MediaError::NotFound`] when the folder does not exist, [`MediaError::Access`],
    /// [`MediaError::Io`].
    pub fn create(
        path: impl AsRef<Path>,
        sample_rate: u32,
        channels: usize,
        format: WavFormat,
    ) -> Result<Self, MediaError> {
        let path = path.as_ref();
        Self::create_at(path, path, sample_rate, channels, format)
    }

    /// Starts the file `place`; errors name `path`.
    pub(super) fn create_at(
        place: &Path,
        path: &Path,
        sample_rate: u32,
        channels: usize,
        format: WavFormat,
    ) -> Result<Self, MediaError> {
        check(sample_rate, channels)?;
        let header = Header {
            format,
            channels: channels as u16,
            sample_rate,
        };
        let mut file = File::create(place).map_err(|error| MediaError::from_io(path, error))?;
        file.write_all(&header.bytes(0))
            .map_err(|error| MediaError::from_io(path, error))?;
        Ok(WavWriter {
            file,
            path: path.to_path_buf(),
            header,
            header_len: header.len(),
            limit: header.max_data_len(),
            buffer: Vec::with_capacity(BUFFER_LEN),
            stored: 0,
            unannounced: 0,
            state: State::Recording,
        })
    }

    /// Appends interleaved samples, a whole number of frames.
    ///
    /// # Errors
    /// [`MediaError::Invalid`] when the last frame is not whole: nothing is written.
    /// [`MediaError::TooLarge`] where the format's 4 GiB end: what fits is written.
    /// [`MediaError::Io`] with the path: the frames that reached the file stay in it.
    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), MediaError> {
        self.usable()?;
        let channels = usize::from(self.header.channels);
        check_whole(interleaved.len(), channels)?;
        let frame_len = self.header.frame_len();
        let announce_every = u64::from(self.header.sample_rate / 2);
        let mut rest = interleaved;
        while !rest.is_empty() {
            let frames = (rest.len() / channels) as u64;
            let room = (self.limit - self.len()) / frame_len;
            if room == 0 {
                return Err(self.full());
            }
            let space = ((BUFFER_LEN - self.buffer.len()) as u64 / frame_len).max(1);
            let count = frames
                .min(room)
                .min(space)
                .min(announce_every - self.unannounced);
            let (now, later) = rest.split_at(count as usize * channels);
            self.header.format.encode(now, &mut self.buffer);
            self.unannounced += count;
            rest = later;
            if self.unannounced == announce_every {
                self.checkpoint()?;
            } else if self.buffer.len() as u64 + frame_len > BUFFER_LEN as u64 {
                self.attempt(Self::flush)?;
            }
        }
        Ok(())
    }

    /// Makes the file hold, and its header announce, everything written so far.
    ///
    /// # Errors
    /// [`MediaError::Io`] with the path.
    pub fn checkpoint(&mut self) -> Result<(), MediaError> {
        self.usable()?;
        self.attempt(|writer| {
            writer.flush()?;
            writer.announce()
        })
    }

    /// Completes the file and gives its length in frames.
    ///
    /// # Errors
    /// [`MediaError::Io`] with the path.
    pub fn finish(mut self) -> Result<u64, MediaError> {
        self.checkpoint()?;
        self.state = State::Finished;
        Ok(self.frames())
    }

    /// Frames written so far; after an error, the frames that the file holds.
    pub fn frames(&self) -> u64 {
        self.len() / self.header.frame_len()
    }

    /// Most frames that the file can hold.
    pub fn max_frames(&self) -> u64 {
        self.limit / self.header.frame_len()
    }

    /// Bytes of sound, in the file and on the way to it.
    fn len(&self) -> u64 {
        self.stored + self.buffer.len() as u64
    }

    fn usable(&self) -> Result<(), MediaError> {
        match self.state {
            State::Recording | State::Finished => Ok(()),
            State::Failed => Err(ended(&self.path)),
        }
    }

    fn full(&mut self) -> MediaError {
        let what = format!(
            "{} cannot grow beyond 4 GiB, the recording ends after {} frames",
            self.path.display(),
            self.frames()
        );
        match self.checkpoint() {
            Ok(()) => MediaError::TooLarge { what },
            Err(error) => error,
        }
    }

    /// Does `work` on the file; where that fails, leaves a valid file behind.
    fn attempt(
        &mut self,
        work: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> Result<(), MediaError> {
        work(self).map_err(|error| {
            self.state = State::Failed;
            self.buffer.clear();
            self.stored -= self.stored % self.header.frame_len();
            // Cutting and rewriting need no new space, so they work on a full disk. Where even
            // they fail the file still holds the last header that was true.
            if self.file.set_len(self.header_len + self.stored).is_ok() {
                self.announce().ok();
            }
            MediaError::from_io(&self.path, error)
        })
    }

    /// Hands the buffer to the system and counts what it took, also when it did not take all.
    fn flush(&mut self) -> io::Result<()> {
        let mut taken = 0;
        let mut result = Ok(());
        while taken < self.buffer.len() && result.is_ok() {
            match self.file.write(&self.buffer[taken..]) {
                Ok(0) => result = Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => taken += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => result = Err(error),
            }
        }
        self.stored += taken as u64;
        self.buffer.clear();
        result
    }

    /// Brings the header up to date with what the file holds. One write, so that a killed process
    /// never leaves half a header.
    fn announce(&mut self) -> io::Result<()> {
        let end = SeekFrom::Start(self.header_len + self.stored);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.header.bytes(self.stored))?;
        self.file.seek(end)?;
        if self.stored % 2 == 1 {
            // Chunks are padded to even length; the next samples overwrite the padding.
            self.file.write_all(&[0])?;
            self.file.seek(end)?;
        }
        self.unannounced = 0;
        Ok(())
    }
}

impl Drop for WavWriter {
    fn drop(&mut self) {
        if self.state == State::Recording {
            // Nobody is left to tell an error to; `finish` is for those who want to know.
            self.checkpoint().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames that the sizes in a file's header announce, and the size that RIFF claims.
    fn announced(path: &Path) -> (usize, usize) {
        let bytes = std::fs::read(path).unwrap();
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        (u32_at(40) / 4, u32_at(4))
    }

    #[test]
    fn the_end_of_the_format_keeps_every_frame_that_fits() {
        let name = format!("noxrun-media-{}-limit.wav", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut writer = WavWriter::create(&path, 48_000, 2, WavFormat::S16).unwrap();
        writer.limit = 4 * 1_000;
        writer.write(&[0.5; 2 * 600]).unwrap();
        match writer.write(&[0.5; 2 * 600]) {
            Err(error @ MediaError::TooLarge { .. }) => {
                let text = error.to_string();
                assert!(text.contains(&path.display().to_string()), "{text}");
                assert!(text.contains("1000 frames"), "{text}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(announced(&path), (1_000, 36 + 4_000));
        assert!(matches!(
            writer.write(&[0.5; 2]),
            Err(MediaError::TooLarge { .. })
        ));
        assert_eq!(writer.finish().unwrap(), 1_000);
        assert_eq!(announced(&path), (1_000, 36 + 4_000));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 44 + 4_000);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_largest_file_still_fits_its_32_bit_sizes() {
        for format in [WavFormat::F32, WavFormat::S24, WavFormat::S16] {
            for channels in [1, 2, 3, 64] {
                let header = Header {
                    format,
                    channels,
                    sample_rate: 48_000,
                };
                let most = header.max_data_len();
                assert_eq!(most % header.frame_len(), 0);
                let riff = header.len() - 8 + most + most % 2;
                assert!(riff <= u64::from(u32::MAX));
                assert!(
                    riff + header.frame_len() + 16 > u64::from(u32::MAX),
                    "room is wasted"
                );
                let bytes = header.bytes(most);
                assert_eq!(bytes[4..8], (riff as u32).to_le_bytes());
                assert_eq!(bytes[bytes.len() - 4..], (most as u32).to_le_bytes());
            }
        }
    }
}
