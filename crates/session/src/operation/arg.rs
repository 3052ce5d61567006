//! How each type of argument crosses as plain numbers. A number that is not of its type's range
//! becomes the nearest one: callers in JavaScript check types, and `check.rs` ranges.

use super::Point;
use crate::error::{Error, ErrorCode};
use noxrun_engine::{Curve, SampleData, When};
use std::sync::Arc;

/// How an argument crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    /// One number.
    Number,
    /// 0 or 1.
    Flag,
    /// One number; −1 for none.
    OptionalNumber,
    /// Two numbers; −1 for none.
    OptionalRange,
    /// A frame or a beat, and which of them: 0 now, 1 frame, 2 beat.
    Time,
    /// Kind, owner, place among an effect's.
    Param,
    /// How many, then each.
    Numbers,
    /// How many, then of each: frame or beat, which of them, value, curve.
    Points,
}

/// A type of argument.
pub trait Arg: Sized {
    /// How it crosses.
    const KIND: ArgKind;

    /// Takes it from a record.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG` where the record ends too early.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error>;
}

/// A record that is being read.
pub struct Reader<'a> {
    numbers: std::slice::Iter<'a, f64>,
}

impl<'a> Reader<'a> {
    /// Begins at the record's first number.
    pub fn new(record: &'a [f64]) -> Self {
        Self {
            numbers: record.iter(),
        }
    }

    /// The next number.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG` at the record's end.
    #[inline]
    pub fn number(&mut self) -> Result<f64, Error> {
        self.numbers.next().copied().ok_or_else(too_short)
    }
}

#[cold]
fn too_short() -> Error {
    Error::new(ErrorCode::InvalidArg, "the record is too short")
}

macro_rules! whole {
    ($($type:ty),+) => { $(
        impl Arg for $type {
            const KIND: ArgKind = ArgKind::Number;

            #[inline]
            fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
                // The cast saturates.
                Ok(reader.number()? as $type)
            }
        }
    )+ };
}
whole!(u8, u32, u64, f64);

impl Arg for bool {
    const KIND: ArgKind = ArgKind::Flag;

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(reader.number()? != 0.0)
    }
}

macro_rules! optional {
    ($($type:ty),+) => { $(
        impl Arg for Option<$type> {
            const KIND: ArgKind = ArgKind::OptionalNumber;

            fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
                let number = reader.number()?;
                Ok((number >= 0.0).then_some(number as $type))
            }
        }

        impl Arg for Option<($type, $type)> {
            const KIND: ArgKind = ArgKind::OptionalRange;

            fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
                let (start, end) = (reader.number()?, reader.number()?);
                Ok((start >= 0.0).then_some((start as $type, end as $type)))
            }
        }
    )+ };
}
optional!(u32, u64, f64);

impl Arg for When {
    const KIND: ArgKind = ArgKind::Time;

    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (at, kind) = (reader.number()?, reader.number()?);
        Ok(match kind as u32 {
            0 => Self::Now,
            1 => Self::Frame(at as u64),
            _ => Self::Beat(at),
        })
    }
}

impl Arg for Curve {
    const KIND: ArgKind = ArgKind::Number;

    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(match reader.number()? as u32 {
            1 => Self::Exponential,
            2 => Self::Step,
            _ => Self::Linear,
        })
    }
}

impl Arg for Arc<SampleData> {
    const KIND: ArgKind = ArgKind::Number;

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let id = reader.number()? as u32;
        crate::samples::sample_by_id(id)
            .ok_or_else(|| Error::new(ErrorCode::InvalidState, "the sample has been disposed"))
    }
}

impl Arg for Vec<f64> {
    const KIND: ArgKind = ArgKind::Numbers;

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let count = reader.number()? as usize;
        (0..count).map(|_| reader.number()).collect()
    }
}

impl Arg for Vec<Point> {
    const KIND: ArgKind = ArgKind::Points;

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let count = reader.number()? as usize;
        let point = |_| {
            Ok(Point {
                at: Arg::read(reader)?,
                value: reader.number()?,
                curve: Arg::read(reader)?,
            })
        };
        (0..count).map(point).collect()
    }
}
