//! Reports on their way to the caller's thread: held until taken, announced once.

use crate::error::Error;
use crate::lock::lock;
use crate::operation::{MarkerId, TrackId, VoiceId};
use noxrun_device::{DeviceInfo, DeviceWarning};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Why a voice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its sound was over.
    Finished,
    /// It was stopped.
    Stopped,
    /// A newer voice took its place.
    Stolen,
    /// The engine was closed.
    Closed,
}

/// Trouble that did not stop anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// From opening the device, or from its thread.
    Device(DeviceWarning),
    /// An event came after its frame.
    Late {
        /// By how many frames.
        by: u64,
    },
    /// The control queue was full; what came waits, in order.
    QueueOverflow {
        /// Messages that had to wait.
        count: u64,
    },
    /// A non-finite sample closed a track.
    NonFinite {
        /// Which.
        track: TrackId,
    },
}

/// A device's change of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceState {
    /// It is gone, or stands still.
    Lost,
    /// It is back.
    Restored,
    /// It runs on with other properties.
    Changed,
}

/// A report.
#[derive(Debug, Clone)]
pub enum Report {
    /// A voice's first frame.
    Started {
        /// The voice.
        voice: VoiceId,
        /// Engine frame.
        frame: u64,
    },
    /// A voice's first silent frame.
    Ended {
        /// The voice.
        voice: VoiceId,
        /// Engine frame.
        frame: u64,
        /// Why.
        reason: Reason,
    },
    /// A marker was reached, or the transport was sought past it.
    Marker {
        /// The marker.
        marker: MarkerId,
        /// Engine frame; `None` when it was skipped.
        frame: Option<u64>,
    },
    /// Trouble.
    Warning(Warning),
    /// The device missed deadlines.
    Xrun {
        /// Engine frame at which it was noticed.
        frame: u64,
        /// Since the last report.
        count: u64,
    },
    /// The device changed its state.
    Device {
        /// How.
        state: DeviceState,
        /// Which.
        device: DeviceInfo,
    },
    /// Captured samples were lost.
    Dropped {
        /// How many samples.
        samples: u64,
        /// Where, on the capture's frame axis.
        frame: u64,
    },
    /// Data may have come for readers.
    Readable,
    /// A terminal failure.
    Failed(Error),
}

type Notify = Arc<dyn Fn() + Send + Sync>;

/// The queue of reports and the bell that announces them.
#[derive(Default)]
pub struct Outlet {
    reports: Mutex<Vec<Report>>,
    bell: Mutex<Option<Notify>>,
    rung: AtomicBool,
}

impl Outlet {
    /// Sets what announces reports. It may be called from any thread but the audio thread's and
    /// must not block.
    pub fn set_bell(&self, bell: Option<Notify>) {
        let empty = bell.is_none();
        *lock(&self.bell) = bell;
        if !empty {
            // What came before the bell was there.
            self.rung.store(false, Ordering::SeqCst);
            self.ring();
        }
    }

    /// Adds a report. `Xrun` joins one that is still waiting; `Readable` waits once.
    pub fn push(&self, report: Report) {
        {
            let mut reports = lock(&self.reports);
            match (&report, reports.last_mut()) {
                (Report::Xrun { count, .. }, Some(Report::Xrun { count: waiting, .. })) => {
                    *waiting += count;
                }
                (Report::Readable, Some(Report::Readable)) => {}
                _ => reports.push(report),
            }
        }
        self.ring();
    }

    /// Takes everything. The next report rings again.
    pub fn take(&self) -> Vec<Report> {
        self.rung.store(false, Ordering::SeqCst);
        std::mem::take(&mut *lock(&self.reports))
    }

    fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            let bell = lock(&self.bell).clone();
            if let Some(bell) = bell {
                bell();
            }
        }
    }
}
