//! What a capture does when its device goes, stays away, and comes back as another.

use std::sync::atomic::Ordering;

use super::{Buffers, CaptureInput, conversion};
use crate::error::CaptureError;

impl CaptureInput {
    /// Notes that `device_frames` frames, at the device's rate, never reached us: the device was
    /// gone or stalled. The frame index goes on by them, and they count as lost by the device,
    /// not as dropped. Those of a pause are part of the pause.
    pub fn device_gap(&mut self, device_frames: u64) {
        if self.finished || device_frames == 0 {
            return;
        }
        self.look_at_pause();
        if self.paused && self.pre_roll.is_none() {
            self.device_frames += device_frames;
            return;
        }
        self.end_run();
        self.device_frames += device_frames;
        let lost = if self.paused { 0 } else { self.catch_up() };
        let now = self.stream_frame();
        if let Some(pre_roll) = &mut self.pre_roll {
            pre_roll.skip_to(now);
        }
        self.shared
            .link
            .ledger
            .lost_by_device
            .fetch_add(lost, Ordering::Relaxed);
        self.producer.call();
        self.producer.notify();
    }

    /// The device is another from now on: `rate` Hz, `channels` interleaved channels, callbacks of
    /// `max_callback_frames` frames as granted. What is delivered stays as it is. What the resampler
    /// holds back of the old device comes first; the frame index goes on where it was.
    ///
    /// Allocates and designs a filter: not for a callback, and not while one may run.
    ///
    /// # Errors
    /// [`CaptureError::Channels`] and [`CaptureError::Resample`] as [`open`](crate::open); then
    /// nothing has changed.
    pub fn device_changed(
        &mut self,
        rate: u32,
        channels: usize,
        max_callback_frames: usize,
    ) -> Result<(), CaptureError> {
        let mut spec = self.spec.clone();
        spec.device_rate = rate;
        spec.device_channels = channels;
        spec.max_callback_frames = max_callback_frames;
        let (map, resampler) = conversion(&spec)?;
        let buffers = Buffers::new(&spec, &map, &resampler);
        if !self.finished {
            self.look_at_pause();
            self.end_run();
        }
        // Where time stands, by the old device's frames: a pause may have run ahead of the index.
        self.first_frame = self.producer.frame().max(self.stream_frame());
        if let Some(pre_roll) = &mut self.pre_roll {
            pre_roll.skip_to(self.first_frame);
        }
        self.device_frames = 0;
        let latency = resampler.delay_frames() / f64::from(rate);
        self.shared.set_latency(latency);
        (self.map, self.resampler, self.buffers) = (map, resampler, buffers);
        self.spec = spec;
        self.producer.call();
        self.producer.notify();
        Ok(())
    }
}
