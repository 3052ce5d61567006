//! What every kind of file refuses, before anything is touched.

use crate::error::MediaError;
use crate::open::{CHANNELS, SAMPLE_RATES};
use std::ops::RangeInclusive;

pub(crate) fn check(sample_rate: u32, channels: usize) -> Result<(), MediaError> {
    if !SAMPLE_RATES.contains(&sample_rate) {
        return Err(MediaError::Invalid {
            what: format!(
                "sample_rate is {sample_rate} Hz; {} to {} are allowed",
                SAMPLE_RATES.start(),
                SAMPLE_RATES.end()
            ),
        });
    }
    check_channels(channels, &CHANNELS, "")
}

/// `place` ends the sentence: where these limits hold.
pub(super) fn check_channels(
    channels: usize,
    allowed: &RangeInclusive<usize>,
    place: &str,
) -> Result<(), MediaError> {
    if allowed.contains(&channels) {
        return Ok(());
    }
    Err(MediaError::Invalid {
        what: format!(
            "channels is {channels}; {} to {} are allowed{place}",
            allowed.start(),
            allowed.end()
        ),
    })
}

pub(crate) fn check_whole(samples: usize, channels: usize) -> Result<(), MediaError> {
    if samples.is_multiple_of(channels) {
        return Ok(());
    }
    Err(MediaError::Invalid {
        what: format!("{samples} samples are not a whole number of frames of {channels} channels"),
    })
}
