//! What a recording is asked to be.

use crate::error::{Error, ErrorCode};
use noxrun_media::WavFormat;
use std::path::PathBuf;

/// What a file holds where samples were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    /// As much silence: the file keeps the time axis.
    #[default]
    Silence,
    /// Nothing: what comes next is joined.
    Splice,
}

/// When a recording goes on in a new file: at whichever comes first. Without either it never does.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rotate {
    /// Seconds of a file, at least 1; its frames are that many to the nearest one.
    pub seconds: Option<f64>,
    /// Bytes that a file has at most, at least [`Rotate::LEAST_BYTES`].
    pub bytes: Option<u64>,
}

impl Rotate {
    /// Fewer bytes would not hold a frame of every kind of file with its header.
    pub const LEAST_BYTES: u64 = 1 << 16;

    pub(super) fn is_asked(&self) -> bool {
        self.seconds.is_some() || self.bytes.is_some()
    }

    fn check(&self) -> Result<(), Error> {
        let refused = |message| Err(Error::new(ErrorCode::OutOfRange, message));
        match *self {
            Rotate {
                seconds: Some(seconds),
                ..
            } if !(seconds.is_finite() && seconds >= 1.0) => refused(format!(
                "rotate.seconds must be 1 or more, and finite, got {seconds}"
            )),
            Rotate {
                bytes: Some(bytes), ..
            } if bytes < Self::LEAST_BYTES => refused(format!(
                "rotate.bytes must be {} or more, got {bytes}",
                Self::LEAST_BYTES
            )),
            _ => Ok(()),
        }
    }
}

/// Where to record and how.
#[derive(Debug, Clone)]
pub struct RecordSpec {
    /// Ends in `.wav` or `.flac`. With rotation it is `take.wav` for the files `take-0001.wav`,
    /// `take-0002.wav`, ….
    pub path: PathBuf,
    /// `None` is the file kind's default.
    pub format: Option<WavFormat>,
    /// What stands for lost samples, and for pauses.
    pub gaps: Gaps,
    /// Whether one file is not enough.
    pub rotate: Rotate,
}

impl RecordSpec {
    /// One file of the kind's default format, with silence in its gaps.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            format: None,
            gaps: Gaps::default(),
            rotate: Rotate::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        self.rotate.check()
    }
}
