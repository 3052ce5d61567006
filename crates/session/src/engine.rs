//! An open engine: the caller's handle, which everything else hangs on.
//!
//! `submit` takes operations in; `../readout.rs` says how things sound now.

mod submit;

use crate::alarm::Alarm;
use crate::core::Core;
use crate::counters::Counters;
use crate::dispatch::Dispatcher;
use crate::driver::{Driver, EngineRender, StepSync};
use crate::effects::MakeEffect;
use crate::error::{Error, ErrorCode};
use crate::gate::RenderGate;
use crate::lock::lock;
use crate::options::{EngineOptions, OfflineOptions};
use crate::outlet::Outlet;
use crate::readings::Published;
use crate::standin::ClockOwner;
use noxrun_device::{Backend, DeviceInfo, Granted, StreamRequest};
use noxrun_engine::{Controller, EngineConfig, build};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// An engine, on a device or offline. All methods may be called from any thread; none but
/// [`Engine::open`], [`Engine::suspend`], [`Engine::resume`] and [`Engine::close`] waits for
/// anything.
pub struct Engine {
    pub(crate) core: Arc<Core>,
    pub(crate) config: EngineConfig,
    /// Tests bring effects of their own.
    pub(crate) make_effect: MakeEffect,
    /// What drives a live engine; an offline one has nothing.
    pub(crate) driver: Option<Arc<Mutex<Driver>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What every engine needs before anything else, once a process.
fn prepare() {
    #[cfg(feature = "sabotage")]
    noxrun_sabotage::init();
    crate::cpu();
}

impl Engine {
    /// Opens a device and starts an engine on it.
    ///
    /// # Errors
    /// `ERR_NO_DEVICE` (says what was tried), `ERR_DEVICE_BUSY`, `ERR_UNSUPPORTED_CONFIG`,
    /// `ERR_BACKEND`.
    pub fn open(options: &EngineOptions) -> Result<Self, Error> {
        prepare();
        let sync = Arc::new(StepSync::default());
        let request = StreamRequest {
            device: options.device.clone(),
            fallback: crate::device::fallback(options.fallback_virtual),
            sample_rate: options.sample_rate,
            channels: Some(options.engine.channels as u16),
            least_channels: 0,
            buffer_size: options.buffer_size,
            audit: options.audit,
            hooks: Some(sync.clone()),
        };
        let mut config = options.engine.clone();
        let mut parts = None;
        let owner = Arc::new(ClockOwner::default());
        let stream = noxrun_device::open_output(&request, |granted| {
            config.sample_rate = granted.sample_rate;
            let (renderer, controller) = build(&config);
            let gate = Arc::new(RenderGate::new(renderer));
            parts = Some((Arc::clone(&gate), controller));
            Box::new(EngineRender::new(gate, Arc::clone(&owner)))
        })?;
        let Some(parts) = parts else {
            let message = "the device opened without taking a renderer";
            return Err(Error::new(ErrorCode::Backend, message));
        };
        let granted = stream.granted().clone();
        let manual = stream.status().health().manual;
        let driver = Driver::new(stream, request, &parts.0, &owner, options.on_lost);
        let readings = Some(driver.readings());
        let driver = Arc::new(Mutex::new(driver));
        let mut engine = Self::assemble(config, parts, readings, (granted, manual));
        engine.driver = Some(Arc::clone(&driver));
        sync.attach(&engine.core, &driver);
        let thread = crate::thread::spawn(Arc::clone(&engine.core), driver)?;
        *lock(&engine.thread) = Some(thread);
        Ok(engine)
    }

    /// An engine without a device and without threads: [`crate::render`] drives it.
    pub fn offline(options: &OfflineOptions) -> Self {
        prepare();
        let config = EngineConfig {
            real_time: false,
            ..options.engine.clone()
        };
        let (renderer, controller) = build(&config);
        let gate = Arc::new(RenderGate::new(renderer));
        let granted = no_device(&config);
        Self::assemble(config, (gate, controller), None, (granted, true))
    }

