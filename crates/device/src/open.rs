//! Which device a request means, and what happens when there is none.
//!
//! Without a name, the default device of each backend is tried in turn (see
//! [`backends`](crate::host::backends)): the system's own first, on Linux ALSA's default if it can
//! be configured, then JACK if a server is running.

use std::sync::Arc;

use crate::error::DeviceError;
use crate::host::{self, DEFAULT};
use crate::info::{Backend, Direction};
use crate::list::list_devices;
use crate::request::{CaptureSink, DeviceWarning, Fallback, Granted, Render, StreamRequest};
use crate::stream::Stream;
use crate::virtual_device::{self, Device, attach_input, attach_output};
use crate::{quiet, real};

/// Opens a stream that plays what `make`'s renderer gives, and starts it.
///
/// `make` is called once the device has granted a configuration and before the first callback; the
/// renderer must give [`Granted::channels`] at [`Granted::sample_rate`]. Takes up to half a second
/// more to see the first callback. Not for an audio callback.
///
/// # Errors
/// [`DeviceError`]; nothing is left open.
pub fn open_output(
    request: &StreamRequest,
    make: impl FnOnce(&Granted) -> Box<dyn Render>,
) -> Result<Stream, DeviceError> {
    match choose(request, Direction::Output, real::prepare_output)? {
        Chosen::Real(prepared) => prepared.start(make),
        Chosen::Virtual(device, warnings) => attach_output(&device, request, warnings, make),
    }
}

/// Opens a stream that hands what it records to `make`'s sink, and starts it.
///
/// The sink gets the device's own rate and a channel count as near to the wished one as the device
/// allows; [`Granted`] says which. Otherwise as [`open_output`].
///
/// # Errors
/// [`DeviceError`]; nothing is left open.
pub fn open_input(
    request: &StreamRequest,
    make: impl FnOnce(&Granted) -> Box<dyn CaptureSink>,
) -> Result<Stream, DeviceError> {
    match choose(request, Direction::Input, real::prepare_input)? {
        Chosen::Real(prepared) => prepared.start(make),
        Chosen::Virtual(device, warnings) => attach_input(&device, request, warnings, make),
    }
}

