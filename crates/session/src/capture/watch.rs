//! Looking after a capture's device: its reports, its loss, its return.

use super::sink::{Door, ENTER_LIMIT};
use crate::gate::panic_error;
use crate::lock::lock;
use crate::outlet::{Outlet, Report};
use noxrun_capture::CaptureHub;
use noxrun_device::{Granted, StepHooks, StreamEvent, Supervised, Supervisor};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

/// How often the device is looked after.
const WATCH: Duration = Duration::from_millis(50);
/// How far behind the clock the frame index stays while there is no stream: the first block of the
/// next one may be from a moment ago, and says exactly when it was.
const MARGIN_NS: u64 = 500_000_000;

/// In step with a device that is stepped by hand: a lost device is opened again before a block, and
/// after it what was captured has been handed to the readers.
#[derive(Default)]
pub(super) struct StepSync {
    pub core: OnceLock<Weak<Core>>,
}

impl StepSync {
    fn core(&self) -> Option<Arc<Core>> {
        let core = self.core.get()?.upgrade()?;
        (!core.is_closing()).then_some(core)
    }
}

impl StepHooks for StepSync {
    fn before_step(&self, _frames: u32) {
        if let Some(core) = self.core() {
            core.watch();
        }
    }

    fn before_block(&self, _frames: u32) {}

    fn after_block(&self) {
        if let Some(core) = self.core() {
            core.hub.settle();
            core.watch();
        }
    }
}

pub(super) struct Core {
    pub hub: CaptureHub,
    pub outlet: Arc<Outlet>,
    /// As opened.
    pub granted: Granted,
    pub door: Door,
    /// Whether a panic behind the door was told.
    pub failure_told: AtomicBool,
    /// Never locked while a device is waited for.
    pub supervisor: Mutex<Supervisor>,
    pub closing: Mutex<bool>,
    pub bell: Condvar,
}

impl Core {
    pub fn is_closing(&self) -> bool {
        *lock(&self.closing)
    }

    /// Passes the device's reports on and notices its loss and its return.
    pub fn watch(&self) {
        let mut told = Vec::new();
        let mut supervisor = lock(&self.supervisor);
        supervisor.poll(|supervised| told.push(supervised));
        let panicked = Supervised::Event(StreamEvent::Panicked);
        if (told.contains(&panicked) || self.door.has_failed())
            && !self.failure_told.swap(true, Ordering::Relaxed)
        {
            let error = panic_error("capture");
            self.outlet.push(Report::Failed(error));
        }
        // Overruns stand in the statistics.
        let reports = told.into_iter();
        reports
            .filter_map(|told| crate::device::device_trouble(told, &supervisor))
            .for_each(|report| self.outlet.push(report));
        let margin = if supervisor.status().health().manual {
            0
        } else {
            MARGIN_NS
        };
        self.pass(&supervisor, margin);
    }

    /// What the device loses until now stands where it stands: before the capture pauses, goes on
    /// or ends.
    pub fn pass_until_now(&self) {
        self.pass(&lock(&self.supervisor), 0);
    }

    fn pass(&self, supervisor: &MutexGuard<'_, Supervisor>, margin_ns: u64) {
        if supervisor.stream().is_none() {
            let now_ns = supervisor.status().now_ns().saturating_sub(margin_ns);
            // When a callback is stuck inside, the next look makes up for it.
            let _ = self
                .door
                .pass_within(ENTER_LIMIT, |entrance| entrance.pass(now_ns));
        }
    }

    /// Ends the stream, then the pipeline.
    pub fn end(&self) {
        let (stream, lost_at) = {
            let mut supervisor = lock(&self.supervisor);
            let lost_at = supervisor.is_lost().then(|| supervisor.status().now_ns());
            (supervisor.take(), lost_at)
        };
        // Dropped without the lock: the last block of a stepped device may want it.
        drop(stream);
        if let Some(now_ns) = lost_at {
            let _ = self
                .door
                .pass_within(ENTER_LIMIT, |entrance| entrance.pass(now_ns));
        }
        // The pipeline's end is dropped here, which ends it in order.
        self.door.close(ENTER_LIMIT);
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
