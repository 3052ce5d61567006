//! Files at the rate of an engine.

use std::path::Path;

use noxrun_resample::{Quality, resample_planar};

use crate::decode::{decode, decode_file};
use crate::error::MediaError;
use crate::open::{Progress, SAMPLE_RATES};
use crate::pcm::Pcm;

/// Decodes a file that is in memory and brings it to `sample_rate` Hz at the best quality.
///
/// A file of that rate already passes bit for bit; others become round(frames · out / in) frames.
/// Progress counts decoding only and reaches 1 when resampling is done, too.
///
/// # Errors
/// Those of [`decode`], and [`MediaError::Invalid`] for a `sample_rate` outside [`SAMPLE_RATES`].
pub fn load(bytes: &[u8], sample_rate: u32, progress: Progress<'_>) -> Result<Pcm, MediaError> {
    at_rate(sample_rate, progress, |progress| decode(bytes, progress))
}

/// Decodes a file and brings it to `sample_rate` Hz; see [`load`].
///
/// # Errors
/// Those of [`decode_file`], and [`MediaError::Invalid`] for a `sample_rate` outside
/// [`SAMPLE_RATES`].
pub fn load_file(
    path: impl AsRef<Path>,
    sample_rate: u32,
    progress: Progress<'_>,
) -> Result<Pcm, MediaError> {
    at_rate(sample_rate, progress, |progress| {
        decode_file(path, progress)
    })
}

fn at_rate(
    sample_rate: u32,
    progress: Progress<'_>,
    decode: impl FnOnce(Progress<'_>) -> Result<Pcm, MediaError>,
) -> Result<Pcm, MediaError> {
    if !SAMPLE_RATES.contains(&sample_rate) {
        return Err(MediaError::Invalid {
            what: format!(
                "sample_rate is {sample_rate} Hz; {} to {} are allowed",
                SAMPLE_RATES.start(),
                SAMPLE_RATES.end()
            ),
        });
    }
    // 1 is held back until the resampler is done.
    let mut decoding = |fraction: f64| progress(fraction.min(0.99));
    let pcm = decode(&mut decoding)?;
    let pcm = if pcm.sample_rate == sample_rate || pcm.frames() == 0 {
        Pcm { sample_rate, ..pcm }
    } else {
        check_memory(
            pcm.frames(),
            pcm.channels.len(),
            pcm.sample_rate,
            sample_rate,
        )?;
        let channels = resample_planar(&pcm.channels, pcm.sample_rate, sample_rate, Quality::Best)
            .map_err(|error| MediaError::Unsupported {
                what: format!("{} Hz to {sample_rate} Hz: {error}", pcm.sample_rate),
            })?;
        Pcm {
            channels,
            sample_rate,
        }
    };
    if progress(1.0).is_break() {
        return Err(MediaError::Cancelled);
    }
    Ok(pcm)
}

/// A short file of a very low rate may grow several hundredfold: asks whether the result fits
/// before the resampler takes it for granted.
fn check_memory(frames: usize, channels: usize, from: u32, to: u32) -> Result<(), MediaError> {
    let frames = frames as u128 * u128::from(to) / u128::from(from);
    let samples = usize::try_from(frames * channels as u128).unwrap_or(usize::MAX);
    Vec::<f32>::new()
        .try_reserve_exact(samples)
        .map_err(|_| MediaError::TooLarge {
            what: format!("there is no memory for {frames} frames at {to} Hz"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_that_would_not_fit_into_memory_is_refused() {
        // 2^54 bytes at the source's rate, 768 times that at the target's: no address space.
        match check_memory(1 << 52, 64, 1_000, 768_000) {
            Err(MediaError::TooLarge { what }) => assert!(what.contains("768000"), "{what}"),
            other => panic!("{other:?}"),
        }
        assert!(check_memory(1_000_000, 2, 44_100, 48_000).is_ok());
    }
}
