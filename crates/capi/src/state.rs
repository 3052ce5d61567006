//! What is behind the pointer.

use crate::border::invalid;
use crate::capture::Listener;
use crate::types::{LogFn, LogLevel};
use noxrun_session::{Capture, Engine, Error, ErrorCode, Reader, Sample};
use std::collections::{HashMap, VecDeque};
use std::ffi::{CString, c_void};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

/// A session: opaque in C.
pub struct State {
    pub(crate) engine: Option<Engine>,
    pub(crate) is_offline: bool,
    pub(crate) capture: Option<Capture>,
    /// The one reader of the capture.
    pub(crate) reader: Option<Arc<Reader>>,
    pub(crate) listener: Mutex<Option<Listener>>,
    /// The listener's thread while there is one.
    pub(crate) listening: Mutex<Option<ThreadId>>,
    pub(crate) samples: Mutex<HashMap<u32, Sample>>,
    pub(crate) next_voice: AtomicU64,
    /// Reports that did not fit into what was polled.
    pub(crate) events: Mutex<VecDeque<crate::types::Event>>,
    pub(crate) log: Log,
}

impl State {
    pub(crate) fn engine(&self) -> Result<&Engine, Error> {
        self.engine.as_ref().ok_or_else(|| {
            let message = "the state was opened without NOXRUN_PLAYBACK and NOXRUN_OFFLINE";
            Error::new(ErrorCode::InvalidState, message)
        })
    }

    pub(crate) fn capture(&self) -> Result<&Capture, Error> {
        self.capture.as_ref().ok_or_else(|| {
            let message = "the state was opened without NOXRUN_CAPTURE";
            Error::new(ErrorCode::InvalidState, message)
        })
    }

    /// The engine, if it plays through a device.
    pub(crate) fn playback(&self) -> Result<&Engine, Error> {
        let engine = self.engine.as_ref().filter(|_| !self.is_offline);
        engine.ok_or_else(|| {
            let message = "the state was opened without NOXRUN_PLAYBACK";
            Error::new(ErrorCode::InvalidState, message)
        })
    }

    pub(crate) fn reader(&self) -> Result<&Arc<Reader>, Error> {
        self.capture()?;
        // There is one wherever there is a capture.
        let reader = self.reader.as_ref();
        reader.ok_or_else(|| Error::new(ErrorCode::Closed, "the capture is closed"))
    }

    /// Engine rate, Hz.
    pub(crate) fn rate(&self) -> Result<u32, Error> {
        Ok(self.engine()?.config().sample_rate)
    }

    /// A sample's sound.
    pub(crate) fn sample(&self, sample: u32) -> Result<Arc<noxrun_session::SampleData>, Error> {
        let samples = lock(&self.samples);
        let found = samples.get(&sample).map(|sample| sample.data().clone());
        found.ok_or_else(|| invalid(format!("there is no sample {sample}")))
    }
}

/// Where warnings go.
#[derive(Clone, Copy)]
pub(crate) struct Log {
    pub to: LogFn,
    pub user: *mut c_void,
}

// SAFETY: the pointer is never followed here; who gave it promised that `log` may be called with it
// from any thread that calls `noxrun_poll`.
unsafe impl Send for Log {}
// SAFETY: as above.
unsafe impl Sync for Log {}

impl Log {
    pub fn say(&self, level: LogLevel, message: &str) {
        if let Some(log) = self.to
            && let Ok(message) = CString::new(message.replace('\0', " "))
        {
            log(self.user, level, message.as_ptr());
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while it was held was reported; what it guards is whole after every step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
