//! The list of devices.

use std::time::Duration;

use crate::bounded::{Pending, start};
use crate::host::{DEFAULT, backends, names, probe};
use crate::info::{Backend, DeviceInfo, Direction};
use crate::{quiet, virtual_device};

/// How long one backend may take to answer.
const BACKEND_LIMIT: Duration = Duration::from_secs(2);

/// Every device that can be opened now: the default ones first, then hardware, then the virtual
/// devices, of which there is at least the shared one, `"virtual"`.
///
/// A backend that cannot be reached, or does not answer within two seconds, is left out. Never
/// starts a server. Takes some milliseconds, on a thread that may wait.
#[must_use]
pub fn list_devices() -> Vec<DeviceInfo> {
    quiet::install();
    // Side by side: one that hangs costs its limit once.
    let asked: Vec<_> = backends()
        .into_iter()
        .map(|backend| start(BACKEND_LIMIT, move || devices_of(backend)))
        .collect();
    let answers = asked.into_iter().filter_map(Pending::wait);
    let mut devices: Vec<DeviceInfo> = answers.flatten().collect();
    mark_defaults(&mut devices);
    devices.sort_by_key(|device| !(device.is_default_input || device.is_default_output));
    devices.extend(virtual_device::infos());
    devices
}

fn devices_of(backend: Backend) -> Vec<DeviceInfo> {
    names(backend)
        .iter()
        .filter_map(|name| {
            let probe = probe(backend, name, Direction::Output)
                .or_else(|_| probe(backend, name, Direction::Input))
                .ok()?;
            Some(probe.info)
        })
        // Without a single PCM format, such as one that speaks DSD only.
        .filter(|info| info.input_channels > 0 || info.output_channels > 0)
        .collect()
}

/// The first backend's default device that can do it is the default of the system.
fn mark_defaults(devices: &mut [DeviceInfo]) {
    let is_backend_default =
        |device: &DeviceInfo| device.id == format!("{}:{DEFAULT}", device.backend);
    let input = |device: &&mut DeviceInfo| is_backend_default(device) && device.input_channels > 0;
    let output =
        |device: &&mut DeviceInfo| is_backend_default(device) && device.output_channels > 0;
    if let Some(device) = devices.iter_mut().find(input) {
        device.is_default_input = true;
    }
    if let Some(device) = devices.iter_mut().find(output) {
        device.is_default_output = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, backend: Backend, input_channels: u16, output_channels: u16) -> DeviceInfo {
        DeviceInfo {
            id: id.into(),
            name: id.into(),
            backend,
            input_channels,
            output_channels,
            sample_rates: vec![48_000],
            buffer_size: None,
            is_default_input: false,
            is_default_output: false,
        }
    }

    #[test]
    fn the_first_default_that_can_do_it_is_the_systems() {
        let mut devices = [
            device("alsa:hw:CARD=X,DEV=0", Backend::Alsa, 2, 2),
            device("alsa:default", Backend::Alsa, 0, 2),
            device("jack:default", Backend::Jack, 2, 2),
        ];
        mark_defaults(&mut devices);
        let flags = devices.map(|device| (device.is_default_input, device.is_default_output));
        assert_eq!(flags, [(false, false), (false, true), (true, false)]);
    }

    #[test]
    fn the_shared_virtual_device_is_always_there_and_never_a_default() {
        let devices = list_devices();
        let shared = devices
            .iter()
            .find(|device| device.id == "virtual")
            .unwrap();
        assert_eq!(shared.backend, Backend::Virtual);
        assert_eq!((shared.input_channels, shared.output_channels), (2, 2));
        assert!(!shared.is_default_input && !shared.is_default_output);
    }
}
