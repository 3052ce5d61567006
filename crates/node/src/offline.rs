//! Rendering without a device.

use crate::control::NativeControl;
use crate::engine::NativeEngine;
use crate::pcm::Pcm;
use crate::recording::file_format;
use crate::work::controlled;
use napi::bindgen_prelude::PromiseRaw;
use napi::{Env, Result};
use napi_derive::napi;
use noxrun_session::{
    Destination, Engine, EngineConfig, OfflineOptions, Rendered, Work, render, render_limit,
};
use std::path::PathBuf;
use std::sync::Arc;

#[napi(object)]
pub struct NativeOfflineOptions {
    pub sample_rate: u32,
    pub channels: u32,
    pub max_events: u32,
    pub max_tracks: u32,
    pub max_voices: u32,
}

/// An engine without a device, which `renderOffline` drives.
#[napi]
pub fn offline_engine(options: NativeOfflineOptions) -> NativeEngine {
    let engine = EngineConfig {
        sample_rate: options.sample_rate,
        channels: options.channels as usize,
        max_events: options.max_events as usize,
        max_tracks: options.max_tracks as usize,
        max_voices: options.max_voices as usize,
        ..EngineConfig::default()
    };
    NativeEngine::new(Engine::offline(&OfflineOptions { engine }))
}

#[napi(object)]
pub struct NativeRenderOptions {
    pub frames: f64,
    pub block_size: u32,
    /// A file; without one the sound stays in memory.
    pub output: Option<String>,
    pub format: Option<String>,
}

#[napi(object, object_from_js = false)]
pub struct NativeRendered {
    #[napi(ts_type = "Array<Float32Array>")]
    pub channel_data: Vec<Pcm>,
    pub frames: f64,
    pub peak: f64,
    pub loudness: f64,
}

/// Where the sound goes.
fn destination(options: &NativeRenderOptions) -> Result<Destination> {
    let Some(path) = &options.output else {
        return Ok(Destination::Memory);
    };
    let format = match &options.format {
        Some(name) => file_format(name)?,
        None => None,
    };
    Ok(Destination::File {
        path: PathBuf::from(path),
        format,
    })
}

fn native(rendered: Rendered) -> NativeRendered {
    let lanes = rendered.channel_data.into_iter();
    NativeRendered {
        channel_data: lanes.map(Pcm).collect(),
        frames: rendered.frames as f64,
        peak: f64::from(rendered.peak),
        loudness: rendered.loudness,
    }
}

/// Renders an offline engine, once, on a thread for renders, when it is its turn.
#[napi]
pub fn render_offline<'env>(
    env: &'env Env,
    engine: &NativeEngine,
    options: NativeRenderOptions,
    control: &NativeControl,
) -> Result<PromiseRaw<'env, NativeRendered>> {
    let destination = destination(&options)?;
    let engine = Arc::clone(engine.engine());
    let is_file = matches!(destination, Destination::File { .. });
    let held = is_file.then(|| control.state().hold());
    let told = control.clone();
    let work = move || {
        let _held = held;
        let mut progress = |fraction| told.report(fraction);
        let frames = options.frames as u64;
        let block = options.block_size as usize;
        render(&engine, frames, block, &destination, &mut progress)
    };
    controlled(env, Work::Render, control, work, native)
}

#[napi(object)]
pub struct NativeRenderLimit {
    /// Renders at a time.
    pub limit: f64,
    /// Why it is not what NOXRUN_RENDERS asks for.
    pub refusal: Option<String>,
}

/// How many renders run at a time. The first call, or the first work, reads NOXRUN_RENDERS.
#[napi(js_name = "renderLimit")]
pub fn native_render_limit() -> NativeRenderLimit {
    let limit = render_limit();
    NativeRenderLimit {
        limit: limit.limit as f64,
        refusal: limit.refusal,
    }
}
