//! What drives an engine's renderer: a device's stream, or a clock that stands in for one that is
//! gone.

use crate::core::Core;
use crate::error::{Error, ErrorCode};
use crate::options::OnLost;
use crate::outlet::{DeviceState, Report, Warning};
use crate::slot::Slot;
use crate::standin::{Helm, StandIn, SteppedStandIn};
use noxrun_device::{
    BlockTime, DeviceError, DeviceWarning, Fallback, Granted, Render, StepHooks, Stream,
    StreamEvent, StreamRequest, StreamStatus, Supervised, Supervisor, Totals,
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

/// What the caller is told of what the device's supervisor tells; `what` it is the device of.
pub(crate) fn device_trouble(
    supervised: Supervised,
    supervisor: &Supervisor,
    what: &str,
) -> Option<Report> {
    let state = match supervised {
        Supervised::Lost => DeviceState::Lost,
        Supervised::Restored => DeviceState::Restored,
        Supervised::Changed => DeviceState::Changed,
        Supervised::Event(StreamEvent::Panicked) => {
            return Some(Report::Failed(panic_error(what)));
        }
        Supervised::Event(StreamEvent::RealtimeDenied) => {
            let reason = supervisor.status().realtime_refusal().unwrap_or_default();
            let warning = Warning::Device(DeviceWarning::NoRealtimePriority { reason });
            return Some(Report::Warning(warning));
        }
        Supervised::Event(_) => return None,
    };
    let device = &supervisor.granted().device;
    Some(crate::engine::device_report(state, device))
}

/// The renderer, as a device calls it.
pub(crate) struct EngineRender {
    slot: Arc<Slot<Renderer>>,
    helm: Arc<Helm>,
}

impl EngineRender {
    pub fn new(slot: Arc<Slot<Renderer>>, helm: Arc<Helm>) -> Self {
        Self { slot, helm }
    }
}

impl Render for EngineRender {
    fn render(&mut self, out: &mut [f32], time: &BlockTime) {
        let now_ns = time.now_ns;
        if self.helm.stands_in.load(Ordering::Relaxed) {
            self.helm.stands_in.store(false, Ordering::Release);
        }
        if self.helm.suspended.load(Ordering::Relaxed) {
            out.fill(0.0);
            return;
        }
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

    fn supervise(core: &Arc<Core>) {
        let Some(driver) = &core.driver else { return };
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
            Self::supervise(&core);
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
        Self::supervise(&core);
    }
}

pub(crate) struct Driver {
    supervisor: Supervisor,
    helm: Arc<Helm>,
    on_lost: OnLost,
    standin: Option<Standing>,
    /// Up to where the device had rendered when it was last seen, in its time.
    rendered_ns: u64,
    losses: u64,
}

enum Standing {
    Thread(#[allow(dead_code, reason = "held: dropping it ends it")] StandIn),
    Stepped(SteppedStandIn),
}

impl Driver {
    /// `request`: with which the stream was opened, at the engine's rate.
    pub fn new(
        stream: Stream,
        request: StreamRequest,
        slot: &Arc<Slot<Renderer>>,
        helm: &Arc<Helm>,
        on_lost: OnLost,
    ) -> Self {
        let (sample_rate, channels) = (stream.granted().sample_rate, stream.granted().channels);
        let request = StreamRequest {
            sample_rate: Some(sample_rate),
            channels: Some(channels),
            ..request
        };
        let make = {
            let (slot, helm) = (Arc::clone(slot), Arc::clone(helm));
            Arc::new(move |granted: &Granted| {
                let fits = granted.sample_rate == sample_rate && granted.channels == channels;
                fits.then(|| {
                    let render = EngineRender::new(Arc::clone(&slot), Arc::clone(&helm));
                    Box::new(render) as Box<dyn Render>
                })
            })
        };
        Self {
            rendered_ns: stream.status().now_ns(),
            supervisor: Supervisor::output(stream, request, make),
            helm: Arc::clone(helm),
            on_lost,
            standin: None,
            losses: 0,
        }
    }

    /// Of the newest stream.
    pub fn status(&self) -> &StreamStatus {
        self.supervisor.status()
    }

    /// Counters over all streams.
    pub fn totals(&self) -> Totals {
        self.supervisor.totals()
    }

    /// Seconds from the engine to the device's output, and whether that is an estimate; `None`
    /// while there is no device.
    pub fn latency(&self) -> Option<(f64, bool)> {
        self.supervisor.stream().map(Stream::latency)
    }

    pub fn losses(&self) -> u64 {
        self.losses
    }

    /// Looks after the device: passes its reports on, notices its loss, gets it back.
    pub fn supervise(&mut self, core: &Core) {
        if !self.supervisor.is_lost() {
            self.note_time();
        }
        let mut told = Vec::new();
        self.supervisor.poll(|supervised| told.push(supervised));
        let mut xruns = 0;
        for supervised in told {
            match supervised {
                Supervised::Lost => self.losses += 1,
                Supervised::Restored | Supervised::Changed => self.back(core),
                Supervised::Event(StreamEvent::Xrun) => xruns += 1,
                Supervised::Event(_) => {}
            }
            let report = device_trouble(supervised, &self.supervisor, "engine");
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
        if is_gone && self.on_lost == OnLost::Continue {
            self.stand_in(core);
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
            self.helm.stands_in.store(true, Ordering::Release);
        }
        let since_ns = self.rendered_ns;
        if !core.manual {
            if self.standin.is_none() {
                let standin = StandIn::start(&core.slot, &core.granted, &self.helm, since_ns);
                self.standin = standin.ok().map(Standing::Thread);
            }
            return;
        }
        let now_ns = self.supervisor.status().now_ns();
        let standing = self.standin.get_or_insert_with(|| {
            Standing::Stepped(SteppedStandIn::new(&core.slot, &core.granted, since_ns))
        });
        if let Standing::Stepped(stepped) = standing {
            if suspended {
                stepped.rest(now_ns);
            } else {
                stepped.step(now_ns, |frames| core.before_block(frames));
            }
        }
    }

    pub fn suspend(&mut self) -> Result<(), Error> {
        self.helm.suspended.store(true, Ordering::Relaxed);
        match self.supervisor.stream_mut() {
            Some(stream) => unless_lost(stream.suspend()),
            None => Ok(()),
        }
    }

    pub fn resume(&mut self) -> Result<(), Error> {
        self.helm.suspended.store(false, Ordering::Relaxed);
        match self.supervisor.stream_mut() {
            Some(stream) => unless_lost(stream.resume()),
            None => Ok(()),
        }
    }

    /// Takes what drives out, to be dropped without holding the driver's lock: its last block may
    /// want that lock.
    pub fn take(&mut self) -> impl Sized + use<> {
        (self.supervisor.take(), self.standin.take())
    }
}
