//! An input of a track, as JavaScript sees it.

use crate::capture::NativeCapture;
use crate::engine::NativeEngine;
use crate::error::to_napi;
use napi::Result;
use napi_derive::napi;
use noxrun_session::TrackInput;

#[napi]
pub struct NativeInput {
    input: TrackInput,
}

#[napi]
impl NativeEngine {
    /// An input of a capture, to be put on a track by a record of its id.
    #[napi]
    pub fn open_input(&self, id: f64, capture: &NativeCapture) -> Result<NativeInput> {
        let input = self.engine().open_input(id as u64, capture.capture());
        let input = input.map_err(to_napi)?;
        Ok(NativeInput { input })
    }
}

#[napi]
impl NativeInput {
    /// Seconds from the device's input to the engine's output, now.
    #[napi(getter)]
    pub fn latency(&self) -> f64 {
        self.input.latency()
    }

    /// The gain that sounds now.
    #[napi(getter)]
    pub fn gain(&self) -> f64 {
        self.input.gain()
    }

    /// How often frames were missing, and how often too many waited.
    #[napi]
    pub fn interruptions(&self) -> Vec<f64> {
        let (missing, skipped) = self.input.interruptions();
        vec![missing as f64, skipped as f64]
    }

    /// Takes it back when it was never put on a track; removes it otherwise.
    #[napi]
    pub fn close(&self) {
        self.input.close();
    }
}
