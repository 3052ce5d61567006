//! A recording to a file, as JavaScript sees it.

use crate::error::{invalid, to_napi};
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Result, Task};
use napi_derive::napi;
use noxrun_session::{Gaps, Recording, RecordingResult, WavFormat};
use std::sync::Arc;

/// A file's sample format by its name.
pub fn file_format(name: &str) -> Result<Option<WavFormat>> {
    match name {
        "f32" => Ok(Some(WavFormat::F32)),
        "s24" => Ok(Some(WavFormat::S24)),
        "s16" => Ok(Some(WavFormat::S16)),
        other => Err(invalid(format!("there is no format {other:?}"))),
    }
}

pub fn file_gaps(name: &str) -> Gaps {
    match name {
        "splice" => Gaps::Splice,
        _ => Gaps::Silence,
    }
}

#[napi(object)]
pub struct NativeRecordingResult {
    pub frames: f64,
    pub dropped: f64,
}

pub struct StopRecording(Arc<Recording>);

#[napi]
impl Task for StopRecording {
    type Output = RecordingResult;
    type JsValue = NativeRecordingResult;

    fn compute(&mut self) -> Result<RecordingResult> {
        self.0.stop().map_err(to_napi)
    }

    fn resolve(&mut self, _env: Env, result: RecordingResult) -> Result<NativeRecordingResult> {
        Ok(NativeRecordingResult {
            frames: result.frames as f64,
            dropped: result.dropped as f64,
        })
    }
}

#[napi]
pub struct NativeRecording {
    recording: Arc<Recording>,
}

impl NativeRecording {
    pub fn new(recording: Recording) -> Self {
        Self {
            recording: Arc::new(recording),
        }
    }
}

#[napi]
impl NativeRecording {
    #[napi(getter)]
    pub fn frames(&self) -> f64 {
        self.recording.frames() as f64
    }

    #[napi]
    pub fn stop(&self) -> AsyncTask<StopRecording> {
        AsyncTask::new(StopRecording(Arc::clone(&self.recording)))
    }
}
