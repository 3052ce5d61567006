//! Opening a stream on a device of the system: negotiation and fallbacks.

use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use cpal::BufferSize;
use cpal::traits::StreamTrait;

use crate::bounded::within;
use crate::build::{Built, Plan, Refused, build_input, build_output};
use crate::error::DeviceError;
use crate::gate::Gate;
use crate::host::{self, Probe};
use crate::info::{Backend, Direction};
use crate::negotiate::{Choice, Wish, buffer_sizes, choose};
use crate::request::{CaptureSink, DeviceWarning, Granted, Render, StreamRequest};
use crate::status::StreamStatus;
use crate::stream::{BackendStream, Door, Stream};
use crate::{libjack, mobile};

/// How long a device may take to open; a server that hangs may never answer.
const OPEN_LIMIT: Duration = Duration::from_secs(4);

/// A device of the system, by name.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) backend: Backend,
    pub(crate) name: String,
    pub(crate) direction: Direction,
}

impl Target {
    pub(crate) fn id(&self) -> String {
        format!("{}:{}", self.backend, self.name)
    }
}

/// An open stream that is not started, and calls nothing yet.
pub(crate) struct Prepared<T: ?Sized> {
    built: Built,
    granted: Granted,
    status: Arc<StreamStatus>,
    gate: Arc<Gate<T>>,
}

/// Opens an output, as far as it goes without a renderer.
pub(crate) fn prepare_output(
    target: &Target,
    request: &StreamRequest,
) -> Result<Prepared<dyn Render>, DeviceError> {
    prepare(target, request, build_output)
}

/// Opens an input, as far as it goes without a sink.
pub(crate) fn prepare_input(
    target: &Target,
    request: &StreamRequest,
) -> Result<Prepared<dyn CaptureSink>, DeviceError> {
    prepare(target, request, build_input)
}

/// As [`prepare_output`], on this thread, however long it takes.
pub(crate) fn prepare_output_here(
    target: &Target,
    request: &StreamRequest,
) -> Result<Prepared<dyn Render>, DeviceError> {
    let opener = std::thread::current();
    negotiate(target.clone(), request, opener, build_output)
}

/// As [`prepare_input`], on this thread, however long it takes.
pub(crate) fn prepare_input_here(
    target: &Target,
    request: &StreamRequest,
) -> Result<Prepared<dyn CaptureSink>, DeviceError> {
    let opener = std::thread::current();
    negotiate(target.clone(), request, opener, build_input)
}

impl<T: ?Sized + Send + 'static> Prepared<T> {
    /// Puts in what is to be called, starts, and waits for the first callback.
    pub(crate) fn start(
        self,
        make: impl FnOnce(&Granted) -> Box<T>,
    ) -> Result<Stream, DeviceError> {
        self.gate.install(make(&self.granted));
        let door: Box<dyn Door> = Box::new(self.gate);
        let registered = libjack::register(self.granted.device.backend, &self.status);
        let backend = BackendStream::Real(Some((self.built.stream, registered)));
        let mut stream = Stream::new(self.granted, self.status, self.built.events, door, backend);
        stream.set_edge_latency(self.built.edge_latency_seconds);
        stream.start()?;
        stream.await_first_callback();
        Ok(stream)
    }
}

type Build<T> = fn(&Plan, Arc<Gate<T>>, BufferSize) -> Result<Built, Refused>;

fn prepare<T: ?Sized + Send + 'static>(
    target: &Target,
    request: &StreamRequest,
    build: Build<T>,
) -> Result<Prepared<T>, DeviceError> {
    let opener = std::thread::current();
    let (wanted, asked) = (target.clone(), request.clone());
    let prepared = within(OPEN_LIMIT, move || negotiate(wanted, &asked, opener, build));
    let prepared = prepared.unwrap_or_else(|| {
        Err(DeviceError::Backend {
            backend: target.backend.to_string(),
            device: target.id(),
            message: format!("it did not answer within {} s", OPEN_LIMIT.as_secs()),
        })
    });
    prepared.map_err(|error| mobile::advised(target.backend, target.direction, error))
}

