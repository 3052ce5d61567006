//! How big an engine is, and the making of its two ends.

use crate::chain::{Effects, Scratch};
use crate::command::TrackSetup;
use crate::controller::Controller;
use crate::ends::Ends;
use crate::graph::Graph;
use crate::inputs::Inputs;
use crate::intake::Taken;
use crate::key::MASTER;
use crate::renderer::Renderer;
use crate::reports::Reports;
use crate::schedule::Schedule;
use crate::shared::{Shared, SharedSizes};
use crate::slots::Slots;
use crate::taps::Taps;
use crate::track::Track;
use crate::transitions::Transitions;
use crate::transport::Transport;
use crate::voices::{Fades, Voices};
use std::sync::Arc;

/// Tracks beyond the limit that may be fading out while newer ones sound.
const SPARE_TRACKS: usize = 64;
/// Connections and effects for each track, at a medium.
const EDGES_A_TRACK: usize = 16;
const EFFECTS_A_TRACK: usize = 16;
/// Taps, and meters of callers' own, beside one for each track.
const SPARE_TAPS: usize = 64;

/// Sizes of an engine. Everything is reserved when it is built.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Frames a second, for the engine's whole life. Default 48,000.
    pub sample_rate: u32,
    /// Channels of every bus and of the output, at least 1. Default 2.
    pub channels: usize,
    /// Messages that the control queue holds, at least 1. Default 256.
    pub control_capacity: usize,
    /// Actions that may wait for their frame. Default 65,536.
    pub max_events: usize,
    /// Tracks beside the master. Default 64.
    pub max_tracks: usize,
    /// Voices that may sound at once, at least 1. Default 256.
    pub max_voices: usize,
    /// Whether the master ends in the safety stage. Default true.
    pub safety_limiter: bool,
    /// Whether all of its memory is touched when it is built, so that no callback is the first to
    /// fault a page in. Default true; offline rendering need not pay for what it does not use.
    pub real_time: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            sample_rate: 48_000,
            channels: 2,
            control_capacity: 256,
            max_events: 65_536,
            max_tracks: 64,
            max_voices: 256,
            safety_limiter: true,
            real_time: true,
        }
    }
}

impl EngineConfig {
    /// Voice keys in use at once at most: every waiting voice is an event, every other one sounds.
    pub fn voice_keys(&self) -> usize {
        self.max_events + Slots::count(self.max_voices)
    }

    /// Tracks in use at once at most, the master and those that fade out included.
    pub fn track_keys(&self) -> usize {
        1 + self.max_tracks + self.max_tracks.min(SPARE_TRACKS)
    }

    /// Connections in use at once at most.
    pub fn edge_keys(&self) -> usize {
        EDGES_A_TRACK * self.track_keys()
    }

    /// Effects in use at once at most.
    pub fn effect_keys(&self) -> usize {
        EFFECTS_A_TRACK * self.track_keys()
    }

    /// Taps in use at once at most.
    pub fn tap_keys(&self) -> usize {
        SPARE_TAPS + self.track_keys()
    }

    /// Inputs in use at once at most.
    pub fn input_keys(&self) -> usize {
        SPARE_TAPS + self.track_keys()
    }

    /// Meters of callers' own at once at most.
    pub fn meter_taps(&self) -> usize {
        SPARE_TAPS + 2 * self.track_keys()
    }
}

/// Builds an engine: reserves all of its memory, and touches it, so that no callback is the first
/// to fault a page in.
///
/// # Panics
/// When `channels`, `control_capacity` or `max_voices` is 0: the caller checks its arguments.
pub fn build(config: &EngineConfig) -> (Renderer, Controller) {
    assert!(config.channels > 0 && config.control_capacity > 0 && config.max_voices > 0);
    let tracks = config.track_keys();
    let edges = config.edge_keys();
    let shared = Arc::new(Shared::new(&SharedSizes {
        tracks,
        channels: config.channels,
        slots: Slots::count(config.max_voices),
        edges,
        effects: config.effect_keys(),
        meter_taps: config.meter_taps(),
        rate: config.sample_rate,
    }));
    shared.publish_track(MASTER, 1.0, 0.0);
    let (controller, far) = Controller::new(config, &shared);
    let seconds = |t: f64| (t * f64::from(config.sample_rate)).round() as u32;
    let fades = Fades {
        pause: seconds(0.010),
        steal: seconds(0.005),
    };
    let mut renderer = Renderer {
        channels: config.channels,
        frame: 0,
        messages: far.messages,
        ends: Ends {
            reports: Reports::new(far.events, far.trash, Arc::clone(&shared)),
            schedule: Schedule::new(),
        },
        taken: Taken::default(),
        transport: Transport::new(config.sample_rate),
        tracks: make_tracks(config),
        graph: Graph::new(tracks, edges, fades.pause),
        effects: Effects::new(config.effect_keys(), fades.pause, config.channels),
        taps: Taps::new(config.tap_keys()),
        inputs: Inputs::new(config.input_keys(), fades.pause),
        transitions: Transitions::new(fades.pause),
        voices: Voices::new(tracks, config.max_voices, fades),
        scratch: Scratch::new(config.channels),
        latent: false,
        delays_voices: false,
        default_ramp: seconds(0.005),
        safety: config.safety_limiter,
        shared,
    };
    renderer.begin_with(far.growth);
    (renderer, controller)
}

fn make_tracks(config: &EngineConfig) -> Vec<Track> {
    let mut tracks: Vec<Track> = (0..config.track_keys() as u32)
        .map(|index| Track::new(index, config.channels, config.sample_rate))
        .collect();
    tracks[MASTER.index as usize].set_up(&TrackSetup {
        track: MASTER,
        volume: 1.0,
        pan: 0.0,
        open: true,
    });
    tracks
}
