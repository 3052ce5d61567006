//! The header that the writer puts in front of its samples, and rewrites as they grow.

use super::encode::WavFormat;
use super::fmt::SUBFORMAT_TAIL;

/// Everything in front of the first sample, for a given amount of sound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub format: WavFormat,
    pub channels: u16,
    pub sample_rate: u32,
}

impl Header {
    /// Bytes of one frame.
    pub fn frame_len(&self) -> u64 {
        u64::from(self.channels) * self.format.bytes_per_sample() as u64
    }

    /// Bytes of the header; it never changes while sound is added.
    pub fn len(&self) -> u64 {
        self.bytes(0).len() as u64
    }

    /// Most bytes of sound that the 32-bit sizes can tell, in whole frames.
    pub fn max_data_len(&self) -> u64 {
        let most = u64::from(u32::MAX) - self.len() - 1;
        most - most % self.frame_len()
    }

    /// The header of a file with `data_len` bytes of sound, at most [`Header::max_data_len`].
    ///
    /// Up to 16 bits and two channels the plain form is used, which every program reads; beyond,
    /// WAVE_FORMAT_EXTENSIBLE is prescribed. More than two channels get no speaker positions:
    /// inputs of an interface are not loudspeakers.
    pub fn bytes(&self, data_len: u64) -> Vec<u8> {
        let Header {
            format,
            channels,
            sample_rate,
        } = *self;
        let bits = format.bytes_per_sample() as u16 * 8;
        let float = format == WavFormat::F32;
        let tag: u16 = if float { 3 } else { 1 };
        let extensible = channels > 2 || (bits > 16 && !float);
        let frame_len = self.frame_len() as u16;

        let mut fmt = Vec::with_capacity(40);
        fmt.extend((if extensible { 0xFFFE } else { tag }).to_le_bytes());
        fmt.extend(channels.to_le_bytes());
        fmt.extend(sample_rate.to_le_bytes());
        fmt.extend((sample_rate * u32::from(frame_len)).to_le_bytes());
        fmt.extend(frame_len.to_le_bytes());
        fmt.extend(bits.to_le_bytes());
        if extensible {
            let speakers: u32 = match channels {
                1 => 0x4,
                2 => 0x3,
                _ => 0,
            };
            fmt.extend(22u16.to_le_bytes());
            fmt.extend(bits.to_le_bytes());
            fmt.extend(speakers.to_le_bytes());
            fmt.extend(tag.to_le_bytes());
            fmt.extend(SUBFORMAT_TAIL);
        } else if float {
            fmt.extend(0u16.to_le_bytes());
        }

        let mut chunks = Vec::with_capacity(80);
        chunks.extend(b"WAVE");
        chunk_header(&mut chunks, b"fmt ", fmt.len() as u64);
        chunks.extend(&fmt);
        if float {
            chunk_header(&mut chunks, b"fact", 4);
            chunks.extend(((data_len / self.frame_len()) as u32).to_le_bytes());
        }
        chunk_header(&mut chunks, b"data", data_len);

        let mut header = Vec::with_capacity(8 + chunks.len());
        let padding = data_len % 2;
        chunk_header(
            &mut header,
            b"RIFF",
            chunks.len() as u64 + data_len + padding,
        );
        header.extend(&chunks);
        header
    }
}

fn chunk_header(out: &mut Vec<u8>, id: &[u8; 4], len: u64) {
    out.extend(id);
    out.extend((len as u32).to_le_bytes());
}
