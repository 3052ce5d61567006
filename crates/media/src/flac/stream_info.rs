//! What a FLAC file says of itself in front of its frames.

use super::FLAC_CHANNELS;

/// The STREAMINFO block. Zeros in the last four fields mean "unknown", as long as the file grows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamInfo {
    pub sample_rate: u32,
    pub channels: usize,
    pub bits: u32,
    /// Frames a block; the last one may be shorter.
    pub block: usize,
    /// Bytes of the smallest and of the largest encoded block.
    pub smallest: usize,
    pub largest: usize,
    /// Frames of the whole file.
    pub frames: u64,
    /// Of all samples, interleaved, little-endian, as many bytes each as they need.
    pub md5: [u8; 16],
}

impl StreamInfo {
    /// Bytes in front of the first frame.
    pub const LEN: u64 = 4 + 4 + 34;

    /// Everything in front of the first frame: the file's mark and this block as the only one.
    pub fn bytes(&self) -> Vec<u8> {
        debug_assert!(FLAC_CHANNELS.contains(&self.channels));
        let mut bytes = b"fLaC".to_vec();
        // The last block, of type 0, of 34 bytes.
        bytes.extend([0x80, 0, 0, 34]);
        for _ in 0..2 {
            bytes.extend((self.block as u16).to_be_bytes());
        }
        for size in [self.smallest, self.largest] {
            bytes.extend(&(size as u32).to_be_bytes()[1..]);
        }
        let packed = u64::from(self.sample_rate) << 44
            | (self.channels as u64 - 1) << 41
            | u64::from(self.bits - 1) << 36
            | self.frames;
        bytes.extend(packed.to_be_bytes());
        bytes.extend(self.md5);
        bytes
    }
}
