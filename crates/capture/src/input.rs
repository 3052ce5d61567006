//! What runs in the input callback.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use noxrun_resample::{FrameResampler, output_frames};

use crate::error::CaptureError;
use crate::handoff::Producer;
use crate::meter::MeterWriter;
use crate::mix::ChannelMap;
use crate::shared::Shared;
use crate::spec::CaptureSpec;

/// The callback's end of a capture: takes what the device delivers.
///
/// Dropping it ends the capture in order: what the resampler holds back goes into the ring, then
/// the capture thread hears of the end.
pub struct CaptureInput {
    map: ChannelMap,
    device_channels: usize,
    device_rate: u32,
    channels: usize,
    rate: u32,
    resampler: FrameResampler,
    producer: Producer,
    meter: MeterWriter,
    shared: Arc<Shared>,
    /// Frames a slice; all buffers below are reserved for it.
    slice: usize,
    reduced: Vec<f32>,
    converted: Vec<f32>,
    spread: Vec<f32>,
    /// Frames of the device so far, those that never came or were paused away included.
    device_frames: u64,
    paused: bool,
    finished: bool,
}

impl CaptureInput {
    pub(crate) fn new(
        spec: &CaptureSpec,
        map: ChannelMap,
        resampler: FrameResampler,
        producer: Producer,
        meter: MeterWriter,
        shared: Arc<Shared>,
    ) -> Self {
        let slice = spec.max_callback_frames.max(1);
        let inner = resampler.channels();
        let converted = resampler
            .max_output_samples(slice)
            .max(resampler.max_flush_samples());
        let spread = if map == ChannelMap::Duplicate {
            converted * spec.channels
        } else {
            0
        };
        Self {
            map,
            device_channels: spec.device_channels,
            device_rate: spec.device_rate,
            channels: spec.channels,
            rate: spec.rate,
            resampler,
            producer,
            meter,
            shared,
            slice,
            reduced: touched(slice * inner),
            converted: touched(converted),
            spread: touched(spread),
            device_frames: 0,
            paused: false,
            finished: false,
        }
    }

    /// Takes in the interleaved frames of one callback. `first_frame_at`: when the first of them
    /// was at the device, in seconds on a monotonic clock of the caller's choice, from which
    /// [`Chunk::time`](crate::Chunk::time) follows.
    ///
    /// Any number of frames is right; an incomplete last frame is ignored. Real-time safe: see the
    /// crate's guarantees. After [`finish`](Self::finish) it does nothing.
    pub fn push(&mut self, interleaved: &[f32], first_frame_at: f64) {
        if self.finished {
            return;
        }
        self.shared
            .link
            .ledger
            .callbacks
            .fetch_add(1, Ordering::Relaxed);
        let frames = interleaved.len() / self.device_channels;
        let pause = self.shared.is_paused();
        if pause != self.paused {
            self.paused = pause;
            self.producer.call();
            if pause {
                self.end_run();
                self.meter.clear();
            } else {
                self.catch_up();
            }
        }
        if pause {
            self.device_frames += frames as u64;
        } else {
            self.producer.mark(self.device_frames, first_frame_at);
            let whole = &interleaved[..frames * self.device_channels];
            for slice in whole.chunks(self.slice * self.device_channels) {
                self.convert(slice);
            }
            self.device_frames += frames as u64;
        }
        self.producer.notify();
    }

    /// Notes that `device_frames` frames, at the device's rate, never reached us: the device was
    /// gone or stalled. The frame index goes on by them, and they count as lost by the device,
    /// not as dropped.
    pub fn device_gap(&mut self, device_frames: u64) {
        if self.finished {
            return;
        }
        if self.paused {
            self.device_frames += device_frames;
            return;
        }
        self.end_run();
        self.device_frames += device_frames;
        let lost = self.catch_up();
        self.shared
            .link
            .ledger
            .lost_by_device
            .fetch_add(lost, Ordering::Relaxed);
        self.producer.call();
        self.producer.notify();
    }

    /// Ends the capture in order; what `Drop` does. May be called where dropping is not at hand.
    pub fn finish(&mut self) {
        if !self.finished {
            self.finished = true;
            self.end_run();
            self.producer.close();
        }
    }

    /// Device frames to delivered ones, into the ring.
    fn convert(&mut self, slice: &[f32]) {
        let inner = self.resampler.channels();
        self.reduced.clear();
        self.converted.clear();
        let input = if matches!(self.map, ChannelMap::Straight | ChannelMap::Duplicate) {
            slice
        } else {
            self.map
                .reduce(slice, self.device_channels, inner, &mut self.reduced);
            &self.reduced
        };
        self.resampler.process_into(input, &mut self.converted);
        #[cfg(feature = "sabotage")]
        if noxrun_sabotage::is(noxrun_sabotage::Fault::SwappedChannels) && self.converted.len() > 1
        {
            self.converted.swap(0, 1);
        }
        self.deliver();
    }

    /// What is converted goes into the meter and the ring.
    fn deliver(&mut self) {
        let samples = if self.map == ChannelMap::Duplicate {
            self.spread.clear();
            ChannelMap::spread(&self.converted, self.channels, &mut self.spread);
            &self.spread
        } else {
            &self.converted
        };
        self.meter.process(samples);
        self.producer.push(samples);
    }

    /// The stream has a hole here: what the resampler holds back belongs before it.
    fn end_run(&mut self) {
        self.converted.clear();
        self.resampler.flush_into(&mut self.converted);
        self.deliver();
    }

    /// Brings the frame index to the device's time, after a hole; says by how many frames.
    fn catch_up(&mut self) -> u64 {
        let target = output_frames(self.device_frames, self.device_rate, self.rate);
        // Two runs rounded up can be a frame longer than one.
        let skipped = target.saturating_sub(self.producer.frame());
        self.producer.skip(skipped);
        skipped
    }
}

impl Drop for CaptureInput {
    fn drop(&mut self) {
        // A callback that panics may have left half a block in the buffers; the ring is whole.
        if std::thread::panicking() {
            self.finished = true;
            self.producer.close();
        } else {
            self.finish();
        }
    }
}

/// The map and the resampler of `spec`, checked.
pub(crate) fn conversion(spec: &CaptureSpec) -> Result<(ChannelMap, FrameResampler), CaptureError> {
    let map = ChannelMap::new(spec.device_channels, spec.channels)?;
    let resampler = FrameResampler::new(
        spec.device_rate,
        spec.rate,
        map.inner_channels(spec.channels),
        spec.quality,
        spec.max_callback_frames,
    )?;
    Ok((map, resampler))
}

/// An empty buffer whose pages have been touched.
fn touched(capacity: usize) -> Vec<f32> {
    let mut buffer = vec![1.0; capacity];
    buffer.clear();
    buffer
}
