//! How streams come to a virtual device and leave it.

use std::sync::Arc;

use rtrb::Consumer;

use super::block::{Callback, Slot};
use super::device::{Device, Message};
use crate::cycle::{Cycle, CycleRules};
use crate::edge::Edge;
use crate::error::DeviceError;
use crate::event::{StreamEvent, reporter};
use crate::gate::Gate;
use crate::info::Direction;
use crate::playback::Playback;
use crate::recording::Recording;
use crate::request::{CaptureSink, DeviceWarning, Granted, Render, StreamRequest};
use crate::status::StreamStatus;
use crate::stream::{BackendStream, Door, Stream};

/// A stream's place on a device; dropping it leaves the device.
pub(crate) struct Attachment {
    device: Arc<Device>,
    slot: u64,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let mut control = self.device.control();
        control.attached -= 1;
        control.inbox.push(Message::Detach(self.slot));
        self.device.tell(control);
    }
}

/// Opens an output stream. `warnings` come before those of the device.
pub(crate) fn attach_output(
    device: &Arc<Device>,
    request: &StreamRequest,
    warnings: Vec<DeviceWarning>,
    make: impl FnOnce(&Granted) -> Box<dyn Render>,
) -> Result<Stream, DeviceError> {
    let mut place = Place::reserve(device, request, Direction::Output, warnings)?;
    let granted = &mut place.granted;
    granted.channels = request.channels.unwrap_or(2).max(1);
    let asked = request.sample_rate.unwrap_or(granted.device_rate);
    let edge = Edge::between(device.id(), asked, granted.device_rate, granted.channels)?;
    if let Some(edge) = &edge {
        granted.latency_seconds = edge.latency_seconds();
        granted.sample_rate = asked;
        granted.warnings.push(DeviceWarning::SampleRateFallback {
            asked,
            granted: granted.device_rate,
        });
    }
    let gate = Arc::new(Gate::<dyn Render>::new());
    gate.install(make(granted));
    let (cycle, events) = place.cycle();
    let playback = Playback::new(
        gate.clone(),
        place.status.clone(),
        cycle,
        edge,
        (place.granted.channels, device.options.channels),
        place.granted.device_rate,
    );
    place.occupy(
        Callback::Output(Box::new(playback)),
        request,
        events,
        Box::new(gate),
    )
}

/// Opens an input stream, at the device's rate and channels.
pub(crate) fn attach_input(
    device: &Arc<Device>,
    request: &StreamRequest,
    warnings: Vec<DeviceWarning>,
    make: impl FnOnce(&Granted) -> Box<dyn CaptureSink>,
) -> Result<Stream, DeviceError> {
    let has = device.options.channels;
    if has < request.least_channels {
        return Err(DeviceError::TooFewChannels {
            device: device.id().into(),
            has,
            least: request.least_channels,
        });
    }
    let place = Place::reserve(device, request, Direction::Input, warnings)?;
    let gate = Arc::new(Gate::<dyn CaptureSink>::new());
    gate.install(make(&place.granted));
    let (cycle, events) = place.cycle();
    let recording = Recording::new(
        gate.clone(),
        place.status.clone(),
        cycle,
        place.granted.channels,
        place.granted.device_rate,
    );
    place.occupy(
        Callback::Input(Box::new(recording)),
        request,
        events,
        Box::new(gate),
    )
}

/// A place on a device that is not called yet.
struct Place {
    attachment: Attachment,
    granted: Granted,
    status: Arc<StreamStatus>,
}

impl Place {
    fn reserve(
        device: &Arc<Device>,
        request: &StreamRequest,
        direction: Direction,
        mut warnings: Vec<DeviceWarning>,
    ) -> Result<Self, DeviceError> {
        let info = device.info();
        let mut control = device.control();
        if control.lost {
            let how = if control.closed {
                "is closed"
            } else {
                "is lost"
            };
            return Err(DeviceError::NoDevice {
                direction,
                tried: format!("{} {how}", device.id()),
            });
        }
        // All streams of a device share its blocks, as on a JACK server: the first one decides.
        if control.attached == 0 {
            let options = &device.options;
            let accepted = options.accepted_buffer_sizes.as_ref();
            let accepts = accepted.is_none_or(|sizes| sizes.contains(&request.buffer_size));
            control.block = if accepts && request.buffer_size > 0 {
                request.buffer_size
            } else {
                options.buffer_size
            };
        }
        if control.block != request.buffer_size {
            warnings.push(DeviceWarning::BufferSizeFallback {
                asked: request.buffer_size,
                granted: control.block,
            });
        }
        control.attached += 1;
        control.next_slot += 1;
        let attachment = Attachment {
            device: device.clone(),
            slot: control.next_slot,
        };
        let status = Arc::new(StreamStatus::timed(request.audit, device.clock()));
        status.set_period(control.block, control.rate);
        let granted = Granted {
            device: info,
            sample_rate: control.rate,
            device_rate: control.rate,
            channels: device.options.channels,
            buffer_size: control.block,
            latency_seconds: 0.0,
            latency_is_estimate: false,
            warnings,
        };
        Ok(Self {
            attachment,
            granted,
            status,
        })
    }

    fn cycle(&self) -> (Cycle, Consumer<StreamEvent>) {
        let (reporter, events) = reporter(self.status.clone());
        let rules = CycleRules {
            // The device reports its own.
            detect_gaps: false,
            // A thread that waits in hooks has no business at real-time priority.
            promote: !self.attachment.device.is_manual(),
        };
        let cycle = Cycle::new(
            self.status.clone(),
            reporter,
            self.granted.device_rate,
            rules,
            std::thread::current(),
        );
        (cycle, events)
    }

    fn occupy(
        self,
        callback: Callback,
        request: &StreamRequest,
        events: Consumer<StreamEvent>,
        door: Box<dyn Door>,
    ) -> Result<Stream, DeviceError> {
        let device = self.attachment.device.clone();
        let manual = device.is_manual();
        let slot = Slot {
            id: self.attachment.slot,
            status: self.status.clone(),
            hooks: request.hooks.clone().filter(|_| manual),
            callback,
            is_stale: false,
        };
        self.status.touch();
        let backend = BackendStream::Virtual(self.attachment);
        let mut stream = Stream::new(self.granted, self.status, vec![events], door, backend);
        {
            let mut control = device.control();
            control.inbox.push(Message::Attach(Box::new(slot)));
            device.tell(control);
        }
        device.ensure_thread()?;
        if !manual {
            stream.await_first_callback();
        }
        Ok(stream)
    }
}
