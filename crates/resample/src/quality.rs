//! What each quality promises.

/// How much delay and work the filter may cost for how much purity.
///
/// Frequencies are fractions of the lower of the two Nyquist frequencies; nothing above that
/// Nyquist frequency comes through stronger than the attenuation. Delays are for 48 to 16 kHz,
/// and shrink in proportion to the lower rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quality {
    /// 2 ms; flat to 0.75; -100 dB. For monitoring.
    LowLatency,
    /// 6 ms; flat to 0.9; -130 dB.
    #[default]
    Balanced,
    /// 14 ms; flat to 0.95; below what 32-bit float resolves. For files.
    Best,
}

impl Quality {
    /// Design attenuation of the stop band, dB. The Kaiser formula is an estimate for a band-pass
    /// ripple as well, so each value has some decibels in hand over what the doc promises.
    pub(crate) const fn attenuation_db(self) -> f64 {
        match self {
            Self::LowLatency => 104.0,
            Self::Balanced => 138.0,
            Self::Best => 160.0,
        }
    }

    /// Where the pass band ends, as a fraction of the lower Nyquist frequency.
    pub(crate) const fn pass_band(self) -> f64 {
        match self {
            Self::LowLatency => 0.75,
            Self::Balanced => 0.9,
            Self::Best => 0.95,
        }
    }
}
