//! Rendering without a device.

use crate::control::NativeControl;
use crate::engine::NativeEngine;
use crate::error::task;
use crate::pcm::Pcm;
use crate::recording::file_format;
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Result, Task};
use napi_derive::napi;
use noxrun_session::{Destination, Engine, EngineConfig, OfflineOptions, Rendered, render};
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

pub struct RenderTask {
    engine: Arc<Engine>,
    options: NativeRenderOptions,
    control: NativeControl,
}

impl RenderTask {
    fn destination(&self) -> Result<Destination> {
        let Some(path) = &self.options.output else {
            return Ok(Destination::Memory);
        };
        let format = match &self.options.format {
            Some(name) => file_format(name)?,
            None => None,
        };
        Ok(Destination::File {
            path: PathBuf::from(path),
            format,
        })
    }
}

#[napi]
impl Task for RenderTask {
    type Output = Rendered;
    type JsValue = NativeRendered;

    fn compute(&mut self) -> Result<Self::Output> {
        let destination = self.destination()?;
        let mut progress = |fraction| self.control.report(fraction);
        let frames = self.options.frames as u64;
        let block = self.options.block_size as usize;
        let engine = &self.engine;
        task(|| render(engine, frames, block, &destination, &mut progress))
    }

    fn resolve(&mut self, _env: Env, rendered: Rendered) -> Result<NativeRendered> {
        let lanes = rendered.channel_data.into_iter();
        Ok(NativeRendered {
            channel_data: lanes.map(Pcm).collect(),
            frames: rendered.frames as f64,
            peak: f64::from(rendered.peak),
            loudness: rendered.loudness,
        })
    }
}

/// Renders an offline engine, once, on a worker thread.
#[napi]
pub fn render_offline(
    engine: &NativeEngine,
    options: NativeRenderOptions,
    control: &NativeControl,
) -> AsyncTask<RenderTask> {
    AsyncTask::new(RenderTask {
        engine: Arc::clone(engine.engine()),
        options,
        control: control.clone(),
    })
}
