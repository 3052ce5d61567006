//! How big an engine is, and the making of its two ends.

use crate::aims::Aims;
use crate::chain::{Effects, Scratch};
use crate::command::{Message, TrackKey, TrackSetup, VoiceKey};
use crate::controller::Controller;
use crate::event::{Event, Trash};
use crate::graph::Graph;
use crate::inputs::Inputs;
use crate::renderer::Renderer;
use crate::reports::Reports;
use crate::sample::SampleData;
use crate::schedule::Schedule;
use crate::shared::{Shared, SharedSizes};
use crate::slots::Slots;
use crate::taps::Taps;
use crate::track::Track;
use crate::transitions::Transitions;
use crate::transport::Transport;
use crate::voices::{Fades, Voices};
use std::sync::Arc;

/// The track that every other one ends in. It exists from the start.
pub const MASTER: TrackKey = TrackKey {
    index: 0,
    generation: 0,
};

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
    let keys = config.voice_keys();
    let tracks = config.track_keys();
    let edges = config.edge_keys();
    let touch = config.real_time;
    let (messages, message_end) = ring(config.control_capacity, touch, || {
        Message::Grow(Box::new(crate::growth::Growth {}))
    });
    let reports = 2 * keys + config.max_events + tracks + edges;
    let (event_end, events) = ring(reports, touch, || Event::Started {
        voice: VoiceKey {
            index: 0,
            generation: 0,
        },
        frame: 0,
    });
    let nothing = Arc::new(SampleData::empty());
    let returns =
        keys + config.effect_keys() + config.tap_keys() + config.input_keys() + tracks + edges;
    let (trash_end, trash) = ring(returns, touch, || Trash::Sample(Arc::clone(&nothing)));
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
    let seconds = |t: f64| (t * f64::from(config.sample_rate)).round() as u32;
    let fades = Fades {
        pause: seconds(0.010),
        steal: seconds(0.005),
    };
    // Beside the counted events: one coalesced value for each parameter and gate, and what one
    // block finds in the queue.
    let waiting = keys
        + 4 * tracks
        + edges
        + 4 * config.effect_keys()
        + config.input_keys()
        + config.control_capacity;
    let renderer = Renderer {
        channels: config.channels,
        frame: 0,
        messages: message_end,
        schedule: Schedule::with_capacity(waiting, config.real_time),
        transport: Transport::new(config.sample_rate),
        aims: Aims::new(),
        tracks: make_tracks(config),
        graph: Graph::new(tracks, edges, fades.pause),
        effects: Effects::new(config.effect_keys(), fades.pause, config.channels),
        taps: Taps::new(config.tap_keys()),
        inputs: Inputs::new(config.input_keys(), fades.pause),
        transitions: Transitions::new(fades.pause),
        voices: Voices::new(
            (keys, config.real_time),
            tracks,
            config.max_voices,
            fades,
            Reports::new(event_end, trash_end, Arc::clone(&shared)),
        ),
        scratch: Scratch::new(config.channels),
        latent: false,
        delays_voices: false,
        default_ramp: seconds(0.005),
        safety: config.safety_limiter,
        shared: Arc::clone(&shared),
    };
    let controller = Controller {
        messages,
        events,
        trash,
        shared,
    };
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

/// A ring; to `touch` its memory, it is filled and emptied once.
fn ring<T>(
    capacity: usize,
    touch: bool,
    make: impl Fn() -> T,
) -> (rtrb::Producer<T>, rtrb::Consumer<T>) {
    let (mut producer, mut consumer) = rtrb::RingBuffer::new(capacity);
    while touch && !producer.is_full() && producer.push(make()).is_ok() {}
    while consumer.pop().is_ok() {}
    (producer, consumer)
}
