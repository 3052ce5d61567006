//! A stream's counters, load and latency, for who reads them while others work on the stream.
//!
//! Opening, closing and suspending a stream takes time, and whoever does it holds the
//! [`Supervisor`](crate::Supervisor). A [`Readout`] is a copy of where its numbers come from: it
//! reads atomics only, and stays right until another stream takes over.

use std::sync::Arc;

use crate::histogram::LoadSummary;
use crate::status::StreamStatus;
use crate::supervisor::Totals;

/// After so many callbacks a backend's latency means something: before, ALSA's queue is filling,
/// and JACK does not know yet where our ports lead.
const SETTLED: u64 = 16;

/// Where the numbers of a [`Supervisor`](crate::Supervisor)'s streams are read.
#[derive(Debug, Clone)]
pub struct Readout {
    pub(crate) past: Totals,
    pub(crate) status: Arc<StreamStatus>,
    pub(crate) latency: Option<StreamLatency>,
}

impl Readout {
    /// Counters over all streams.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.past.and(&self.status)
    }

    /// Callback time against its deadline, of the newest stream.
    #[must_use]
    pub fn load(&self) -> LoadSummary {
        self.status.load()
    }

    /// As [`Stream::latency`](crate::Stream::latency); `None` while there is no stream.
    #[must_use]
    pub fn latency(&self) -> Option<(f64, bool)> {
        let latency = self.latency.as_ref()?;
        Some(latency.seconds(&self.status))
    }
}

/// What a stream's latency is made of, besides what its callbacks tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StreamLatency {
    /// Whether the backend tells.
    pub(crate) tells: bool,
    /// Seconds of our resampler, where there is one.
    pub(crate) edge_seconds: f64,
    /// As granted: seconds, and whether they are an estimate.
    pub(crate) granted: (f64, bool),
}

impl StreamLatency {
    pub(crate) fn seconds(&self, status: &StreamStatus) -> (f64, bool) {
        if self.tells && status.callbacks() > SETTLED {
            return (status.device_latency_seconds() + self.edge_seconds, false);
        }
        self.granted
    }
}
