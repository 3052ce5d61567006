//! Audio devices: the only crate that names cpal.
//!
//! Guarantees:
//! - [`list_devices`] and the opening functions never hang and never start a sound server.
//! - Our part of every audio callback allocates, frees and locks nothing and makes no system call
//!   but the two of an audited stream, from the second callback on; [`AudioThreadStats`] counts
//!   it, with the help of the process's allocator ([`CountingAllocator`]).
//! - A refused buffer size, rate or channel count does not stop a stream: [`Granted`] says what
//!   there is instead, [`DeviceWarning`] what was not granted.
//! - Blocks of any size are accepted, and a panicking renderer becomes silence.
//! - When the drop of a [`Stream`] returns, its callbacks are over.
//! - Nothing reaches the terminal: the sound libraries' own messages are silenced.
//!
//! - A lost device is noticed within 500 ms and opened again when it is back ([`Supervisor`]);
//!   [`Continuity`] says how many frames of an input were missed.
//!
//! What it does not do: mix, or resample input.
//!
//! `open.rs` says which device a request means, `real.rs` and `build.rs` open it, `playback.rs` and
//! `recording.rs` are the callbacks, `supervise.rs` notices a loss, `recovery.rs` decides what comes
//! of it, `supervisor.rs` does it, `mobile.rs` is what phones need besides, `virtual_device/` is the
//! device that tests step by hand.
#![deny(missing_docs)]

mod allocator;
mod audit;
mod bounded;
mod build;
mod channels;
mod clock;
mod continuity;
mod cycle;
mod edge;
mod error;
mod event;
mod format;
mod gate;
mod histogram;
mod host;
mod info;
#[cfg(target_os = "linux")]
mod jack_functions;
mod libjack;
mod libraries;
mod list;
mod memory;
mod mobile;
mod negotiate;
mod open;
#[cfg(feature = "sabotage")]
mod plant;
mod playback;
mod priority;
mod quiet;
mod readout;
mod real;
mod recording;
mod recovery;
mod reopen;
mod request;
mod status;
mod stream;
mod stream_error;
mod supervise;
mod supervisor;
mod virtual_device;

pub use allocator::CountingAllocator;
pub use audit::in_callback;
pub use clock::{instant_at, monotonic_ns, system_offset};
pub use continuity::Continuity;
pub use error::DeviceError;
pub use event::{ErrorKind, LossReason, StreamEvent};
pub use format::SampleFormat;
pub use gate::{Gate, Pass};
pub use histogram::LoadSummary;
pub use info::{Backend, COMMON_RATES, DeviceInfo, Direction};
pub use libraries::{LibraryFault, MissingBackend, missing_backends};
pub use list::list_devices;
pub use memory::give_memory_back;
#[cfg(target_os = "android")]
pub use mobile::give_context as give_android_context;
pub use open::{open_input, open_output};
pub use readout::Readout;
pub use reopen::Make;
pub use request::{
    BlockTime, CaptureSink, DeviceWarning, Fallback, Granted, Render, StepHooks, StreamRequest,
};
pub use status::{AudioThreadStats, Health, StreamStatus};
pub use stream::Stream;
pub use supervise::Watchdog;
pub use supervisor::{Supervised, Supervisor, Totals};
pub use virtual_device::{Clock, Failure, VirtualDevice, VirtualOptions};
