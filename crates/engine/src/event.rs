//! What the audio thread says back, and the memory it returns.

use crate::command::Batch;
use crate::effect::EffectBody;
use crate::growth::Growth;
use crate::input::Input;
use crate::key::{EdgeKey, EffectKey, InputKey, TapKey, TrackKey, VoiceKey};
use crate::sample::SampleData;
use crate::tap::Sink;
use std::sync::Arc;

/// Why a voice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its sound was over.
    Finished,
    /// It was stopped.
    Stopped,
    /// A newer voice needed its place.
    Stolen,
}

/// A report that may not be lost: the ring has room for two a voice, one a marker, one a track and
/// one a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The voice's first frame.
    Started {
        /// The voice.
        voice: VoiceKey,
        /// Engine frame.
        frame: u64,
    },
    /// The voice's first silent frame. Its key may be used again.
    Ended {
        /// The voice.
        voice: VoiceKey,
        /// Engine frame.
        frame: u64,
        /// Why.
        reason: EndReason,
    },
    /// A marker's frame. The controlling side keeps no more than
    /// [`EngineConfig::max_events`](crate::EngineConfig::max_events) of them under way.
    Marker {
        /// The number it was sent with.
        marker: u64,
        /// Engine frame; `None` when the transport was sought past it.
        frame: Option<u64>,
    },
    /// The track is out of service. Its key may be used again.
    TrackGone(TrackKey),
    /// The connection has ended. Its key may be used again.
    EdgeGone(EdgeKey),
}

/// Memory on its way back from the audio thread, to be freed by whoever takes it. The key of an
/// effect, a tap or an input may then be used again.
///
/// The ring that carries it has one place for each key and a key holds one of these at most, so the
/// ring cannot be full.
#[derive(Debug)]
pub enum Trash {
    /// A voice's share of its sample.
    Sample(Arc<SampleData>),
    /// An effect.
    Effect(EffectKey, Box<EffectBody>),
    /// A tap.
    Tap(TapKey, Box<dyn Sink>),
    /// An input.
    Input(InputKey, Box<Input>),
    /// Memory of a delay. The controlling side has no more of them under way than connections and
    /// tracks.
    Line(Box<[f32]>),
    /// A batch's box, emptied.
    Batch(Box<Batch>),
    /// What growing replaced.
    Growth(Box<Growth>),
}
