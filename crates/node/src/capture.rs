//! Capture, as JavaScript sees it; it hands out readers and recordings.

use crate::engine::{NativeAudioThread, audio_thread, set_bell};
use crate::error::{invalid, to_napi};
use crate::meter::NativeMeter;
use crate::reader::{NativeReader, NativeReaderStats, reader_stats};
use crate::recording::{NativeRecordOptions, NativeRecording, record_spec};
use crate::report::{
    NativeDeviceInfo, NativeReport, NativeWarning, device_info, device_warning, take,
};
use crate::work::promise;
use napi::bindgen_prelude::{Function, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;
use noxrun_session::{Capture, CaptureOptions, Quality, VoiceActivity, WakeKind, Work};
use std::sync::Arc;

#[napi(object)]
pub struct NativeCaptureOptions {
    pub device: Option<String>,
    pub fallback_virtual: bool,
    pub sample_rate: Option<u32>,
    pub channels: u32,
    pub channel_map: Option<Vec<u32>>,
    pub buffer_size: u32,
    pub chunk: Option<u32>,
    pub hop: Option<u32>,
    pub capacity: Option<u32>,
    /// Seconds.
    pub pre_roll: f64,
    pub voice_activity: Option<NativeVoiceActivity>,
    pub quality: String,
    pub wake: String,
    pub audit: bool,
}

#[napi(object)]
pub struct NativeVoiceActivity {
    pub threshold: f64,
    /// Seconds.
    pub hangover: f64,
}

#[napi(object)]
pub struct NativeCaptureStats {
    pub callbacks: f64,
    pub captured: f64,
    pub delivered: f64,
    pub dropped: f64,
    pub buffered: f64,
    pub xruns: f64,
    pub load: Vec<f64>,
    pub high_water: f64,
    pub lost_by_device: f64,
    pub readers: Vec<NativeReaderStats>,
    pub audio_thread: NativeAudioThread,
}

#[napi]
pub fn open_capture(
    env: &Env,
    options: NativeCaptureOptions,
) -> Result<PromiseRaw<'_, NativeCapture>> {
    let quality = match options.quality.as_str() {
        "low-latency" => Quality::LowLatency,
        "balanced" => Quality::Balanced,
        "best" => Quality::Best,
        other => return Err(invalid(format!("there is no quality {other:?}"))),
    };
    let wake = match options.wake.as_str() {
        "condvar" => WakeKind::Condvar,
        "unpark" => WakeKind::Unpark,
        other => return Err(invalid(format!("there is no wake {other:?}"))),
    };
    let size = |frames: Option<u32>| frames.map(|frames| frames as usize);
    let options = CaptureOptions {
        device: options.device,
        fallback_virtual: options.fallback_virtual,
        sample_rate: options.sample_rate,
        channels: options.channels as usize,
        channel_map: options
            .channel_map
            .map(|map| map.into_iter().map(|index| index as usize).collect()),
        buffer_size: options.buffer_size,
        chunk: size(options.chunk),
        hop: size(options.hop),
        capacity: size(options.capacity),
        pre_roll: options.pre_roll,
        voice: options.voice_activity.map(|voice| VoiceActivity {
            threshold: voice.threshold as f32,
            hangover: voice.hangover,
        }),
        quality,
        wake,
        audit: options.audit,
    };
    let native = |capture| NativeCapture {
        capture: Arc::new(capture),
    };
    promise(env, Work::Call, move || Capture::open(&options), native)
}

#[napi]
pub struct NativeCapture {
    capture: Arc<Capture>,
}

impl NativeCapture {
    pub fn capture(&self) -> &Capture {
        &self.capture
    }
}

#[napi]
impl NativeCapture {
    #[napi(getter)]
    pub fn device(&self) -> NativeDeviceInfo {
        device_info(&self.capture.granted().device)
    }

    #[napi(getter)]
    pub fn sample_rate(&self) -> u32 {
        self.capture.sample_rate()
    }

    #[napi(getter)]
    pub fn channels(&self) -> u32 {
        self.capture.channels() as u32
    }

    #[napi(getter)]
    pub fn buffer_size(&self) -> u32 {
        self.capture.granted().buffer_size
    }

    #[napi(getter)]
    pub fn latency(&self) -> f64 {
        self.capture.latency()
    }

    #[napi(getter)]
    pub fn opening_warnings(&self) -> Vec<NativeWarning> {
        let warnings = &self.capture.granted().warnings;
        warnings.iter().map(device_warning).collect()
    }

    #[napi]
    pub fn set_bell(&self, bell: Function<'_, (), ()>) -> Result<()> {
        set_bell(self.capture.outlet(), bell)
    }

    /// Lets go of the bell, which holds the JavaScript object that it rings for.
    #[napi]
    pub fn unset_bell(&self) {
        self.capture.outlet().set_bell(None);
    }

    #[napi]
    pub fn take_reports(&self) -> Vec<NativeReport> {
        take(self.capture.outlet())
    }

    /// A reader of chunks, which may overlap, or of a stream.
    #[napi]
    pub fn reader(&self, of_chunks: bool) -> Result<NativeReader> {
        let reader = if of_chunks {
            self.capture.reader()
        } else {
            self.capture.stream_reader()
        };
        let reader = reader.map_err(to_napi)?;
        Ok(NativeReader { reader })
    }

    #[napi]
    pub fn record(&self, options: NativeRecordOptions) -> Result<NativeRecording> {
        let recording = self.capture.record(&record_spec(options)?);
        Ok(NativeRecording::new(recording.map_err(to_napi)?))
    }

    #[napi]
    pub fn meter(&self) -> NativeMeter {
        let meter = self.capture.meter();
        NativeMeter::new(meter.peak, meter.rms)
    }

    #[napi]
    pub fn pause(&self) {
        self.capture.pause();
    }

    #[napi]
    pub fn resume(&self) {
        self.capture.resume();
    }

    #[napi]
    pub fn stats(&self) -> NativeCaptureStats {
        let stats = self.capture.stats();
        let pipeline = stats.pipeline;
        NativeCaptureStats {
            callbacks: stats.callbacks as f64,
            captured: pipeline.captured as f64,
            delivered: pipeline.delivered as f64,
            dropped: pipeline.dropped as f64,
            buffered: pipeline.buffered as f64,
            xruns: stats.xruns as f64,
            load: stats.load.to_vec(),
            high_water: pipeline.high_water as f64,
            lost_by_device: pipeline.lost_by_device as f64,
            readers: pipeline.readers.into_iter().map(reader_stats).collect(),
            audio_thread: audio_thread(stats.audio_thread),
        }
    }

    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, ()>> {
        let capture = Arc::clone(&self.capture);
        let close = move || {
            capture.close();
            Ok(())
        };
        promise(env, Work::Call, close, |()| ())
    }
}