fn negotiate<T: ?Sized + Send + 'static>(
    target: Target,
    request: &StreamRequest,
    opener: Thread,
    build: Build<T>,
) -> Result<Prepared<T>, DeviceError> {
    let id = target.id();
    let Target {
        backend,
        name,
        direction,
    } = target;
    let probe = host::probe(backend, &name, direction)
        .map_err(|refusal| not_there(backend, &id, &refusal))?;
    let asked_channels = request.channels.unwrap_or(match direction {
        Direction::Output => 2,
        Direction::Input => probe.preferred.channels,
    });
    let asked_rate = request.sample_rate.unwrap_or(probe.preferred.rate);
    // A backend that takes any number says how many there really are.
    let has = probe.info.input_channels;
    if direction == Direction::Input && has < request.least_channels {
        return Err(DeviceError::TooFewChannels {
            device: id,
            has,
            least: request.least_channels,
        });
    }
    let wish = Wish {
        direction,
        channels: asked_channels.max(request.least_channels).max(1),
        least_channels: request.least_channels,
        rate: asked_rate,
        preferred_rate: probe.preferred.rate,
    };
    let choice = choose(&probe.offers, &wish).ok_or_else(|| DeviceError::UnsupportedConfig {
        device: id.clone(),
        asked: format!("PCM {}", direction.as_str()),
        allowed: "no PCM format at all (DSD is not supported)".into(),
    })?;
    let status = Arc::new(StreamStatus::new(request.audit));
    let mut info = probe.info.clone();
    info.is_default_input = host::is_default(backend, &name, Direction::Input);
    info.is_default_output = host::is_default(backend, &name, Direction::Output);
    // Output is rendered as it was asked for and adapted; input is handed on as it comes.
    let (channels, sample_rate) = match direction {
        Direction::Output => (wish.channels, asked_rate),
        Direction::Input => (choice.channels, choice.rate),
    };
    let Probe { device, .. } = probe;
    let plan = Plan {
        device,
        id,
        backend,
        choice,
        channels,
        sample_rate,
        status: status.clone(),
        opener,
    };
    let gate = Arc::new(Gate::new());
    let (built, size) = first_size_that_works(&plan.id, &choice, request.buffer_size, |size| {
        build(&plan, gate.clone(), size)
    })?;
    // cpal says what was really granted, where it can.
    let buffer_size = granted_size(request.buffer_size, size, built.stream.buffer_size().ok());
    status.set_period(buffer_size, choice.rate);
    let mut warnings = Vec::from_iter(size_warning(request.buffer_size, buffer_size));
    if sample_rate != choice.rate {
        warnings.push(DeviceWarning::SampleRateFallback {
            asked: sample_rate,
            granted: choice.rate,
        });
    }
    // Two periods are queued at a double-buffered output; an input is read when one is complete.
    let periods = match direction {
        Direction::Output => 2.0,
        Direction::Input => 1.0,
    };
    let granted = Granted {
        device: info,
        sample_rate,
        device_rate: choice.rate,
        channels,
        buffer_size,
        latency_seconds: periods * f64::from(buffer_size) / f64::from(choice.rate)
            + built.edge_latency_seconds,
        latency_is_estimate: true,
        warnings,
    };
    Ok(Prepared {
        built,
        granted,
        status,
        gate,
    })
}

/// Makes a stream with the first of the sizes worth trying that the backend accepts; the size is
/// `None` where it was left to the backend.
fn first_size_that_works<B>(
    id: &str,
    choice: &Choice,
    asked: u32,
    mut build: impl FnMut(BufferSize) -> Result<B, Refused>,
) -> Result<(B, Option<u32>), DeviceError> {
    let mut refused = None;
    for size in buffer_sizes(asked, choice.buffer) {
        match build(size.map_or(BufferSize::Default, BufferSize::Fixed)) {
            Ok(built) => return Ok((built, size)),
            Err(Refused::Finally(error)) => return Err(error),
            Err(Refused::Configuration(error)) => {
                refused.get_or_insert(error);
            }
        }
    }
    Err(DeviceError::UnsupportedConfig {
        device: id.into(),
        asked: format!(
            "{asked} frames of {} channels of {:?} at {} Hz",
            choice.channels, choice.format, choice.rate
        ),
        allowed: match (choice.buffer, refused) {
            (Some((low, high)), Some(error)) => format!("{low} to {high} frames ({error})"),
            (_, error) => error.map_or_else(String::new, |error| error.to_string()),
        },
    })
}

/// What the backend says it granted, or what it accepted.
fn granted_size(asked: u32, accepted: Option<u32>, told: Option<u32>) -> u32 {
    told.filter(|frames| *frames > 0)
        .or(accepted)
        .unwrap_or(asked)
}

