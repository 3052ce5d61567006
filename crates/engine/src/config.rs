//! How big an engine is, and the making of its two ends.

use crate::command::{Commit, Message, NOW, TrackSetup, VoiceKey};
use crate::event::{Event, Trash};
use crate::renderer::{MAX_BLOCK, Renderer};
use crate::reports::Reports;
use crate::sample::SampleData;
use crate::schedule::{Due, Schedule};
use crate::shared::Shared;
use crate::slots::Slots;
use crate::track::Track;
use crate::voices::{Fades, Voices};
use std::sync::Arc;

/// The master's place among the tracks.
pub const MASTER: u32 = 0;

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
        }
    }
}

impl EngineConfig {
    /// Voice keys in use at once at most: every waiting voice is an event, every other one sounds.
    pub fn voice_keys(&self) -> usize {
        self.max_events + Slots::count(self.max_voices)
    }
}

/// The directing side's end of an engine.
pub struct Controller {
    /// The control queue.
    pub messages: rtrb::Producer<Message>,
    /// Reports; room for two a voice key.
    pub events: rtrb::Consumer<Event>,
    /// Memory to be freed; room for one a voice key.
    pub trash: rtrb::Consumer<Trash>,
    /// What the audio thread publishes.
    pub shared: Arc<Shared>,
}

/// Builds an engine: reserves all of its memory, and touches it, so that no callback is the first
/// to fault a page in.
///
/// # Panics
/// When `channels`, `control_capacity` or `max_voices` is 0: the caller checks its arguments.
pub fn build(config: &EngineConfig) -> (Renderer, Controller) {
    assert!(config.channels > 0 && config.control_capacity > 0 && config.max_voices > 0);
    let keys = config.voice_keys();
    let (messages, message_end) = touched_ring(config.control_capacity, || {
        Message::Commit(Commit { frame: NOW })
    });
    let (event_end, events) = touched_ring(2 * keys, || Event::Started {
        voice: VoiceKey {
            index: 0,
            generation: 0,
        },
        frame: 0,
    });
    let nothing = Arc::new(SampleData::empty());
    let (trash_end, trash) = touched_ring(keys, || Trash::Sample(Arc::clone(&nothing)));
    let slots = Slots::count(config.max_voices);
    let shared = Arc::new(Shared::new(config.max_tracks + 1, config.channels, slots));
    let mut tracks: Vec<Track> = (0..=config.max_tracks)
        .map(|_| Track::new(config.channels, config.sample_rate))
        .collect();
    tracks[MASTER as usize].set_up(&TrackSetup {
        track: MASTER,
        volume: 1.0,
        pan: 0.0,
        open: true,
    });
    let seconds = |t: f64| (t * f64::from(config.sample_rate)).round() as u32;
    let fades = Fades {
        pause: seconds(0.010),
        steal: seconds(0.005),
    };
    // Beside the counted events: one coalesced value for each parameter and gate.
    let waiting = keys + 4 * (config.max_tracks + 1) + config.control_capacity;
    let renderer = Renderer {
        channels: config.channels,
        frame: 0,
        messages: message_end,
        schedule: Schedule::with_capacity(2 * waiting),
        staged: touched(waiting),
        staged_capacity: waiting,
        tracks,
        voices: Voices::new(
            keys,
            config.max_voices,
            fades,
            Reports::new(event_end, trash_end),
        ),
        curve: Box::new(std::hint::black_box([0.0; MAX_BLOCK])),
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

/// Reserves and touches memory for `capacity` staged actions.
fn touched(capacity: usize) -> Vec<Due> {
    let mut staged = vec![Due::IDLE; capacity];
    staged.clear();
    staged
}

/// A ring whose memory has been written once, by filling and emptying it.
fn touched_ring<T>(
    capacity: usize,
    make: impl Fn() -> T,
) -> (rtrb::Producer<T>, rtrb::Consumer<T>) {
    let (mut producer, mut consumer) = rtrb::RingBuffer::new(capacity);
    while !producer.is_full() && producer.push(make()).is_ok() {}
    while consumer.pop().is_ok() {}
    (producer, consumer)
}
