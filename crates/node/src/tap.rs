//! A tap on a track, as JavaScript sees it.

use crate::error::{invalid, to_napi};
use crate::reader::NativeReader;
use crate::recording::{NativeRecording, file_format, file_gaps};
use napi::Result;
use napi_derive::napi;
use noxrun_session::TrackTap;
use std::path::Path;

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
    pub fn record(&self, path: String, format: String, gaps: String) -> Result<NativeRecording> {
        let (format, gaps) = (file_format(&format)?, file_gaps(&gaps));
        let recording = self.tap()?.record(Path::new(&path), format, gaps);
        Ok(NativeRecording::new(recording.map_err(to_napi)?))
    }

    #[napi]
    pub fn close(&mut self) {
        self.tap = None;
    }
}
