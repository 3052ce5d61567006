//! What the controlling side says to the audio thread: how a command is addressed and carried.

use crate::ramp::Curve;
use crate::sample::SampleData;
use std::sync::Arc;

/// As a message's `frame`: the first frame of the block that drains it.
pub const NOW: u64 = u64::MAX;

/// A voice's place in the engine's table, with the generation that tells a reused place from the
/// voice that was meant. A stale key is a counted no-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VoiceKey {
    /// Place in the table.
    pub index: u32,
    /// Incremented by the controlling side each time it uses the place again.
    pub generation: u32,
}

/// A parameter's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A track's fader, linear gain.
    TrackVolume(u32),
    /// A track's pan, −1…1.
    TrackPan(u32),
    /// A voice's gain, linear.
    VoiceGain(VoiceKey),
}

/// Something that takes effect on one frame. Plain data: it owns no memory.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// Starts the voice whose [`PlaySpec`] crossed before.
    Start(VoiceKey),
    /// Fades the voice out over `fade` frames and ends it (0: cut on this frame).
    Stop {
        /// The voice.
        voice: VoiceKey,
        /// Length of the fade in frames.
        fade: u32,
    },
    /// Stops every voice that was played on the track before (by sequence number); those that
    /// wait end when their frame comes, without having sounded.
    StopTrack {
        /// The track.
        track: u32,
        /// Length of the fade in frames.
        fade: u32,
    },
    /// Fades the voice out over 10 ms and keeps its position.
    Pause(VoiceKey),
    /// Goes on from the frame at which the pause was asked for, fading in over 10 ms.
    Resume(VoiceKey),
    /// Moves a parameter. Sent without a frame of its own, for an object that has not sounded yet,
    /// a ramp of the default 5 ms or less is immediate: it came with the object's creation.
    Set {
        /// Which one.
        target: Target,
        /// The value at the end of the ramp.
        value: f64,
        /// Length of the ramp in frames (0: at once).
        frames: u32,
        /// Its shape.
        curve: Curve,
    },
    /// Opens or closes a track's gate (mute and solo), over 5 ms; at once where a `Set` would be
    /// immediate.
    Gate {
        /// The track.
        track: u32,
        /// Whether it is heard.
        open: bool,
    },
    /// Puts a track into service with its initial values.
    AddTrack(TrackSetup),
}

/// A new track's initial values, in effect at once. Values that are not finite become silence and
/// the centre.
#[derive(Debug, Clone, Copy)]
pub struct TrackSetup {
    /// Its place, below `max_tracks + 1`; 0 is the master and exists from the start.
    pub track: u32,
    /// Linear gain.
    pub volume: f64,
    /// −1…1.
    pub pan: f64,
    /// Whether it is heard.
    pub open: bool,
}

/// What a voice plays.
#[derive(Debug, Clone)]
pub struct PlaySpec {
    /// The sound, at the engine's rate.
    pub sample: Arc<SampleData>,
    /// The track it plays on. A voice for a track that is not in service ends when it would start.
    pub track: u32,
    /// Linear gain; not finite is silence.
    pub gain: f64,
}

/// One slot of the control queue.
#[derive(Debug)]
pub enum Message {
    /// An action for `frame`, or for [`NOW`]. A frame that has passed is counted late and taken
    /// for [`NOW`].
    Do {
        /// Engine frame, or [`NOW`].
        frame: u64,
        /// Order among actions of one frame.
        seq: u64,
        /// Held back until the next [`Message::Commit`].
        staged: bool,
        /// Whether it counts among [`Shared::events_done`](crate::Shared::events_done).
        counted: bool,
        /// What to do.
        action: Action,
    },
    /// A voice and the frame on which it starts. Always counted.
    Play {
        /// Engine frame, or [`NOW`].
        frame: u64,
        /// Order among actions of one frame.
        seq: u64,
        /// Held back until the next [`Message::Commit`].
        staged: bool,
        /// The voice.
        voice: VoiceKey,
        /// What it plays.
        spec: PlaySpec,
    },
    /// Releases everything staged before it, on one frame. There is room for a batch of as many
    /// actions as [`EngineConfig::max_events`](crate::EngineConfig::max_events) and one value of
    /// each track parameter; what a bigger one has staged by then is released at once, for a
    /// queue that waits for ever would be worse.
    Commit(Commit),
}

/// The end of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Commit {
    /// The frame on which staged actions without a frame of their own take effect, or [`NOW`].
    pub frame: u64,
}
