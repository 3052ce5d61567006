//! How things sound now: values, positions, levels, times.

use super::Engine;
use crate::error::{Error, ErrorCode};
use crate::inbox::Entry;
use crate::intent::{ParamId, TrackId, VoiceId};
use crate::meter::TrackMeter;
use crate::outlet::lock;
use crate::stats::EngineStats;
use crate::tap::{OutputTap, least_capacity};
use crate::track_tap::TrackTap;
use noxrun_device::Granted;
use noxrun_engine::MeterReading;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The transport, extrapolated by the clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransportState {
    /// Whether it runs.
    pub playing: bool,
    /// Where it is, in beats.
    pub beat: f64,
}

impl Engine {
    /// Engine time in frames: the next frame to be rendered, extrapolated by the clock.
    pub fn current_frame(&self) -> u64 {
        self.core.current_frame()
    }

    /// Seconds from the engine to the device's output as they are now, the graph's latency
    /// included, and whether that is computed from the buffer size because the backend does not
    /// tell.
    pub fn latency(&self) -> (f64, bool) {
        let Granted {
            latency_seconds,
            latency_is_estimate,
            sample_rate,
            ..
        } = self.core.granted;
        let opened = (latency_seconds, latency_is_estimate);
        let readings = self.core.readings.as_ref();
        let now = readings.and_then(|published| published.read().readout.latency());
        let (device, is_estimate) = now.unwrap_or(opened);
        let graph = f64::from(self.graph_latency()) / f64::from(sample_rate);
        (device + graph, is_estimate)
    }

    /// Frames by which effects that look ahead delay everything.
    pub fn graph_latency(&self) -> u32 {
        self.core.shared.graph_latency()
    }

    /// A parameter's value as it sounds now; `None` when what it belongs to does not sound.
    pub fn param_current(&self, param: ParamId) -> Option<f64> {
        lock(&self.core.dispatcher).param_current(param)
    }

    /// Where in its sound a voice is, in frames, extrapolated by the clock; where it will begin
    /// while it waits; `None` when it is over.
    pub fn voice_position(&self, voice: VoiceId) -> Option<f64> {
        let frame = self.core.current_frame();
        lock(&self.core.dispatcher).voice_position(voice, frame)
    }

    /// The transport now.
    pub fn transport_state(&self) -> TransportState {
        let reading = self.core.shared.transport();
        TransportState {
            playing: reading.playing,
            beat: reading.beat_at(self.core.current_frame()),
        }
    }

    /// A track's levels over the last 100 ms, after its fader. Silence for one that is not there.
    pub fn meter(&self, track: TrackId) -> MeterReading {
        let key = lock(&self.core.dispatcher).track_key(track);
        let silence = || crate::meter::silence(self.config.channels);
        key.map_or_else(silence, |key| self.core.shared.meter(key))
    }

    /// A meter of the caller's own on a track: levels since it was last read.
    ///
    /// # Errors
    /// `ERR_CLOSED`; `ERR_INVALID_ARG` for a track that is not there; `ERR_LIMIT` when there are as
    /// many as the engine has room for.
    pub fn open_meter(&self, track: TrackId) -> Result<TrackMeter, Error> {
        self.ensure_open()?;
        lock(&self.wiring).known(track)?;
        TrackMeter::open(&self.core, &self.config, track)
    }

    /// A tap on a track: its sound after its fader, from the next block on, handed out of the audio
    /// thread. `capacity` is in samples; by default two seconds, and 65,536 frames at least.
    ///
    /// Where time is stepped, and offline, its recordings are waited for: they lose nothing, however
    /// much is rendered at once.
    ///
    /// # Errors
    /// As [`Engine::open_meter`].
    pub fn open_tap(&self, track: TrackId, capacity: Option<usize>) -> Result<TrackTap, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.ensure_open()?;
        let wiring = lock(&self.wiring);
        wiring.known(track)?;
        let limit = self.config.tap_keys();
        if self.core.taps.fetch_add(1, Ordering::Relaxed) >= limit {
            self.core.taps.fetch_sub(1, Ordering::Relaxed);
            let message = format!(
                "{limit} streams and recordings of tracks are open, as many as the engine has \
                 room for with its maxTracks"
            );
            return Err(Error::new(ErrorCode::Limit, message));
        }
        let tap = NEXT.fetch_add(1, Ordering::Relaxed);
        let (rate, channels) = (self.config.sample_rate, self.config.channels);
        let frames = (2 * rate as usize).max(least_capacity());
        let capacity = capacity.unwrap_or(frames * channels);
        let opened = OutputTap::open(rate, channels, capacity);
        let (sink, output) = opened.inspect_err(|_| {
            self.core.taps.fetch_sub(1, Ordering::Relaxed);
        })?;
        let output = Arc::new(output);
        self.core.note_tap(&output);
        self.core.inbox.put([Entry::Tap { tap, track, sink }]);
        Ok(TrackTap::new(&self.core, tap, output))
    }

    /// Counters and load.
    pub fn stats(&self) -> EngineStats {
        EngineStats::read(&self.core, &self.config)
    }
}
