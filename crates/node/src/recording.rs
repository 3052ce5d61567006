//! A recording of a capture, as JavaScript sees it.

use crate::error::to_napi;
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Result, Task};
use napi_derive::napi;
use noxrun_session::{Recording, RecordingResult};
use std::sync::Arc;

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
    pub(crate) recording: Arc<Recording>,
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
