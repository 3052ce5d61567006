//! What each quality promises.

use crate::shape::{BALANCED, BEST, LOW_LATENCY, Shape};

/// How much delay and work the filter may cost for how much purity.
///
/// Frequencies are fractions of the lower of the two Nyquist frequencies; nothing above that
/// Nyquist frequency comes through stronger than the attenuation. Distortion and noise of a tone in
/// the pass band stay 130 dB below it, or as far as the attenuation where that is less. The delay is
/// a number of frames of the lower rate, rounded up to whole input frames: in brackets its time at
/// 16 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quality {
    /// Delay 24 frames (1.5 ms); within 0.01 dB up to 0.75; −110 dB. For monitoring.
    LowLatency,
    /// Delay 64 frames (4 ms); within 0.01 dB up to 0.9; −130 dB.
    #[default]
    Balanced,
    /// Delay 152 frames (9.5 ms); within 0.001 dB up to 0.95; −135 dB, about what 32-bit
    /// sums resolve. For files.
    Best,
}

impl Quality {
    pub(crate) const fn shape(self) -> &'static Shape {
        match self {
            Self::LowLatency => &LOW_LATENCY,
            Self::Balanced => &BALANCED,
            Self::Best => &BEST,
        }
    }
}