fn size_warning(asked: u32, granted: u32) -> Option<DeviceWarning> {
    (granted != asked).then_some(DeviceWarning::BufferSizeFallback { asked, granted })
}

/// A device that cannot even be asked what it can do is not there, unless somebody has it or
/// forbids it.
fn not_there(backend: Backend, id: &str, refusal: &cpal::Error) -> DeviceError {
    match DeviceError::from_cpal(backend, id, refusal) {
        error @ (DeviceError::Busy { .. } | DeviceError::Denied { .. }) => error,
        DeviceError::NoDevice { .. }
        | DeviceError::UnsupportedConfig { .. }
        | DeviceError::TooFewChannels { .. }
        | DeviceError::Backend { .. }
        | DeviceError::Lost { .. }
        | DeviceError::InvalidState { .. } => DeviceError::Lost {
            device: id.into(),
            message: refusal.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::refused;
    use crate::format::SampleFormat;
    use cpal::ErrorKind as Kind;

    /// Opens for 256 frames on a backend that takes only what it likes, and says so as `kind`.
    fn opened(
        backend: Backend,
        range: Option<(u32, u32)>,
        kind: Kind,
        takes: fn(BufferSize) -> Option<u32>,
    ) -> Result<(u32, Vec<BufferSize>), DeviceError> {
        let choice = Choice {
            channels: 2,
            rate: 48_000,
            format: SampleFormat::F32,
            buffer: range,
        };
        let mut tried = Vec::new();
        let (told, size) = first_size_that_works("it:default", &choice, 256, |size| {
            tried.push(size);
            takes(size).ok_or_else(|| refused(backend, "it:default", kind.into()))
        })?;
        Ok((granted_size(256, size, Some(told)), tried))
    }

    #[test]
    fn a_phone_that_refuses_the_buffer_size_gets_its_preference_and_a_warning() {
        // Android: any size may be asked for, and some devices only say "internal error".
        let burst = |size| (size == BufferSize::Default).then_some(192);
        for kind in [
            Kind::InvalidInput,
            Kind::UnsupportedConfig,
            Kind::StreamInvalidated,
            Kind::UnsupportedOperation,
        ] {
            let (granted, tried) = opened(Backend::AAudio, None, kind, burst).unwrap();
            assert_eq!(granted, 192);
            assert_eq!(tried.first(), Some(&BufferSize::Fixed(256)));
            assert_eq!(tried.last(), Some(&BufferSize::Default));
            let warning = DeviceWarning::BufferSizeFallback {
                asked: 256,
                granted: 192,
            };
            assert_eq!(size_warning(256, granted), Some(warning));
        }
    }

    #[test]
    fn a_phone_that_takes_the_size_and_runs_with_another_says_so() {
        // iOS takes it as a wish, and says afterwards what came of it.
        let rounded = |_| Some(470);
        let range = Some((256, 4096));
        let kind = Kind::UnsupportedConfig;
        let (granted, tried) = opened(Backend::CoreAudio, range, kind, rounded).unwrap();
        assert_eq!((granted, tried.len()), (470, 1));
        assert!(size_warning(256, granted).is_some());
        assert_eq!(size_warning(256, 256), None);
    }

    #[test]
    fn a_device_that_is_gone_or_forbidden_is_not_asked_again() {
        for kind in [
            Kind::DeviceNotAvailable,
            Kind::PermissionDenied,
            Kind::DeviceBusy,
        ] {
            let result = opened(Backend::AAudio, None, kind, |_| None);
            assert!(
                !matches!(result, Err(DeviceError::UnsupportedConfig { .. })),
                "{result:?}"
            );
        }
        let result = opened(Backend::CoreAudio, None, Kind::StreamInvalidated, |_| None);
        assert!(
            matches!(result, Err(DeviceError::Lost { .. })),
            "{result:?}"
        );
    }

    #[test]
    fn a_device_that_takes_no_size_at_all_says_what_was_asked() {
        let kind = Kind::StreamInvalidated;
        let error = opened(Backend::AAudio, None, kind, |_| None).unwrap_err();
        assert!(matches!(error, DeviceError::UnsupportedConfig { .. }));
        assert!(error.to_string().contains("256 frames of 2 channels"));
    }
}
