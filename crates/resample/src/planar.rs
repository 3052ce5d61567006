//! Whole buffers, off the audio path.

use crate::{FrameResampler, Quality, ResampleError, output_frames};

const SLICE: usize = 1024;

/// Converts whole planar buffers: each channel of `n` frames becomes
/// `round(n * out_rate / in_rate)` frames, and sample 0 stays at time 0.
///
/// Allocates; never for an audio callback.
///
/// ```
/// let stereo = [vec![0.5; 441], vec![-0.5; 441]];
/// let out = noxrun_resample::resample_planar(&stereo, 44_100, 48_000, Default::default())?;
/// assert_eq!([out[0].len(), out[1].len()], [480, 480]);
/// # Ok::<(), noxrun_resample::ResampleError>(())
/// ```
///
/// # Errors
/// [`ResampleError::Rate`] when a rate is not in 1,000..=768,000 Hz. Any number of channels is
/// accepted, and each may have a length of its own.
pub fn resample_planar(
    channels: &[Vec<f32>],
    in_rate: u32,
    out_rate: u32,
    quality: Quality,
) -> Result<Vec<Vec<f32>>, ResampleError> {
    let mut resampler = FrameResampler::new(in_rate, out_rate, 1, quality, SLICE)?;
    let convert = |input: &Vec<f32>| {
        let frames = output_frames(input.len() as u64, in_rate, out_rate);
        let mut out = Vec::with_capacity(usize::try_from(frames).unwrap_or(0));
        resampler.process_into(input, &mut out);
        resampler.flush_into(&mut out);
        out
    };
    Ok(channels.iter().map(convert).collect())
}
