//! Captured sound: pulled, or handed to a callback on a thread of the library's own.

use crate::border::{call, out_of_range, output, room};
use crate::state::{State, lock};
use crate::status::Status;
use crate::types::{CaptureFn, ChunkInfo};
use noxrun_session::{Chunk, Error, ErrorCode, Reader, Taken, system_offset};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, ThreadId};
use std::time::Duration;

/// How soon a listener that is wanted no longer notices.
const LOOK: Duration = Duration::from_millis(50);

/// Copies the next chunk's interleaved samples to `samples` and describes it in `*chunk`; waits for
/// it `timeout_ms` at most. None in time: `NOXRUN_STATUS_OK` and `chunk->frames` 0. After the last chunk:
/// `NOXRUN_STATUS_ERR_CLOSED`. Not while a callback listens.
///
/// # Safety
/// `state` is open, `samples` has room for `capacity` frames of the capture's channels, `chunk` for
/// one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_capture_read(
    state: *const State,
    samples: *mut f32,
    capacity: usize,
    timeout_ms: u32,
    chunk: *mut ChunkInfo,
) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let (state, info) = unsafe { (crate::border::state(state)?, output("chunk", chunk)?) };
        let capture = state.capture()?;
        let (channels, needed) = (capture.channels(), capture.chunk());
        if capacity < needed {
            return Err(out_of_range(format!(
                "capacity must be at least the {needed} frames of a chunk, got {capacity}"
            )));
        }
        // SAFETY: the caller's promise.
        let room = unsafe { room("samples", samples, needed * channels) }?;
        if lock(&state.listening).is_some() {
            let message =
                "a callback listens; end it with noxrun_capture_listen(state, NULL, NULL)";
            return Err(Error::new(ErrorCode::InvalidState, message));
        }
        let reader = state.reader()?;
        // No lock is held: others may read, with times of their own.
        match reader.wait_take(Duration::from_millis(timeout_ms.into())) {
            Taken::Chunk(chunk) => {
                for (place, sample) in room.iter_mut().zip(&chunk.samples) {
                    place.write(*sample);
                }
                *info = describe(&chunk, channels);
                Ok(())
            }
            Taken::Empty => {
                *info = describe(&Chunk::default(), channels);
                Ok(())
            }
            Taken::End => Err(Error::new(ErrorCode::Closed, "the capture has ended")),
        }
    })
}

/// Lets `listener` have every chunk from now on, in place of one that listens already; null: chunks
/// wait to be read again. When it returns, the listener before is called no more. Not to be called
/// by a listener: `NOXRUN_STATUS_ERR_INVALID_STATE`.
///
/// # Safety
/// `state` is open; `listener` may be called with `user` on another thread until it is replaced, or
/// the state dropped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_capture_listen(
    state: *const State,
    listener: CaptureFn,
    user: *mut c_void,
) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let state = unsafe { crate::border::state(state) }?;
        let channels = state.capture()?.channels();
        if *lock(&state.listening) == Some(std::thread::current().id()) {
            let message = "a listener cannot replace itself: it would wait for its own end";
            return Err(Error::new(ErrorCode::InvalidState, message));
        }
        let mut slot = lock(&state.listener);
        // Dropping the one before waits until it is called no more.
        *slot = None;
        let mut listening = lock(&state.listening);
        *listening = None;
        if let Some(listener) = listener {
            let reader = Arc::clone(state.reader()?);
            let started = Listener::start(reader, channels, listener, User(user))?;
            *listening = started.id();
            *slot = Some(started);
        }
        Ok(())
    })
}

/// What a listener is called with.
struct User(*mut c_void);

// SAFETY: never followed here; who gave it promised that it may be passed on another thread.
unsafe impl Send for User {}

impl User {
    /// By a method, so that a closure takes all of it and not only the pointer inside.
    fn get(&self) -> *mut c_void {
        self.0
    }
}

/// A thread that hands chunks to a callback. Dropping it ends it.
pub(crate) struct Listener {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    fn start(
        reader: Arc<Reader>,
        channels: usize,
        listener: extern "C" fn(*mut c_void, *const f32, *const ChunkInfo),
        user: User,
    ) -> Result<Self, Error> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("noxrun-listen".into())
            .spawn(move || {
                while !stopped.load(Ordering::Acquire) {
                    match reader.wait_take(LOOK) {
                        Taken::Chunk(chunk) => {
                            let info = describe(&chunk, channels);
                            listener(user.get(), chunk.samples.as_ptr(), &raw const info);
                        }
                        Taken::Empty => {}
                        Taken::End => break,
                    }
                }
            })
            .map_err(|error| {
                let message = format!("a thread could not be started: {error}");
                Error::new(ErrorCode::Backend, message)
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    fn id(&self) -> Option<ThreadId> {
        Some(self.thread.as_ref()?.thread().id())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // Were it to panic, it has ended all the same.
            let _ = thread.join();
        }
    }
}

fn describe(chunk: &Chunk, channels: usize) -> ChunkInfo {
    ChunkInfo {
        frames: (chunk.samples.len() / channels) as u64,
        frame: chunk.frame,
        time: chunk.time + system_offset(),
        dropped_before: chunk.dropped_before,
        is_final: chunk.is_final,
    }
}
