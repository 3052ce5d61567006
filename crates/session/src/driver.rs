//! What drives an engine's renderer: a device's stream, or a clock that stands in for one that is
//! gone.

use crate::core::Core;
use crate::error::{Error, ErrorCode};
use crate::outlet::{DeviceState, Report, Warning, lock};
use crate::slot::Slot;
use crate::standin::StandIn;
use noxrun_device::{
    BlockTime, DeviceError, DeviceWarning, Fallback, Render, StepHooks, Stream, StreamEvent,
    StreamStatus, Watchdog, monotonic_ns,
};
use noxrun_engine::{BlockClock, Renderer};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

pub(crate) fn fallback(to_virtual: bool) -> Fallback {
    if to_virtual {
        Fallback::Virtual
    } else {
        Fallback::Error
    }
}

/// What a panic in a callback comes to: a fault of ours, contained, and the end.
pub(crate) fn panic_error(what: &str) -> Error {
    let message = format!(
        "the {what} failed inside the audio callback and is silent; close it and open another"
    );
    Error::new(ErrorCode::Backend, message)
}

/// A device that is gone is no failure of the call: engine time is in other hands.
fn unless_lost(result: Result<(), DeviceError>) -> Result<(), Error> {
    match result {
        Err(DeviceError::Lost { .. }) => Ok(()),
        other => Ok(other?),
    }
}

/// The renderer, as a device calls it.
pub(crate) struct EngineRender {
    slot: Arc<Slot<Renderer>>,
}

impl EngineRender {
    pub fn new(slot: Arc<Slot<Renderer>>) -> Self {
        Self { slot }
    }
}

impl Render for EngineRender {
    fn render(&mut self, out: &mut [f32], time: &BlockTime) {
        let now_ns = time.now_ns;
        match self.slot.try_enter() {
            Some(mut renderer) => renderer.process(out, BlockClock { now_ns }),
            // Somebody else drives the engine at this moment.
            None => out.fill(0.0),
        }
    }
}

/// Brings a stepped device and the dispatch side into step: before a block, everything that was
/// called earlier has crossed; after it, its reports have been fetched.
#[derive(Default)]
pub(crate) struct StepSync {
    core: OnceLock<Weak<Core>>,
}

impl StepSync {
    pub fn attach(&self, core: &Arc<Core>) {
        // Attached once, right after opening.
        let _ = self.core.set(Arc::downgrade(core));
    }

    fn core(&self) -> Option<Arc<Core>> {
        self.core.get()?.upgrade()
    }
}

impl StepHooks for StepSync {
    fn before_block(&self, frames: u32) {
        if let Some(core) = self.core() {
            core.before_block(frames.into());
        }
    }

    fn after_block(&self) {
        let Some(core) = self.core() else { return };
        lock(&core.dispatcher).collect();
        let Some(driver) = &core.driver else { return };
        // Whoever holds the driver may be waiting for this very block to end, so never wait for it
        // without bound.
        for _ in 0..50 {
            if let Ok(mut driver) = driver.try_lock() {
                driver.supervise(&core);
                return;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }
}

pub(crate) struct Driver {
    stream: Option<Stream>,
    status: Arc<StreamStatus>,
    watchdog: Watchdog,
    standin: Option<StandIn>,
    lost_after: Option<u64>,
    losses: u64,
}

impl Driver {
    pub fn new(stream: Stream) -> Self {
        Self {
            status: Arc::clone(stream.status()),
            stream: Some(stream),
            watchdog: Watchdog::default(),
            standin: None,
            lost_after: None,
            losses: 0,
        }
    }

    pub fn status(&self) -> &StreamStatus {
        &self.status
    }

    /// Seconds from the engine to the device's output, and whether that is an estimate; `None`
    /// while there is no device.
    pub fn latency(&self) -> Option<(f64, bool)> {
        self.stream.as_ref().map(Stream::latency)
    }

    pub fn losses(&self) -> u64 {
        self.losses
    }

    /// Looks after the device: passes its reports on, notices its loss and its return.
    pub fn supervise(&mut self, core: &Core) {
        let (mut xruns, mut lost, mut denied, mut panicked) = (0, false, false, false);
        if let Some(stream) = &mut self.stream {
            stream.take_events(|event| match event {
                StreamEvent::Xrun => xruns += 1,
                StreamEvent::Lost { .. } => lost = true,
                StreamEvent::RealtimeDenied => denied = true,
                StreamEvent::RateChanged(_) => {
                    let report = Report::Device {
                        state: DeviceState::Changed,
                        device: core.granted.device.clone(),
                    };
                    core.outlet.push(report);
                }
                StreamEvent::Panicked => panicked = true,
                StreamEvent::Error(_) => {}
            });
        }
        if panicked {
            core.outlet.push(Report::Failed(panic_error("engine")));
        }
        if xruns > 0 {
            let frame = core.shared.clock().frame;
            core.outlet.push(Report::Xrun {
                frame,
                count: xruns,
            });
        }
        if denied {
            let reason = self.status.realtime_refusal().unwrap_or_default();
            let warning = Warning::Device(DeviceWarning::NoRealtimePriority { reason });
            core.outlet.push(Report::Warning(warning));
        }
        match self.lost_after {
            None => {
                lost |= self
                    .watchdog
                    .check(&self.status.health(), monotonic_ns())
                    .is_some();
                if lost {
                    self.lose(core);
                }
            }
            Some(callbacks) if self.status.callbacks() > callbacks => self.restore(core),
            Some(_) => {}
        }
    }

    fn lose(&mut self, core: &Core) {
        self.losses += 1;
        self.lost_after = Some(self.status.callbacks());
        core.outlet.push(crate::engine::device_report(
            DeviceState::Lost,
            &core.granted.device,
        ));
        if core.manual {
            return;
        }
        if !core.granted.device.id.starts_with("virtual") {
            // A backend that died may call its error callback without end: let go of it. That may
            // take a moment, which nobody who reads statistics should wait for. Without a thread
            // it happens here.
            let stream = self.stream.take();
            let _ = std::thread::Builder::new().spawn(move || drop(stream));
        }
        let suspended = core.suspended.load(Ordering::Acquire);
        self.standin = StandIn::start(&core.slot, &core.granted, suspended).ok();
    }

    fn restore(&mut self, core: &Core) {
        self.lost_after = None;
        self.standin = None;
        core.outlet.push(crate::engine::device_report(
            DeviceState::Restored,
            &core.granted.device,
        ));
    }

    pub fn suspend(&mut self) -> Result<(), Error> {
        if let Some(standin) = &self.standin {
            standin.suspend(true);
        }
        match &mut self.stream {
            Some(stream) => unless_lost(stream.suspend()),
            None => Ok(()),
        }
    }

    pub fn resume(&mut self) -> Result<(), Error> {
        if let Some(standin) = &self.standin {
            standin.suspend(false);
        }
        match &mut self.stream {
            Some(stream) => unless_lost(stream.resume()),
            None => Ok(()),
        }
    }

    /// Takes what drives out, to be dropped without holding the driver's lock: its last block may
    /// want that lock.
    pub fn take(&mut self) -> (Option<Stream>, Option<StandIn>) {
        (self.stream.take(), self.standin.take())
    }
}
