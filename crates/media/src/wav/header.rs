//! The header that the writer puts in front of its samples, and rewrites as they grow.

use super::encode::WavFormat;
use super::fmt::SUBFORMAT_TAIL;

/// Everything in front of the first sample, for a given amount of sound.
///
/// Up to 4 GiB it is plain RIFF, with a JUNK chunk that keeps room for 64-bit sizes. Beyond, it is
/// RF64 (EBU Tech 3306, version 1.1): that chunk becomes `ds64` and the 32-bit sizes are all ones.
/// The length is the same, so the one can take the other's place in a single write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub format: WavFormat,
    pub channels: u16,
    pub sample_rate: u32,
}

/// What a 32-bit size says when the `ds64` chunk knows the real one.
const IN_DS64: u32 = u32::MAX;
/// Bytes of the `ds64` chunk's body: three sizes and an empty table of others.
const DS64_LEN: usize = 28;

impl Header {
    /// Bytes of one frame.
    pub fn frame_len(&self) -> u64 {
        u64::from(self.channels) * self.format.bytes_per_sample() as u64
    }

    /// Bytes of the header; it never changes while sound is added, and is even.
    pub fn len(&self) -> u64 {
        self.bytes(0).len() as u64
    }

    /// Most frames that a file can hold: positions in files are 63 bits.
    pub fn max_frames(&self) -> u64 {
        (i64::MAX as u64 - self.len() - 1) / self.frame_len()
    }

    /// The header of a file with `data_len` bytes of sound.
    pub fn bytes(&self, data_len: u64) -> Vec<u8> {
        let frames = data_len / self.frame_len();
        let fmt = self.fmt();
        let is_float = self.format == WavFormat::F32;
        let fact_len = if is_float { 12 } else { 0 };
        let len = 12 + 8 + DS64_LEN + 8 + fmt.len() + fact_len + 8;
        let riff_len = len as u64 - 8 + data_len + data_len % 2;
        let sizes = [riff_len, data_len, frames];
        // All ones are the mark, so they are no size.
        let is_wide = riff_len >= u64::from(IN_DS64);
        let size = |bytes: u64| if is_wide { IN_DS64 } else { bytes as u32 };

        let mut header = Vec::with_capacity(len);
        chunk_header(
            &mut header,
            if is_wide { b"RF64" } else { b"RIFF" },
            size(riff_len),
        );
        header.extend(b"WAVE");
        if is_wide {
            chunk_header(&mut header, b"ds64", DS64_LEN as u32);
            header.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
            header.extend(0u32.to_le_bytes());
        } else {
            chunk_header(&mut header, b"JUNK", DS64_LEN as u32);
            header.extend([0; DS64_LEN]);
        }
        chunk_header(&mut header, b"fmt ", fmt.len() as u32);
        header.extend(fmt);
        if is_float {
            chunk_header(&mut header, b"fact", 4);
            header.extend(size(frames).to_le_bytes());
        }
        chunk_header(&mut header, b"data", size(data_len));
        header
    }

    /// The body of the `fmt ` chunk.
    ///
    /// Up to 16 bits and two channels the plain form is used, which every program reads; beyond,
    /// WAVE_FORMAT_EXTENSIBLE is prescribed. More than two channels get no speaker positions:
    /// inputs of an interface are not loudspeakers.
    fn fmt(&self) -> Vec<u8> {
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
        fmt
    }
}

fn chunk_header(out: &mut Vec<u8>, id: &[u8; 4], len: u32) {
    out.extend(id);
    out.extend(len.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_becomes_rf64_exactly_where_32_bits_end() {
        for format in [WavFormat::F32, WavFormat::S24, WavFormat::S16] {
            for channels in [1, 2, 3, 64] {
                let header = Header {
                    format,
                    channels,
                    sample_rate: 48_000,
                };
                let frame_len = header.frame_len();
                // The largest file whose sizes 32 bits can tell, all ones excepted.
                let most = u64::from(u32::MAX) - 1 - (header.len() - 8);
                let most = most - most % frame_len;
                let narrow = header.bytes(most);
                let wide = header.bytes(most + frame_len);
                assert_eq!(narrow.len(), wide.len());
                assert_eq!(narrow.len() % 2, 0);

                let u32_at = |bytes: &[u8], at: usize| {
                    u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()))
                };
                let u64_at = |at: usize| u64::from_le_bytes(wide[at..at + 8].try_into().unwrap());
                let last = narrow.len() - 4;
                assert_eq!(
                    (&narrow[..4], &narrow[12..16]),
                    (&b"RIFF"[..], &b"JUNK"[..])
                );
                assert_eq!(
                    u32_at(&narrow, 4),
                    narrow.len() as u64 - 8 + most + most % 2
                );
                assert_eq!(u32_at(&narrow, last), most);

                let data = most + frame_len;
                assert_eq!((&wide[..4], &wide[12..16]), (&b"RF64"[..], &b"ds64"[..]));
                assert_eq!(u32_at(&wide, 4), u64::from(u32::MAX));
                assert_eq!(u32_at(&wide, last), u64::from(u32::MAX));
                assert_eq!(u64_at(20), wide.len() as u64 - 8 + data + data % 2);
                assert_eq!((u64_at(28), u64_at(36)), (data, data / frame_len));
            }
        }
    }
}
