//! What a caller wants, in engine units. Intents are checked where they are submitted and
//! translated on the dispatch side.

mod check;
mod param;

pub use check::in_range;
pub(crate) use check::when;
pub use param::{PARAMS, ParamId, ParamSpec, TEMPO};

use noxrun_engine::{Curve, SampleData, When};
use std::sync::Arc;

/// A track as its caller knows it: unique for the life of the engine. 0 is the master.
pub type TrackId = u32;
/// A voice as its caller knows it: unique for the life of the engine, chosen by the caller.
pub type VoiceId = u64;
/// A send, likewise.
pub type SendId = u64;
/// An effect, likewise.
pub type EffectId = u64;
/// An input of a track, likewise.
pub type InputId = u64;
/// A marker, likewise.
pub type MarkerId = u64;

/// What a voice plays. Lengths and places in frames of the sound, fades in frames of the engine.
#[derive(Debug, Clone)]
pub struct Playback {
    /// The sound, at the engine's rate.
    pub sample: Arc<SampleData>,
    /// Linear gain.
    pub gain: f64,
    /// Playback speed.
    pub rate: f64,
    /// Where it begins.
    pub offset: u64,
    /// How much of the sound it plays, repetitions counted; none: to its end, or for ever.
    pub length: Option<u64>,
    /// What it repeats: start and end, the end excluded.
    pub repeat: Option<(u64, u64)>,
    /// It rises from silence over this many frames.
    pub fade_in: u32,
    /// It falls to silence over its last this many frames.
    pub fade_out: u32,
}

impl Playback {
    /// All of `sample`, once, as it is.
    pub fn new(sample: Arc<SampleData>) -> Self {
        Self {
            sample,
            gain: 1.0,
            rate: 1.0,
            offset: 0,
            length: None,
            repeat: None,
            fade_in: 0,
            fade_out: 0,
        }
    }
}

/// What an effect is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectSetup {
    /// Place of its kind in [`EFFECTS`](crate::EFFECTS).
    pub kind: u8,
    /// Place of its variant among the kind's; 0 where it has none.
    pub variant: u8,
    /// Value of each of its parameters.
    pub values: Vec<f64>,
}

