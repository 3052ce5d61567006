//! FLAC as the content of a growing file.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::check::check_channels;
use super::content::Content;
use crate::error::MediaError;
use crate::flac::{FLAC_CHANNELS, FRAME_OVERHEAD, FrameEncoder, MAX_FRAMES, StreamInfo, block_len};
use crate::wav::{WavFormat, integer};

/// Every block goes to the file as soon as it is full. The checksum and the last, shorter block come
/// with the end; until then the checksum counts as unknown.
pub(super) struct FlacContent {
    info: StreamInfo,
    encoder: FrameEncoder,
    /// Of everything that went into a block.
    checksum: md5::Context,
    /// Samples on their way into the block, and as the checksum wants them.
    integers: Vec<i32>,
    bytes: Vec<u8>,
    /// Bytes in the file.
    end: u64,
}

impl fmt::Debug for FlacContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlacContent")
            .field("info", &self.info)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl FlacContent {
    /// `path` is for errors.
    pub fn new(
        path: &Path,
        sample_rate: u32,
        channels: usize,
        format: WavFormat,
    ) -> Result<Self, MediaError> {
        check_channels(channels, &FLAC_CHANNELS, " in a FLAC file")?;
        if format == WavFormat::F32 {
            return Err(MediaError::Unwritable {
                what: format!(
                    "format is f32 and the path {}; a FLAC file allows s24 and s16",
                    path.display()
                ),
            });
        }
        let block = block_len(sample_rate);
        Ok(Self {
            info: StreamInfo {
                sample_rate,
                channels,
                bits: format.bits(),
                block,
                smallest: 0,
                largest: 0,
                frames: 0,
                md5: [0; 16],
            },
            encoder: FrameEncoder::new(sample_rate, channels, format.bits(), block),
            checksum: md5::Context::new(),
            integers: Vec::new(),
            bytes: Vec::new(),
            end: StreamInfo::LEN,
        })
    }
}

impl Content for FlacContent {
    fn limit(&self) -> (u64, &'static str) {
        (MAX_FRAMES, "2^36 frames")
    }

    fn stored(&self) -> u64 {
        self.info.frames
    }

    fn waiting(&self) -> u64 {
        self.encoder.waiting() as u64
    }

    fn space(&self) -> usize {
        self.info.block - self.encoder.waiting()
    }

    fn take(&mut self, interleaved: &[f32]) {
        let bits = self.info.bits;
        self.integers.clear();
        self.integers
            .extend(interleaved.iter().map(|sample| integer(*sample, bits)));
        self.encoder.add(&self.integers);
        self.bytes.clear();
        if bits == 16 {
            let bytes = self.integers.iter().map(|n| (*n as i16).to_le_bytes());
            self.bytes.extend(bytes.flatten());
        } else {
            let bytes = self.integers.iter().map(|n| n.to_le_bytes());
            self.bytes.extend(bytes.flat_map(|[a, b, c, _]| [a, b, c]));
        }
        self.checksum.consume(&self.bytes);
    }

    fn silence(&mut self, _file: &mut File, frames: u64) -> io::Result<u64> {
        let frames = frames.min(self.space() as u64);
        self.encoder.add_silence(frames as usize);
        let len = frames as usize * self.info.channels * self.info.bits as usize / 8;
        self.bytes.clear();
        self.bytes.resize(len, 0);
        self.checksum.consume(&self.bytes);
        Ok(frames)
    }

    fn store(&mut self, file: &mut File, is_last: bool) -> io::Result<()> {
        let frames = self.encoder.waiting();
        if frames == 0 || (frames < self.info.block && !is_last) {
            return Ok(());
        }
        let bytes = self.encoder.encode();
        file.write_all(bytes)?;
        self.end += bytes.len() as u64;
        self.info.smallest = match self.info.smallest {
            0 => bytes.len(),
            smallest => smallest.min(bytes.len()),
        };
        self.info.largest = self.info.largest.max(bytes.len());
        self.info.frames += frames as u64;
        Ok(())
    }

    fn forget(&mut self) {
        self.encoder.clear();
    }

    fn header(&self, is_complete: bool) -> Vec<u8> {
        let md5 = match is_complete {
            true => self.checksum.clone().finalize().into(),
            false => [0; 16],
        };
        StreamInfo { md5, ..self.info }.bytes()
    }

    fn end(&self) -> u64 {
        self.end
    }

    fn padding(&self) -> u64 {
        0
    }

    fn room(&self, bytes: u64) -> u64 {
        let frame = self.info.channels as u64 * u64::from(self.info.bits / 8);
        let overhead = FRAME_OVERHEAD + self.info.channels as u64;
        let block = self.info.block as u64;
        // As if nothing shrank any more.
        let largest = overhead + block * frame;
        let left = bytes.saturating_sub(self.end);
        let partial = (left % largest).saturating_sub(overhead) / frame;
        (left / largest * block + partial).saturating_sub(self.waiting())
    }
}
