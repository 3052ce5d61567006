//! What is asked of a device, what it grants, and what it calls.

use std::sync::Arc;

use crate::info::DeviceInfo;

/// What happens when no usable device is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fallback {
    /// Opening fails with [`DeviceError::NoDevice`](crate::DeviceError::NoDevice).
    #[default]
    Error,
    /// The shared virtual device is opened, with [`DeviceWarning::VirtualDevice`].
    Virtual,
}

/// A wish for a stream.
#[derive(Clone)]
pub struct StreamRequest {
    /// A [`DeviceInfo::id`] or the name of a backend (its default device); `None`: the default
    /// device of the system.
    pub device: Option<String>,
    /// What to do when there is no usable device.
    pub fallback: Fallback,
    /// Hz; `None`: what the device prefers.
    pub sample_rate: Option<u32>,
    /// Interleaved channels; `None`: 2 for output, what the device prefers for input.
    pub channels: Option<u16>,
    /// Input: how many channels there must be at least; others are refused with
    /// [`DeviceError::TooFewChannels`](crate::DeviceError::TooFewChannels). 0: any number.
    pub least_channels: u16,
    /// Frames a callback.
    pub buffer_size: u32,
    /// Also count voluntary context switches inside the callback (two system calls each).
    pub audit: bool,
    /// Called around each block of a manual virtual device; ignored by all others.
    pub hooks: Option<Arc<dyn StepHooks>>,
}

impl Default for StreamRequest {
    /// The default device at its own rate, 256 frames a callback.
    fn default() -> Self {
        Self {
            device: None,
            fallback: Fallback::Error,
            sample_rate: None,
            channels: None,
            least_channels: 0,
            buffer_size: 256,
            audit: false,
            hooks: None,
        }
    }
}

/// What the device agreed to.
#[derive(Debug, Clone, PartialEq)]
pub struct Granted {
    /// The device that was opened.
    pub device: DeviceInfo,
    /// Hz, of what [`Render`] gives or [`CaptureSink`] gets. For output this is the rate that was
    /// asked; for input the device's.
    pub sample_rate: u32,
    /// Hz, of the device. When it differs from `sample_rate`, a resampler stands between.
    pub device_rate: u32,
    /// Interleaved channels of what [`Render`] gives or [`CaptureSink`] gets.
    pub channels: u16,
    /// Frames a callback, at the device's rate. Single callbacks may be of any other size.
    pub buffer_size: u32,
    /// Seconds, as known when the stream was opened; [`Stream::latency`](crate::Stream::latency)
    /// knows better later. Output: until a rendered frame is heard. Input: age of a frame when it
    /// arrives.
    pub latency_seconds: f64,
    /// Whether the latency was computed from the buffer size, because the backend does not tell.
    pub latency_is_estimate: bool,
    /// All that was not granted as asked.
    pub warnings: Vec<DeviceWarning>,
}

/// Something that was not granted as asked, and what was granted instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceWarning {
    /// The backend refused the buffer size.
    BufferSizeFallback {
        /// Frames that were wanted.
        asked: u32,
        /// Frames a callback instead.
        granted: u32,
    },
    /// The device runs at another rate; output is resampled.
    SampleRateFallback {
        /// Hz that were wanted.
        asked: u32,
        /// Hz of the device.
        granted: u32,
    },
    /// Nobody hears this: the virtual device stands in.
    VirtualDevice {
        /// Why no real device could be used.
        reason: String,
    },
    /// The audio thread runs at ordinary priority: a loaded machine may interrupt the sound.
    NoRealtimePriority {
        /// What the system said, and what would help.
        reason: String,
    },
}

/// When a block happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockTime {
    /// [`monotonic_ns`](crate::monotonic_ns) at the start of the callback.
    pub now_ns: u64,
    /// Seconds. Playback: from now until the first frame of this block is heard. Capture: age of
    /// the first frame of this block.
    pub device_latency_seconds: f64,
    /// Capture: when the first frame of this block arrived, in nanoseconds of the device's time:
    /// [`monotonic_ns`](crate::monotonic_ns), or on a device stepped by hand what was stepped. Of a
    /// callback that is late it says so. [`Continuity`](crate::Continuity) tells from it what is
    /// missing.
    pub device_ns: u64,
}

/// Gives sound to an output stream.
pub trait Render: Send {
    /// Fills `out` (interleaved, whole frames, any number of them; its contents are arbitrary).
    /// Runs in the audio callback: no allocation, lock, system call or panic. After a panic it is
    /// never called again and the stream is silent.
    fn render(&mut self, out: &mut [f32], time: &BlockTime);
}

/// Takes sound from an input stream. It is dropped when its [`Stream`](crate::Stream) is, on the
/// thread that drops it.
pub trait CaptureSink: Send {
    /// Takes `input` (interleaved, whole frames, any number of them). Runs in the audio callback,
    /// as [`Render::render`] does.
    fn capture(&mut self, input: &[f32], time: &BlockTime);
}

/// Lets the owner of a stream take part in each step of a manual virtual device.
///
/// Called on the device's thread, outside the audio callback: it may block. A call already under
/// way may outlive the stream.
pub trait StepHooks: Send + Sync {
    /// Before anything of a block happens, whether the device runs or has failed. A stream that is
    /// opened here takes part in the block. Also called for streams that were lost and let go, see
    /// [`Supervisor`](crate::Supervisor).
    fn before_step(&self, _frames: u32) {}
    /// Right before this stream's callback of `frames` frames (at the device's rate).
    fn before_block(&self, frames: u32);
    /// After every callback of the block has run; after a block without callbacks, while the device
    /// has failed, too.
    fn after_block(&self);
}
