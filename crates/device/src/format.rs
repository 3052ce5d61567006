//! Every PCM format that a device may have, to and from 32-bit float.
//!
//! An integer of b bits is n / 2^(b-1); unsigned ones are moved by their midpoint first. The way
//! back multiplies by 2^(b-1), rounds halves to even and clamps, without dither. 32-bit floats
//! pass bit for bit.

/// How a device stores one sample, in native byte order.
///
/// DSD is no PCM: devices that only speak it are refused with
/// [`DeviceError::UnsupportedConfig`](crate::DeviceError::UnsupportedConfig).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say the width and the kind")]
pub enum SampleFormat {
    I8,
    I16,
    /// In the low 24 of 32 bits; what the high 8 hold is anybody's guess.
    I24,
    I32,
    I64,
    U8,
    U16,
    /// In the low 24 of 32 bits, as [`SampleFormat::I24`].
    U24,
    U32,
    U64,
    F32,
    F64,
}

impl SampleFormat {
    /// Every format, the most welcome first: floats, then what loses least.
    pub const ALL: [SampleFormat; 12] = [
        Self::F32,
        Self::F64,
        Self::I32,
        Self::U32,
        Self::I64,
        Self::U64,
        Self::I24,
        Self::U24,
        Self::I16,
        Self::U16,
        Self::I8,
        Self::U8,
    ];

    /// Bytes that one sample takes in a device's buffer.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I24 | Self::I32 | Self::U24 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// `None` for DSD.
    pub(crate) fn from_cpal(format: cpal::SampleFormat) -> Option<Self> {
        Some(match format {
            cpal::SampleFormat::I8 => Self::I8,
            cpal::SampleFormat::I16 => Self::I16,
            cpal::SampleFormat::I24 => Self::I24,
            cpal::SampleFormat::I32 => Self::I32,
            cpal::SampleFormat::I64 => Self::I64,
            cpal::SampleFormat::U8 => Self::U8,
            cpal::SampleFormat::U16 => Self::U16,
            cpal::SampleFormat::U24 => Self::U24,
            cpal::SampleFormat::U32 => Self::U32,
            cpal::SampleFormat::U64 => Self::U64,
            cpal::SampleFormat::F32 => Self::F32,
            cpal::SampleFormat::F64 => Self::F64,
            _ => return None,
        })
    }

    pub(crate) const fn to_cpal(self) -> cpal::SampleFormat {
        match self {
            Self::I8 => cpal::SampleFormat::I8,
            Self::I16 => cpal::SampleFormat::I16,
            Self::I24 => cpal::SampleFormat::I24,
            Self::I32 => cpal::SampleFormat::I32,
            Self::I64 => cpal::SampleFormat::I64,
            Self::U8 => cpal::SampleFormat::U8,
            Self::U16 => cpal::SampleFormat::U16,
            Self::U24 => cpal::SampleFormat::U24,
            Self::U32 => cpal::SampleFormat::U32,
            Self::U64 => cpal::SampleFormat::U64,
            Self::F32 => cpal::SampleFormat::F32,
            Self::F64 => cpal::SampleFormat::F64,
        }
    }

    /// Reads samples out of a device's buffer until either side is used up. Allocates nothing.
    pub fn read(self, from: &[u8], to: &mut [f32]) {
        match self {
            Self::I8 => read(from, to, |b| f32::from(i8::from_ne_bytes(b)) / POW_7),
            Self::I16 => read(from, to, |b| f32::from(i16::from_ne_bytes(b)) / POW_15),
            Self::I24 => read(from, to, |b| {
                ((i32::from_ne_bytes(b) << 8) >> 8) as f32 / POW_23
            }),
            Self::I32 => read(from, to, |b| i32::from_ne_bytes(b) as f32 / POW_31),
            Self::I64 => read(from, to, |b| i64::from_ne_bytes(b) as f32 / POW_63),
            Self::U8 => read(from, to, |b| {
                f32::from((u8::from_ne_bytes(b) ^ 0x80) as i8) / POW_7
            }),
            Self::U16 => read(from, to, |b| {
                f32::from((u16::from_ne_bytes(b) ^ (1 << 15)) as i16) / POW_15
            }),
            Self::U24 => read(from, to, |b| {
                let moved = (u32::from_ne_bytes(b) ^ (1 << 23)) << 8;
                (moved as i32 >> 8) as f32 / POW_23
            }),
            Self::U32 => read(from, to, |b| {
                (u32::from_ne_bytes(b) ^ (1 << 31)) as i32 as f32 / POW_31
            }),
            Self::U64 => read(from, to, |b| {
                (u64::from_ne_bytes(b) ^ (1 << 63)) as i64 as f32 / POW_63
            }),
            Self::F32 => read(from, to, f32::from_ne_bytes),
            Self::F64 => read(from, to, |b| f64::from_ne_bytes(b) as f32),
        }
    }

