//! Sounds in memory: loading, probing.

use crate::control::NativeControl;
use crate::work::{controlled, promise};
use napi::bindgen_prelude::{Float32Array, PromiseRaw, Uint8Array};
use napi::{Env, Result};
use napi_derive::napi;
use noxrun_session::{Error, Pcm, Probe, Sample, Work};
use std::ops::ControlFlow;
use std::path::Path;

#[napi]
pub struct NativeSample {
    sample: Option<Sample>,
}

#[napi]
impl NativeSample {
    #[napi(getter)]
    pub fn id(&self) -> u32 {
        self.sample.as_ref().map_or(0, Sample::id)
    }

    #[napi(getter)]
    pub fn frames(&self) -> f64 {
        let frames = |sample: &Sample| sample.data().frames() as f64;
        self.sample.as_ref().map_or(0.0, frames)
    }

    #[napi(getter)]
    pub fn channels(&self) -> u32 {
        let channels = |sample: &Sample| sample.data().channels() as u32;
        self.sample.as_ref().map_or(0, channels)
    }

    #[napi]
    pub fn dispose(&mut self) {
        self.sample = None;
    }
}

#[napi]
pub fn load_file<'env>(
    env: &'env Env,
    path: String,
    rate: u32,
    control: &NativeControl,
) -> Result<PromiseRaw<'env, NativeSample>> {
    load(env, control, move |progress| {
        Sample::from_file(Path::new(&path), rate, progress)
    })
}

/// The bytes are copied before this returns.
#[napi]
pub fn load_bytes<'env>(
    env: &'env Env,
    bytes: Uint8Array,
    rate: u32,
    control: &NativeControl,
) -> Result<PromiseRaw<'env, NativeSample>> {
    let bytes = bytes.to_vec();
    load(env, control, move |progress| {
        Sample::from_bytes(&bytes, rate, progress)
    })
}

/// The channels are copied before this returns.
#[napi]
pub fn load_pcm<'env>(
    env: &'env Env,
    channels: Vec<Float32Array>,
    sample_rate: u32,
    rate: u32,
    control: &NativeControl,
) -> Result<PromiseRaw<'env, NativeSample>> {
    let channels = channels.iter().map(|channel| channel.to_vec()).collect();
    let pcm = Pcm {
        channels,
        sample_rate,
    };
    load(env, control, move |_| Sample::from_pcm(pcm, rate))
}

/// Is told the fraction done, and says whether to go on.
type Progress<'a> = &'a mut dyn FnMut(f64) -> ControlFlow<()>;

fn load<'env>(
    env: &'env Env,
    control: &NativeControl,
    work: impl FnOnce(Progress<'_>) -> std::result::Result<Sample, Error> + Send + 'static,
) -> Result<PromiseRaw<'env, NativeSample>> {
    let told = control.clone();
    let work = move || work(&mut |fraction| told.report(fraction));
    let native = |sample| NativeSample {
        sample: Some(sample),
    };
    controlled(env, Work::Load, control, work, native)
}

#[napi(object)]
pub struct NativeProbe {
    pub format: String,
    pub codec: String,
    pub frames: Option<f64>,
    pub duration: Option<f64>,
    pub channels: u32,
    pub sample_rate: u32,
    /// Names and texts, in the order of the file.
    pub tags: Vec<(String, String)>,
}

fn native(probe: Probe) -> NativeProbe {
    NativeProbe {
        format: probe.format.to_string(),
        codec: probe.codec.to_string(),
        frames: probe.frames.map(|frames| frames as f64),
        duration: probe.duration,
        channels: probe.channels as u32,
        sample_rate: probe.sample_rate,
        tags: probe.tags,
    }
}

#[napi]
pub fn probe_file(env: &Env, path: String) -> Result<PromiseRaw<'_, NativeProbe>> {
    let work = move || noxrun_session::probe_file(Path::new(&path)).map_err(Error::from);
    promise(env, Work::Load, work, native)
}

/// The bytes are copied before this returns.
#[napi]
pub fn probe_bytes(env: &Env, bytes: Uint8Array) -> Result<PromiseRaw<'_, NativeProbe>> {
    let bytes = bytes.to_vec();
    let work = move || noxrun_session::probe(&bytes).map_err(Error::from);
    promise(env, Work::Load, work, native)
}
