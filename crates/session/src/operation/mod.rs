//! What callers may ask of an engine: one table of operations, with the type, the unit and the range of
//! each argument.
//!
//! The table makes the enum [`Operation`], the reader of records of plain numbers
//! ([`Operation::decode`]), the checks of ranges ([`Operation::check`]) and [`OPERATIONS`], from which
//! the TypeScript side is written (`scripts/generate.mjs`). A new operation is a line here and an arm
//! in `dispatch/perform.rs`. `arg.rs` says how each type of argument crosses, `limit.rs` holds the
//! ranges, `param.rs` how a parameter is named.

mod arg;
mod check;
mod limit;
mod param;

pub(crate) use arg::Reader;
pub use arg::{Arg, ArgKind};
pub use check::in_range;
pub(crate) use check::when;
pub use limit::{MAX_BEAT, MIN_LOOP, PARAMS, ParamSpec, TEMPO};
pub use param::ParamId;

use crate::error::{Error, ErrorCode};
use limit::{INPUT_GAIN, PAN, SEND_GAIN, VOICE_GAIN, VOICE_RATE, VOLUME};
use noxrun_engine::{Curve, SampleData, When};
use std::sync::Arc;

/// A track as its caller knows it: unique for the life of the engine, chosen by the caller. 0 is the
/// master.
pub type TrackId = u32;
/// A voice, likewise.
pub type VoiceId = u64;
/// A send, likewise.
pub type SendId = u64;
/// An effect, likewise.
pub type EffectId = u64;
/// An input of a track, likewise.
pub type InputId = u64;
/// A marker, likewise.
pub type MarkerId = u64;

/// An operation, for those who write its other sides.
#[derive(Debug, Clone, Copy)]
pub struct OperationSpec {
    /// Its name in JavaScript.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Its arguments, in the order in which they cross.
    pub args: &'static [ArgSpec],
}

/// An argument of an operation.
#[derive(Debug, Clone, Copy)]
pub struct ArgSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// How it crosses.
    pub kind: ArgKind,
    /// Its range, where the table has one.
    pub limit: Option<&'static ParamSpec>,
}

