//! Errors on their way to JavaScript: the code stands in front of the message.

use noxrun_session::{Error, ErrorCode, contained};

pub fn to_napi(error: Error) -> napi::Error {
    napi::Error::from_reason(format!("{}: {}", error.code.as_str(), error.message))
}

/// What a worker thread does: nothing catches a panic there but this, and it would end the process.
pub fn task<T>(work: impl FnOnce() -> Result<T, Error>) -> napi::Result<T> {
    contained(work).map_err(to_napi)
}

pub fn invalid(message: impl Into<String>) -> napi::Error {
    to_napi(Error::new(ErrorCode::InvalidArg, message))
}
