//! What a device says about itself.

/// The system through which a device is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Advanced Linux Sound Architecture.
    Alsa,
    /// JACK Audio Connection Kit (jackd2, or PipeWire's replacement of its library).
    Jack,
    /// PulseAudio's native protocol.
    PulseAudio,
    /// PipeWire's native protocol.
    PipeWire,
    /// macOS and iOS.
    CoreAudio,
    /// Windows.
    Wasapi,
    /// Steinberg's drivers for Windows.
    Asio,
    /// Android.
    AAudio,
    /// Devices of this process that no hardware stands behind.
    Virtual,
}

impl Backend {
    /// Every backend.
    pub const ALL: [Backend; 9] = [
        Backend::Alsa,
        Backend::Jack,
        Backend::PulseAudio,
        Backend::PipeWire,
        Backend::CoreAudio,
        Backend::Wasapi,
        Backend::Asio,
        Backend::AAudio,
        Backend::Virtual,
    ];

    /// The name by which users write it, which is also the prefix of its device ids.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alsa => "alsa",
            Self::Jack => "jack",
            Self::PulseAudio => "pulseaudio",
            Self::PipeWire => "pipewire",
            Self::CoreAudio => "coreaudio",
            Self::Wasapi => "wasapi",
            Self::Asio => "asio",
            Self::AAudio => "aaudio",
            Self::Virtual => "virtual",
        }
    }

    /// The backend of that name, exactly as [`as_str`](Self::as_str) writes it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|backend| backend.as_str() == name)
    }
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which way sound goes through a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the device to us.
    Input,
    /// From us to the device.
    Output,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Input => Self::Output,
            Self::Output => Self::Input,
        }
    }

    /// `"input"` or `"output"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

/// A device, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Stable across runs: `"alsa:default"`, `"jack:default"`, `"virtual"`, `"virtual:3"`.
    pub id: String,
    /// For people.
    pub name: String,
    /// Through which it is reached.
    pub backend: Backend,
    /// Most channels that it records, 0 when it cannot.
    pub input_channels: u16,
    /// Most channels that it plays, 0 when it cannot.
    pub output_channels: u16,
    /// Those of the common rates that it accepts, Hz, ascending.
    pub sample_rates: Vec<u32>,
    /// Smallest and largest block in frames, where the backend says.
    pub buffer_size: Option<(u32, u32)>,
    /// Whether a capture that names no device opens this one.
    pub is_default_input: bool,
    /// Whether playback that names no device opens this one.
    pub is_default_output: bool,
}

/// The rates that [`DeviceInfo::sample_rates`] is made of, Hz.
pub const COMMON_RATES: [u32; 11] = [
    8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_backends_lead_back_to_them() {
        for backend in Backend::ALL {
            assert_eq!(Backend::from_name(backend.as_str()), Some(backend));
        }
        assert_eq!(Backend::from_name("JACK"), None);
        assert_eq!(Backend::from_name(""), None);
    }
}