macro_rules! operations {
    (@limit) => { None };
    (@limit $limit:path) => { Some(&$limit) };
    (@check $value:ident) => {};
    (@check $value:ident $limit:path) => { in_range(&$limit, *$value)?; };
    ($(
        $(#[doc = $doc:literal])+
        $name:ident = $js:literal {
            $( $(#[doc = $arg_doc:literal])+ $arg:ident: $type:ty $([$limit:path])?, )*
        }
    )+) => {
        /// One thing to do.
        #[derive(Debug, Clone)]
        pub enum Operation {
            $( $(#[doc = $doc])+ $name { $( $(#[doc = $arg_doc])+ $arg: $type ),* } ),+
        }

        /// Their numbers in records.
        #[derive(Debug, Clone, Copy)]
        enum Code { $( $name ),+ }

        impl Code {
            const ALL: &'static [Self] = &[$( Self::$name ),+];
        }

        /// Every operation; one's number in a record is its place here.
        pub static OPERATIONS: &[OperationSpec] = &[$( OperationSpec {
            name: $js,
            doc: concat!($( $doc, "\n" ),+),
            args: &[$( ArgSpec {
                name: stringify!($arg),
                doc: concat!($( $arg_doc, "\n" ),+),
                kind: <$type as Arg>::KIND,
                limit: operations!(@limit $($limit)?),
            } ),*],
        } ),+];

        impl Operation {
            /// Reads a record: the operation's number, then its arguments.
            ///
            /// # Errors
            /// `ERR_INVALID_ARG` for a number that is no operation and for a record that is too
            /// short; those of the arguments.
            pub fn decode(record: &[f64]) -> Result<Self, Error> {
                let mut reader = Reader::new(record);
                let number = reader.number()?;
                let Some(code) = Code::ALL.get(number as usize) else {
                    let message = format!("there is no operation {number}");
                    return Err(Error::new(ErrorCode::InvalidArg, message));
                };
                Ok(match code {
                    $( Code::$name => Self::$name { $( $arg: Arg::read(&mut reader)? ),* } ),+
                })
            }

            /// Checks the ranges of the table.
            fn check_limits(&self) -> Result<(), Error> {
                match self {
                    $(
                        #[allow(unused_variables, reason = "not every argument has a range")]
                        Self::$name { $( $arg ),* } => {
                            $( operations!(@check $arg $($limit)?); )*
                        }
                    )+
                }
                Ok(())
            }
        }
    };
}

operations! {
    /// Puts a track into service, at once.
    AddTrack = "addTrack" {
        /// Its id.
        track: TrackId,
        /// The track that it feeds.
        output: TrackId,
        /// Linear gain.
        volume: f64 [VOLUME],
        /// Left to right.
        pan: f64 [PAN],
    }
    /// Fades a track out over 10 ms and takes it out of service. What fed it feeds what it fed; sends to it end.
    RemoveTrack = "removeTrack" {
        /// The track.
        track: TrackId,
    }
    /// Lets a track feed another one than before, crossfading over 10 ms.
    Route = "route" {
        /// The track.
        track: TrackId,
        /// The track that it feeds.
        to: TrackId,
    }
    /// Lets a track feed one more, after its fader.
    AddSend = "addSend" {
        /// The new send.
        send: SendId,
        /// The track that feeds.
        from: TrackId,
        /// The track that is fed.
        to: TrackId,
        /// Linear gain.
        gain: f64 [SEND_GAIN],
    }
    /// Fades a send out over 10 ms and ends it.
    RemoveSend = "removeSend" {
        /// The send.
        send: SendId,
    }
    /// Puts an effect into a track's chain, crossfading over 10 ms.
    AddEffect = "addEffect" {
        /// The new effect.
        effect: EffectId,
        /// The track.
        track: TrackId,
        /// Its place in the chain; none: the last.
        index: Option<u32>,
        /// Whether it begins bypassed.
        bypass: bool,
        /// Place of its kind among the kinds of effects.
        kind: u8,
        /// Place of its variant among the kind's; 0 where it has none.
        variant: u8,
        /// Value of each of its parameters.
        values: Vec<f64>,
    }
    /// Moves an effect within its chain.
    MoveEffect = "moveEffect" {
        /// The effect.
        effect: EffectId,
        /// Its place afterwards.
        index: u32,
    }
    /// Takes an effect out of its chain.
    RemoveEffect = "removeEffect" {
        /// The effect.
        effect: EffectId,
    }
    /// Takes every effect out of a track's chain.
    ClearEffects = "clearEffects" {
        /// The track.
        track: TrackId,
    }
    /// Bypasses an effect, or no longer, crossfading over 10 ms.
    Bypass = "bypass" {
        /// The effect.
        effect: EffectId,
        /// Whether it is bypassed.
        on: bool,
        /// When.
        at: When,
    }
    /// Lets an input that was opened before sound on a track, before its effects, fading in over 10 ms.
    AddInput = "addInput" {
        /// The input.
        input: InputId,
        /// The track.
        track: TrackId,
        /// Linear gain.
        gain: f64 [INPUT_GAIN],
    }
    /// Fades an input out over 10 ms and ends it.
    RemoveInput = "removeInput" {
        /// The input.
        input: InputId,
    }
    /// Silences a track over 5 ms, or lets it sound.
    Mute = "mute" {
        /// The track.
        track: TrackId,
        /// Whether it is muted.
        on: bool,
    }
    /// Solo in place.
    Solo = "solo" {
        /// The track.
        track: TrackId,
        /// Whether it is soloed.
        on: bool,
    }
    /// Plays a sample.
    Play = "play" {
        /// The new voice.
        voice: VoiceId,
        /// The track.
        track: TrackId,
        /// The sound, at the engine's rate.
        sample: Arc<SampleData>,
        /// Linear gain.
        gain: f64 [VOICE_GAIN],
        /// Playback speed.
        rate: f64 [VOICE_RATE],
        /// Frame of the sound at which it begins.
        offset: u64,
        /// Frames of the sound that it plays, repetitions counted; none: to its end, or for ever.
        length: Option<u64>,
        /// What it repeats, in frames of the sound, the end excluded.
        repeat: Option<(u64, u64)>,
        /// Engine frames over which it rises from silence.
        fade_in: u32,
        /// Engine frames over which it falls to silence at its end.
        fade_out: u32,
        /// When.
        at: When,
    }
    /// Fades a voice out and ends it.
    Stop = "stop" {
        /// The voice.
        voice: VoiceId,
        /// Frames of the fade; 0 cuts.
        fade: u32,
        /// When.
        at: When,
    }
    /// Stops every voice that was played on a track before.
    StopTrack = "stopTrack" {
        /// The track.
        track: TrackId,
        /// Frames of the fade; 0 cuts.
        fade: u32,
        /// When.
        at: When,
    }
    /// Pauses a voice.
    Pause = "pause" {
        /// The voice.
        voice: VoiceId,
        /// When.
        at: When,
    }
    /// Resumes a voice.
    Resume = "resume" {
        /// The voice.
        voice: VoiceId,
        /// When.
        at: When,
    }
    /// Lets a voice go on from another place of its sound.
    SeekVoice = "seekVoice" {
        /// The voice.
        voice: VoiceId,
        /// Frame of the sound.
        position: u64,
        /// When.
        at: When,
    }
    /// Moves a parameter.
    Set = "set" {
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
    }
    /// Moves a parameter so that it stands on each value at its time, from the point before.
    Automate = "automate" {
        /// Which.
        param: ParamId,
        /// The points, in the order of their times: frames or beats.
        points: Vec<Point>,
    }
    /// Drops what is scheduled for a parameter from a time on, and holds it where it is then.
    Cancel = "cancel" {
        /// Which.
        param: ParamId,
        /// From when on.
        from: When,
    }
    /// Sets the transport's tempo.
    Tempo = "tempo" {
        /// Beats a minute.
        bpm: f64 [TEMPO],
        /// When.
        at: When,
    }
    /// Starts the transport.
    StartTransport = "startTransport" {
        /// When.
        at: When,
    }
    /// Stops the transport where it is.
    StopTransport = "stopTransport" {
        /// When.
        at: When,
    }
    /// Puts the transport on a beat. What waits for a beat that is skipped is dropped.
    SeekTransport = "seekTransport" {
        /// The beat.
        beat: f64,
    }
    /// Sets the transport's loop, or none.
    Loop = "loop" {
        /// Start and end in beats, the end excluded.
        range: Option<(f64, f64)>,
    }
    /// Has the frame reported on which a time falls.
    Marker = "marker" {
        /// The new marker.
        marker: MarkerId,
        /// When.
        at: When,
    }
}

/// A point that a parameter passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When `value` is reached.
    pub at: When,
    /// The value.
    pub value: f64,
    /// How it is reached from the point before.
    pub curve: Curve,
}

impl Operation {
    /// How many of the events it makes that `max_events` bounds, in a batch with a time (`timed`) or
    /// otherwise. Values without a time are none: they coalesce to the newest.
    pub fn events(&self, timed: bool) -> u64 {
        match self {
            Self::Set { at, .. } | Self::Bypass { at, .. } => u64::from(timed || *at != When::Now),
            Self::AddTrack { .. } | Self::Mute { .. } | Self::Solo { .. } => 0,
            Self::Automate { points, .. } => points.len() as u64,
            Self::RemoveTrack { .. }
            | Self::Route { .. }
            | Self::AddSend { .. }
            | Self::RemoveSend { .. }
            | Self::AddEffect { .. }
            | Self::MoveEffect { .. }
            | Self::RemoveEffect { .. }
            | Self::ClearEffects { .. }
            | Self::AddInput { .. }
            | Self::RemoveInput { .. }
            | Self::Play { .. }
            | Self::Stop { .. }
            | Self::StopTrack { .. }
            | Self::Pause { .. }
            | Self::Resume { .. }
            | Self::SeekVoice { .. }
            | Self::Cancel { .. }
            | Self::Tempo { .. }
            | Self::StartTransport { .. }
            | Self::StopTransport { .. }
            | Self::SeekTransport { .. }
            | Self::Loop { .. }
            | Self::Marker { .. } => 1,
        }
    }
}
