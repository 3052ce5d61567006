//! Sounds in memory: loading, probing.

use crate::control::NativeControl;
use crate::error::task;
use napi::bindgen_prelude::{AsyncTask, Float32Array, Uint8Array};
use napi::{Env, Result, Task};
use napi_derive::napi;
use noxrun_session::{Error, ErrorCode, Pcm, Sample};
use std::path::PathBuf;

enum Source {
    File(PathBuf),
    Bytes(Vec<u8>),
    Pcm(Option<Pcm>),
}

pub struct Load {
    source: Source,
    rate: u32,
    control: NativeControl,
}

#[napi]
impl Task for Load {
    type Output = Sample;
    type JsValue = NativeSample;

    fn compute(&mut self) -> Result<Sample> {
        let mut progress = |fraction| self.control.report(fraction);
        let (source, rate) = (&mut self.source, self.rate);
        task(|| match source {
            Source::File(path) => Sample::from_file(path, rate, &mut progress),
            Source::Bytes(bytes) => Sample::from_bytes(bytes, rate, &mut progress),
            Source::Pcm(pcm) => match pcm.take() {
                Some(pcm) => Sample::from_pcm(pcm, rate),
                None => Err(Error::new(
                    ErrorCode::InvalidArg,
                    "the PCM was taken already",
                )),
            },
        })
    }

    fn resolve(&mut self, _env: Env, sample: Sample) -> Result<NativeSample> {
        Ok(NativeSample {
            sample: Some(sample),
        })
    }
}

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
pub fn load_file(path: String, rate: u32, control: &NativeControl) -> AsyncTask<Load> {
    load(Source::File(path.into()), rate, control)
}

/// The bytes are copied before this returns.
#[napi]
pub fn load_bytes(bytes: Uint8Array, rate: u32, control: &NativeControl) -> AsyncTask<Load> {
    load(Source::Bytes(bytes.to_vec()), rate, control)
}

/// The channels are copied before this returns.
#[napi]
pub fn load_pcm(
    channels: Vec<Float32Array>,
    sample_rate: u32,
    rate: u32,
    control: &NativeControl,
) -> AsyncTask<Load> {
    let channels = channels.iter().map(|channel| channel.to_vec()).collect();
    let pcm = Pcm {
        channels,
        sample_rate,
    };
    load(Source::Pcm(Some(pcm)), rate, control)
}

fn load(source: Source, rate: u32, control: &NativeControl) -> AsyncTask<Load> {
    AsyncTask::new(Load {
        source,
        rate,
        control: control.clone(),
    })
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

pub struct ProbeTask(Source);

#[napi]
impl Task for ProbeTask {
    type Output = noxrun_session::Probe;
    type JsValue = NativeProbe;

    fn compute(&mut self) -> Result<noxrun_session::Probe> {
        task(|| match &self.0 {
            Source::File(path) => noxrun_session::probe_file(path).map_err(Error::from),
            Source::Bytes(bytes) => noxrun_session::probe(bytes).map_err(Error::from),
            Source::Pcm(_) => Err(Error::new(ErrorCode::InvalidArg, "PCM needs no probe")),
        })
    }

    fn resolve(&mut self, _env: Env, probe: noxrun_session::Probe) -> Result<NativeProbe> {
        Ok(NativeProbe {
            format: probe.format.to_string(),
            codec: probe.codec.to_string(),
            frames: probe.frames.map(|frames| frames as f64),
            duration: probe.duration,
            channels: probe.channels as u32,
            sample_rate: probe.sample_rate,
            tags: probe.tags,
        })
    }
}

#[napi]
pub fn probe_file(path: String) -> AsyncTask<ProbeTask> {
    AsyncTask::new(ProbeTask(Source::File(path.into())))
}

/// The bytes are copied before this returns.
#[napi]
pub fn probe_bytes(bytes: Uint8Array) -> AsyncTask<ProbeTask> {
    AsyncTask::new(ProbeTask(Source::Bytes(bytes.to_vec())))
}
