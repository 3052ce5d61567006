//! Why a device could not be opened or went away.

use crate::info::{Backend, Direction};

/// What went wrong, with what was asked and what would have been possible.
///
/// No variant leaves a stream half open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Nothing usable was found. Trying again helps only when a device or server has appeared.
    #[error("no usable {} device: {tried}", direction.as_str())]
    NoDevice {
        /// Which way the stream was to go.
        direction: Direction,
        /// Each thing that was tried, why it failed, and what exists instead.
        tried: String,
    },
    /// Somebody else holds the device. Trying again later may help.
    #[error("device {device:?} is in use by another program or stream ({message})")]
    Busy {
        /// Id of the device.
        device: String,
        /// The backend's words.
        message: String,
    },
    /// The system denies this user the device.
    #[error(
        "access to device {device:?} was denied ({message}); add the user to the audio group or grant the permission"
    )]
    Denied {
        /// Id of the device.
        device: String,
        /// The backend's words.
        message: String,
    },
    /// The device is there and does not do what was asked.
    #[error("device {device:?} does not support {asked}; it allows {allowed}")]
    UnsupportedConfig {
        /// Id of the device.
        device: String,
        /// The configuration that was wanted.
        asked: String,
        /// What it offers.
        allowed: String,
    },
    /// An input with fewer channels than it must have.
    #[error("device {device:?} has {has} input channels, and {least} are needed")]
    TooFewChannels {
        /// Id of the device.
        device: String,
        /// Channels that it has.
        has: u16,
        /// Channels that it must have.
        least: u16,
    },
    /// The backend failed in a way of its own.
    #[error("{backend} failed on device {device:?}: {message}")]
    Backend {
        /// Name of the backend.
        backend: String,
        /// Id of the device.
        device: String,
        /// The backend's words.
        message: String,
    },
    /// The device went away under the stream. Open again once it is back.
    #[error("device {device:?} was lost: {message}")]
    Lost {
        /// Id of the device.
        device: String,
        /// How that was noticed.
        message: String,
    },
    /// The call does not fit the state of the (virtual) device.
    #[error("device {device:?}: {message}")]
    InvalidState {
        /// Id of the device.
        device: String,
        /// What is wrong with it.
        message: String,
    },
}

impl DeviceError {
    /// What a backend's refusal to open or start means.
    pub(crate) fn from_cpal(backend: Backend, device: &str, error: &cpal::Error) -> Self {
        let device = device.to_owned();
        let message = error.to_string();
        match error.kind() {
            cpal::ErrorKind::DeviceBusy => Self::Busy { device, message },
            cpal::ErrorKind::PermissionDenied => Self::Denied { device, message },
            cpal::ErrorKind::DeviceNotAvailable
            | cpal::ErrorKind::StreamInvalidated
            | cpal::ErrorKind::HostUnavailable => Self::Lost { device, message },
            _ => Self::Backend {
                backend: backend.to_string(),
                device,
                message,
            },
        }
    }
}
