//! Errors on their way to JavaScript: the code stands in front of the message.

use noxrun_session::{Error, ErrorCode};

pub fn to_napi(error: Error) -> napi::Error {
    napi::Error::from_reason(format!("{}: {}", error.code.as_str(), error.message))
}

pub fn invalid(message: impl Into<String>) -> napi::Error {
    to_napi(Error::new(ErrorCode::InvalidArg, message))
}
