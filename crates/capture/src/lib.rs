//! The capture pipeline: from 32-bit float frames in the input callback to chunks in the hands of
//! several readers.
//!
//! ```text
//! input callback: channel map → FrameResampler → ring (push_slice) → wake, if wanted
//! capture thread: wait → pop_slice → each reader's Chunker, a bounded queue of its own
//! ```
//!
//! Guarantees:
//! - [`CaptureInput::push`] never allocates, frees, formats or panics, and never waits but for the
//!   moment in which [`WakeKind::Condvar`]'s mutex is contended, which is counted.
//! - `captured == delivered + dropped + buffered` ([`CaptureStats`]) and, for each reader,
//!   `received == delivered + dropped + buffered` ([`ReaderStats`]) hold at every moment, also
//!   while the callback runs.
//! - A loss is a whole number of frames, so no sample ever changes channel, and its place is known:
//!   no gap lies inside a chunk, [`Chunk::frame`] counts what was lost,
//!   [`Chunk::dropped_before`] says it.
//! - The last sample arrives: the ring is drained before the end is believed.
//! - Readers never slow each other.
//!
//! ```
//! use std::sync::Arc;
//!
//! use noxrun_capture::{CaptureSpec, Quality, ReaderSpec, Taken, WakeKind, open};
//!
//! let (mut input, hub) = open(CaptureSpec {
//!     device_rate: 48_000,
//!     device_channels: 2,
//!     rate: 16_000,
//!     channels: 1,
//!     channel_map: None,
//!     capacity: 32_000,
//!     quality: Quality::Balanced,
//!     wake: WakeKind::Condvar,
//!     max_callback_frames: 256,
//!     pre_roll: 0,
//!     voice: None,
//! })?;
//! let reader = hub.reader(ReaderSpec { chunk: 320, hop: 320, notify: Arc::new(|| {}) })?;
//! // In the callback, for every block:
//! input.push(&[0.5; 2 * 4_800], 0.0);
//! // At the end:
//! drop(input);
//! hub.close_and_join();
//! let mut samples = 0;
//! while let Taken::Chunk(chunk) = reader.take() {
//!     samples += chunk.samples.len();
//! }
//! assert_eq!(samples, 1_600);
//! # Ok::<(), noxrun_capture::CaptureError>(())
//! ```
//!
//! The crate knows no device, no file and no JavaScript. Where to look: what the callback does:
//! `input.rs`; the ring and its account: `handoff.rs`, `consumer.rs`, `ledger.rs`; where a loss
//! stands: `gaps.rs`; who sleeps and who wakes: `link.rs`, `wake.rs`, `wanted.rs`; the capture thread:
//! `thread.rs`; what a reader gets: `reader.rs`, `chunker.rs`; what is kept while paused:
//! `preroll.rs`; where speech is: `voice.rs`, `voice_log.rs`.
#![forbid(unsafe_code)]

#[cfg(all(feature = "bench", not(noxrun_loom)))]
pub mod bench;
mod chunker;
mod clock;
mod consumer;
mod error;
mod gaps;
mod handoff;
mod hub;
mod input;
mod ledger;
mod link;
mod lock;
mod meter;
mod mix;
#[cfg(all(test, noxrun_loom))]
mod models;
mod preroll;
mod reader;
mod shared;
mod side;
mod spec;
mod stats;
mod sync;
mod thread;
mod voice;
mod voice_log;
mod wake;
mod wanted;

pub use chunker::{Chunk, Chunker, Stretch};
pub use error::CaptureError;
pub use gaps::Dropped;
pub use hub::{CaptureHub, open};
pub use input::CaptureInput;
pub use meter::Meter;
pub use noxrun_resample::Quality;
pub use reader::{Reader, Taken};
pub use spec::{CaptureSpec, ReaderSpec, VoiceActivity, WakeKind};
pub use stats::{CaptureStats, ReaderStats};
