//! What an engine or a capture is opened with.

use noxrun_capture::{VoiceActivity, WakeKind};
use noxrun_engine::EngineConfig;
use noxrun_resample::Quality;

/// What becomes of engine time while the device is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnLost {
    /// It goes on by the clock, in silence.
    #[default]
    Continue,
    /// It stands still until the device is back.
    Hold,
}

/// How an engine is opened. Ranges are the public API's; whoever calls has tested them.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Device id or backend name; `None` is the default output.
    pub device: Option<String>,
    /// Whether the virtual clock may stand in when there is no usable device.
    pub fallback_virtual: bool,
    /// What becomes of engine time while the device is gone.
    pub on_lost: OnLost,
    /// Engine rate in Hz; `None` is the device's preference.
    pub sample_rate: Option<u32>,
    /// Frames a callback asked for. Default 256.
    pub buffer_size: u32,
    /// Whether voluntary context switches are counted in the callback.
    pub audit: bool,
    /// Sizes of the engine; its rate is replaced by the granted one.
    pub engine: EngineConfig,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            device: None,
            fallback_virtual: false,
            on_lost: OnLost::Continue,
            sample_rate: None,
            buffer_size: 256,
            audit: false,
            engine: EngineConfig::default(),
        }
    }
}

/// How an engine without a device is made.
#[derive(Debug, Clone, Default)]
pub struct OfflineOptions {
    /// Sizes of the engine, and its rate.
    pub engine: EngineConfig,
}

/// How a capture is opened.
#[derive(Debug, Clone)]
pub struct CaptureOptions {
    /// Device id or backend name; `None` is the default input.
    pub device: Option<String>,
    /// Whether the virtual clock may stand in when there is no usable device.
    pub fallback_virtual: bool,
    /// Delivered rate in Hz; `None` is the device's.
    pub sample_rate: Option<u32>,
    /// Delivered channels. Default 1.
    pub channels: usize,
    /// The device's channel, from 0, for each delivered one; `None` is the rule of the pipeline.
    pub channel_map: Option<Vec<usize>>,
    /// Frames a callback asked for. Default 256.
    pub buffer_size: u32,
    /// Frames a chunk at the delivered rate; `None` is 20 ms.
    pub chunk: Option<usize>,
    /// Frames between chunk starts; `None` is the chunk.
    pub hop: Option<usize>,
    /// Samples that the ring holds; `None` is 2 s, and the pre-roll.
    pub capacity: Option<usize>,
    /// Seconds that are kept while paused and delivered first on resume. Default 0.
    pub pre_roll: f64,
    /// Whether, and how, speech is looked for. Default: not.
    pub voice: Option<VoiceActivity>,
    /// Of the resampler.
    pub quality: Quality,
    /// How the consumer is woken.
    pub wake: WakeKind,
    /// Whether voluntary context switches are counted in the callback.
    pub audit: bool,
}

impl Default for CaptureOptions {
    fn default() -> Self {
        Self {
            device: None,
            fallback_virtual: false,
            sample_rate: None,
            channels: 1,
            channel_map: None,
            buffer_size: 256,
            chunk: None,
            hop: None,
            capacity: None,
            pre_roll: 0.0,
            voice: None,
            quality: Quality::Balanced,
            wake: WakeKind::Condvar,
            audit: false,
        }
    }
}
