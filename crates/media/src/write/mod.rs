//! Sound files written in pieces. The path's extension chooses the kind.

mod flac;
mod wav;

use std::io;
use std::path::Path;

use crate::error::MediaError;
use crate::open::{CHANNELS, SAMPLE_RATES};
use crate::wav::WavFormat;
use flac::FlacWriter;

pub use wav::WavWriter;

/// Writes sound to a WAV or a FLAC file; memory does not grow with its length.
///
/// The file is valid while it grows: a process that is killed at any moment leaves one that reads,
/// and loses at most the last second. An error cuts the file at its last whole frame (FLAC: block),
/// and the writer refuses to go on. Dropping it completes the file without telling of an error.
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
pub struct AudioWriter(Kind);

#[derive(Debug)]
enum Kind {
    Wav(Box<WavWriter>),
    Flac(Box<FlacWriter>),
}

impl AudioWriter {
    /// Starts a file, in place of one that is already there.
    ///
    /// `path` ends in `.wav` or `.flac`, in capitals or not. `sample_rate` in Hz within
    /// [`SAMPLE_RATES`], `channels` within [`CHANNELS`], for FLAC at most 8. `format` is one of f32
    /// (default), s24 and s16 for WAV, of s24 (default) and s16 for FLAC.
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
        // By its end, not by `extension`, which a file called ".wav" has none of.
        let name = path.as_os_str().to_string_lossy().to_ascii_lowercase();
        if name.ends_with(".wav") {
            let format = format.unwrap_or(WavFormat::F32);
            let file = WavWriter::create_at(place, path, sample_rate, channels, format)?;
            Ok(Self(Kind::Wav(Box::new(file))))
        } else if name.ends_with(".flac") {
            let format = format.unwrap_or(WavFormat::S24);
            let file = FlacWriter::create_at(place, path, sample_rate, channels, format)?;
            Ok(Self(Kind::Flac(Box::new(file))))
        } else {
            Err(MediaError::Unwritable {
                what: format!(
                    "path is {}; names that end in .wav or .flac are allowed",
                    path.display()
                ),
            })
        }
    }

    /// Appends interleaved samples, a whole number of frames.
    ///
    /// # Errors
    /// [`MediaError::Invalid`] when the last frame is not whole: nothing is written.
    /// [`MediaError::TooLarge`] where the file format ends (WAV: 4 GiB): what fits is written.
    /// [`MediaError::Io`] with the path: what reached the file stays in it.
    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), MediaError> {
        match &mut self.0 {
            Kind::Wav(file) => file.write(interleaved),
            Kind::Flac(file) => file.write(interleaved),
        }
    }

    /// Makes the file hold, and its header announce, what was written so far; FLAC but for the last
    /// unfinished block, at most half a second.
    ///
    /// # Errors
    /// [`MediaError::Io`] with the path.
    pub fn checkpoint(&mut self) -> Result<(), MediaError> {
        match &mut self.0 {
            Kind::Wav(file) => file.checkpoint(),
            Kind::Flac(file) => file.checkpoint(),
        }
    }

    /// Completes the file and gives its length in frames.
    ///
    /// # Errors
    /// [`MediaError::Io`] with the path.
    pub fn finish(self) -> Result<u64, MediaError> {
        match self.0 {
            Kind::Wav(file) => file.finish(),
            Kind::Flac(file) => file.finish(),
        }
    }

    /// Frames written so far; after an error, the frames that the file holds.
    pub fn frames(&self) -> u64 {
        match &self.0 {
            Kind::Wav(file) => file.frames(),
            Kind::Flac(file) => file.frames(),
        }
    }

    /// Most frames that the file can hold.
    pub fn max_frames(&self) -> u64 {
        match &self.0 {
            Kind::Wav(file) => file.max_frames(),
            Kind::Flac(file) => file.max_frames(),
        }
    }
}

pub(crate) fn check(sample_rate: u32, channels: usize) -> Result<(), MediaError> {
    let what = if !SAMPLE_RATES.contains(&sample_rate) {
        format!(
            "sample_rate is {sample_rate} Hz; {} to {} are allowed",
            SAMPLE_RATES.start(),
            SAMPLE_RATES.end()
        )
    } else if !CHANNELS.contains(&channels) {
        format!(
            "channels is {channels}; {} to {} are allowed",
            CHANNELS.start(),
            CHANNELS.end()
        )
    } else {
        return Ok(());
    };
    Err(MediaError::Invalid { what })
}

pub(crate) fn check_whole(samples: usize, channels: usize) -> Result<(), MediaError> {
    if samples.is_multiple_of(channels) {
        return Ok(());
    }
    Err(MediaError::Invalid {
        what: format!("{samples} samples are not a whole number of frames of {channels} channels"),
    })
}

fn ended(path: &Path) -> MediaError {
    MediaError::Io {
        path: path.to_path_buf(),
        source: io::Error::other("the recording ended at an earlier error"),
    }
}
