//! A track's sound on its way out of the engine: the audio thread's end, and the end that hands out
//! readers and recordings.
//!
//! The pipeline of a capture carries it, with the engine's rate and channels on both sides and
//! without any wake: a playback callback may neither lock nor make a system call.

mod pace;
mod sink;

#[cfg(test)]
mod tests;

pub(crate) use self::pace::{PACE, least_capacity};

use self::pace::Followers;
use self::sink::TrackTap;
use crate::error::Error;
use crate::recorder::{RecordSpec, Recording};
use noxrun_capture::{
    CaptureError, CaptureHub, CaptureSpec, CaptureStats, Dropped, Quality, Reader, ReaderSpec,
    WakeKind,
};
use noxrun_engine::{MAX_BLOCK, Sink};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The user's end of a tap. Chunks carry engine frames, and engine time in seconds.
///
/// It ends when its sink is dropped: the last frame that the sink took arrives at the readers.
pub struct OutputTap {
    hub: CaptureHub,
    rate: u32,
    channels: usize,
    /// Engine frame of the first frame taken.
    start: Arc<AtomicU64>,
    /// Its sink was dropped.
    ended: Arc<AtomicBool>,
    finished: AtomicBool,
    followers: Followers,
}

impl OutputTap {
    /// Both ends of a tap for an engine of `rate` Hz and `channels` channels, whose ring holds
    /// `capacity` samples. Starts a thread.
    ///
    /// # Errors
    /// `ERR_UNSUPPORTED_CONFIG` for a rate or a channel count that the pipeline does not take, or
    /// when the thread cannot be started.
    pub fn open(
        rate: u32,
        channels: usize,
        capacity: usize,
    ) -> Result<(Box<dyn Sink>, Self), Error> {
        let (input, hub) = noxrun_capture::open(CaptureSpec {
            device_rate: rate,
            device_channels: channels,
            rate,
            channels,
            channel_map: None,
            capacity,
            // Of no effect: the rates are the same.
            quality: Quality::LowLatency,
            wake: WakeKind::Poll,
            max_callback_frames: MAX_BLOCK,
            pre_roll: 0,
            voice: None,
        })?;
        let start = Arc::new(AtomicU64::new(0));
        let ended = Arc::new(AtomicBool::new(false));
        let told = (Arc::clone(&start), Arc::clone(&ended));
        let sink = TrackTap::new(input, rate, channels, told);
        let tap = Self {
            hub,
            rate,
            channels,
            start,
            ended,
            finished: AtomicBool::new(false),
            followers: Followers::default(),
        };
        Ok((Box::new(sink), tap))
    }

    /// Rate in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.rate
    }

    /// Channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// A reader of chunks of `chunk` frames, from now on; the first one also gets what the ring
    /// holds. `notify` is called on the tap's thread when something can be taken.
    ///
    /// # Errors
    /// `ERR_CLOSED` after the end, `ERR_UNSUPPORTED_CONFIG` for a chunk of no frames.
    pub fn reader(
        &self,
        chunk: usize,
        notify: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Reader, Error> {
        self.check_open()?;
        let hop = chunk;
        let reader = self.hub.reader(ReaderSpec { chunk, hop, notify });
        reader.map_err(|error| match error {
            // The sink was dropped and its readers know already.
            CaptureError::Closed => Error::closed("tap"),
            other => other.into(),
        })
    }

    /// Records to WAV or FLAC files from now on, on a thread of its own.
    ///
    /// # Errors
    /// `ERR_CLOSED` after the end; those of the files and of the spec.
    pub fn record(&self, spec: &RecordSpec) -> Result<Recording, Error> {
        self.check_open()?;
        let chunk = (self.rate as usize / 50).max(1);
        let reader = || self.reader(chunk, Arc::new(|| {}));
        let recording = Recording::start(spec, self.rate, self.channels, reader)?;
        self.followers.add(recording.reader());
        Ok(recording)
    }

    /// The account. `captured` is what the sink took, in samples; `lost_by_device` counts frames
    /// that the engine passed over, which it does not.
    pub fn stats(&self) -> CaptureStats {
        let mut stats = self.hub.stats();
        let start = self.start.load(Ordering::Relaxed);
        stats.lost_by_device = stats.lost_by_device.saturating_sub(start);
        stats
    }

    /// Who is told of losses, at most ten times a second; `frame` is an engine frame.
    pub fn on_dropped(&self, listener: Arc<dyn Fn(Dropped) + Send + Sync>) {
        self.hub.on_dropped(listener);
    }

    /// Waits until everything that was taken by now has been handed to the readers. Up to 5 ms.
    pub fn settle(&self) {
        self.hub.settle();
    }

    /// Waits until its recordings have taken what was taken by now, but for a little; a second at
    /// most. Readers that are no recordings are not waited for.
    pub fn keep_up(&self) {
        self.settle();
        self.followers.wait(self.channels);
    }

    /// Hands the last frame to the readers, without waiting for them to take it. Only once the sink
    /// was dropped: until then it waits for that. May be called again.
    pub fn finish(&self) {
        self.finished.store(true, Ordering::Relaxed);
        self.hub.close_and_join();
    }

    /// Whether its sink was dropped, so that [`finish`](Self::finish) does not wait for that.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.finished.load(Ordering::Relaxed) {
            return Err(Error::closed("tap"));
        }
        Ok(())
    }
}
