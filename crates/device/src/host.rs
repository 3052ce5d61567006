//! The devices that cpal reaches: finding one, and what it offers.
//!
//! Nothing here starts a server, and whatever may hang is left behind after a while.

use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{HostId, SupportedBufferSize, SupportedStreamConfigRange};

use crate::bounded::within;
use crate::format::SampleFormat;
use crate::info::{Backend, COMMON_RATES, DeviceInfo, Direction};
use crate::negotiate::Offer;
use crate::{libjack, libraries, mobile};

/// What stands for a backend's default device in ids.
pub(crate) const DEFAULT: &str = "default";

/// The backends of this system, in the order in which a default device is looked for: the
/// system's own first, then JACK.
///
/// ALSA's default comes before a JACK server because it is what the user has configured as "the
/// sound of this machine"; where that is to be JACK, ALSA's default leads there.
pub(crate) fn backends() -> Vec<Backend> {
    let mut backends: Vec<Backend> = cpal::ALL_HOSTS
        .iter()
        .filter_map(|host| Backend::from_name(&host.to_string()))
        .collect();
    backends.sort_by_key(|backend| *backend == Backend::Jack);
    backends
}

/// Why a backend cannot be used at all.
fn absence(backend: Backend) -> String {
    libraries::fault(backend).map_or_else(
        || format!("{backend} is not a sound system of this machine"),
        ToString::to_string,
    )
}

/// How long a backend may take that is asked only for comparison.
const OTHERS_LIMIT: Duration = Duration::from_millis(500);

/// A device that answered, seen from one direction.
pub(crate) struct Probe {
    pub(crate) device: cpal::Device,
    pub(crate) info: DeviceInfo,
    pub(crate) offers: Vec<Offer>,
    pub(crate) preferred: Preferred,
}

/// What a device would choose by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preferred {
    pub(crate) channels: u16,
    /// Hz.
    pub(crate) rate: u32,
}

/// Why a device cannot be used, in the backend's words.
pub(crate) type Refusal = cpal::Error;

/// Looks at a device in one direction, and fills its info in for both.
pub(crate) fn probe(backend: Backend, name: &str, direction: Direction) -> Result<Probe, Refusal> {
    let device = find(backend, name, direction)?;
    let (offers, preferred) = offers(backend, &device, direction)?;
    let mut info = DeviceInfo {
        id: format!("{backend}:{name}"),
        name: device.to_string(),
        backend,
        input_channels: 0,
        output_channels: 0,
        sample_rates: Vec::new(),
        buffer_size: None,
        is_default_input: false,
        is_default_output: false,
    };
    fill_in(&mut info, direction, &offers, preferred.channels);
    let other = direction.opposite();
    if backend == Backend::Jack {
        // A client goes either way; looking again would only make more of them.
        info.name = "JACK".into();
        fill_in(&mut info, other, &offers, preferred.channels);
    } else if let Ok(device) = find(backend, name, other)
        && let Ok((offers, preferred)) = self::offers(backend, &device, other)
    {
        fill_in(&mut info, other, &offers, preferred.channels);
    }
    Ok(Probe {
        preferred,
        device,
        info,
        offers,
    })
}

/// Whether a request without a name would open this device: no backend before it has a default
/// that answers.
pub(crate) fn is_default(backend: Backend, name: &str, direction: Direction) -> bool {
    name == DEFAULT
        && backends()
            .into_iter()
            .take_while(|earlier| *earlier != backend)
            .all(|earlier| {
                // One that hangs must not take the device that was asked for with it.
                let answers = within(OTHERS_LIMIT, move || {
                    find(earlier, DEFAULT, direction)
                        .and_then(|device| offers(earlier, &device, direction))
                        .is_ok()
                });
                answers != Some(true)
            })
}

/// JACK's devices are clients that cpal makes, `cpal_client_<pid>_out` and `…_in`; the server gives
/// a second one of the process a suffix.
fn find(backend: Backend, name: &str, direction: Direction) -> Result<cpal::Device, Refusal> {
    let gone =
        |message: String| cpal::Error::with_message(cpal::ErrorKind::DeviceNotAvailable, message);
    if backend == Backend::Jack && name != DEFAULT {
        return Err(gone(
            "JACK has one device, jack:default; its ports are to be connected".into(),
        ));
    }
    if !libjack::may_open(backend) {
        return Err(gone(
            "a stream whose server has died, or hangs, is not closed yet".into(),
        ));
    }
    if let Some(reason) = mobile::not_ready(backend) {
        return Err(gone(reason));
    }
    if let Some(reason) = mobile::forbidden(backend, direction) {
        let kind = cpal::ErrorKind::PermissionDenied;
        return Err(cpal::Error::with_message(kind, reason));
    }
    let host_id = host_id(backend).ok_or_else(|| gone(absence(backend)))?;
    let host = cpal::host_from_id(host_id)?;
    if name != DEFAULT {
        return host
            .device_by_id(&cpal::DeviceId::new(host_id, name))
            .ok_or_else(|| gone("there is no such device".into()));
    }
    let device = match direction {
        Direction::Input => host.default_input_device(),
        Direction::Output => host.default_output_device(),
    };
    device.ok_or_else(|| {
        gone(match backend {
            Backend::Jack => "no JACK server is running".into(),
            _ => format!("there is no default {}", direction.as_str()),
        })
    })
}

