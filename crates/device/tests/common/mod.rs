//! Renderers and sinks that tests can look into.
#![allow(dead_code, reason = "each test binary uses its own part")]

#[cfg(target_os = "linux")]
pub mod jackd;
pub mod stepped;

use std::sync::{Arc, Mutex, PoisonError};

use noxrun_device::{BlockTime, CaptureSink, Render, StreamRequest};

/// The sample of channel `channel` at frame `frame`: all 24 bits of a float's mantissa vary, no
/// two neighbours are alike, and every value is exact.
pub fn signal(frame: u64, channel: usize) -> f32 {
    let mixed = (frame + 1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add((channel as u64).wrapping_mul(0xD1B5_4A32_D192_ED03));
    let bits = (mixed >> 40) as i32 - (1 << 23);
    bits as f32 / (1 << 24) as f32
}

/// Renders [`signal`], and notes the size of each block.
pub struct SignalSource {
    pub channels: usize,
    pub frame: u64,
    /// Room is reserved, so that noting allocates nothing.
    pub blocks: Arc<Mutex<Vec<usize>>>,
}

impl SignalSource {
    pub fn new(channels: u16) -> Self {
        Self {
            channels: usize::from(channels),
            frame: 0,
            blocks: Arc::new(Mutex::new(Vec::with_capacity(1 << 20))),
        }
    }
}

impl Render for SignalSource {
    fn render(&mut self, out: &mut [f32], _time: &BlockTime) {
        for frame in out.chunks_exact_mut(self.channels) {
            for (channel, sample) in frame.iter_mut().enumerate() {
                *sample = signal(self.frame, channel);
            }
            self.frame += 1;
        }
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.push(out.len() / self.channels);
    }
}

/// Keeps everything that was captured.
#[derive(Clone)]
pub struct Recorder(pub Arc<Mutex<Vec<f32>>>);

impl Recorder {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Vec::with_capacity(1 << 22))))
    }

    pub fn samples(&self) -> Vec<f32> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl CaptureSink for Recorder {
    fn capture(&mut self, input: &[f32], _time: &BlockTime) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        samples.extend_from_slice(input);
    }
}

/// A renderer made of a closure.
pub struct With<F>(pub F);

impl<F: FnMut(&mut [f32]) + Send> Render for With<F> {
    fn render(&mut self, out: &mut [f32], _time: &BlockTime) {
        (self.0)(out);
    }
}

/// A request for that device, otherwise the default.
pub fn on(device: &str) -> StreamRequest {
    StreamRequest {
        device: Some(device.into()),
        ..StreamRequest::default()
    }
}
