//! The engine, as JavaScript sees it.

use crate::error::to_napi;
use crate::hot;
use crate::report::{
    NativeDeviceInfo, NativeReport, NativeWarning, device_info, device_warning, take,
};
use crate::tap::NativeTap;
use crate::work::promise;
use napi::bindgen_prelude::{Function, PromiseRaw};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Env, Result};
use napi_derive::napi;
use noxrun_session::{AudioThreadStats, Engine, EngineConfig, EngineOptions, OnLost, Outlet, Work};
use std::sync::Arc;

#[napi(object)]
pub struct NativeEngineOptions {
    pub device: Option<String>,
    pub fallback_virtual: bool,
    /// Engine time stands still while the device is gone.
    pub hold_when_lost: bool,
    pub sample_rate: Option<u32>,
    pub channels: u32,
    pub buffer_size: u32,
    pub control_capacity: u32,
    pub max_events: u32,
    pub max_tracks: u32,
    pub max_voices: u32,
    pub safety_limiter: bool,
    pub audit: bool,
}

#[napi(object)]
pub struct NativeAudioThread {
    pub allocations: f64,
    pub frees: f64,
    pub blocked: Option<f64>,
}

pub fn audio_thread(stats: AudioThreadStats) -> NativeAudioThread {
    NativeAudioThread {
        allocations: stats.allocations as f64,
        frees: stats.frees as f64,
        blocked: stats.blocked.map(|count| count as f64),
    }
}

#[napi(object)]
pub struct NativeEngineStats {
    pub callbacks: f64,
    pub frames: f64,
    pub xruns: f64,
    pub load: Vec<f64>,
    pub queue: Vec<f64>,
    pub late_events: f64,
    pub stale_commands: f64,
    pub voices: f64,
    pub stolen_voices: f64,
    pub device_losses: f64,
    pub audio_thread: NativeAudioThread,
}

/// Monotonic nanoseconds, on the clock that stamps captured frames.
#[napi]
pub fn monotonic_now() -> f64 {
    noxrun_session::monotonic_ns() as f64
}

#[napi]
pub fn open_engine(
    env: &Env,
    options: NativeEngineOptions,
) -> Result<PromiseRaw<'_, NativeEngine>> {
    let options = EngineOptions {
        device: options.device,
        fallback_virtual: options.fallback_virtual,
        on_lost: if options.hold_when_lost {
            OnLost::Hold
        } else {
            OnLost::Continue
        },
        sample_rate: options.sample_rate,
        buffer_size: options.buffer_size,
        audit: options.audit,
        engine: EngineConfig {
            channels: options.channels as usize,
            control_capacity: options.control_capacity as usize,
            max_events: options.max_events as usize,
            max_tracks: options.max_tracks as usize,
            max_voices: options.max_voices as usize,
            safety_limiter: options.safety_limiter,
            ..EngineConfig::default()
        },
    };
    let open = move || Engine::open(&options);
    promise(env, Work::Call, open, NativeEngine::new)
}

#[napi]
pub struct NativeEngine {
    engine: Arc<Engine>,
    handle: u32,
}

impl NativeEngine {
    /// On the JavaScript thread that will call it.
    pub fn new(engine: Engine) -> Self {
        let engine = Arc::new(engine);
        let handle = hot::enter(Arc::clone(&engine));
        Self { engine, handle }
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }
}

impl Drop for NativeEngine {
    fn drop(&mut self) {
        hot::leave(self.handle);
    }
}

#[napi]
impl NativeEngine {
    /// What the functions of `hot` take.
    #[napi(getter)]
    pub fn handle(&self) -> u32 {
        self.handle
    }

    #[napi(getter)]
    pub fn device(&self) -> NativeDeviceInfo {
        device_info(self.engine.device())
    }

    #[napi(getter)]
    pub fn sample_rate(&self) -> u32 {
        self.engine.granted().sample_rate
    }

    #[napi(getter)]
    pub fn buffer_size(&self) -> u32 {
        self.engine.granted().buffer_size
    }

    #[napi(getter)]
    pub fn latency(&self) -> f64 {
        self.engine.latency().0
    }

    #[napi(getter)]
    pub fn latency_is_estimate(&self) -> bool {
        self.engine.latency().1
    }

    #[napi(getter)]
    pub fn opening_warnings(&self) -> Vec<NativeWarning> {
        let warnings = &self.engine.granted().warnings;
        warnings.iter().map(device_warning).collect()
    }

    /// A track's sound after its fader, from the next block on.
    #[napi]
    pub fn open_tap(&self, track: u32) -> Result<NativeTap> {
        let tap = self.engine.open_tap(track, None).map_err(to_napi)?;
        Ok(NativeTap::new(tap))
    }

    #[napi]
    pub fn stats(&self) -> NativeEngineStats {
        let stats = self.engine.stats();
        let queue = [
            stats.queue_capacity,
            stats.queue_pushed,
            stats.queue_overflows,
            stats.queue_max_depth,
        ];
        NativeEngineStats {
            callbacks: stats.callbacks as f64,
            frames: stats.frames as f64,
            xruns: stats.xruns as f64,
            load: stats.load.to_vec(),
            queue: queue.iter().map(|count| *count as f64).collect(),
            late_events: stats.late_events as f64,
            stale_commands: stats.stale_commands as f64,
            voices: stats.voices as f64,
            stolen_voices: stats.stolen_voices as f64,
            device_losses: stats.device_losses as f64,
            audio_thread: audio_thread(stats.audio_thread),
        }
    }

    /// Calls `bell` on the JavaScript thread when reports wait.
    #[napi]
    pub fn set_bell(&self, bell: Function<'_, (), ()>) -> Result<()> {
        set_bell(self.engine.outlet(), bell)
    }

    /// Lets go of the bell, which holds the JavaScript object that it rings for.
    #[napi]
    pub fn unset_bell(&self) {
        self.engine.outlet().set_bell(None);
    }

    #[napi]
    pub fn take_reports(&self) -> Vec<NativeReport> {
        take(self.engine.outlet())
    }

    #[napi(ts_return_type = "Promise<void>")]
    pub fn suspend<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, ()>> {
        self.call(env, Engine::suspend)
    }

    #[napi(ts_return_type = "Promise<void>")]
    pub fn resume<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, ()>> {
        self.call(env, Engine::resume)
    }

    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, ()>> {
        self.call(env, |engine| {
            engine.close();
            Ok(())
        })
    }

    /// What waits for the device: suspending, resuming, closing.
    fn call<'env>(
        &self,
        env: &'env Env,
        call: fn(&Engine) -> std::result::Result<(), noxrun_session::Error>,
    ) -> Result<PromiseRaw<'env, ()>> {
        let engine = Arc::clone(&self.engine);
        promise(env, Work::Call, move || call(&engine), |()| ())
    }
}

pub fn set_bell(outlet: &Arc<Outlet>, bell: Function<'_, (), ()>) -> Result<()> {
    outlet.set_bell(Some(ringer(bell)?));
    Ok(())
}

/// Rings `bell` on the JavaScript thread. Weak, so that it keeps no process alive; bounded to one
/// call, for a second one would find nothing that the first does not take; not blocking.
pub fn ringer(bell: Function<'_, (), ()>) -> Result<Arc<dyn Fn() + Send + Sync>> {
    let function = bell
        .build_threadsafe_function()
        .weak::<true>()
        .max_queue_size::<1>()
        .callee_handled::<false>()
        .build()?;
    Ok(Arc::new(move || {
        // Full: a call is on its way already. Closing: nobody is there any more.
        let _ = function.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }))
}
