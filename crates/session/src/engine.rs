//! An open engine: the caller's handle, which everything else hangs on.

use crate::core::Core;
use crate::dispatch::{Counters, Dispatcher};
use crate::driver::{Driver, EngineRender, StepSync};
use crate::error::{Error, ErrorCode};
use crate::inbox::{Entry, Inbox};
use crate::intent::{Intent, ParamId};
use crate::options::EngineOptions;
use crate::outlet::{Outlet, Report, lock};
use crate::slot::Slot;
use crate::stats::EngineStats;
use noxrun_device::{DeviceInfo, Granted, StreamRequest};
use noxrun_engine::{EngineConfig, MeterReading, build};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// An engine on a device. All methods may be called from any thread; none but [`Engine::open`],
/// [`Engine::suspend`], [`Engine::resume`] and [`Engine::close`] waits for anything.
pub struct Engine {
    core: Arc<Core>,
    config: EngineConfig,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// Opens a device and starts an engine on it.
    ///
    /// # Errors
    /// `ERR_NO_DEVICE` (says what was tried), `ERR_DEVICE_BUSY`, `ERR_UNSUPPORTED_CONFIG`,
    /// `ERR_BACKEND`.
    pub fn open(options: &EngineOptions) -> Result<Self, Error> {
        #[cfg(feature = "sabotage")]
        noxrun_sabotage::init();
        let outlet = Arc::new(Outlet::default());
        let counters = Arc::new(Counters::default());
        let sync = Arc::new(StepSync::default());
        let request = StreamRequest {
            device: options.device.clone(),
            fallback: crate::driver::fallback(options.fallback_virtual),
            sample_rate: options.sample_rate,
            channels: Some(options.engine.channels as u16),
            buffer_size: options.buffer_size,
            audit: options.audit,
            hooks: Some(sync.clone()),
        };
        let mut config = options.engine.clone();
        let mut parts = None;
        let stream = noxrun_device::open_output(&request, |granted| {
            config.sample_rate = granted.sample_rate;
            let (renderer, controller) = build(&config);
            let slot = Arc::new(Slot::new(renderer));
            parts = Some((Arc::clone(&slot), controller));
            Box::new(EngineRender::new(slot))
        })?;
        let Some((slot, controller)) = parts else {
            let message = "the device opened without taking a renderer";
            return Err(Error::new(ErrorCode::Backend, message));
        };
        let granted = stream.granted().clone();
        let shared = Arc::clone(&controller.shared);
        let dispatcher =
            Dispatcher::new(controller, &config, Arc::clone(&counters), outlet.clone());
        let core = Arc::new(Core {
            inbox: Inbox::new(dispatcher.short_ramp()),
            outlet,
            counters,
            shared,
            dispatcher: Mutex::new(dispatcher),
            manual: stream.status().health().manual,
            driver: Mutex::new(Driver::new(stream)),
            slot,
            closing: AtomicBool::new(false),
            suspended: AtomicBool::new(false),
            newest_frame: AtomicU64::new(0),
            granted,
        });
        sync.attach(&core);
        let thread = crate::thread::spawn(Arc::clone(&core))?;
        Ok(Self {
            core,
            config,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// What the device granted, with the warnings of opening.
    pub fn granted(&self) -> &Granted {
        &self.core.granted
    }

    /// Seconds from the engine to the device's output as they are now, and whether that is computed
    /// from the buffer size because the backend does not tell.
    pub fn latency(&self) -> (f64, bool) {
        let Granted {
            latency_seconds,
            latency_is_estimate,
            ..
        } = self.core.granted;
        let opened = (latency_seconds, latency_is_estimate);
        lock(&self.core.driver).latency().unwrap_or(opened)
    }

    /// The sizes it was built with.
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// Engine time in frames: the next frame to be rendered, extrapolated by the clock.
    pub fn current_frame(&self) -> u64 {
        self.core.current_frame()
    }

    /// Submits one intent.
    ///
    /// # Errors
    /// `ERR_CLOSED`; `ERR_QUEUE_FULL` when `max_events` events wait; `ERR_LIMIT` for a track beyond
    /// `max_tracks`; those of [`Intent::check`]. Nothing is changed then.
    pub fn submit(&self, intent: Intent) -> Result<(), Error> {
        self.check(&intent)?;
        self.reserve(u64::from(intent.is_event()))?;
        self.core.inbox.put([Entry::Intent(intent)]);
        Ok(())
    }

    /// Submits a batch: all of it takes effect on one frame (`at`, or the first of a block), but
    /// for intents with a frame of their own.
    ///
    /// # Errors
    /// As [`Engine::submit`]; a batch is accepted whole or not at all.
    pub fn submit_batch(&self, intents: Vec<Intent>, at: Option<u64>) -> Result<(), Error> {
        for intent in &intents {
            self.check(intent)?;
        }
        // Values of a batch with a time are scheduled points.
        let scheduled = |i: &Intent| at.is_some() && matches!(i, Intent::Set { .. });
        let counted = |i: &&Intent| i.is_event() || scheduled(i);
        self.reserve(intents.iter().filter(counted).count() as u64)?;
        let inner = intents.into_iter().map(Entry::Intent);
        let entries = std::iter::once(Entry::Batch { at })
            .chain(inner)
            .chain(std::iter::once(Entry::Commit));
        self.core.inbox.put(entries);
        Ok(())
    }

    /// A parameter's value as it sounds now; `None` for a voice that does not sound.
    pub fn param_current(&self, param: ParamId) -> Option<f64> {
        match param {
            ParamId::TrackVolume(track) => Some(self.core.shared.track_volume(track)),
            ParamId::TrackPan(track) => Some(self.core.shared.track_pan(track)),
            ParamId::VoiceGain(voice) => {
                let key = lock(&self.core.dispatcher).voice_key(voice)?;
                self.core.shared.voice_gain(key)
            }
        }
    }

    /// A track's levels over the last 100 ms, after its fader.
    pub fn meter(&self, track: u32) -> MeterReading {
        self.core.shared.meter(track)
    }

    /// Counters and load.
    pub fn stats(&self) -> EngineStats {
        EngineStats::read(&self.core, &self.config)
    }

    /// Where reports wait.
    pub fn outlet(&self) -> &Arc<Outlet> {
        &self.core.outlet
    }

    /// Stops engine time: nothing is rendered until [`Engine::resume`].
    ///
    /// # Errors
    /// `ERR_CLOSED`, `ERR_BACKEND`.
    pub fn suspend(&self) -> Result<(), Error> {
        self.ensure_open()?;
        self.core.suspended.store(true, Ordering::Release);
        lock(&self.core.driver).suspend()
    }

    /// Lets engine time go on.
    ///
    /// # Errors
    /// `ERR_CLOSED`, `ERR_BACKEND`.
    pub fn resume(&self) -> Result<(), Error> {
        self.ensure_open()?;
        lock(&self.core.driver).resume()?;
        self.core.suspended.store(false, Ordering::Release);
        Ok(())
    }

    /// Stops everything; voices end as `closed`. May be called again.
    pub fn close(&self) {
        if self.core.closing.swap(true, Ordering::SeqCst) {
            return;
        }
        self.core.inbox.call();
        if let Some(thread) = lock(&self.thread).take() {
            // A panic of the dispatch thread was reported by its hook.
            let _ = thread.join();
        }
        let driving = lock(&self.core.driver).take();
        drop(driving);
        let mut entries = Vec::new();
        self.core.inbox.take(&mut entries);
        let frame = self.core.shared.clock().frame;
        let mut dispatcher = lock(&self.core.dispatcher);
        dispatcher.accept(&mut entries, 0);
        dispatcher.close(frame);
        self.give_back(&mut dispatcher);
    }

    /// Gives back what the engine reserved: its handle may live until a garbage collector comes by.
    fn give_back(&self, dispatcher: &mut Dispatcher) {
        let least = EngineConfig {
            control_capacity: 1,
            max_events: 1,
            max_tracks: 1,
            max_voices: 1,
            ..self.config.clone()
        };
        let (renderer, controller) = build(&least);
        let (counters, outlet) = (Arc::clone(&self.core.counters), self.core.outlet.clone());
        *dispatcher = Dispatcher::new(controller, &least, counters, outlet);
        if let Some(mut slot) = self.core.slot.try_enter() {
            *slot = renderer;
        }
    }

    /// Whether [`Engine::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.core.closing.load(Ordering::Relaxed)
    }

    fn ensure_open(&self) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::closed("engine"));
        }
        Ok(())
    }

    fn check(&self, intent: &Intent) -> Result<(), Error> {
        self.ensure_open()?;
        intent.check()?;
        let limit = self.config.max_tracks;
        match intent {
            Intent::AddTrack { track, .. } if *track as usize > limit => Err(Error::new(
                ErrorCode::Limit,
                format!("the engine has room for {limit} tracks (maxTracks)"),
            )),
            Intent::Play { track, .. } | Intent::StopTrack { track, .. }
                if *track as usize > limit =>
            {
                let message = format!("there is no track {track}");
                Err(Error::new(ErrorCode::InvalidArg, message))
            }
            Intent::Play { sample, .. } if sample.rate() != self.config.sample_rate => {
                Err(Error::new(
                    ErrorCode::InvalidArg,
                    format!(
                        "the sample's rate must be the engine's, {} Hz, got {} Hz",
                        self.config.sample_rate,
                        sample.rate()
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Counts `count` events in, if `max_events` allows.
    fn reserve(&self, count: u64) -> Result<(), Error> {
        if count == 0 {
            return Ok(());
        }
        let counters = &self.core.counters;
        let accepted = counters.accepted.fetch_add(count, Ordering::Relaxed) + count;
        let done = counters.settled_here.load(Ordering::Acquire) + self.core.shared.events_done();
        let limit = self.config.max_events as u64;
        if accepted.saturating_sub(done) > limit {
            counters.accepted.fetch_sub(count, Ordering::Relaxed);
            return Err(Error::new(
                ErrorCode::QueueFull,
                format!(
                    "{limit} events wait already (maxEvents); nothing was changed, \
                     try again when some have taken effect"
                ),
            ));
        }
        Ok(())
    }

    /// The device's description.
    pub fn device(&self) -> &DeviceInfo {
        &self.core.granted.device
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
        self.core.outlet.set_bell(None);
    }
}

/// Passes a device's loss on.
pub(crate) fn device_report(state: crate::DeviceState, device: &DeviceInfo) -> Report {
    let device = device.clone();
    Report::Device { state, device }
}