/// One thing to do, and when.
///
/// Values are the most of them by far, so what is larger is boxed: it is copied a few times on its
/// way.
#[derive(Debug, Clone)]
pub enum Intent {
    /// Puts a track into service, at once.
    AddTrack {
        /// Its id.
        track: TrackId,
        /// What it feeds.
        output: TrackId,
        /// Linear gain.
        volume: f64,
        /// −1…1.
        pan: f64,
    },
    /// Fades a track out over 10 ms and takes it out of service. What fed it feeds what it fed;
    /// sends to it end.
    RemoveTrack(TrackId),
    /// Lets a track feed another one than before, crossfading over 10 ms.
    Route {
        /// The track.
        track: TrackId,
        /// What it feeds.
        to: TrackId,
    },
    /// Lets a track feed one more, after its fader.
    AddSend {
        /// The new send.
        send: SendId,
        /// The track that feeds.
        from: TrackId,
        /// The track that is fed.
        to: TrackId,
        /// Linear gain.
        gain: f64,
    },
    /// Fades a send out over 10 ms and ends it.
    RemoveSend(SendId),
    /// Puts an effect into a track's chain, crossfading over 10 ms.
    AddEffect {
        /// The new effect.
        effect: EffectId,
        /// The track.
        track: TrackId,
        /// Its place in the chain; none: the last.
        index: Option<u32>,
        /// Whether it begins bypassed.
        bypass: bool,
        /// What it is.
        setup: EffectSetup,
    },
    /// Moves an effect within its chain.
    MoveEffect {
        /// The effect.
        effect: EffectId,
        /// Its place afterwards.
        index: u32,
    },
    /// Takes an effect out of its chain.
    RemoveEffect(EffectId),
    /// Takes every effect out of a track's chain.
    ClearEffects(TrackId),
    /// Bypasses an effect, or no longer.
    Bypass {
        /// The effect.
        effect: EffectId,
        /// Whether it is bypassed.
        on: bool,
        /// When.
        at: When,
    },
    /// Lets an input that was opened before sound on a track, before its effects, fading in over
    /// 10 ms.
    AddInput {
        /// The input.
        input: InputId,
        /// The track.
        track: TrackId,
        /// Linear gain.
        gain: f64,
    },
    /// Fades an input out over 10 ms and ends it.
    RemoveInput(InputId),
    /// Silences a track or lets it sound.
    Mute {
        /// The track.
        track: TrackId,
        /// Whether it is muted.
        on: bool,
    },
    /// Solo in place.
    Solo {
        /// The track.
        track: TrackId,
        /// Whether it is soloed.
        on: bool,
    },
    /// Plays a sample.
    Play {
        /// The new voice.
        voice: VoiceId,
        /// Where.
        track: TrackId,
        /// What.
        playback: Box<Playback>,
        /// When.
        at: When,
    },
    /// Fades a voice out and ends it.
    Stop {
        /// The voice.
        voice: VoiceId,
        /// Frames of the fade; 0 cuts.
        fade: u32,
        /// When.
        at: When,
    },
    /// Stops every voice that was played on a track before.
    StopTrack {
        /// The track.
        track: TrackId,
        /// Frames of the fade; 0 cuts.
        fade: u32,
        /// When.
        at: When,
    },
    /// Pauses a voice.
    Pause {
        /// The voice.
        voice: VoiceId,
        /// When.
        at: When,
    },
    /// Resumes a voice.
    Resume {
        /// The voice.
        voice: VoiceId,
        /// When.
        at: When,
    },
    /// Lets a voice go on from another place of its sound.
    SeekVoice {
        /// The voice.
        voice: VoiceId,
        /// Frame of the sound.
        position: u64,
        /// When.
        at: When,
    },
    /// Moves a parameter.
    Set {
        /// Which.
        param: ParamId,
        /// Where to.
        value: f64,
        /// Frames of the ramp; 0 is at once.
        ramp: u32,
        /// Its shape.
        curve: Curve,
        /// When it begins.
        at: When,
    },
    /// Moves a parameter so that it stands on a value at a time: a point of an automation.
    Reach {
        /// Which.
        param: ParamId,
        /// The value.
        value: f64,
        /// How it gets there.
        curve: Curve,
        /// When it is reached.
        at: When,
        /// The point before, from which it moves.
        from: When,
    },
    /// Drops what is scheduled for a parameter and holds it where it is.
    Cancel {
        /// Which.
        param: ParamId,
        /// From when on.
        from: When,
    },
    /// Sets the transport's tempo.
    Tempo {
        /// Beats a minute.
        bpm: f64,
        /// When.
        at: When,
    },
    /// Starts the transport.
    StartTransport(When),
    /// Stops the transport where it is.
    StopTransport(When),
    /// Puts the transport on a beat.
    SeekTransport(f64),
    /// Sets the transport's loop, start and end in beats, or none.
    Loop(Option<(f64, f64)>),
    /// Has the frame reported on which a time falls.
    Marker {
        /// The new marker.
        marker: MarkerId,
        /// When.
        at: When,
    },
}

impl Intent {
    /// Whether it is one of the events that `max_events` bounds, in a batch with a time (`timed`)
    /// or otherwise. Values without a time are not: they coalesce to the newest.
    pub fn is_event(&self, timed: bool) -> bool {
        match self {
            Self::Set { at, .. } | Self::Bypass { at, .. } => timed || *at != When::Now,
            Self::AddTrack { .. } | Self::Mute { .. } | Self::Solo { .. } => false,
            _ => true,
        }
    }

    /// Whether it changes what feeds what, or what a chain is made of.
    pub(crate) fn is_structural(&self) -> bool {
        matches!(
            self,
            Self::AddTrack { .. }
                | Self::RemoveTrack(_)
                | Self::Route { .. }
                | Self::AddSend { .. }
                | Self::RemoveSend(_)
                | Self::AddEffect { .. }
                | Self::MoveEffect { .. }
                | Self::RemoveEffect(_)
                | Self::ClearEffects(_)
        )
    }
}