/// Opens a stream however long that takes, for a thread that has nothing else to do. Looks for
/// nothing that is not meant, and lists nothing.
pub(crate) fn open_patiently<T, M>(
    request: &StreamRequest,
    direction: Direction,
    prepare: impl Fn(&real::Target, &StreamRequest) -> Result<real::Prepared<T>, DeviceError>,
    attach: impl FnOnce(
        &Arc<Device>,
        &StreamRequest,
        Vec<DeviceWarning>,
        M,
    ) -> Result<Stream, DeviceError>,
    make: M,
) -> Result<Stream, DeviceError>
where
    T: ?Sized + Send + 'static,
    M: FnOnce(&Granted) -> Box<T>,
{
    let targets = match still_meant(request, direction)? {
        Meant::Virtual(device) => return attach(&device, request, Vec::new(), make),
        Meant::Real(targets) => targets,
    };
    let mut last = None;
    for target in &targets {
        match prepare(target, request) {
            Ok(prepared) => return prepared.start(make),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or(DeviceError::NoDevice {
        direction,
        tried: "nothing".into(),
    }))
}

/// What is meant by a request that was granted once. A virtual device may have been closed since.
fn still_meant(request: &StreamRequest, direction: Direction) -> Result<Meant, DeviceError> {
    match request.device.as_deref() {
        Some(id) if id.starts_with("virtual:") && virtual_device::find(id).is_none() => {
            Err(DeviceError::Lost {
                device: id.into(),
                message: "it was closed".into(),
            })
        }
        device => meant(device, direction),
    }
}

/// Whether a device that is meant answers, however long that takes. One that somebody holds does:
/// that may be us.
pub(crate) fn answers(request: &StreamRequest, direction: Direction) -> bool {
    match still_meant(request, direction) {
        Ok(Meant::Virtual(device)) => !device.is_lost(),
        Ok(Meant::Real(targets)) => targets.iter().any(|target| {
            match host::probe(target.backend, &target.name, direction) {
                Ok(_) => true,
                Err(refusal) => refusal.kind() == cpal::ErrorKind::DeviceBusy,
            }
        }),
        Err(_) => false,
    }
}

enum Chosen<P> {
    Real(P),
    Virtual(Arc<Device>, Vec<DeviceWarning>),
}

fn choose<P>(
    request: &StreamRequest,
    direction: Direction,
    prepare: impl Fn(&real::Target, &StreamRequest) -> Result<P, DeviceError>,
) -> Result<Chosen<P>, DeviceError> {
    #[cfg(feature = "sabotage")]
    noxrun_sabotage::init();
    quiet::install();
    // The first reading fixes the base of the clock, outside any callback.
    let _ = crate::monotonic_ns();
    let error = match meant(request.device.as_deref(), direction) {
        Ok(Meant::Virtual(device)) => return Ok(Chosen::Virtual(device, Vec::new())),
        Ok(Meant::Real(targets)) => match first_that_works(&targets, request, &prepare) {
            Ok(prepared) => return Ok(Chosen::Real(prepared)),
            Err(error) => error,
        },
        Err(error) => error,
    };
    match (request.fallback, &error) {
        // The device is there and usable: the request is wrong, and would be on any device.
        (_, DeviceError::UnsupportedConfig { .. } | DeviceError::TooFewChannels { .. })
        | (Fallback::Error, _) => Err(error),
        (Fallback::Virtual, _) => {
            let warning = DeviceWarning::VirtualDevice {
                reason: error.to_string(),
            };
            Ok(Chosen::Virtual(virtual_device::shared(), vec![warning]))
        }
    }
}

enum Meant {
    Virtual(Arc<Device>),
    Real(Vec<real::Target>),
}

fn meant(device: Option<&str>, direction: Direction) -> Result<Meant, DeviceError> {
    let Some(wanted) = device else {
        let targets = host::backends().into_iter().map(|backend| real::Target {
            backend,
            name: DEFAULT.into(),
            direction,
        });
        return Ok(Meant::Real(targets.collect()));
    };
    if let Some(device) = virtual_device::find(wanted) {
        return Ok(Meant::Virtual(device));
    }
    let (backend, name) = wanted.split_once(':').unwrap_or((wanted, DEFAULT));
    match Backend::from_name(backend) {
        Some(backend) if host::backends().contains(&backend) && !name.is_empty() => {
            Ok(Meant::Real(vec![real::Target {
                backend,
                name: name.into(),
                direction,
            }]))
        }
        known => {
            let wrong = match known {
                Some(backend) if !name.is_empty() && backend != Backend::Virtual => {
                    format!("{backend} is no sound system of this machine, so not {wanted:?}")
                }
                _ => format!("no device or backend is called {wanted:?}"),
            };
            Err(DeviceError::NoDevice {
                direction,
                tried: format!("{wrong}; {}", what_exists()),
            })
        }
    }
}

/// The first target that opens. When none does: a single target's own error, if it was there at
/// all; else all that was tried.
fn first_that_works<P>(
    targets: &[real::Target],
    request: &StreamRequest,
    prepare: impl Fn(&real::Target, &StreamRequest) -> Result<P, DeviceError>,
) -> Result<P, DeviceError> {
    let mut tried = Vec::new();
    let mut there = None;
    for target in targets {
        match prepare(target, request) {
            Ok(prepared) => return Ok(prepared),
            Err(DeviceError::Lost { message, .. }) => {
                tried.push(format!(
                    "{} ({})",
                    target.id(),
                    message.trim_end_matches('.')
                ));
            }
            Err(error) => {
                tried.push(error.to_string());
                there.get_or_insert(error);
            }
        }
    }
    match there {
        Some(error) => Err(error),
        None => Err(DeviceError::NoDevice {
            direction: targets.first().map_or(Direction::Output, |t| t.direction),
            tried: format!("tried {}; {}", tried.join(", "), what_exists()),
        }),
    }
}

fn what_exists() -> String {
    let ids: Vec<String> = list_devices().into_iter().map(|device| device.id).collect();
    format!("available: {}", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(device: Option<&str>) -> Vec<String> {
        match meant(device, Direction::Output) {
            Ok(Meant::Real(targets)) => targets.iter().map(real::Target::id).collect(),
            Ok(Meant::Virtual(device)) => vec![device.info().id],
            Err(error) => vec![error.to_string()],
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_mean_the_backends_default_or_one_device() {
        assert_eq!(names(None), ["alsa:default", "jack:default"]);
        assert_eq!(names(Some("alsa")), ["alsa:default"]);
        assert_eq!(names(Some("jack")), ["jack:default"]);
        assert_eq!(
            names(Some("alsa:hw:CARD=PCH,DEV=0")),
            ["alsa:hw:CARD=PCH,DEV=0"]
        );
        assert_eq!(names(Some("virtual")), ["virtual"]);
    }

    #[test]
    fn unknown_names_are_told_with_what_exists() {
        for name in [
            "",
            "nonsense",
            "asio2:x",
            "aaudio",
            "virtual:999999",
            "alsa:",
        ] {
            let told = names(Some(name)).join("");
            assert!(told.contains(&format!("{name:?}")), "{told}");
            assert!(
                told.contains("available: ") && told.contains("virtual"),
                "{told}"
            );
        }
    }
}
