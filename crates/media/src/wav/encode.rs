//! Samples as integers and as bytes, as sound files hold them.

/// How samples are stored, in WAV and FLAC files.
///
/// Integers are `x · 2^(bits − 1)`, halves rounded to even, clamped, without dither; NaN becomes 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WavFormat {
    /// 32-bit float, bit for bit. Not in FLAC files.
    F32,
    /// 24-bit integer.
    S24,
    /// 16-bit integer.
    S16,
}

impl WavFormat {
    pub(crate) const fn bytes_per_sample(self) -> usize {
        match self {
            WavFormat::F32 => 4,
            WavFormat::S24 => 3,
            WavFormat::S16 => 2,
        }
    }

    /// Bits of one sample.
    pub(crate) const fn bits(self) -> u32 {
        self.bytes_per_sample() as u32 * 8
    }

    /// Appends `samples` as they stand in the file.
    pub(crate) fn encode(self, samples: &[f32], out: &mut Vec<u8>) {
        match self {
            WavFormat::F32 => out.extend(samples.iter().flat_map(|sample| sample.to_le_bytes())),
            WavFormat::S24 => out.extend(samples.iter().flat_map(|sample| {
                let [low, middle, high, _] = integer(*sample, 24).to_le_bytes();
                [low, middle, high]
            })),
            WavFormat::S16 => out.extend(
                samples
                    .iter()
                    .flat_map(|sample| (integer(*sample, 16) as i16).to_le_bytes()),
            ),
        }
    }
}

/// A sample as an integer of `bits` bits, at most 24.
pub(crate) fn integer(sample: f32, bits: u32) -> i32 {
    let scale = 1i32 << (bits - 1);
    // The cast saturates and takes NaN to 0; the product is exact, so one rounding is all.
    let rounded = (sample * scale as f32).round_ties_even() as i32;
    rounded.clamp(-scale, scale - 1)
}
