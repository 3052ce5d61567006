//! The devices that cpal reaches: finding one, and what it offers.
//!
//! Nothing here starts a server, and whatever may hang is left behind after a while.

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{HostId, SupportedBufferSize, SupportedStreamConfigRange};

use crate::format::SampleFormat;
use crate::info::{Backend, COMMON_RATES, DeviceInfo, Direction};
use crate::negotiate::Offer;

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

/// A device that answered, seen from one direction.
pub(crate) struct Probe {
    pub(crate) device: cpal::Device,
    pub(crate) info: DeviceInfo,
    pub(crate) offers: Vec<Offer>,
    pub(crate) preferred_rate: u32,
    pub(crate) preferred_channels: u16,
}

/// Why a device cannot be used, in the backend's words.
pub(crate) type Refusal = cpal::Error;

/// Looks at a device in one direction, and fills its info in for both.
pub(crate) fn probe(backend: Backend, name: &str, direction: Direction) -> Result<Probe, Refusal> {
    let device = find(backend, name, direction)?;
    let (offers, default) = offers(&device, direction)?;
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
    fill_in(&mut info, direction, &offers, default.channels());
    let other = direction.opposite();
    if backend == Backend::Jack {
        // A client goes either way; looking again would only make more of them.
        info.name = "JACK".into();
        fill_in(&mut info, other, &offers, default.channels());
    } else if let Ok(device) = find(backend, name, other)
        && let Ok((offers, default)) = self::offers(&device, other)
    {
        fill_in(&mut info, other, &offers, default.channels());
    }
    Ok(Probe {
        preferred_rate: default.sample_rate(),
        preferred_channels: default.channels(),
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
                find(earlier, DEFAULT, direction)
                    .and_then(|device| offers(&device, direction))
                    .is_err()
            })
}

fn find(backend: Backend, name: &str, direction: Direction) -> Result<cpal::Device, Refusal> {
    let gone =
        |message: String| cpal::Error::with_message(cpal::ErrorKind::DeviceNotAvailable, message);
    #[cfg(target_os = "linux")]
    if backend == Backend::Jack {
        return crate::jack_server::device(name, direction);
    }
    let host_id = host_id(backend)
        .ok_or_else(|| gone(format!("{backend} is not a sound system of this machine")))?;
    let host = cpal::host_from_id(host_id)?;
    if name == DEFAULT {
        let device = match direction {
            Direction::Input => host.default_input_device(),
            Direction::Output => host.default_output_device(),
        };
        return device.ok_or_else(|| gone(format!("there is no default {}", direction.as_str())));
    }
    host.device_by_id(&cpal::DeviceId::new(host_id, name))
        .ok_or_else(|| gone("there is no such device".into()))
}

fn host_id(backend: Backend) -> Option<HostId> {
    backend.as_str().parse().ok()
}

fn offers(
    device: &cpal::Device,
    direction: Direction,
) -> Result<(Vec<Offer>, cpal::SupportedStreamConfig), Refusal> {
    let (ranges, default): (Vec<SupportedStreamConfigRange>, _) = match direction {
        Direction::Input => (
            device.supported_input_configs()?.collect(),
            device.default_input_config()?,
        ),
        Direction::Output => (
            device.supported_output_configs()?.collect(),
            device.default_output_config()?,
        ),
    };
    let offers = ranges.iter().filter_map(offer).collect();
    Ok((offers, default))
}

/// `None` for DSD.
fn offer(range: &SupportedStreamConfigRange) -> Option<Offer> {
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
    for (low, high) in offers.iter().filter_map(|offer| offer.buffer) {
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
