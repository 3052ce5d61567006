//! Intents as plain numbers: sixteen doubles each, so that a call of any size crosses as one typed
//! array and nothing is allocated on the way. One on its own crosses in a shared array.
//!
//! 0 is the operation, 1 an id, 2 the time (−1: none), which is a beat where 7 is 1, else a frame.
//! Places that an operation does not name hold anything.
//!
//! | 0 op | 1 id | 2 at | 3 | 4 | 5 | 6 | 8… |
//! |---|---|---|---|---|---|---|---|
//! | 0 add track | track | | volume | pan | output track | | |
//! | 1 mute, 2 solo | track | | on | | | | |
//! | 3 play | voice | at | track | sample | gain | rate | 8 offset, 9 length (−1 none), 10 repeat start (−1 none), 11 repeat end, 12 fade in, 13 fade out |
//! | 4 stop | voice | at | fade | | | | |
//! | 5 stop track | track | at | fade | | | | |
//! | 6 pause, 7 resume | voice | at | | | | | |
//! | 8 set | owner | at | kind | value | ramp | curve | 8 parameter of an effect |
//! | 9 remove track | track | | | | | | |
//! | 10 route | track | | to track | | | | |
//! | 11 add send | send | | from track | to track | gain | | |
//! | 12 remove send | send | | | | | | |
//! | 13 add effect | effect | | track | index (−1: the last) | kind | bypass | 8 variant, 9… values of its parameters |
//! | 14 remove effect | effect | | | | | | |
//! | 15 move effect | effect | | index | | | | |
//! | 16 clear effects | track | | | | | | |
//! | 17 bypass | effect | at | on | | | | |
//! | 18 reach | owner | when reached | kind | value | | curve | 8 parameter of an effect, 9 the point before (−1: now), 10 whether that is a beat |
//! | 19 cancel | owner | from | kind | | | | 8 parameter of an effect |
//! | 20 seek voice | voice | at | frame of the sound | | | | |
//! | 21 tempo | | at | beats a minute | | | | |
//! | 22 start, 23 stop transport | | at | | | | | |
//! | 24 seek transport | | | beat | | | | |
//! | 25 loop | | | start (−1: none) | end | | | |
//! | 26 marker | marker | at | | | | | |
//! | 27 add input | input | | track | gain | | | |
//! | 28 remove input | input | | | | | | |
//!
//! A parameter's kind is its place in `paramSpecs()`, behind them all that of effects.

use noxrun_session::{
    Curve, EFFECTS, EffectSetup, Error, ErrorCode, Intent, PARAMS, ParamId, Playback, When,
    sample_by_id,
};

/// Doubles a record.
pub const STRIDE: usize = 16;

/// A time; negative is none.
pub fn when(at: f64, is_beat: bool) -> When {
    if at < 0.0 {
        When::Now
    } else if is_beat {
        When::Beat(at)
    } else {
        When::Frame(at as u64)
    }
}

