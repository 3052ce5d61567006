//! The WAV container: a tolerant reader and the headers of the writer.
//!
//! Only what RIFF and WAVE say lives here; samples are decoded by the codec registry.
//! The reader is our own because files in the wild are looser than a strict parser allows: sizes
//! that are 0, too large or never filled in, `fmt ` chunks of unusual length, chunks without
//! padding, more than 18 channels, RF64.

mod chunks;
mod encode;
mod fmt;
mod header;
mod reader;

pub use encode::WavFormat;
pub(crate) use encode::integer;
pub(crate) use header::Header;
pub(crate) use reader::WavReader;
