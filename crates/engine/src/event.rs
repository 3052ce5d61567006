//! What the audio thread says back, and the memory it returns.

use crate::command::VoiceKey;
use crate::sample::SampleData;
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

/// A report that may not be lost: the ring has room for two a voice.
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
}

/// Memory on its way back from the audio thread, to be freed by whoever takes it.
///
/// The ring that carries it has one place for each voice key and a key holds one of these at most,
/// so the ring cannot be full.
#[derive(Debug)]
pub enum Trash {
    /// A voice's share of its sample.
    Sample(Arc<SampleData>),
}