/// Reads a record.
#[inline]
pub fn decode(r: &[f64]) -> Result<Intent, Error> {
    let id = r[1];
    let (track, voice, effect) = (id as u32, id as u64, id as u64);
    let at = when(r[2], r[7] != 0.0);
    let number = r[3];
    let on = number != 0.0;
    let fade = number as u32;
    Ok(match r[0] as u32 {
        0 => Intent::AddTrack {
            track,
            output: r[5] as u32,
            volume: number,
            pan: r[4],
        },
        1 => Intent::Mute { track, on },
        2 => Intent::Solo { track, on },
        3 => play(r)?,
        4 => Intent::Stop { voice, fade, at },
        5 => Intent::StopTrack { track, fade, at },
        6 => Intent::Pause { voice, at },
        7 => Intent::Resume { voice, at },
        8 => Intent::Set {
            param: own_param(r)?,
            value: r[4],
            ramp: r[5] as u32,
            curve: curve(r[6] as u32),
            at,
        },
        9 => Intent::RemoveTrack(track),
        10 => Intent::Route {
            track,
            to: number as u32,
        },
        11 => Intent::AddSend {
            send: id as u64,
            from: number as u32,
            to: r[4] as u32,
            gain: r[5],
        },
        12 => Intent::RemoveSend(id as u64),
        13 => add_effect(effect, r),
        14 => Intent::RemoveEffect(effect),
        15 => Intent::MoveEffect {
            effect,
            index: number as u32,
        },
        16 => Intent::ClearEffects(track),
        17 => Intent::Bypass { effect, on, at },
        18 => Intent::Reach {
            param: own_param(r)?,
            value: r[4],
            curve: curve(r[6] as u32),
            at,
            from: when(r[9], r[10] != 0.0),
        },
        19 => Intent::Cancel {
            param: own_param(r)?,
            from: at,
        },
        20 => Intent::SeekVoice {
            voice,
            position: number as u64,
            at,
        },
        21 => Intent::Tempo { bpm: number, at },
        22 => Intent::StartTransport(at),
        23 => Intent::StopTransport(at),
        24 => Intent::SeekTransport(number),
        25 => Intent::Loop((number >= 0.0).then_some((number, r[4]))),
        26 => Intent::Marker {
            marker: id as u64,
            at,
        },
        27 => Intent::AddInput {
            input: id as u64,
            track: number as u32,
            gain: r[4],
        },
        28 => Intent::RemoveInput(id as u64),
        op => {
            let message = format!("there is no record of kind {op}");
            return Err(Error::new(ErrorCode::InvalidArg, message));
        }
    })
}

fn play(r: &[f64]) -> Result<Intent, Error> {
    Ok(Intent::Play {
        voice: r[1] as u64,
        track: r[3] as u32,
        playback: Box::new(playback(r)?),
        at: when(r[2], r[7] != 0.0),
    })
}

fn playback(r: &[f64]) -> Result<Playback, Error> {
    let sample = sample_by_id(r[4] as u32)
        .ok_or_else(|| Error::new(ErrorCode::InvalidState, "the sample has been disposed"))?;
    Ok(Playback {
        sample,
        gain: r[5],
        rate: r[6],
        offset: r[8] as u64,
        length: (r[9] >= 0.0).then_some(r[9] as u64),
        repeat: (r[10] >= 0.0).then_some((r[10] as u64, r[11] as u64)),
        fade_in: r[12] as u32,
        fade_out: r[13] as u32,
    })
}

fn add_effect(effect: u64, r: &[f64]) -> Intent {
    let kind = r[5] as u8;
    let count = EFFECTS
        .get(usize::from(kind))
        .map_or(0, |spec| spec.params.len());
    Intent::AddEffect {
        effect,
        track: r[3] as u32,
        index: (r[4] >= 0.0).then_some(r[4] as u32),
        bypass: r[6] != 0.0,
        setup: EffectSetup {
            kind,
            variant: r[8] as u8,
            values: r[9..].iter().take(count).copied().collect(),
        },
    }
}

/// A curve by its number.
pub fn curve(number: u32) -> Curve {
    match number {
        1 => Curve::Exponential,
        2 => Curve::Step,
        _ => Curve::Linear,
    }
}

fn own_param(r: &[f64]) -> Result<ParamId, Error> {
    param(r[3] as u32, r[1], r[8] as u32)
}

/// A parameter by its kind and the number of what it belongs to; `index` is its place among an
/// effect's.
pub fn param(kind: u32, owner: f64, index: u32) -> Result<ParamId, Error> {
    const EFFECT: u32 = PARAMS.len() as u32;
    Ok(match kind {
        0 => ParamId::TrackVolume(owner as u32),
        1 => ParamId::TrackPan(owner as u32),
        2 => ParamId::VoiceGain(owner as u64),
        3 => ParamId::VoiceRate(owner as u64),
        4 => ParamId::SendGain(owner as u64),
        5 => ParamId::InputGain(owner as u64),
        EFFECT => {
            let index = u8::try_from(index).unwrap_or(u8::MAX);
            ParamId::Effect(owner as u64, index)
        }
        _ => {
            let message = format!("there is no parameter of kind {kind}");
            return Err(Error::new(ErrorCode::InvalidArg, message));
        }
    })
}
