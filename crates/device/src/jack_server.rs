//! JACK, whose "devices" are clients that we make.

use cpal::Error;
use cpal::ErrorKind::{DeviceNotAvailable, HostUnavailable};

use crate::host::DEFAULT;
use crate::info::Direction;

/// A cpal device for a client of ours, if a server is running. Never starts one.
///
/// The client's name carries the process, `noxrun_1234_out`: several processes on one server can be
/// told apart, and a second stream of ours gets a suffix from the server.
pub(crate) fn device(name: &str, direction: Direction) -> Result<cpal::Device, Error> {
    if name != DEFAULT {
        let message = "JACK has one device, jack:default; connect its ports to choose another";
        return Err(Error::with_message(DeviceNotAvailable, message));
    }
    // One look before cpal's host makes three clients to find the same out.
    let (client, _) = jack::Client::new("noxrun_probe", jack::ClientOptions::NO_START_SERVER)
        .map_err(|_| Error::with_message(HostUnavailable, "no JACK server is running"))?;
    drop(client);
    let mut host = cpal::platform::JackHost::new()?;
    host.set_start_server_automatically(false);
    let client = format!("noxrun_{}", std::process::id());
    let device = match direction {
        Direction::Input => host.input_device_with_name(&client),
        Direction::Output => host.output_device_with_name(&client),
    };
    device
        .map(cpal::Device::from)
        .ok_or_else(|| Error::with_message(HostUnavailable, "the JACK server refused a client"))
}
