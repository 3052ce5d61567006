//! Looking after a capture's device: its reports, its loss, its return.

use crate::outlet::{DeviceState, Outlet, Report, Warning, lock};
use noxrun_capture::CaptureHub;
use noxrun_device::{
    DeviceWarning, Granted, StepHooks, Stream, StreamEvent, StreamStatus, Watchdog, monotonic_ns,
};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How often the device is looked after.
const WATCH: Duration = Duration::from_millis(50);

/// After each block of a stepped device: what was captured has been handed to the readers.
#[derive(Default)]
pub(super) struct StepSync {
    pub core: OnceLock<Arc<Core>>,
}

impl StepHooks for StepSync {
    fn before_block(&self, _frames: u32) {}

    fn after_block(&self) {
        if let Some(core) = self.core.get().filter(|core| !core.is_closing()) {
            core.hub.settle();
            core.watch();
        }
    }
}

pub(super) struct Core {
    pub hub: CaptureHub,
    pub outlet: Arc<Outlet>,
    pub granted: Granted,
    pub status: Arc<StreamStatus>,
    pub device: Mutex<Device>,
    pub closing: Mutex<bool>,
    pub bell: Condvar,
}

pub(super) struct Device {
    pub stream: Option<Stream>,
    pub watchdog: Watchdog,
    pub lost_after: Option<u64>,
}

impl Core {
    pub fn is_closing(&self) -> bool {
        *lock(&self.closing)
    }

    /// Passes the device's reports on and notices its loss and its return.
    pub fn watch(&self) {
        // Whoever holds the device may be waiting for a stepped block to end: never wait for it.
        let Ok(mut device) = self.device.try_lock() else {
            return;
        };
        let (mut lost, mut denied, mut changed, mut panicked) = (false, false, false, false);
        if let Some(stream) = &mut device.stream {
            stream.take_events(|event| match event {
                StreamEvent::Lost { .. } => lost = true,
                StreamEvent::RealtimeDenied => denied = true,
                StreamEvent::RateChanged(_) => changed = true,
                StreamEvent::Panicked => panicked = true,
                // Overruns stand in the statistics.
                StreamEvent::Xrun | StreamEvent::Error(_) => {}
            });
        }
        if panicked {
            let error = crate::driver::panic_error("capture");
            self.outlet.push(Report::Failed(error));
        }
        if denied {
            let reason = self.status.realtime_refusal().unwrap_or_default();
            let warning = Warning::Device(DeviceWarning::NoRealtimePriority { reason });
            self.outlet.push(Report::Warning(warning));
        }
        if changed {
            self.report(DeviceState::Changed);
        }
        let callbacks = self.status.callbacks();
        match device.lost_after {
            None => {
                let health = self.status.health();
                if lost || device.watchdog.check(&health, monotonic_ns()).is_some() {
                    device.lost_after = Some(callbacks);
                    if !self.granted.device.id.starts_with("virtual") {
                        // A backend that died may call back without end: let go of the stream.
                        // Its sink goes with it, so what was captured reaches the readers.
                        device.stream = None;
                    }
                    self.report(DeviceState::Lost);
                }
            }
            Some(then) if callbacks > then => {
                device.lost_after = None;
                self.report(DeviceState::Restored);
            }
            Some(_) => {}
        }
    }

    fn report(&self, state: DeviceState) {
        self.outlet
            .push(crate::engine::device_report(state, &self.granted.device));
    }
}

pub(super) fn watch(core: &Core) {
    let mut closing = lock(&core.closing);
    while !*closing {
        closing = core
            .bell
            .wait_timeout(closing, WATCH)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        if *closing {
            return;
        }
        drop(closing);
        core.watch();
        closing = lock(&core.closing);
    }
}
