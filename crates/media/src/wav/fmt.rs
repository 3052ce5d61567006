//! The `fmt ` chunk: how samples lie in the `data` chunk.

use std::io;

/// How a sample is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Unsigned in one byte, signed little-endian in two to four.
    Integer,
    /// IEEE 754, four or eight bytes, little-endian.
    Float,
    /// G.711 A-law, one byte.
    ALaw,
    /// G.711 µ-law, one byte.
    MuLaw,
}

/// What the `fmt ` chunk says, reduced to what decoding needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fmt {
    pub coding: Coding,
    /// Not 0.
    pub channels: u16,
    /// Hz, unchecked.
    pub sample_rate: u32,
    /// Bytes that one sample occupies, 1–8.
    pub bytes_per_sample: u16,
}

const TAG_INTEGER: u16 = 0x0001;
const TAG_FLOAT: u16 = 0x0003;
const TAG_A_LAW: u16 = 0x0006;
const TAG_MU_LAW: u16 = 0x0007;
const TAG_EXTENSIBLE: u16 = 0xFFFE;

/// Bytes 2–15 of every SubFormat GUID whose first two bytes are a plain format tag.
pub(crate) const SUBFORMAT_TAIL: [u8; 14] = [
    0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71,
];
/// The same for ambisonic B-format, where the tag means the same.
const SUBFORMAT_TAIL_AMBISONIC: [u8; 14] = [
    0x00, 0x00, 0x21, 0x07, 0xD3, 0x11, 0x86, 0x44, 0xC8, 0xC1, 0xCA, 0x00, 0x00, 0x00,
];

impl Fmt {
    /// Most bytes of the chunk that [`Fmt::parse`] looks at.
    pub const MAX_LEN: u64 = 40;

    /// Reads the chunk's body; bytes beyond [`Fmt::MAX_LEN`] do not matter.
    ///
    /// # Errors
    /// `InvalidData` when the fields contradict each other, `Unsupported` for other codings.
    pub fn parse(body: &[u8]) -> io::Result<Fmt> {
        if body.len() < 16 {
            return Err(super::chunks::malformed(format!(
                "the WAV fmt chunk has {} bytes, at least 16 are needed",
                body.len()
            )));
        }
        let u16_at = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
        let channels = u16_at(2);
        let sample_rate = u32::from_le_bytes([body[4], body[5], body[6], body[7]]);
        let block_align = u16_at(12);
        let bits = u16_at(14);
        let tag = match u16_at(0) {
            TAG_EXTENSIBLE => subformat(body)?,
            tag => tag,
        };
        if channels == 0 {
            return Err(super::chunks::malformed(
                "the WAV header claims 0 channels".into(),
            ));
        }
        let (coding, bytes_per_sample) = match (tag, bits) {
            (TAG_INTEGER, 1..=32) => (
                Coding::Integer,
                integer_container(bits, block_align, channels),
            ),
            (TAG_FLOAT, 32) => (Coding::Float, 4),
            (TAG_FLOAT, 64) => (Coding::Float, 8),
            (TAG_A_LAW, 8) => (Coding::ALaw, 1),
            (TAG_MU_LAW, 8) => (Coding::MuLaw, 1),
            (TAG_INTEGER | TAG_FLOAT | TAG_A_LAW | TAG_MU_LAW, bits) => {
                return Err(super::chunks::malformed(format!(
                    "the WAV header claims {bits} bits a sample for format tag {tag}"
                )));
            }
            (tag, _) => {
                return Err(super::chunks::unsupported(format!(
                    "WAV with format tag 0x{tag:04x}; PCM, float, A-law and µ-law are read"
                )));
            }
        };
        Ok(Fmt {
            coding,
            channels,
            sample_rate,
            bytes_per_sample,
        })
    }

    /// Bytes of one frame, never 0.
    pub fn frame_len(&self) -> u64 {
        u64::from(self.channels) * u64::from(self.bytes_per_sample)
    }
}

/// The format tag inside a WAVE_FORMAT_EXTENSIBLE body.
fn subformat(body: &[u8]) -> io::Result<u16> {
    let Some(guid) = body.get(24..40) else {
        return Err(super::chunks::malformed(format!(
            "the extensible WAV fmt chunk has {} bytes, 40 are needed",
            body.len()
        )));
    };
    if guid[2..] != SUBFORMAT_TAIL && guid[2..] != SUBFORMAT_TAIL_AMBISONIC {
        return Err(super::chunks::unsupported(format!(
            "WAV with SubFormat {guid:02x?}"
        )));
    }
    Ok(u16::from_le_bytes([guid[0], guid[1]]))
}

/// Bytes that an integer of `bits` occupies.
///
/// Samples are left-justified in their container (20 bits in 3 bytes, 24 in 4), so the container's
/// width alone gives the scale. The block alignment tells the container; where it makes no sense,
/// the smallest that holds the bits is taken, as most writers mean.
fn integer_container(bits: u16, block_align: u16, channels: u16) -> u16 {
    let smallest = bits.div_ceil(8);
    let stated = block_align / channels;
    if block_align.is_multiple_of(channels) && (smallest..=4).contains(&stated) {
        stated
    } else {
        smallest
    }
}