/// `None` where the backend is not of this system, or its library is missing.
fn host_id(backend: Backend) -> Option<HostId> {
    let usable = libraries::fault(backend).is_none();
    usable.then(|| backend.as_str().parse().ok()).flatten()
}

fn offers(
    backend: Backend,
    device: &cpal::Device,
    direction: Direction,
) -> Result<(Vec<Offer>, Preferred), Refusal> {
    let ranges: Vec<SupportedStreamConfigRange> = match direction {
        Direction::Input => device.supported_input_configs()?.collect(),
        Direction::Output => device.supported_output_configs()?.collect(),
    };
    if !ranges.is_empty() && !ranges.iter().any(is_open_now) {
        // A phone during a call, or whose app may not record, says so by offering nothing of it.
        let message = "it has no channel, or no rate, at the moment";
        let kind = cpal::ErrorKind::DeviceNotAvailable;
        return Err(cpal::Error::with_message(kind, message));
    }
    let offers: Vec<Offer> = ranges.iter().filter_map(offer).collect();
    if let (true, Some(range)) = (offers.is_empty(), ranges.first()) {
        // It is there, and cannot be used: whoever opens it is told that.
        let preferred = Preferred {
            channels: range.channels(),
            rate: range.min_sample_rate(),
        };
        return Ok((offers, preferred));
    }
    if backend == Backend::Alsa {
        // ALSA has no preferences; asking cpal for some opens the device once more.
        let preferred = usual(&offers).ok_or_else(|| {
            cpal::Error::with_message(
                cpal::ErrorKind::UnsupportedConfig,
                "it offers nothing at all",
            )
        })?;
        return Ok((offers, preferred));
    }
    let default = match direction {
        Direction::Input => device.default_input_config()?,
        Direction::Output => device.default_output_config()?,
    };
    let preferred = Preferred {
        channels: default.channels(),
        rate: default.sample_rate(),
    };
    Ok((offers, preferred))
}

/// Stereo at 48 kHz, or the nearest to it.
fn usual(offers: &[Offer]) -> Option<Preferred> {
    let distance = |offer: &&Offer| {
        let rate = 48_000_u32.clamp(offer.rates.0, offer.rates.1);
        (offer.channels.abs_diff(2), rate.abs_diff(48_000))
    };
    let offer = offers.iter().min_by_key(distance)?;
    Some(Preferred {
        channels: offer.channels,
        rate: 48_000.clamp(offer.rates.0, offer.rates.1),
    })
}

fn is_open_now(range: &SupportedStreamConfigRange) -> bool {
    range.channels() > 0 && range.max_sample_rate() > 0
}

/// `None` for DSD, and for what is not open now.
pub(crate) fn offer(range: &SupportedStreamConfigRange) -> Option<Offer> {
    is_open_now(range).then_some(())?;
    Some(Offer {
        channels: range.channels(),
        rates: (range.min_sample_rate(), range.max_sample_rate()),
        format: SampleFormat::from_cpal(range.sample_format())?,
        buffer: match *range.buffer_size() {
            SupportedBufferSize::Range { min, max } => Some((min, max)),
            SupportedBufferSize::Unknown => None,
        },
    })
}

/// Where cpal stops counting; a device that offers so many (ALSA's plugins, JACK) takes any number,
/// and the default says more about it.
const ANY_CHANNELS: u16 = 64;

/// ALSA's plugins claim sizes of hours: they do not know.
const LARGEST_BUFFER: u32 = 1 << 20;

fn fill_in(info: &mut DeviceInfo, direction: Direction, offers: &[Offer], preferred: u16) {
    let most = offers.iter().map(|offer| offer.channels).max().unwrap_or(0);
    let channels = if most >= ANY_CHANNELS {
        preferred
    } else {
        most
    };
    match direction {
        Direction::Input => info.input_channels = channels,
        Direction::Output => info.output_channels = channels,
    }
    let accepts = |rate: &u32| {
        offers
            .iter()
            .any(|offer| offer.rates.0 <= *rate && *rate <= offer.rates.1)
    };
    info.sample_rates
        .extend(COMMON_RATES.iter().filter(|rate| accepts(rate)));
    info.sample_rates.sort_unstable();
    info.sample_rates.dedup();
    let told = |range: &(u32, u32)| range.1 <= LARGEST_BUFFER;
    for (low, high) in offers.iter().filter_map(|offer| offer.buffer).filter(told) {
        info.buffer_size = Some(match info.buffer_size {
            None => (low, high),
            Some((lowest, highest)) => (low.min(lowest), high.max(highest)),
        });
    }
}

/// The names of a backend's devices that are worth listing: its default, and hardware.
///
/// ALSA's other plugins are left out: looking at them may start a sound server, and there are a
/// dozen on every machine that lead nowhere.
pub(crate) fn names(backend: Backend) -> Vec<String> {
    let mut names = vec![DEFAULT.to_owned()];
    if backend == Backend::Jack {
        return names;
    }
    if mobile::not_ready(backend).is_some() {
        return names;
    }
    let Some(host) = host_id(backend).and_then(|id| cpal::host_from_id(id).ok()) else {
        return names;
    };
    let ids = host
        .devices()
        .into_iter()
        .flatten()
        .filter_map(|device| Some(device.id().ok()?.id().to_owned()));
    let listed = |name: &String| {
        let hardware = ["hw:", "plughw:"];
        backend != Backend::Alsa || hardware.iter().any(|prefix| name.starts_with(prefix))
    };
    names.extend(ids.filter(listed).filter(|name| name != DEFAULT));
    names
}
