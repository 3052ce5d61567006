//! A tap on a track, as its holder sees it.

use crate::core::Core;
use crate::error::Error;
use crate::lock::lock;
use crate::outlet::{Outlet, Report};
use crate::recorder::{RecordSpec, Recording};
use crate::tap::OutputTap;
use noxrun_capture::Reader;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

/// A track's sound after its fader, handed out of the audio thread to readers and recordings.
/// Dropping it ends it.
pub struct TrackTap {
    core: Weak<Core>,
    outlet: Arc<Outlet>,
    id: u64,
    output: Arc<OutputTap>,
}

impl TrackTap {
    pub(crate) fn new(core: &Arc<Core>, id: u64, output: Arc<OutputTap>) -> Self {
        Self {
            core: Arc::downgrade(core),
            outlet: Arc::clone(&core.outlet),
            id,
            output,
        }
    }

    /// A reader of chunks of `frames` frames. [`Report::Readable`] says that data may have come.
    ///
    /// # Errors
    /// `ERR_CLOSED`.
    pub fn reader(&self, frames: usize) -> Result<Reader, Error> {
        let outlet = Arc::clone(&self.outlet);
        let notify = Arc::new(move || outlet.push(Report::Readable));
        self.output.reader(frames, notify)
    }

    /// Records to files from now on, on a thread of its own.
    ///
    /// # Errors
    /// `ERR_CLOSED`, `ERR_NOT_FOUND`, `ERR_ACCESS`, `ERR_IO`, `ERR_INVALID_ARG`, `ERR_OUT_OF_RANGE`.
    pub fn record(&self, spec: &RecordSpec) -> Result<Recording, Error> {
        self.output.record(spec)
    }
}

impl Drop for TrackTap {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            core.taps.fetch_sub(1, Ordering::Relaxed);
            lock(&core.dispatcher).end_tap(self.id);
        }
    }
}