    /// Writes samples into a device's buffer until either side is used up. Allocates nothing.
    /// What is not a number becomes silence in the integer formats.
    pub fn write(self, from: &[f32], to: &mut [u8]) {
        // `as` clamps to the target's range and makes 0 of what is not a number.
        match self {
            Self::I8 => write(from, to, |x| (round(x, POW_7) as i8).to_ne_bytes()),
            Self::I16 => write(from, to, |x| (round(x, POW_15) as i16).to_ne_bytes()),
            Self::I24 => write(from, to, |x| to_24(x).to_ne_bytes()),
            Self::I32 => write(from, to, |x| (round(x, POW_31) as i32).to_ne_bytes()),
            Self::I64 => write(from, to, |x| (round(x, POW_63) as i64).to_ne_bytes()),
            Self::U8 => write(from, to, |x| {
                (round(x, POW_7) as i8 as u8 ^ 0x80).to_ne_bytes()
            }),
            Self::U16 => write(from, to, |x| {
                (round(x, POW_15) as i16 as u16 ^ (1 << 15)).to_ne_bytes()
            }),
            Self::U24 => write(from, to, |x| {
                (to_24(x) as u32 & 0xFF_FFFF ^ (1 << 23)).to_ne_bytes()
            }),
            Self::U32 => write(from, to, |x| {
                (round(x, POW_31) as i32 as u32 ^ (1 << 31)).to_ne_bytes()
            }),
            Self::U64 => write(from, to, |x| {
                (round(x, POW_63) as i64 as u64 ^ (1 << 63)).to_ne_bytes()
            }),
            Self::F32 => write(from, to, f32::to_ne_bytes),
            Self::F64 => write(from, to, |x| f64::from(x).to_ne_bytes()),
        }
    }

    /// Fills a device's buffer with silence.
    pub(crate) fn silence(self, to: &mut [u8]) {
        match self {
            Self::U8 => to.fill(0x80),
            Self::U16 | Self::U24 | Self::U32 | Self::U64 => {
                for sample in to.chunks_exact_mut(self.bytes()) {
                    self.write(&[0.0], sample);
                }
            }
            Self::I8 | Self::I16 | Self::I24 | Self::I32 | Self::I64 | Self::F32 | Self::F64 => {
                to.fill(0)
            }
        }
    }
}

/// Powers of two: multiplying and dividing by them is exact, so the only rounding is the one that
/// the format asks for.
const POW_7: f32 = 128.0;
const POW_15: f32 = 32_768.0;
const POW_23: f32 = 8_388_608.0;
const POW_31: f32 = 2_147_483_648.0;
const POW_63: f32 = 9_223_372_036_854_775_808.0;

#[inline]
fn round(x: f32, scale: f32) -> f32 {
    (x * scale).round_ties_even()
}

#[inline]
fn to_24(x: f32) -> i32 {
    (round(x, POW_23) as i32).clamp(-(1 << 23), (1 << 23) - 1)
}

#[inline]
fn read<const N: usize>(from: &[u8], to: &mut [f32], convert: impl Fn([u8; N]) -> f32) {
    for (sample, to) in from.as_chunks::<N>().0.iter().zip(to) {
        *to = convert(*sample);
    }
}

#[inline]
fn write<const N: usize>(from: &[f32], to: &mut [u8], convert: impl Fn(f32) -> [u8; N]) {
    for (x, to) in from.iter().zip(to.as_chunks_mut::<N>().0) {
        *to = convert(*x);
    }
}

#[cfg(test)]
mod blocks;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
