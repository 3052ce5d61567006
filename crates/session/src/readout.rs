//! How things sound now: values, positions, levels, times. Nothing here waits: the audio thread
//! publishes into cells that are read by key.

use crate::engine::Engine;
use crate::error::{Error, ErrorCode};
use crate::key::{edge_key, effect_key, track_key, voice_key};
use crate::lock::lock;
use crate::meter::TrackMeter;
use crate::operation::{EffectId, InputId, SendId, TrackId};
use crate::stats::EngineStats;
use crate::tap::{OutputTap, least_capacity};
use crate::track_tap::TrackTap;
use noxrun_device::Granted;
use noxrun_engine::MeterReading;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A parameter by the key of what it belongs to, as [`Engine::submit_strictly`] returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKey {
    /// A track's fader.
    TrackVolume(u64),
    /// A track's pan.
    TrackPan(u64),
    /// A voice's gain.
    VoiceGain(u64),
    /// A voice's playback speed.
    VoiceRate(u64),
    /// A send's gain.
    SendGain(u64),
    /// An effect's parameter, by its place.
    Effect(u64, usize),
}

/// The transport, extrapolated by the clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransportState {
    /// Whether it runs.
    pub playing: bool,
    /// Where it is, in beats.
    pub beat: f64,
    /// The tempo that sounds, beats a minute.
    pub tempo: f64,
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
    pub fn param_current(&self, param: ParamKey) -> Option<f64> {
        let shared = &self.core.shared;
        match param {
            ParamKey::TrackVolume(key) => shared.track_volume(track_key(key)),
            ParamKey::TrackPan(key) => shared.track_pan(track_key(key)),
            ParamKey::VoiceGain(key) => shared.voice(voice_key(key)).map(|voice| voice.gain),
            ParamKey::VoiceRate(key) => shared.voice(voice_key(key)).map(|voice| voice.rate),
            ParamKey::SendGain(key) => shared.edge_gain(edge_key(key)),
            ParamKey::Effect(key, param) => shared.effect_param(effect_key(key), param),
        }
    }

    /// Where in its sound a voice is, in frames, extrapolated by the clock; `None` while it waits and
    /// when it is over.
    pub fn voice_position(&self, voice: u64) -> Option<f64> {
        let shared = &self.core.shared;
        let clock = shared.clock().frame;
        let reading = shared.voice(voice_key(voice))?;
        let later = self.core.current_frame().saturating_sub(clock);
        Some(reading.position_at(later as f64))
    }

    /// The transport now.
    pub fn transport_state(&self) -> TransportState {
        let reading = self.core.shared.transport();
        TransportState {
            playing: reading.playing,
            beat: reading.beat_at(self.core.current_frame()),
            tempo: reading.tempo,
        }
    }

    /// A track's levels over the last 100 ms, after its fader, by its key.
    pub fn meter(&self, track: u64) -> MeterReading {
        self.core.shared.meter(track_key(track))
    }

    /// The place of an effect's kind; `None` when there is no such effect.
    pub fn effect_kind(&self, effect: EffectId) -> Option<usize> {
        lock(&self.core.dispatcher).effect_kind(effect)
    }

    /// The track that a track feeds; `None` when it is not there. The master's is itself.
    pub fn track_output(&self, track: TrackId) -> Option<TrackId> {
        lock(&self.core.dispatcher).track_output(track)
    }

    /// Every track but the master, in the order of their ids.
    pub fn tracks(&self) -> Vec<TrackId> {
        lock(&self.core.dispatcher).tracks()
    }

    /// A track's effects in the order of the sound.
    pub fn chain(&self, track: TrackId) -> Vec<EffectId> {
        lock(&self.core.dispatcher).chain(track)
    }

    /// Whether a send is there.
    pub fn has_send(&self, send: SendId) -> bool {
        lock(&self.core.dispatcher).has_send(send)
    }

    /// Whether an input is there and was not removed.
    pub fn has_input(&self, input: InputId) -> bool {
        lock(&self.core.dispatcher).has_input(input)
    }

    /// A meter of the caller's own on a track: levels since it was last read.
    ///
    /// # Errors
    /// `ERR_CLOSED`; `ERR_LIMIT` when there are as many as the engine has room for.
    pub fn open_meter(&self, track: u64) -> Result<TrackMeter, Error> {
        self.ensure_open()?;
        TrackMeter::open(&self.core, &self.config, track_key(track))
    }

    /// A tap on a track: its sound after its fader, from the next block on, handed out of the audio
    /// thread. `capacity` is in samples; by default two seconds, and 65,536 frames at least.
    ///
    /// Where time is stepped, and offline, its recordings are waited for: they lose nothing, however
    /// much is rendered at once.
    ///
    /// # Errors
    /// `ERR_CLOSED`; `ERR_INVALID_ARG` for a track that is not there; `ERR_LIMIT` when there are as
    /// many as the engine has room for.
    pub fn open_tap(&self, track: TrackId, capacity: Option<usize>) -> Result<TrackTap, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.ensure_open()?;
        lock(&self.core.dispatcher).known(track, crate::dispatch::Stale::Ignore)?;
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
        lock(&self.core.dispatcher).add_tap(tap, track, sink);
        Ok(TrackTap::new(&self.core, tap, output))
    }

    /// Counters and load.
    pub fn stats(&self) -> EngineStats {
        EngineStats::read(&self.core, &self.config)
    }
}
