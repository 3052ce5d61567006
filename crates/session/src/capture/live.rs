//! What a capture is to those who play it on at once.

use super::Capture;
use super::watch::Core;
use crate::error::Error;
use crate::lock::lock;
use noxrun_capture::Reader;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// A capture's latency, also when the capture is gone: then what it was.
pub(crate) struct CaptureLatency {
    core: Weak<Core>,
    last: AtomicU64,
}

impl CaptureLatency {
    /// Seconds from the device's input to the ring.
    pub fn seconds(&self) -> f64 {
        match self.core.upgrade() {
            Some(core) => {
                let seconds = core.latency();
                self.last.store(seconds.to_bits(), Ordering::Relaxed);
                seconds
            }
            None => f64::from_bits(self.last.load(Ordering::Relaxed)),
        }
    }
}

impl Core {
    /// Seconds from the device's input to the ring.
    pub fn latency(&self) -> f64 {
        let supervisor = lock(&self.supervisor);
        let granted = supervisor.granted().latency_seconds;
        let live = supervisor.stream().map(|stream| stream.latency().0);
        live.unwrap_or(granted) + self.hub.latency_seconds()
    }
}

impl Capture {
    /// A reader of what comes from now on; see [`noxrun_capture::CaptureHub::live_reader`].
    pub(crate) fn live_reader(&self, notify: Arc<dyn Fn() + Send + Sync>) -> Result<Reader, Error> {
        if self.is_closed() {
            return Err(Error::closed("capture"));
        }
        Ok(self.core.hub.live_reader(notify)?)
    }

    pub(crate) fn latency_source(&self) -> CaptureLatency {
        CaptureLatency {
            core: Arc::downgrade(&self.core),
            last: AtomicU64::new(self.latency().to_bits()),
        }
    }

    /// Whether its device is stepped by hand.
    pub(crate) fn is_manual(&self) -> bool {
        lock(&self.core.supervisor).status().health().manual
    }
}
