//! What a channel map asks of a device, and how its refusal is told.

use crate::error::{Error, ErrorCode};
use crate::options::CaptureOptions;
use noxrun_device::DeviceError;

/// How many channels the device must have for the map.
pub(super) fn least(options: &CaptureOptions) -> u16 {
    let map = options.channel_map.as_deref().unwrap_or_default();
    let most = map.iter().max().map_or(0, |index| index.saturating_add(1));
    u16::try_from(most).unwrap_or(u16::MAX)
}

/// A device with too few channels, told by the entry of the map that it lacks.
pub(super) fn refused(options: &CaptureOptions, error: DeviceError) -> Error {
    let map = options.channel_map.iter().flatten().enumerate();
    match &error {
        DeviceError::TooFewChannels { device, has, .. } => {
            let missing = map
                .into_iter()
                .find(|(_, index)| **index >= usize::from(*has));
            let Some((place, index)) = missing else {
                return error.into();
            };
            let allowed = match has {
                0 => "a channel of the device".to_owned(),
                has => format!("from 0 to {}", has - 1),
            };
            let plural = if *has == 1 { "channel" } else { "channels" };
            Error::new(
                ErrorCode::OutOfRange,
                format!(
                    "channelMap[{place}] must be {allowed}, {device} has {has} input {plural}, \
                     got {index}"
                ),
            )
        }
        _ => error.into(),
    }
}
