//! What the controlling side says to the audio thread: how a command is addressed and carried.
//!
//! Actions are plain data. Memory that an action needs (a voice's sound, an effect) travels ahead
//! of it, in a message of its own, and comes back as [`Trash`](crate::Trash).

use crate::effect::EffectBody;
use crate::growth::Growth;
use crate::input::Input;
use crate::key::{EdgeKey, EffectKey, InputKey, TapKey, TrackKey, VoiceKey};
use crate::ramp::Curve;
use crate::sample::SampleData;
use crate::tap::Sink;
use std::sync::Arc;

/// When something takes effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// The first frame of the block that drains it.
    Now,
    /// An engine frame. One that has passed is counted late and taken for [`When::Now`].
    Frame(u64),
    /// A beat of the transport: when it comes by.
    Beat(f64),
}

/// A parameter's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A track's fader, linear gain.
    TrackVolume(TrackKey),
    /// A track's pan, −1…1.
    TrackPan(TrackKey),
    /// A voice's gain, linear.
    VoiceGain(VoiceKey),
    /// A voice's playback speed.
    VoiceRate(VoiceKey),
    /// A connection's gain, linear.
    EdgeGain(EdgeKey),
    /// An input's gain, linear.
    InputGain(InputKey),
    /// An effect's parameter, by its place among them.
    Effect(EffectKey, u8),
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
        track: TrackKey,
        /// Length of the fade in frames.
        fade: u32,
    },
    /// Fades the voice out over 10 ms and keeps its position.
    Pause(VoiceKey),
    /// Goes on from the frame at which the pause was asked for, fading in over 10 ms.
    Resume(VoiceKey),
    /// Goes on from another frame of its sound, crossfading over 10 ms.
    Seek {
        /// The voice.
        voice: VoiceKey,
        /// Frame of the sound.
        position: u64,
    },
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
    /// Lets a parameter stand on `value` when its time comes: a point of an automation. It moves
    /// there from the point before: the latest one of the same kind (frame or beat) that is
    /// scheduled for its time or earlier and has not passed, and which keeps its own frame. Without
    /// one it moves from where the parameter is when this is taken in (in a batch: when the batch
    /// takes effect, if that is not later). [`Curve::Step`], and a second point of one time, jump.
    ///
    /// A point in front of another one leads to it anew. Points whose orders follow one another
    /// immediately are one automation: only the last of them leads to what comes after.
    Reach {
        /// Which one.
        target: Target,
        /// The value at its time.
        value: f64,
        /// How it gets there.
        curve: Curve,
    },
    /// Drops, as soon as it arrives, what is scheduled for a parameter from its time on (without a
    /// time: everything), and holds the parameter where it is when its time comes. A ramp that
    /// begins earlier runs until then.
    Cancel(Target),
    /// Opens or closes a track's gate (mute and solo), over 5 ms; at once where a `Set` would be
    /// immediate.
    Gate {
        /// The track.
        track: TrackKey,
        /// Whether it is heard.
        open: bool,
    },
    /// Puts a track into service with its initial values. It feeds nothing yet.
    AddTrack(TrackSetup),
    /// Fades a track out over 10 ms and takes it out of service, with its voices, effects, taps,
    /// inputs and connections.
    RemoveTrack(TrackKey),
    /// Lets one track feed another, after its fader, fading in over 10 ms; at once when the feeding
    /// track has not sounded yet. A connection that would close a circle with one that is on its
    /// way out begins when that is gone.
    Connect {
        /// The connection.
        edge: EdgeKey,
        /// The track that feeds.
        from: TrackKey,
        /// The track that is fed.
        to: TrackKey,
        /// Linear gain.
        gain: f64,
    },
    /// Fades a connection out over 10 ms and ends it.
    Disconnect(EdgeKey),
    /// Puts an effect that crossed before into a track's chain, fading in over 10 ms; at once when
    /// the track has not sounded yet.
    AddEffect {
        /// The effect.
        effect: EffectKey,
        /// The track.
        track: TrackKey,
        /// The effect that it stands before; none: it is the last.
        before: Option<EffectKey>,
        /// Whether it begins bypassed.
        bypass: bool,
    },
    /// Moves an effect within its chain: it fades out where it was and in where it will be.
    MoveEffect {
        /// The effect.
        effect: EffectKey,
        /// The effect that it stands before; none: it is the last.
        before: Option<EffectKey>,
    },
    /// Fades an effect out over 10 ms and gives it back.
    RemoveEffect(EffectKey),
    /// Bypasses an effect, or no longer, crossfading over 10 ms.
    Bypass {
        /// The effect.
        effect: EffectKey,
        /// Whether it is bypassed.
        on: bool,
    },
    /// Sets the transport's tempo, beats a minute.
    Tempo(f64),
    /// Lets the transport run.
    StartTransport,
    /// Stops the transport where it is.
    StopTransport,
    /// Puts the transport on a beat. What was waiting for a beat that is skipped is dropped; voices
    /// among it end as stopped.
    SeekTransport(f64),
    /// Sets the transport's loop, start and end in beats, or none.
    Loop(Option<(f64, f64)>),
    /// Reports the frame on which it takes effect.
    Marker(u64),
    /// Lets a tap that crossed before take a track's sound after its fader.
    AttachTap {
        /// The tap.
        tap: TapKey,
        /// The track.
        track: TrackKey,
    },
    /// Ends a tap and gives it back.
    DetachTap(TapKey),
    /// Lets an input that crossed before sound on a track, fading in over 10 ms; at once when the
    /// track has not sounded yet.
    AddInput {
        /// The input.
        input: InputKey,
        /// The track.
        track: TrackKey,
    },
    /// Fades an input out over 10 ms and gives it back.
    RemoveInput(InputKey),
}

