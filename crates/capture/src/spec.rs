//! What a capture and a reader are made from.

use std::fmt;
use std::sync::Arc;

use noxrun_resample::Quality;

/// How the capture thread is woken by the callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WakeKind {
    /// A condition variable; the callback takes its mutex for a moment.
    #[default]
    Condvar,
    /// The token of [`std::thread::Thread::unpark`]; the callback takes no lock.
    Unpark,
    /// Not at all: the callback neither locks nor makes a system call, and the capture thread looks
    /// every 5 ms. For callbacks that may do nothing else, such as a playback's.
    Poll,
}

/// What a capture is opened with.
#[derive(Debug, Clone)]
pub struct CaptureSpec {
    /// Rate of the device, Hz.
    pub device_rate: u32,
    /// Interleaved channels of what [`CaptureInput::push`](crate::CaptureInput::push) gets.
    pub device_channels: usize,
    /// Delivered rate, Hz.
    pub rate: u32,
    /// Delivered channels: as the device's (passed straight), 1 (the average), fewer (the first
    /// ones), or any number from a mono device (copies).
    pub channels: usize,
    /// The device's channel, counted from 0, for each delivered one, instead of that rule; as long
    /// as `channels`. Duplicates are allowed.
    pub channel_map: Option<Vec<usize>>,
    /// Capacity of the ring, in samples; rounded down to whole frames, at least one.
    pub capacity: usize,
    /// Quality of the resampler, used when the rates differ.
    pub quality: Quality,
    /// How the capture thread is woken.
    pub wake: WakeKind,
    /// Frames of the device's callback as granted. Larger blocks are processed in slices.
    pub max_callback_frames: usize,
    /// Frames, at the delivered rate, that are kept while paused and captured first on resume.
    pub pre_roll: usize,
    /// Whether, and how, speech is looked for; see [`Chunk::speech`](crate::Chunk::speech).
    pub voice: Option<VoiceActivity>,
}

/// How speech is told from the rest. It is looked for once a capture, on the capture thread, in
/// windows of 16 ms of the channels' average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VoiceActivity {
    /// A window whose probability of speech is at least this, 0 to 1, is speech.
    pub threshold: f32,
    /// Seconds for which it stays so after the last window of speech.
    pub hangover: f64,
}

impl Default for VoiceActivity {
    /// 0.75 and 0.3 s.
    fn default() -> Self {
        Self {
            threshold: 0.75,
            hangover: 0.3,
        }
    }
}

/// What a reader is made from.
#[derive(Clone)]
pub struct ReaderSpec {
    /// Frames a chunk, at the delivered rate; at least 1.
    pub chunk: usize,
    /// Frames between the starts of chunks; `1..=chunk`. Less than `chunk`: chunks overlap.
    pub hop: usize,
    /// Called on the capture thread, with no lock held, when chunks or the end became ready: then
    /// [`take`](crate::Reader::take) until it is `Empty` or `End`. Must return soon, for it holds
    /// up the other readers; may come once more while the reader detaches; and must not call `settle` or `close_and_join`.
    pub notify: Arc<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for ReaderSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderSpec")
            .field("chunk", &self.chunk)
            .field("hop", &self.hop)
            .finish_non_exhaustive()
    }
}
