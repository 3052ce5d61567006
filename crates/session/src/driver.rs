//! Keeps an engine's renderer called.
//!
//! A device's stream calls it; while the device is gone, a stand-in of `standin.rs` does. The
//! [`Driver`] looks after both: it passes the device's reports on, starts and ends the stand-in,
//! tells of a renderer that failed, and publishes what getters read of the device.

use crate::core::Core;
use crate::device::device_trouble;
use crate::error::Error;
use crate::gate::{RenderGate, panic_error};
use crate::options::OnLost;
use crate::outlet::Report;
use crate::readings::{DeviceReadings, Published};
use crate::standin::{ClockOwner, StandInThread, SteppedStandIn};
use noxrun_device::{
    BlockTime, DeviceError, Granted, Render, StepHooks, Stream, StreamEvent, StreamRequest,
    Supervised, Supervisor,
};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

/// A device that is gone is no failure of the call: engine time is in other hands.
fn unless_lost(result: Result<(), DeviceError>) -> Result<(), Error> {
    match result {
        Err(DeviceError::Lost { .. }) => Ok(()),
        other => Ok(other?),
    }
}

/// The renderer, as a device calls it.
pub(crate) struct EngineRender {
    gate: Arc<RenderGate>,
    owner: Arc<ClockOwner>,
}

impl EngineRender {
    pub fn new(gate: Arc<RenderGate>, owner: Arc<ClockOwner>) -> Self {
        Self { gate, owner }
    }
}

impl Render for EngineRender {
    fn render(&mut self, out: &mut [f32], time: &BlockTime) {
        if self.owner.is_stand_in.load(Ordering::Relaxed) {
            self.owner.is_stand_in.store(false, Ordering::Release);
        }
        if self.owner.suspended.load(Ordering::Relaxed) {
            out.fill(0.0);
            return;
        }
        self.gate.render_at(out, time.now_ns);
    }
}

/// Brings a stepped device and the dispatch side into step: before a block, everything that was
/// called earlier has crossed; after it, its reports have been fetched.
#[derive(Default)]
pub(crate) struct StepSync {
    engine: OnceLock<(Weak<Core>, Weak<Mutex<Driver>>)>,
}

impl StepSync {
    pub fn attach(&self, core: &Arc<Core>, driver: &Arc<Mutex<Driver>>) {
        // Attached once, right after opening.
        let _ = self
            .engine
            .set((Arc::downgrade(core), Arc::downgrade(driver)));
    }

    fn core(&self) -> Option<Arc<Core>> {
        self.engine.get()?.0.upgrade()
    }

