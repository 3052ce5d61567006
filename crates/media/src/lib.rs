//! Sound files: decoding whole files into memory, asking what a file is, writing recordings.
//!
//! - [`decode`] and [`decode_file`] turn a file into planar `f32` at its own rate; [`load`] and
//!   [`load_file`] also bring it to the rate of an engine.
//! - [`probe`] and [`probe_file`] read the headers only.
//! - [`AudioWriter`] writes a WAV or FLAC file, as the path's extension says. It is valid at every
//!   moment, also after `kill -9`; WAV files grow beyond 4 GiB as RF64.
//! - [`Loudness`] measures how loud sound is, by EBU R 128.
//!
//! # Guarantees
//! - **Exact samples**: integers become n / 2^(bits − 1) (8-bit: (n − 128) / 128), 32-bit floats
//!   arrive bit for bit, NaN and infinities included (the engine mutes what is not finite, a
//!   decoder does not hide it), 64-bit floats are rounded once to the nearest `f32`. 32-bit
//!   integers are rounded once, too: `f32` holds 24 bits.
//! - **Hostile input is safe**: truncated, lying, empty or random bytes give an error that says
//!   what is wrong and where, or the frames that are really there, in their places. Memory follows the bytes that
//!   exist, never what a header claims; nothing panics or loops.
//! - Nothing here runs on an audio thread: every function allocates and may wait for a disk.
//!
//! ```
//! use noxrun_media::{AudioWriter, MediaError, WavFormat, load_file};
//! use std::ops::ControlFlow;
//!
//! # fn main() -> Result<(), MediaError> {
//! # let path = std::env::temp_dir().join(format!("noxrun-media-doc-{}.wav", std::process::id()));
//! let mut recording = AudioWriter::create(&path, 44_100, 1, Some(WavFormat::S24))?;
//! recording.write(&[0.5; 44_100])?;
//! assert_eq!(recording.finish()?, 44_100);
//!
//! let sound = load_file(&path, 48_000, &mut |_done| ControlFlow::Continue(()))?;
//! assert_eq!((sound.frames(), sound.channels.len()), (48_000, 1));
//! # std::fs::remove_file(&path).ok();
//! # Ok(())
//! # }
//! ```
//!
//! What you cannot do with it: read from pipes and devices (only regular files and memory), or
//! play from disk without decoding everything first.
#![forbid(unsafe_code)]

mod decode;
mod error;
mod flac;
mod load;
mod loudness;
mod open;
mod pcm;
mod probe;
mod wav;
mod write;

pub use decode::{decode, decode_file};
pub use error::MediaError;
pub use load::{load, load_file};
pub use loudness::Loudness;
pub use open::{CHANNELS, Progress, SAMPLE_RATES};
pub use pcm::Pcm;
pub use probe::{Probe, probe, probe_file};
pub use wav::WavFormat;
pub use write::AudioWriter;
