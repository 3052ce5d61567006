//! WAV as the content of a growing file.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use super::content::Content;
use crate::wav::{Header, WavFormat};

/// Bytes gathered before the system is asked to write.
const BUFFER_LEN: usize = 1 << 16;
/// Bytes of silence from which on it is a hole in the file: hours of a pause take no time, and where
/// the file system knows holes no space.
const HOLE_LEN: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct WavContent {
    header: Header,
    header_len: u64,
    /// Encoded samples that the file does not hold yet.
    buffer: Vec<u8>,
    /// Bytes of sound in the file.
    pub(super) stored: u64,
}

impl WavContent {
    pub fn new(sample_rate: u32, channels: usize, format: WavFormat) -> Self {
        let header = Header {
            format,
            channels: channels as u16,
            sample_rate,
        };
        Self {
            header_len: header.len(),
            header,
            buffer: Vec::with_capacity(BUFFER_LEN),
            stored: 0,
        }
    }
}

impl Content for WavContent {
    fn limit(&self) -> (u64, &'static str) {
        (self.header.max_frames(), "2^63 bytes")
    }

    fn stored(&self) -> u64 {
        self.stored / self.header.frame_len()
    }

    fn waiting(&self) -> u64 {
        self.buffer.len() as u64 / self.header.frame_len()
    }

    fn space(&self) -> usize {
        (BUFFER_LEN - self.buffer.len()) / self.header.frame_len() as usize
    }

    fn take(&mut self, interleaved: &[f32]) {
        self.header.format.encode(interleaved, &mut self.buffer);
    }

    fn silence(&mut self, file: &mut File, frames: u64) -> io::Result<u64> {
        // In every format, silence is bytes of 0.
        let len = frames.saturating_mul(self.header.frame_len());
        if len < HOLE_LEN {
            let frames = frames.min(self.space() as u64);
            let len = (frames * self.header.frame_len()) as usize;
            self.buffer.resize(self.buffer.len() + len, 0);
            return Ok(frames);
        }
        self.store(file, false)?;
        file.set_len(self.end() + len)?;
        self.stored += len;
        file.seek(SeekFrom::Start(self.end()))?;
        Ok(frames)
    }

    fn store(&mut self, file: &mut File, _is_last: bool) -> io::Result<()> {
        let mut taken = 0;
        let mut result = Ok(());
        while taken < self.buffer.len() && result.is_ok() {
            match file.write(&self.buffer[taken..]) {
                Ok(0) => result = Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => taken += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => result = Err(error),
            }
        }
        self.stored += taken as u64;
        self.buffer.clear();
        result
    }

    fn forget(&mut self) {
        self.buffer.clear();
        self.stored -= self.stored % self.header.frame_len();
    }

    fn header(&self, _is_complete: bool) -> Vec<u8> {
        self.header.bytes(self.stored)
    }

    fn end(&self) -> u64 {
        self.header_len + self.stored
    }

    fn padding(&self) -> u64 {
        // Chunks are padded to even length.
        self.stored % 2
    }

    fn room(&self, bytes: u64) -> u64 {
        // With an odd number of bytes there is padding, so an odd limit is one that is not reached.
        let used = self.end() + self.buffer.len() as u64;
        (bytes - bytes % 2).saturating_sub(used) / self.header.frame_len()
    }
}
