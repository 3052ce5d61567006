//! What stands between C and the session: pointers are checked, panics end here.

use crate::state::State;
use crate::status::{Status, note};
use noxrun_session::{Error, ErrorCode, contained};
use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;

/// No struct of ours will ever be longer, bytes.
const MAX_SIZE: usize = 4_096;

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::InvalidArg, message)
}

pub(crate) fn out_of_range(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::OutOfRange, message)
}

/// Runs a call.
pub(crate) fn call(work: impl FnOnce() -> Result<(), Error>) -> Status {
    match contained(work) {
        Ok(()) => Status::Ok,
        Err(error) => note(&error),
    }
}

/// The state behind a pointer.
///
/// # Safety
/// It is null or came from `noxrun_open` and was not dropped.
pub(crate) unsafe fn state<'a>(state: *const State) -> Result<&'a State, Error> {
    // SAFETY: the caller's promise.
    unsafe { state.as_ref() }.ok_or_else(|| invalid("state must not be null"))
}

/// What a pointer points to.
///
/// # Safety
/// It is null or points to a `T` that stays as it is during the call.
pub(crate) unsafe fn input<'a, T>(name: &str, pointer: *const T) -> Result<&'a T, Error> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or_else(|| invalid(format!("{name} must not be null")))
}

/// Where a result goes.
///
/// # Safety
/// It is null or points to a `T` that nobody else touches during the call.
pub(crate) unsafe fn output<'a, T>(name: &str, pointer: *mut T) -> Result<&'a mut T, Error> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_mut() }.ok_or_else(|| invalid(format!("{name} must not be null")))
}

/// An array.
///
/// # Safety
/// It is null or holds `count` of `T` that stay as they are during the call.
pub(crate) unsafe fn array<'a, T>(
    name: &str,
    pointer: *const T,
    count: usize,
) -> Result<&'a [T], Error> {
    if count == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(invalid(format!("{name} must not be null")));
    }
    check_len::<T>(name, count)?;
    // SAFETY: not null, not too long; the rest is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// Room to write into, whatever it holds.
///
/// # Safety
/// It is null or has room for `count` of `T` that nobody else touches during the call.
pub(crate) unsafe fn room<'a, T>(
    name: &str,
    pointer: *mut T,
    count: usize,
) -> Result<&'a mut [MaybeUninit<T>], Error> {
    if count == 0 {
        return Ok(&mut []);
    }
    if pointer.is_null() {
        return Err(invalid(format!("{name} must not be null")));
    }
    check_len::<T>(name, count)?;
    // SAFETY: not null, not too long; the rest is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer.cast(), count) })
}

fn check_len<T>(name: &str, count: usize) -> Result<(), Error> {
    let most = isize::MAX as usize / size_of::<T>().max(1);
    if count > most {
        return Err(out_of_range(format!(
            "{name} must have at most {most} entries, got {count}"
        )));
    }
    Ok(())
}

/// A string; null is none.
///
/// # Safety
/// It is null or ends in a zero byte and stays as it is during the call.
pub(crate) unsafe fn text<'a>(
    name: &str,
    pointer: *const c_char,
) -> Result<Option<&'a str>, Error> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(pointer) };
    match text.to_str() {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(invalid(format!("{name} must be UTF-8, got {text:?}"))),
    }
}

/// A struct that begins with its size. A newer caller's is longer than ours: what we do not know of
/// must be 0 there, its default.
///
/// # Safety
/// The pointer is null or points to `size` bytes, as its first 32 bits say, that stay as they are
/// during the call; the first of them are a `T`.
pub(crate) unsafe fn sized<'a, T>(name: &str, pointer: *const T) -> Result<&'a T, Error> {
    if pointer.is_null() {
        return Err(invalid(format!("{name} must not be null")));
    }
    // SAFETY: the caller's promise.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    let own = size_of::<T>();
    if !(own..=MAX_SIZE).contains(&size) {
        return Err(invalid(format!(
            "{name}.size must be sizeof of the struct, at least {own}, got {size}"
        )));
    }
    // SAFETY: the caller's promise: there are `size` bytes, all of them set.
    let beyond = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>().add(own), size - own) };
    if beyond.iter().any(|byte| *byte != 0) {
        return Err(invalid(format!(
            "{name} has fields that this library does not know ({size} bytes; it knows {own}): use a newer one, or leave them 0"
        )));
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { &*pointer })
}

/// Seconds as frames.
pub(crate) fn frames(name: &str, seconds: f64, rate: u32) -> Result<u64, Error> {
    if !seconds.is_finite() {
        return Err(invalid(format!(
            "{name} must be a finite number of seconds, got {seconds}"
        )));
    }
    if !(0.0..=1e9).contains(&seconds) {
        return Err(out_of_range(format!(
            "{name} must be from 0 to 1e9 seconds, got {seconds}"
        )));
    }
    Ok((seconds * f64::from(rate)).round() as u64)
}

/// Frames of a fade or a ramp.
pub(crate) fn short_frames(name: &str, seconds: f64, rate: u32) -> Result<u32, Error> {
    let frames = frames(name, seconds, rate)?;
    u32::try_from(frames).map_err(|_| {
        let most = f64::from(u32::MAX) / f64::from(rate);
        out_of_range(format!(
            "{name} must be from 0 to {most:.0} seconds at {rate} Hz, got {seconds}"
        ))
    })
}
