//! Levels, as JavaScript sees them.

use napi_derive::napi;
use noxrun_session::{MeterReading, TrackMeter};

#[napi(object)]
pub struct NativeMeter {
    pub peak: Vec<f64>,
    pub rms: Vec<f64>,
}

impl NativeMeter {
    pub fn new(peak: Vec<f32>, rms: Vec<f32>) -> Self {
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
        Self {
            peak: wide(peak),
            rms: wide(rms),
        }
    }
}

pub fn meter(reading: MeterReading) -> NativeMeter {
    NativeMeter::new(reading.peak, reading.rms)
}

/// A meter of the caller's own.
#[napi]
pub struct NativeMeterTap {
    tap: Option<TrackMeter>,
}

impl NativeMeterTap {
    pub fn new(tap: TrackMeter) -> Self {
        Self { tap: Some(tap) }
    }
}

#[napi]
impl NativeMeterTap {
    /// Levels since it was last read; nothing once it is closed.
    #[napi]
    pub fn read(&mut self) -> NativeMeter {
        let reading = self.tap.as_mut().map(TrackMeter::read);
        meter(reading.unwrap_or_default())
    }

    #[napi]
    pub fn close(&mut self) {
        self.tap = None;
    }
}
