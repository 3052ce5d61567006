//! The capture's reader on one side, the engine's ring on the other.

use super::feeder::{Feeder, FeederSpec};
use crate::capture::{Capture, CaptureLatency};
use crate::counters::Counters;
use crate::error::Error;
use crate::lock::lock;
use noxrun_capture::Reader;
use noxrun_engine::{Input, InputFlow};
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, Weak};

/// Serves one input from one capture until either is gone.
pub(crate) struct Bridge {
    state: Mutex<State>,
    flow: Arc<InputFlow>,
    latency: CaptureLatency,
}

struct State {
    /// `None`: it has ended.
    reader: Option<Reader>,
    feeder: Feeder,
    /// Pauses of the capture that the feeder knows of.
    resumes: u64,
    samples: Vec<f32>,
}

impl Bridge {
    /// Begins to read the capture.
    pub(super) fn open(
        capture: &Capture,
        spec: &FeederSpec,
    ) -> Result<(Arc<Self>, Box<Input>), Error> {
        let (feeder, source) = Feeder::new(*spec)?;
        let place: Arc<OnceLock<Weak<Self>>> = Arc::default();
        let notify = {
            let place = Arc::clone(&place);
            move || {
                if let Some(bridge) = place.get().and_then(Weak::upgrade) {
                    bridge.pump();
                }
            }
        };
        let reader = capture.live_reader(Arc::new(notify))?;
        let bridge = Arc::new(Self {
            state: Mutex::new(State {
                reader: Some(reader),
                feeder,
                resumes: 0,
                samples: Vec::new(),
            }),
            flow: Arc::clone(source.flow()),
            latency: capture.latency_source(),
        });
        // Set once, here.
        let _ = place.set(Arc::downgrade(&bridge));
        // What came meanwhile.
        bridge.pump();
        Ok((bridge, source))
    }

    /// Passes on what came. On the capture thread: it waits for nobody.
    fn pump(&self) {
        let left = lock(&self.state).pump();
        drop(left);
    }

    /// Reads no more.
    pub fn end(&self) {
        let reader = lock(&self.state).reader.take();
        drop(reader);
    }

    /// See [`TrackInput::latency`](super::TrackInput::latency).
    pub fn latency(&self) -> f64 {
        let (measured, planned) = {
            let state = lock(&self.state);
            (state.feeder.measured(), state.feeder.planned())
        };
        measured.unwrap_or_else(|| self.latency.seconds() + planned)
    }

    pub fn correction(&self) -> f64 {
        lock(&self.state).feeder.correction()
    }

    pub fn flow(&self) -> &Arc<InputFlow> {
        &self.flow
    }
}

impl State {
    /// Returns the reader when it is not needed any more, to be dropped without the lock.
    fn pump(&mut self) -> Option<Reader> {
        let reader = self.reader.as_ref()?;
        self.samples.clear();
        while let Some(stretch) = reader.read_into(&mut self.samples) {
            // With a pre-roll the index does not tell that nothing came for a while.
            let resumes = reader.resumes();
            if std::mem::replace(&mut self.resumes, resumes) != resumes {
                self.feeder.writer().tell_hole();
            }
            self.feeder
                .take_in(&self.samples, stretch.frame, stretch.time);
            self.samples.clear();
        }
        let ended = reader.has_ended();
        if ended {
            self.feeder.writer().end();
        }
        if ended || self.feeder.writer().is_gone() {
            return self.reader.take();
        }
        None
    }
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridge").finish_non_exhaustive()
    }
}

/// An engine's hold on a bridge, and one of its places for inputs: dropping it ends the bridge.
#[derive(Debug)]
pub(crate) struct Hold {
    counters: Arc<Counters>,
    bridge: Option<Arc<Bridge>>,
}

impl Hold {
    /// Takes one of `limit` places; `None`: there is none.
    pub fn take(counters: &Arc<Counters>, limit: usize) -> Option<Self> {
        let hold = Self {
            counters: Arc::clone(counters),
            bridge: None,
        };
        let before = counters.inputs.fetch_add(1, Ordering::Relaxed);
        (before < limit).then_some(hold)
    }

    pub fn of(mut self, bridge: &Arc<Bridge>) -> Self {
        self.bridge = Some(Arc::clone(bridge));
        self
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(bridge) = &self.bridge {
            bridge.end();
        }
        self.counters.inputs.fetch_sub(1, Ordering::Relaxed);
    }
}
