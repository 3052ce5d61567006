//! The whole API in Rust: the dispatch thread joins engine, media, device and capture.
//!
//! The Node binding and the C interface are thin layers over this crate. A caller submits
//! [`Operation`]s to an [`Engine`] and takes [`Report`]s from its [`Outlet`]; a [`Capture`] hands out
//! readers; [`render`] drives an engine that has no device. Nothing here runs in an audio callback
//! but what `driver`, `tap` and `capture` name as such.

mod alarm;
mod capture;
mod core;
mod counters;
mod cpu;
mod device;
mod dispatch;
mod driver;
mod effects;
mod engine;
mod error;
mod gate;
mod input;
mod key;
mod lock;
mod meter;
mod offline;
mod operation;
mod options;
mod outlet;
mod output;
mod readings;
mod readout;
mod recorder;
mod samples;
mod standin;
mod stats;
mod tap;
mod thread;
mod track_tap;
mod work;

pub use capture::{Capture, CaptureStats};
pub use cpu::{Cpu, cpu};
pub use effects::{EFFECTS, EffectSpec};
pub use engine::Engine;
pub use error::{Error, ErrorCode, contained};
pub use input::TrackInput;
pub use meter::TrackMeter;
pub use offline::{Rendered, render};
pub use operation::{
    ArgKind, ArgSpec, EffectId, InputId, MAX_BEAT, MIN_LOOP, MarkerId, OPERATIONS, Operation,
    OperationSpec, PARAMS, ParamId, ParamSpec, Point, SendId, TEMPO, TrackId, VoiceId, in_range,
};
pub use options::{CaptureOptions, EngineOptions, OfflineOptions, OnLost};
pub use outlet::{DeviceState, Outlet, Reason, Report, Warning};
pub use output::Destination;
pub use readout::{ParamKey, TransportState};
pub use recorder::{Gaps, RecordSpec, RecordedFile, Recording, RecordingResult, Rotate};
pub use samples::{Sample, SampleId, sample_by_id};
pub use stats::EngineStats;
pub use tap::OutputTap;
pub use track_tap::TrackTap;
pub use work::{Job, RenderLimit, Ticket, Work, render_limit, start as start_work};

pub use noxrun_capture::{Chunk, Reader, ReaderStats, Taken, VoiceActivity, WakeKind};
#[cfg(target_os = "android")]
pub use noxrun_device::give_android_context;
pub use noxrun_device::{
    AudioThreadStats, Backend, Clock as VirtualClock, CountingAllocator, DeviceInfo, DeviceWarning,
    Failure, Granted, MissingBackend, VirtualDevice, VirtualOptions, list_devices,
    missing_backends, monotonic_ns, system_offset,
};
pub use noxrun_engine::{Curve, EngineConfig, MeterReading, SampleData, When};
pub use noxrun_media::{Pcm, Probe, WavFormat, probe, probe_file};
pub use noxrun_resample::Quality;
