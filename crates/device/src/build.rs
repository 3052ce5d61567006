//! Makes the backend's stream around our callbacks.

use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use cpal::traits::DeviceTrait;
use cpal::{BufferSize, Data, InputCallbackInfo, OutputCallbackInfo, StreamConfig};
use rtrb::Consumer;

use crate::cycle::{Cycle, CycleRules};
use crate::edge::Edge;
use crate::error::DeviceError;
use crate::event::{StreamEvent, reporter};
use crate::format::SampleFormat;
use crate::gate::Gate;
use crate::info::Backend;
use crate::negotiate::Choice;
use crate::playback::{OutputBlock, Playback};
use crate::recording::{InputBlock, Recording};
use crate::request::{CaptureSink, Render};
use crate::status::StreamStatus;
use crate::stream_error::ErrorCallback;

/// A stream that was decided on, but for its buffer size.
pub(crate) struct Plan {
    pub(crate) device: cpal::Device,
    pub(crate) id: String,
    pub(crate) backend: Backend,
    pub(crate) choice: Choice,
    /// Channels and rate, Hz, on our side.
    pub(crate) channels: u16,
    pub(crate) sample_rate: u32,
    pub(crate) status: Arc<StreamStatus>,
    /// Whom the first callback wakes.
    pub(crate) opener: Thread,
}

/// What the backend made; not started.
pub(crate) struct Built {
    pub(crate) stream: cpal::Stream,
    pub(crate) events: Vec<Consumer<StreamEvent>>,
    pub(crate) edge_latency_seconds: f64,
}

/// Why it did not.
pub(crate) enum Refused {
    /// Another buffer size may do.
    Configuration(cpal::Error),
    /// Nothing will.
    Finally(DeviceError),
}

impl Plan {
    fn config(&self, buffer_size: BufferSize) -> StreamConfig {
        StreamConfig {
            channels: self.choice.channels,
            sample_rate: self.choice.rate,
            buffer_size,
        }
    }

    /// The data callback's and the error callback's halves: a ring each, for they may be on
    /// different threads.
    fn halves(&self) -> (Cycle, ErrorCallback, Vec<Consumer<StreamEvent>>) {
        let (data, data_events) = reporter(self.status.clone());
        let (errors, error_events) = reporter(self.status.clone());
        let rules = CycleRules {
            // JACK reports each of its xruns, from another thread, possibly late. ALSA reports
            // most from the callback's own thread, before the next callback; the others none.
            detect_gaps: self.backend != Backend::Jack,
            promote: true,
        };
        let cycle = Cycle::new(
            self.status.clone(),
            data,
            self.choice.rate,
            rules,
            self.opener.clone(),
        );
        let errors = ErrorCallback::new(errors, self.status.clone(), self.backend);
        (cycle, errors, vec![error_events, data_events])
    }

    /// JACK and others: how long the server may take. ALSA: how often a stream without events is
    /// looked at, which finds a device that went away without waking anybody.
    fn timeout(&self) -> Duration {
        match self.backend {
            Backend::Alsa => Duration::from_millis(250),
            Backend::Jack
            | Backend::PulseAudio
            | Backend::PipeWire
            | Backend::CoreAudio
            | Backend::Wasapi
            | Backend::Asio
            | Backend::AAudio
            | Backend::Virtual => Duration::from_secs(2),
        }
    }

    fn refused(&self, error: cpal::Error) -> Refused {
        refused(self.backend, &self.id, error)
    }
}

/// What it means that a stream could not be made.
pub(crate) fn refused(backend: Backend, id: &str, error: cpal::Error) -> Refused {
    // AAudio's "internal" error is all that some devices say to a configuration they do not like;
    // cpal calls it an invalidated stream, and here there was none yet.
    if backend == Backend::AAudio && error.kind() == cpal::ErrorKind::StreamInvalidated {
        return Refused::Configuration(error);
    }
    match DeviceError::from_cpal(backend, id, &error) {
        DeviceError::Backend { .. } => Refused::Configuration(error),
        error => Refused::Finally(error),
    }
}

pub(crate) fn build_output(
    plan: &Plan,
    gate: Arc<Gate<dyn Render>>,
    buffer_size: BufferSize,
) -> Result<Built, Refused> {
    let (cycle, mut errors, events) = plan.halves();
    let edge = Edge::between(&plan.id, plan.sample_rate, plan.choice.rate, plan.channels)
        .map_err(Refused::Finally)?;
    let edge_latency_seconds = edge.as_ref().map_or(0.0, Edge::latency_seconds);
    let mut playback = Playback::new(
        gate,
        plan.status.clone(),
        cycle,
        edge,
        (plan.channels, plan.choice.channels),
        plan.choice.rate,
    );
    let format = plan.choice.format;
    let callback = move |data: &mut Data, info: &OutputCallbackInfo| {
        let time = info.timestamp();
        let latency = time.playback.duration_since(time.callback).as_secs_f64();
        if format != SampleFormat::F32 {
            playback.run(OutputBlock::Raw(format, data.bytes_mut()), latency);
        } else if let Some(samples) = data.as_slice_mut::<f32>() {
            playback.run(OutputBlock::Float(samples), latency);
        }
    };
    let stream = plan
        .device
        .build_output_stream_raw(
            plan.config(buffer_size),
            format.to_cpal(),
            callback,
            move |error| errors.call(error),
            Some(plan.timeout()),
        )
        .map_err(|error| plan.refused(error))?;
    Ok(Built {
        stream,
        events,
        edge_latency_seconds,
    })
}

pub(crate) fn build_input(
    plan: &Plan,
    gate: Arc<Gate<dyn CaptureSink>>,
    buffer_size: BufferSize,
) -> Result<Built, Refused> {
    let (cycle, mut errors, events) = plan.halves();
    let mut recording = Recording::new(
        gate,
        plan.status.clone(),
        cycle,
        plan.choice.channels,
        plan.choice.rate,
    );
    let format = plan.choice.format;
    let callback = move |data: &Data, info: &InputCallbackInfo| {
        let time = info.timestamp();
        let latency = time.callback.duration_since(time.capture).as_secs_f64();
        if format != SampleFormat::F32 {
            recording.run(&InputBlock::Raw(format, data.bytes()), latency);
        } else if let Some(samples) = data.as_slice::<f32>() {
            recording.run(&InputBlock::Float(samples), latency);
        }
    };
    let stream = plan
        .device
        .build_input_stream_raw(
            plan.config(buffer_size),
            format.to_cpal(),
            callback,
            move |error| errors.call(error),
            Some(plan.timeout()),
        )
        .map_err(|error| plan.refused(error))?;
    Ok(Built {
        stream,
        events,
        edge_latency_seconds: 0.0,
    })
}
