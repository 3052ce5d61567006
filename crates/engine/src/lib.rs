//! The pure real-time core of noxrun: clock, commands, scheduling, voices, tracks and effects.
//!
//! It knows no device, no file and no JavaScript. [`build`] makes the two ends of one engine: the
//! [`Renderer`] belongs to the audio callback, the [`Controller`] to the thread that directs it.
//!
//! # Guarantees
//! * [`Renderer::process`] allocates nothing, frees nothing, takes no lock and makes no system
//!   call. Everything it needs is reserved by [`build`] and overwritten in place.
//! * A frame-stamped event takes effect on exactly that frame, and the output is bit-identical
//!   whatever the block size.
//! * Memory that the audio thread retires goes back on a ring that cannot be full.
//!
//! # What it cannot do
//! It resolves neither seconds nor beats, checks no arguments beyond what memory safety and finite
//! output need, and waits for nobody: a full queue is for the controlling side to handle.
#![forbid(unsafe_code)]

mod apply;
mod automation;
mod block;
mod chain;
mod channel;
mod command;
mod config;
mod controller;
mod delay;
mod effect;
mod ends;
mod event;
pub mod fx;
mod graph;
mod growth;
mod heap;
mod input;
mod inputs;
mod intake;
mod key;
mod lateness;
mod meter;
mod meter_tap;
mod pan;
mod play;
mod ramp;
mod renderer;
mod reports;
mod safety;
mod sample;
mod schedule;
mod segments;
mod shared;
mod slots;
mod structure;
mod tap;
mod taps;
mod track;
mod transitions;
mod transport;
mod usage;
mod voice;
mod voices;
mod waits;

pub use block::MAX_BLOCK;
pub use chain::MAX_CHAIN;
pub use command::{
    Action, Batch, Command, DelayPlace, Message, PlaySpec, RATES, Target, TrackSetup, When,
};
pub use config::{EngineConfig, build};
pub use controller::Controller;
pub use delay::line_memory;
pub use effect::{EffectBody, MAX_PARAMS, Processor};
pub use event::{EndReason, Event, Trash};
pub use growth::Growth;
pub use input::{Input, InputFlow, InputSpec, InputWriter, input};
pub use key::{EdgeKey, EffectKey, InputKey, MASTER, TapKey, TrackKey, VoiceKey};
pub use meter::MeterReading;
pub use meter_tap::MeterTap;
pub use pan::pan_gains;
pub use ramp::{Curve, Ramp};
pub use renderer::{BlockClock, Renderer};
pub use safety::{THRESHOLD as SAFETY_THRESHOLD, limit};
pub use sample::SampleData;
pub use shared::{ClockReading, Shared, VoiceReading};
pub use tap::Sink;
pub use transport::TransportReading;
