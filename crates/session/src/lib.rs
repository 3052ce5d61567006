//! The whole API in Rust: the dispatch thread joins engine, media, device and capture.
//!
//! The Node binding and the C interface are thin layers over this crate. A caller submits
//! [`Intent`]s to an [`Engine`] and takes [`Report`]s from its [`Outlet`]; a [`Capture`] hands out
//! readers. Nothing here runs in an audio callback but what `driver` and `capture` name as such.

mod batch;
mod capture;
mod core;
mod dispatch;
mod driver;
mod engine;
mod error;
mod inbox;
mod intent;
mod newest;
mod options;
mod outlet;
mod recorder;
mod samples;
mod slot;
mod standin;
mod stats;
mod thread;

pub use capture::{Capture, CaptureStats};
pub use engine::Engine;
pub use error::{Error, ErrorCode};
pub use intent::{Intent, PARAMS, ParamId, ParamSpec, TrackId, VoiceId};
pub use options::{CaptureOptions, EngineOptions};
pub use outlet::{DeviceState, Outlet, Reason, Report, Warning};
pub use recorder::{Gaps, Recording, RecordingResult};
pub use samples::{Sample, SampleId, sample_by_id};
pub use stats::EngineStats;

pub use noxrun_capture::{Chunk, Reader, ReaderStats, Taken, WakeKind};
pub use noxrun_device::{
    AudioThreadStats, Backend, Clock as VirtualClock, DeviceInfo, DeviceWarning, Failure, Granted,
    VirtualDevice, VirtualOptions, list_devices, monotonic_ns, note_allocation, note_free,
};
pub use noxrun_engine::{Curve, EngineConfig, MASTER, MeterReading, SampleData};
pub use noxrun_media::{Pcm, Probe, WavFormat, probe, probe_file};
pub use noxrun_resample::Quality;
