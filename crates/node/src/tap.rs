//! A tap on a track, as JavaScript sees it.

use crate::error::{invalid, to_napi};
use crate::reader::NativeReader;
use crate::recording::{NativeRecordOptions, NativeRecording, record_spec};
use napi::Result;
use napi_derive::napi;
use noxrun_session::TrackTap;

#[napi]
pub struct NativeTap {
    tap: Option<TrackTap>,
}

impl NativeTap {
    pub fn new(tap: TrackTap) -> Self {
        Self { tap: Some(tap) }
    }

    fn tap(&self) -> Result<&TrackTap> {
        let closed = || invalid("the tap is closed");
        self.tap.as_ref().ok_or_else(closed)
    }
}

#[napi]
impl NativeTap {
    /// A reader of chunks of `frames` frames.
    #[napi]
    pub fn reader(&self, frames: u32) -> Result<NativeReader> {
        let reader = self.tap()?.reader(frames as usize).map_err(to_napi)?;
        Ok(NativeReader { reader })
    }

    #[napi]
    pub fn record(&self, options: NativeRecordOptions) -> Result<NativeRecording> {
        let recording = self.tap()?.record(&record_spec(options)?);
        Ok(NativeRecording::new(recording.map_err(to_napi)?))
    }

    #[napi]
    pub fn close(&mut self) {
        self.tap = None;
    }
}
