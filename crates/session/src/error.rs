//! The one error of the public API: a code for programs, a sentence for people.

use noxrun_capture::CaptureError;
use noxrun_device::DeviceError;
use noxrun_media::MediaError;
use std::panic::{AssertUnwindSafe, catch_unwind};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $name:literal),+ $(,)?) => {
        /// What went wrong, as programs see it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ErrorCode { $($(#[$doc])* $variant),+ }

        impl ErrorCode {
            /// The code's public name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

codes! {
    /// No usable device.
    NoDevice => "ERR_NO_DEVICE",
    /// The device went away.
    DeviceLost => "ERR_DEVICE_LOST",
    /// Another program holds the device.
    DeviceBusy => "ERR_DEVICE_BUSY",
    /// The device cannot do what was asked.
    UnsupportedConfig => "ERR_UNSUPPORTED_CONFIG",
    /// Too many events wait already.
    QueueFull => "ERR_QUEUE_FULL",
    /// A limit chosen at opening is reached.
    Limit => "ERR_LIMIT",
    /// A sound file that cannot be decoded.
    Decode => "ERR_DECODE",
    /// A path that is not there.
    NotFound => "ERR_NOT_FOUND",
    /// A path that may not be read or written, or a device that may not be used.
    Access => "ERR_ACCESS",
    /// Reading or writing failed.
    Io => "ERR_IO",
    /// An argument of the wrong kind.
    InvalidArg => "ERR_INVALID_ARG",
    /// A number outside its range.
    OutOfRange => "ERR_OUT_OF_RANGE",
    /// A call that does not fit the moment.
    InvalidState => "ERR_INVALID_STATE",
    /// A call on something that was closed.
    Closed => "ERR_CLOSED",
    /// The audio system failed in a way of its own.
    Backend => "ERR_BACKEND",
}

/// An error with its code.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// For programs.
    pub code: ErrorCode,
    /// For people: names the argument, the value and what is allowed.
    pub message: String,
}

impl Error {
    /// Makes one.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The same of a part of an argument: `name` takes the place of the first word.
    pub(crate) fn of(self, name: &str) -> Self {
        let rest = self.message.split_once(' ').map_or("", |(_, rest)| rest);
        Self::new(self.code, format!("{name} {rest}"))
    }

    pub(crate) fn closed(what: &str) -> Self {
        Self::new(ErrorCode::Closed, format!("the {what} is closed"))
    }
}

/// Does work for another language: a panic ends here, as an error. Whatever it leaves behind is
/// behind locks, which say so or stay usable.
///
/// # Errors
/// Those of the work; `ERR_BACKEND` for a panic.
pub fn contained<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::new(
            ErrorCode::Backend,
            "a fault inside the library; its message went to standard error",
        ))
    })
}

impl From<DeviceError> for Error {
    fn from(error: DeviceError) -> Self {
        let code = match &error {
            DeviceError::NoDevice { .. } => ErrorCode::NoDevice,
            DeviceError::Busy { .. } => ErrorCode::DeviceBusy,
            DeviceError::UnsupportedConfig { .. } => ErrorCode::UnsupportedConfig,
            DeviceError::TooFewChannels { .. } => ErrorCode::OutOfRange,
            DeviceError::Lost { .. } => ErrorCode::DeviceLost,
            DeviceError::Denied { .. } => ErrorCode::Access,
            DeviceError::InvalidState { .. } => ErrorCode::InvalidState,
            DeviceError::Backend { .. } => ErrorCode::Backend,
        };
        Self::new(code, error.to_string())
    }
}

impl From<MediaError> for Error {
    fn from(error: MediaError) -> Self {
        let code = match &error {
            MediaError::NotFound { .. } => ErrorCode::NotFound,
            MediaError::Access { .. } => ErrorCode::Access,
            MediaError::Io { .. } | MediaError::TooLarge { .. } => ErrorCode::Io,
            MediaError::Invalid { .. } => ErrorCode::OutOfRange,
            MediaError::Unwritable { .. } => ErrorCode::InvalidArg,
            MediaError::Decode { .. } | MediaError::Unsupported { .. } | MediaError::Cancelled => {
                ErrorCode::Decode
            }
        };
        Self::new(code, error.to_string())
    }
}

impl From<CaptureError> for Error {
    fn from(error: CaptureError) -> Self {
        let code = match &error {
            CaptureError::ChannelMap { .. } | CaptureError::Chunk(_) | CaptureError::Hop { .. } => {
                ErrorCode::OutOfRange
            }
            CaptureError::ChannelMapLength { .. } => ErrorCode::InvalidArg,
            CaptureError::Channels { .. } | CaptureError::Resample(_) => {
                ErrorCode::UnsupportedConfig
            }
            CaptureError::Closed => ErrorCode::Closed,
            CaptureError::Thread(_) => ErrorCode::Backend,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorCode, contained};

    #[test]
    fn a_panic_is_an_error_and_everything_else_passes() {
        let panicked = contained(|| -> Result<(), Error> { panic!("a fault that a test planted") });
        assert_eq!(panicked.unwrap_err().code, ErrorCode::Backend);
        assert_eq!(contained(|| Ok(5)).unwrap(), 5);
        let failed = contained(|| -> Result<(), Error> { Err(Error::closed("engine")) });
        assert_eq!(failed.unwrap_err().code, ErrorCode::Closed);
    }
}
