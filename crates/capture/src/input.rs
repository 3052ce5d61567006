//! What runs in the input callback.

mod device;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use noxrun_resample::{FrameResampler, output_frames};

use crate::error::CaptureError;
use crate::handoff::Producer;
use crate::meter::MeterWriter;
use crate::mix::ChannelMap;
use crate::preroll::PreRoll;
use crate::shared::Shared;
use crate::spec::CaptureSpec;

/// The callback's end of a capture: takes what the device delivers.
///
/// Dropping it ends the capture in order: what the resampler holds back goes into the ring, then
/// the capture thread hears of the end.
pub struct CaptureInput {
    /// As opened; its device is the one that runs now.
    spec: CaptureSpec,
    map: ChannelMap,
    resampler: FrameResampler,
    producer: Producer,
    meter: MeterWriter,
    shared: Arc<Shared>,
    buffers: Buffers,
    /// Where the device's frames begin to count, at the delivered rate.
    first_frame: u64,
    /// Frames of the device since then, those that never came or were paused away included.
    device_frames: u64,
    paused: bool,
    /// With it, what comes is converted while paused as well, so that there is no seam.
    pre_roll: Option<PreRoll>,
    finished: bool,
}

/// What samples pass through on their way to the ring, reserved before the callback runs.
struct Buffers {
    /// Frames a slice, for which all of them are reserved.
    slice: usize,
    reduced: Vec<f32>,
    converted: Vec<f32>,
    spread: Vec<f32>,
}

impl Buffers {
    fn new(spec: &CaptureSpec, map: &ChannelMap, resampler: &FrameResampler) -> Self {
        let slice = spec.max_callback_frames.max(1);
        let converted = resampler
            .max_output_samples(slice)
            .max(resampler.max_flush_samples());
        let spread = if *map == ChannelMap::Duplicate {
            converted * spec.channels
        } else {
            0
        };
        Self {
            slice,
            reduced: touched(slice * resampler.channels()),
            converted: touched(converted),
            spread: touched(spread),
        }
    }
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
        Self {
            buffers: Buffers::new(spec, &map, &resampler),
            spec: spec.clone(),
            map,
            resampler,
            producer,
            meter,
            shared,
            first_frame: 0,
            device_frames: 0,
            paused: false,
            pre_roll: (spec.pre_roll > 0).then(|| PreRoll::new(spec.pre_roll, spec.channels)),
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
        let channels = self.spec.device_channels;
        let frames = interleaved.len() / channels;
        self.look_at_pause();
        if !self.paused || self.pre_roll.is_some() {
            self.mark(first_frame_at);
            let whole = &interleaved[..frames * channels];
            for slice in whole.chunks(self.buffers.slice * channels) {
                self.convert(slice);
            }
        }
        self.device_frames += frames as u64;
        self.producer.notify();
    }

    /// Ends the capture in order; what `Drop` does. May be called where dropping is not at hand.
    pub fn finish(&mut self) {
        if !self.finished {
            self.finished = true;
            // What is kept was asked for, although no callback comes to hand it over.
            if self.paused && self.pre_roll.is_some() {
                self.look_at_pause();
            }
            self.end_run();
            self.producer.close();
        }
    }

    /// Pauses or goes on, if that was asked for since the last callback.
    fn look_at_pause(&mut self) {
        let pause = self.shared.is_paused();
        if pause == self.paused {
            return;
        }
        self.paused = pause;
        self.producer.call();
        let now = self.stream_frame();
        match &mut self.pre_roll {
            Some(pre_roll) if pause => pre_roll.pause(now),
            Some(pre_roll) => pre_roll.resume(now),
            None if pause => self.end_run(),
            None => {
                self.catch_up();
            }
        }
        if pause {
            self.meter.clear();
        } else {
            self.shared.count_resume();
        }
    }

    /// Notes when the next frame was at the device.
    fn mark(&mut self, at: f64) {
        let ratio = f64::from(self.spec.rate) / f64::from(self.spec.device_rate);
        let frame = self.first_frame as f64 + self.device_frames as f64 * ratio;
        let now = self.stream_frame();
        match &mut self.pre_roll {
            Some(pre_roll) => pre_roll.mark(frame, now, at),
            None => self.producer.mark(frame, at),
        }
    }

    /// Device frames to delivered ones, into the ring.
    fn convert(&mut self, slice: &[f32]) {
        let inner = self.resampler.channels();
        let buffers = &mut self.buffers;
        buffers.reduced.clear();
        buffers.converted.clear();
        let input = if matches!(self.map, ChannelMap::Straight | ChannelMap::Duplicate) {
            slice
        } else {
            self.map.reduce(
                slice,
                self.spec.device_channels,
                inner,
                &mut buffers.reduced,
            );
            &buffers.reduced
        };
        self.resampler.process_into(input, &mut buffers.converted);
        #[cfg(feature = "sabotage")]
        if noxrun_sabotage::is(noxrun_sabotage::Fault::SwappedChannels)
            && buffers.converted.len() > 1
        {
            buffers.converted.swap(0, 1);
        }
        self.deliver();
    }

    /// What is converted goes into the meter and the ring.
    fn deliver(&mut self) {
        let buffers = &mut self.buffers;
        let samples = if self.map == ChannelMap::Duplicate {
            buffers.spread.clear();
            ChannelMap::spread(&buffers.converted, self.spec.channels, &mut buffers.spread);
            &buffers.spread
        } else {
            &buffers.converted
        };
        if !self.paused {
            self.meter.process(samples);
        }
        match &mut self.pre_roll {
            Some(pre_roll) => pre_roll.take(samples, &mut self.producer),
            None => self.producer.push(samples),
        }
    }

    /// The stream has a hole here: what the resampler holds back belongs before it.
    fn end_run(&mut self) {
        self.buffers.converted.clear();
        self.resampler.flush_into(&mut self.buffers.converted);
        self.deliver();
        if let Some(pre_roll) = &mut self.pre_roll {
            pre_roll.release_all(&mut self.producer);
        }
    }

    /// Index, at the delivered rate, of the device's next frame.
    fn stream_frame(&self) -> u64 {
        let since = output_frames(self.device_frames, self.spec.device_rate, self.spec.rate);
        self.first_frame + since
    }

    /// Brings the frame index to the device's time, after a hole; says by how many frames.
    fn catch_up(&mut self) -> u64 {
        let target = self.stream_frame();
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
    let chosen = spec.channel_map.as_deref();
    let map = ChannelMap::new(spec.device_channels, spec.channels, chosen)?;
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