    fn supervise(&self, core: &Core) {
        let Some(driver) = self.engine.get().and_then(|(_, driver)| driver.upgrade()) else {
            return;
        };
        // Whoever holds the driver may be waiting for this very block to end, so never wait for it
        // without bound.
        for _ in 0..50 {
            if let Ok(mut driver) = driver.try_lock() {
                driver.supervise(core);
                return;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }
}

impl StepHooks for StepSync {
    fn before_step(&self, _frames: u32) {
        if let Some(core) = self.core() {
            self.supervise(&core);
        }
    }

    fn before_block(&self, frames: u32) {
        if let Some(core) = self.core() {
            core.before_block(frames.into());
        }
    }

    fn after_block(&self) {
        let Some(core) = self.core() else { return };
        core.collect();
        self.supervise(&core);
    }
}

pub(crate) struct Driver {
    supervisor: Supervisor,
    gate: Arc<RenderGate>,
    owner: Arc<ClockOwner>,
    on_lost: OnLost,
    standin: Option<StandIn>,
    /// Up to where the device had rendered when it was last seen, in its time.
    rendered_ns: u64,
    losses: u64,
    /// What getters read.
    readings: Arc<Published>,
    failure_told: bool,
}

/// Who renders while the device is gone.
enum StandIn {
    Thread(#[allow(dead_code, reason = "held: dropping it ends it")] StandInThread),
    Stepped(SteppedStandIn),
}

impl Driver {
    /// `request`: with which the stream was opened, at the engine's rate.
    pub fn new(
        stream: Stream,
        request: StreamRequest,
        gate: &Arc<RenderGate>,
        owner: &Arc<ClockOwner>,
        on_lost: OnLost,
    ) -> Self {
        let (sample_rate, channels) = (stream.granted().sample_rate, stream.granted().channels);
        let request = StreamRequest {
            sample_rate: Some(sample_rate),
            channels: Some(channels),
            ..request
        };
        let make = {
            let (gate, owner) = (Arc::clone(gate), Arc::clone(owner));
            Arc::new(move |granted: &Granted| {
                let fits = granted.sample_rate == sample_rate && granted.channels == channels;
                fits.then(|| {
                    let render = EngineRender::new(Arc::clone(&gate), Arc::clone(&owner));
                    Box::new(render) as Box<dyn Render>
                })
            })
        };
        let rendered_ns = stream.status().now_ns();
        let supervisor = Supervisor::output(stream, request, make);
        let losses = 0;
        let readout = supervisor.readout();
        Self {
            rendered_ns,
            supervisor,
            gate: Arc::clone(gate),
            owner: Arc::clone(owner),
            on_lost,
            standin: None,
            losses,
            readings: Arc::new(Published::new(DeviceReadings { readout, losses })),
            failure_told: false,
        }
    }

    /// Where getters read what the driver knows of its device, without the driver.
    pub fn readings(&self) -> Arc<Published> {
        Arc::clone(&self.readings)
    }

    fn publish(&self) {
        let (readout, losses) = (self.supervisor.readout(), self.losses);
        self.readings.publish(DeviceReadings { readout, losses });
    }

    /// Looks after the device: passes its reports on, notices its loss, gets it back.
    pub fn supervise(&mut self, core: &Core) {
        if !self.supervisor.is_lost() {
            self.note_time();
        }
        let mut told = Vec::new();
        self.supervisor.poll(|supervised| told.push(supervised));
        let lost = told.iter().filter(|told| **told == Supervised::Lost);
        self.losses += lost.count() as u64;
        // Before it is told: whoever hears of a loss finds it counted.
        self.publish();
        let mut xruns = 0;
        for supervised in told {
            match supervised {
                Supervised::Lost => {}
                Supervised::Restored | Supervised::Changed => self.back(core),
                Supervised::Event(StreamEvent::Xrun) => xruns += 1,
                // Around the renderer: one inside it ends at its own gate.
                Supervised::Event(StreamEvent::Panicked) => self.gate.fail(),
                Supervised::Event(
                    StreamEvent::Lost { .. }
                    | StreamEvent::RateChanged(_)
                    | StreamEvent::Error(_)
                    | StreamEvent::RealtimeDenied,
                ) => {}
            }
            let report = device_trouble(supervised, &self.supervisor);
            report
                .into_iter()
                .for_each(|report| core.outlet.push(report));
        }
        if xruns > 0 {
            let frame = core.shared.clock().frame;
            core.outlet.push(Report::Xrun {
                frame,
                count: xruns,
            });
        }
        let is_gone = self.supervisor.is_lost() || self.supervisor.stream().is_none();
        if is_gone && self.on_lost == OnLost::Continue && !self.gate.has_failed() {
            self.stand_in(core);
        }
        if self.gate.has_failed() {
            // Nobody renders any more, so nobody stands in either.
            self.standin = None;
            if !std::mem::replace(&mut self.failure_told, true) {
                core.outlet.push(Report::Failed(panic_error("engine")));
            }
        }
    }

    fn note_time(&mut self) {
        let status = self.supervisor.status();
        if self.supervisor.stream().is_some() && status.callbacks() > 0 {
            let block = u64::from(status.block_frames()) * 1_000_000_000;
            let rate = self.supervisor.granted().device_rate.max(1);
            self.rendered_ns = status.last_callback_ns() + block / u64::from(rate);
        }
    }

    fn back(&mut self, core: &Core) {
        self.standin = None;
        if core.suspended.load(Ordering::Acquire)
            && let Some(stream) = self.supervisor.stream_mut()
        {
            // If it is lost again, that is told in a moment; it renders nothing anyway.
            let _ = stream.suspend();
        }
    }

    fn stand_in(&mut self, core: &Core) {
        let suspended = core.suspended.load(Ordering::Acquire);
        // A stream that is being opened may call at any moment, and takes over by itself.
        if self.supervisor.stream().is_none() || self.standin.is_none() {
            self.owner.is_stand_in.store(true, Ordering::Release);
        }
        let since_ns = self.rendered_ns;
        if !core.manual {
            if self.standin.is_none() {
                let (granted, owner) = (&core.granted, &self.owner);
                let thread = StandInThread::start(&self.gate, granted, owner, since_ns);
                // Without a thread it is tried again the next time.
                self.standin = thread.ok().map(StandIn::Thread);
            }
            return;
        }
        let now_ns = self.supervisor.status().now_ns();
        let standin = self.standin.get_or_insert_with(|| {
            StandIn::Stepped(SteppedStandIn::new(&self.gate, &core.granted, since_ns))
        });
        if let StandIn::Stepped(stepped) = standin {
            if suspended {
                stepped.rest(now_ns);
            } else {
                stepped.step(now_ns, |frames| core.before_block(frames));
            }
        }
    }

    pub fn suspend(&mut self) -> Result<(), Error> {
        self.owner.suspended.store(true, Ordering::Relaxed);
        match self.supervisor.stream_mut() {
            Some(stream) => unless_lost(stream.suspend()),
            None => Ok(()),
        }
    }

    pub fn resume(&mut self) -> Result<(), Error> {
        self.owner.suspended.store(false, Ordering::Relaxed);
        match self.supervisor.stream_mut() {
            Some(stream) => unless_lost(stream.resume()),
            None => Ok(()),
        }
    }

    /// Takes what drives out, to be dropped without holding the driver's lock: its last block may
    /// want that lock.
    pub fn take(&mut self) -> impl Sized + use<> {
        let driving = (self.supervisor.take(), self.standin.take());
        self.publish();
        driving
    }
}

#[cfg(test)]
mod tests;