    fn assemble(
        config: EngineConfig,
        (gate, controller): (Arc<RenderGate>, Controller),
        readings: Option<Arc<Published>>,
        (granted, manual): (Granted, bool),
    ) -> Self {
        let outlet = Arc::new(Outlet::default());
        let counters = Arc::new(Counters::default());
        let shared = Arc::clone(&controller.shared);
        let dispatcher =
            Dispatcher::new(controller, &config, Arc::clone(&counters), outlet.clone());
        let core = Core {
            alarm: Alarm::default(),
            outlet,
            counters,
            shared,
            dispatcher: Mutex::new(dispatcher),
            readings,
            gate,
            closing: AtomicBool::new(false),
            suspended: AtomicBool::new(false),
            newest_frame: AtomicU64::new(0),
            granted,
            manual,
            rendered: AtomicBool::new(false),
            blocks: AtomicU64::new(0),
            taps: AtomicUsize::new(0),
            open_taps: Mutex::default(),
            unpaced: AtomicU64::new(0),
        };
        Self {
            core: Arc::new(core),
            config,
            make_effect: crate::effects::build,
            driver: None,
            thread: Mutex::new(None),
        }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// What the device granted, with the warnings of opening.
    pub fn granted(&self) -> &Granted {
        &self.core.granted
    }

    /// The device's description.
    pub fn device(&self) -> &DeviceInfo {
        &self.core.granted.device
    }

    /// The sizes it was built with.
    pub fn config(&self) -> &EngineConfig {
        &self.config
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
        match &self.driver {
            Some(driver) => lock(driver).suspend(),
            None => Ok(()),
        }
    }

    /// Lets engine time go on.
    ///
    /// # Errors
    /// `ERR_CLOSED`, `ERR_BACKEND`.
    pub fn resume(&self) -> Result<(), Error> {
        self.ensure_open()?;
        if let Some(driver) = &self.driver {
            lock(driver).resume()?;
        }
        self.core.suspended.store(false, Ordering::Release);
        Ok(())
    }

    /// Stops everything; voices end as `closed`. May be called again.
    pub fn close(&self) {
        if self.core.closing.swap(true, Ordering::SeqCst) {
            return;
        }
        self.core.alarm.ring();
        if let Some(thread) = lock(&self.thread).take() {
            // A panic of the dispatch thread was reported by its hook.
            let _ = thread.join();
        }
        if let Some(driver) = &self.driver {
            let driving = lock(driver).take();
            drop(driving);
        }
        let frame = self.core.shared.clock().frame;
        let mut dispatcher = lock(&self.core.dispatcher);
        dispatcher.close(frame);
        self.give_back(&mut dispatcher);
        drop(dispatcher);
        self.core.finish_taps();
        // After a rendering it is not worth the milliseconds: the next one wants it again.
        if self.config.real_time {
            noxrun_device::give_memory_back();
        }
    }

    /// Gives back what the engine reserved: its handle may live until a garbage collector comes by.
    fn give_back(&self, dispatcher: &mut Dispatcher) {
        let least = EngineConfig {
            control_capacity: 1,
            max_events: 1,
            max_tracks: 1,
            max_voices: 1,
            real_time: false,
            ..self.config.clone()
        };
        let (_, controller) = build(&least);
        dispatcher.replace_controller(controller);
        self.core.gate.close();
    }

    /// Whether [`Engine::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.core.closing.load(Ordering::Relaxed)
    }

    pub(crate) fn ensure_open(&self) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::closed("engine"));
        }
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
        self.core.outlet.set_bell(None);
    }
}

/// What stands for a device where there is none.
fn no_device(config: &EngineConfig) -> Granted {
    let channels = config.channels as u16;
    Granted {
        device: DeviceInfo {
            id: "offline".into(),
            name: "Offline".into(),
            backend: Backend::Virtual,
            input_channels: 0,
            output_channels: channels,
            sample_rates: vec![config.sample_rate],
            buffer_size: None,
            is_default_input: false,
            is_default_output: false,
        },
        sample_rate: config.sample_rate,
        device_rate: config.sample_rate,
        channels,
        buffer_size: 0,
        latency_seconds: 0.0,
        latency_is_estimate: false,
        warnings: Vec::new(),
    }
}
