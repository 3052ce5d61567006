//! How calls went: numbers for programs, a sentence for people.

use noxrun_session::{Error, ErrorCode};
use std::cell::RefCell;
use std::ffi::{CString, c_char};

/// How a call went. The names are those of the JavaScript package's error codes.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It did what it should.
    Ok = 0,
    /// No usable device.
    ErrNoDevice = -1,
    /// The device went away.
    ErrDeviceLost = -2,
    /// Another program holds the device.
    ErrDeviceBusy = -3,
    /// The device cannot do what was asked.
    ErrUnsupportedConfig = -4,
    /// Too many events wait already; nothing was changed, try again.
    ErrQueueFull = -5,
    /// A limit chosen at opening is reached.
    ErrLimit = -6,
    /// A sound file that cannot be decoded.
    ErrDecode = -7,
    /// A path that is not there.
    ErrNotFound = -8,
    /// A path that may not be read or written, or a device that this user, or this app, may not use.
    ErrAccess = -9,
    /// Reading or writing failed.
    ErrIo = -10,
    /// An argument of the wrong kind, a null pointer among them.
    ErrInvalidArg = -11,
    /// A number outside its range.
    ErrOutOfRange = -12,
    /// A call that does not fit the moment.
    ErrInvalidState = -13,
    /// A call on something that was closed.
    ErrClosed = -14,
    /// The audio system, or this library, failed in a way of its own.
    ErrBackend = -15,
}

impl From<ErrorCode> for Status {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::NoDevice => Self::ErrNoDevice,
            ErrorCode::DeviceLost => Self::ErrDeviceLost,
            ErrorCode::DeviceBusy => Self::ErrDeviceBusy,
            ErrorCode::UnsupportedConfig => Self::ErrUnsupportedConfig,
            ErrorCode::QueueFull => Self::ErrQueueFull,
            ErrorCode::Limit => Self::ErrLimit,
            ErrorCode::Decode => Self::ErrDecode,
            ErrorCode::NotFound => Self::ErrNotFound,
            ErrorCode::Access => Self::ErrAccess,
            ErrorCode::Io => Self::ErrIo,
            ErrorCode::InvalidArg => Self::ErrInvalidArg,
            ErrorCode::OutOfRange => Self::ErrOutOfRange,
            ErrorCode::InvalidState => Self::ErrInvalidState,
            ErrorCode::Closed => Self::ErrClosed,
            ErrorCode::Backend => Self::ErrBackend,
        }
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::new(CString::default());
}

/// Keeps the sentence of an error for this thread.
pub(crate) fn note(error: &Error) -> Status {
    let text = error.message.replace('\0', " ");
    // Just cleared of what it could not hold.
    LAST.with_borrow_mut(|last| *last = CString::new(text).unwrap_or_default());
    error.code.into()
}

/// What this thread's last failed call had to say; empty when none failed. Valid until the next
/// call of this thread.
#[unsafe(no_mangle)]
pub extern "C" fn noxrun_last_error() -> *const c_char {
    LAST.with_borrow(|last| last.as_ptr())
}
