//! The FLAC encoder (RFC 9639): blocks of integers in, frames of bytes out. No file is touched here.
//! `headers.rs`, beside it, reads what stands in front of a file's sound.
//!
//! The encoder is our own because no crate serves: of the two in pure Rust that are kept, one knows no Rice
//! parameter above 14, so loud 24-bit sound hardly shrinks, and the other writes blocks of eight
//! frames that decode to something else. All choices are made from integers, from IEEE basic
//! arithmetic in a fixed order and from `libm`, so the same sound gives the same bytes everywhere.

mod bits;
mod fixed;
mod frame;
mod headers;
mod lpc;
mod rice;
mod stream_info;
mod subframe;

pub(crate) use frame::{FRAME_OVERHEAD, FrameEncoder, block_len};
pub(crate) use headers::{Headers, NoSound};
pub(crate) use stream_info::StreamInfo;

/// Channel counts that a FLAC file holds.
pub(crate) const FLAC_CHANNELS: std::ops::RangeInclusive<usize> = 1..=8;

/// Most frames that a FLAC file can count.
pub(crate) const MAX_FRAMES: u64 = (1 << 36) - 1;
