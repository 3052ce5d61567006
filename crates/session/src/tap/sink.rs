//! What the audio thread calls.

use noxrun_capture::CaptureInput;
use noxrun_engine::{MAX_BLOCK, Sink};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Interleaves a track's channels into the pipeline. Dropping it ends the stream in order.
pub(super) struct TrackTap {
    input: CaptureInput,
    rate: f64,
    channels: usize,
    /// Room for `MAX_BLOCK` interleaved frames.
    scratch: Vec<f32>,
    /// Engine frame that comes next, once there was one.
    next: Option<u64>,
    start: Arc<AtomicU64>,
    /// Behind `input`, which is dropped first.
    _dropped: Dropped,
}

/// Says that it was dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl TrackTap {
    pub fn new(
        input: CaptureInput,
        rate: u32,
        channels: usize,
        (start, dropped): (Arc<AtomicU64>, Arc<AtomicBool>),
    ) -> Self {
        Self {
            input,
            rate: f64::from(rate),
            channels,
            // Written, so that no page is touched first in the callback.
            scratch: vec![1.0; MAX_BLOCK * channels],
            next: None,
            start,
            _dropped: Dropped(dropped),
        }
    }

    /// Brings the pipeline's frame index to the engine's.
    fn catch_up(&mut self, frame: u64) {
        let ahead = match self.next {
            None => {
                // Before the gap is counted, so that the account never shows it as a loss.
                self.start.store(frame, Ordering::Relaxed);
                frame
            }
            Some(next) => frame.saturating_sub(next),
        };
        if ahead > 0 {
            self.input.device_gap(ahead);
        }
    }
}

impl Sink for TrackTap {
    fn take(&mut self, lanes: &[&[f32]], frame: u64) {
        self.catch_up(frame);
        let frames = lanes.first().map_or(0, |lane| lane.len());
        let mut done = 0;
        while done < frames {
            let count = (frames - done).min(MAX_BLOCK);
            let block = &mut self.scratch[..count * self.channels];
            for (channel, lane) in lanes.iter().enumerate().take(self.channels) {
                let places = block[channel..].iter_mut().step_by(self.channels);
                for (place, sample) in places.zip(&lane[done..done + count]) {
                    *place = *sample;
                }
            }
            let time = (frame + done as u64) as f64 / self.rate;
            self.input.push(block, time);
            done += count;
        }
        self.next = Some(frame + frames as u64);
    }
}

impl fmt::Debug for TrackTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrackTap")
            .field("channels", &self.channels)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