impl Action {
    /// Whether it changes what the engine is made of: that is not a matter of time alone, for others
    /// have its keys in hand.
    pub fn is_structural(&self) -> bool {
        matches!(
            self,
            Self::AddTrack(_)
                | Self::RemoveTrack(_)
                | Self::Connect { .. }
                | Self::Disconnect(_)
                | Self::AddEffect { .. }
                | Self::MoveEffect { .. }
                | Self::RemoveEffect(_)
                | Self::AttachTap { .. }
                | Self::DetachTap(_)
                | Self::AddInput { .. }
                | Self::RemoveInput(_)
                | Self::Gate { .. }
        )
    }
}

/// A new track's initial values, in effect at once. Values that are not finite become silence and
/// the centre.
#[derive(Debug, Clone, Copy)]
pub struct TrackSetup {
    /// Its place: [`MASTER`](crate::MASTER) exists from the start.
    pub track: TrackKey,
    /// Linear gain.
    pub volume: f64,
    /// −1…1.
    pub pan: f64,
    /// Whether it is heard.
    pub open: bool,
}

/// What a voice plays. Lengths and places in frames of the sound, fades in frames of the engine.
#[derive(Debug, Clone)]
pub struct PlaySpec {
    /// The sound, at the engine's rate.
    pub sample: Arc<SampleData>,
    /// The track it plays on. A voice for a track that is not in service ends when it would start.
    pub track: TrackKey,
    /// Linear gain; not finite is silence.
    pub gain: f64,
    /// Playback speed, within [`RATES`]; what is not is taken for 1.
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

impl PlaySpec {
    /// All of `sample`, once, as it is.
    pub fn new(sample: Arc<SampleData>, track: TrackKey) -> Self {
        Self {
            sample,
            track,
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

/// Playback speeds that a voice takes.
pub const RATES: std::ops::RangeInclusive<f64> = 0.0625..=16.0;

/// Where sound can be delayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelayPlace {
    /// On a connection.
    Edge(EdgeKey),
    /// Between a track's voices and its bus.
    Voices(TrackKey),
}

/// A command as it crosses, alone or in a batch.
#[derive(Debug)]
pub enum Command {
    /// An action.
    Do {
        /// When.
        at: When,
        /// Order among actions of one frame: later commands have greater numbers.
        seq: u64,
        /// Whether it counts among [`Shared::events_done`](crate::Shared::events_done).
        counted: bool,
        /// What to do.
        action: Action,
    },
    /// A voice and when it starts. Always counted.
    Play {
        /// When.
        at: When,
        /// Order among actions of one frame.
        seq: u64,
        /// The voice.
        voice: VoiceKey,
        /// What it plays.
        spec: PlaySpec,
    },
}

impl Command {
    /// Places among what waits that it may take: a point of an automation in front of another one
    /// makes a second way to that.
    pub(crate) fn places(&self) -> usize {
        match self {
            Self::Do {
                action: Action::Reach { .. },
                ..
            } => 2,
            _ => 1,
        }
    }

    /// Whether it is about a parameter.
    pub(crate) fn is_point(&self) -> bool {
        let Self::Do { action, .. } = self else {
            return false;
        };
        matches!(
            action,
            Action::Set { .. } | Action::Reach { .. } | Action::Cancel(_)
        )
    }
}

/// Commands that are taken in together, in one callback.
#[derive(Debug)]
pub struct Batch {
    /// When those take effect that have no time of their own.
    pub at: When,
    /// In their order. The callback empties the list and gives the box back as
    /// [`Trash::Batch`](crate::Trash).
    pub commands: Vec<Command>,
}

/// One place of the control queue. What is sent first is taken in first.
#[derive(Debug)]
pub enum Message {
    /// A command on its own.
    One(Command),
    /// Commands that are taken in together.
    Batch(Box<Batch>),
    /// An effect, ahead of its [`Action::AddEffect`].
    Effect(EffectKey, Box<EffectBody>),
    /// Memory ([`line_memory`](crate::line_memory)) for keeping a connection, or a track's own
    /// voices, in time with what is made later by effects that look ahead. Without it they are not
    /// delayed. It stays for who uses the place next; what it takes the place of comes back.
    Line(DelayPlace, Box<[f32]>),
    /// A tap, ahead of its [`Action::AttachTap`].
    Tap(TapKey, Box<dyn Sink>),
    /// An input, ahead of its [`Action::AddInput`].
    Input(InputKey, Box<Input>),
    /// Memory sent ahead of what may need it. [`Controller::send`](crate::Controller::send) makes
    /// it by itself.
    Grow(Box<Growth>),
}
