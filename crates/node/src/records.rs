//! Intents as plain numbers: eight doubles each, so that a call of any size crosses as one typed
//! array and nothing is allocated on the way.
//!
//! | 0 op | 1 id | 2 at (−1: none) | 3 | 4 | 5 | 6 |
//! |---|---|---|---|---|---|---|
//! | 0 add track | track | | volume | pan | | |
//! | 1 mute, 2 solo | track | | on | | | |
//! | 3 play | voice | at | track | sample | gain | |
//! | 4 stop | voice | at | fade | | | |
//! | 5 stop track | track | at | fade | | | |
//! | 6 pause, 7 resume | voice | at | | | | |
//! | 8 set | track or voice | at | parameter | value | ramp | curve |

use noxrun_session::{Curve, Error, ErrorCode, Intent, ParamId, sample_by_id};

/// Doubles a record.
pub const STRIDE: usize = 8;

pub fn decode(record: &[f64]) -> Result<Intent, Error> {
    let id = record[1];
    let track = id as u32;
    let voice = id as u64;
    let at = (record[2] >= 0.0).then_some(record[2] as u64);
    let number = record[3];
    let frames = number as u32;
    Ok(match record[0] as u32 {
        0 => Intent::AddTrack {
            track,
            volume: number,
            pan: record[4],
        },
        1 => Intent::Mute {
            track,
            on: number != 0.0,
        },
        2 => Intent::Solo {
            track,
            on: number != 0.0,
        },
        3 => Intent::Play {
            voice,
            track: frames,
            sample: sample_by_id(record[4] as u32).ok_or_else(|| {
                Error::new(ErrorCode::InvalidState, "the sample has been disposed")
            })?,
            gain: record[5],
            at,
        },
        4 => Intent::Stop {
            voice,
            fade: frames,
            at,
        },
        5 => Intent::StopTrack {
            track,
            fade: frames,
            at,
        },
        6 => Intent::Pause { voice, at },
        7 => Intent::Resume { voice, at },
        8 => Intent::Set {
            param: param(frames, id)?,
            value: record[4],
            ramp: record[5] as u32,
            curve: match record[6] as u32 {
                1 => Curve::Exponential,
                2 => Curve::Step,
                _ => Curve::Linear,
            },
            at,
        },
        op => {
            let message = format!("there is no record of kind {op}");
            return Err(Error::new(ErrorCode::InvalidArg, message));
        }
    })
}

/// A parameter by its place in `PARAMS` and the number of what it belongs to.
pub fn param(kind: u32, id: f64) -> Result<ParamId, Error> {
    match kind {
        0 => Ok(ParamId::TrackVolume(id as u32)),
        1 => Ok(ParamId::TrackPan(id as u32)),
        2 => Ok(ParamId::VoiceGain(id as u64)),
        _ => {
            let message = format!("there is no parameter of kind {kind}");
            Err(Error::new(ErrorCode::InvalidArg, message))
        }
    }
}
