//! What can go wrong with a sound file.

use std::io;
use std::path::{Path, PathBuf};

/// Why a sound file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// There is nothing at this path, or its folder is missing.
    #[error("no such file or folder: {}", path.display())]
    NotFound {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The system refuses access to this path.
    #[error("permission denied: {}", path.display())]
    Access {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The system failed to read or write: a full disk, a folder where a file was expected.
    /// Trying again helps only after the cause is gone.
    #[error("{}: {source}", path.display())]
    Io {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes are not a sound file, or a damaged one. Trying again does not help.
    #[error("cannot decode: {what}")]
    Decode {
        /// What is wrong, and at which byte or frame where that is known.
        what: String,
    },
    /// A sound file that is in order, of a kind that is not supported.
    #[error("not supported: {what}")]
    Unsupported {
        /// The format or codec.
        what: String,
    },
    /// An argument that makes no sense; nothing was read or written.
    #[error("{what}")]
    Invalid {
        /// The argument, its value and what is allowed.
        what: String,
    },
    /// A file name or a sample format that cannot be written. Nothing was touched.
    #[error("{what}")]
    Unwritable {
        /// The argument, its value and what is allowed.
        what: String,
    },
    /// More sound than memory or the file format can hold.
    #[error("too large: {what}")]
    TooLarge {
        /// What is too large, and the limit.
        what: String,
    },
    /// The progress callback asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl MediaError {
    /// Sorts an error of the file system by what a caller can do about it.
    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::PermissionDenied => Self::Access { path },
            _ => Self::Io { path, source },
        }
    }

    pub(crate) fn decode(what: impl Into<String>) -> Self {
        Self::Decode { what: what.into() }
    }
}
