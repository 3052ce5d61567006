//! Opens a file or bytes: finds the container, its sound track and whether it is within limits.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::{ControlFlow, RangeInclusive};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::common::Tier;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use crate::error::MediaError;
use crate::flac::{Headers, NoSound};
use crate::wav::WavReader;

/// Sample rates that are read and written, in Hz.
pub const SAMPLE_RATES: RangeInclusive<u32> = 1_000..=768_000;

/// Channel counts that are read and written.
pub const CHANNELS: RangeInclusive<usize> = 1..=64;

/// Told the fraction done, 0 to 1 and never falling, a few dozen times a minute of sound; answers
/// whether to go on. `Break` ends the work with [`MediaError::Cancelled`].
pub type Progress<'a> = &'a mut dyn FnMut(f64) -> ControlFlow<()>;

static FORMATS: LazyLock<Probe> = LazyLock::new(|| {
    let mut formats = Probe::new();
    formats.register_format_at_tier::<WavReader<'_>>(Tier::Preferred);
    symphonia::default::register_enabled_formats(&mut formats);
    formats
});

/// A container whose header was read and found to be within limits.
pub(crate) struct Media<'s> {
    pub reader: Box<dyn FormatReader + 's>,
    /// The track that is played.
    pub track_id: u32,
    pub params: AudioCodecParameters,
    pub channels: usize,
    pub sample_rate: u32,
    /// What the container says; for WAV, what is really there.
    pub frames: Option<u64>,
    /// Bytes of the whole source.
    pub byte_len: u64,
    /// Of a FLAC file.
    pub flac: Option<Headers>,
    read_to: Arc<AtomicU64>,
    path: Option<PathBuf>,
}

impl<'s> Media<'s> {
    pub fn from_bytes(bytes: &'s [u8]) -> Result<Self, MediaError> {
        Self::new(Cursor::new(bytes), bytes.len() as u64, None)
    }

    pub fn from_file(path: &Path) -> Result<Self, MediaError> {
        let fail = |source| MediaError::from_io(path, source);
        // Asked before opening: a named pipe would block in open().
        let kind = fs::metadata(path).map_err(fail)?.file_type();
        if kind.is_dir() {
            return Err(fail(io::Error::new(
                io::ErrorKind::IsADirectory,
                "is a folder, not a file",
            )));
        }
        if !kind.is_file() {
            return Err(fail(io::Error::other("is not a regular file")));
        }
        let file = File::open(path).map_err(fail)?;
        let byte_len = file.metadata().map_err(fail)?.len();
        Self::new(file, byte_len, Some(path.to_path_buf()))
    }

    fn new(
        mut source: impl Read + Seek + Send + Sync + 's,
        byte_len: u64,
        path: Option<PathBuf>,
    ) -> Result<Self, MediaError> {
        if byte_len == 0 {
            return Err(MediaError::decode("the file is empty"));
        }
        let failed = |error| media_error(Error::IoError(error), path.as_deref());
        let flac = Headers::read(&mut source, byte_len).map_err(failed)?;
        source.seek(SeekFrom::Start(0)).map_err(failed)?;
        let read_to = Arc::new(AtomicU64::new(0));
        let source = Metered {
            source,
            at: 0,
            byte_len,
            read_to: Arc::clone(&read_to),
        };
        let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
        let silent = flac.as_ref().filter(|headers| headers.end == byte_len);
        let reader = guarded(|| match silent {
            Some(headers) => Ok(Box::new(NoSound::new(stream, headers)) as Box<dyn FormatReader>),
            None => FORMATS.probe(
                &Hint::new(),
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            ),
        })?
        .map_err(|error| match error {
            Error::Unsupported(_) => MediaError::decode(format!(
                "none of the known sound formats was found in the file's {byte_len} bytes"
            )),
            error => media_error(error, path.as_deref()),
        })?;

        let Some(track) = reader.default_track(TrackType::Audio) else {
            return Err(MediaError::decode("the file has no sound track"));
        };
        let (track_id, frames) = (track.id, track.num_frames);
        let Some(CodecParameters::Audio(params)) = track.codec_params.clone() else {
            return Err(MediaError::decode(
                "the sound track does not tell its codec",
            ));
        };
        let sample_rate = params.sample_rate.unwrap_or(0);
        if !SAMPLE_RATES.contains(&sample_rate) {
            return Err(MediaError::decode(format!(
                "the header claims a sample rate of {sample_rate} Hz; {} to {} are allowed",
                SAMPLE_RATES.start(),
                SAMPLE_RATES.end()
            )));
        }
        let channels = params
            .channels
            .as_ref()
            .map_or(0, |channels| channels.count());
        if !CHANNELS.contains(&channels) {
            return Err(MediaError::decode(format!(
                "the header claims {channels} channels; {} to {} are allowed",
                CHANNELS.start(),
                CHANNELS.end()
            )));
        }
        Ok(Media {
            reader,
            track_id,
            params,
            channels,
            sample_rate,
            frames,
            byte_len,
            flac,
            read_to,
            path,
        })
    }

    /// How much of the source has been read, 0 to 1.
    pub fn fraction(&self) -> f64 {
        (self.read_to.load(Ordering::Relaxed) as f64 / self.byte_len as f64).min(1.0)
    }

    pub fn error(&self, error: Error) -> MediaError {
        media_error(error, self.path.as_deref())
    }
}

/// Runs code that parses foreign bytes, so that a panic in it becomes an error.
///
/// The last line of defence: no input is known that gets here. What the code had in hand must not
/// be used again.
pub(crate) fn guarded<T>(parse: impl FnOnce() -> T) -> Result<T, MediaError> {
    catch_unwind(AssertUnwindSafe(parse)).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown reason");
        MediaError::decode(format!("the decoder failed: {text}"))
    })
}

/// The WAV reader sends its texts as `InvalidData` and `Unsupported`; others know fixed ones.
fn media_error(error: Error, path: Option<&Path>) -> MediaError {
    match error {
        Error::IoError(error) => match (error.kind(), path) {
            (io::ErrorKind::InvalidData, _) => MediaError::decode(error.to_string()),
            (io::ErrorKind::Unsupported, _) => MediaError::Unsupported {
                what: error.to_string(),
            },
            (io::ErrorKind::UnexpectedEof, _) => MediaError::decode("the file stops too early"),
            (_, Some(path)) => MediaError::from_io(path, error),
            (_, None) => MediaError::decode(error.to_string()),
        },
        Error::Unsupported(what) => MediaError::Unsupported { what: what.into() },
        error => MediaError::decode(error.to_string()),
    }
}

/// A source that tells how far it was read.
struct Metered<S> {
    source: S,
    at: u64,
    byte_len: u64,
    read_to: Arc<AtomicU64>,
}

impl<S: Read> Read for Metered<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.at += count as u64;
        self.read_to.store(self.at, Ordering::Relaxed);
        Ok(count)
    }
}

impl<S: Seek> Seek for Metered<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.source.seek(to)?;
        Ok(self.at)
    }
}

impl<S: Read + Seek + Send + Sync> MediaSource for Metered<S> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.byte_len)
    }
}
