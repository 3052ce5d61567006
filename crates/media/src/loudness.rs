//! How loud sound is.

use ebur128::{EbuR128, Mode};

use crate::error::MediaError;

/// Integrated loudness by EBU R 128: ITU-R BS.1770-4, gated at −70 LUFS and 10 LU below the mean.
///
/// Channels count as: one – a single speaker (3 LU less than the same sound from two); two – left,
/// right; three – left, right, centre; four – left, right, left and right surround; five – left,
/// right, centre, left and right surround; six and more – left, right, centre, one that does not
/// count (the low-frequency channel), left and right surround, and none beyond. Surrounds weigh
/// 1.5 dB more.
///
/// How the sound is cut into pieces does not matter. Memory grows by 80 bytes a second of sound.
///
/// ```
/// use noxrun_media::Loudness;
///
/// let mut loudness = Loudness::new(48_000, 2)?;
/// let sine = |n: u32| (f64::from(n) * 1_000.0 / 48_000.0 * std::f64::consts::TAU).sin();
/// let tone: Vec<f32> = (0..48_000).flat_map(|n| [0.1 * sine(n) as f32; 2]).collect();
/// loudness.add(&tone)?;
/// assert!((loudness.integrated() - -20.0).abs() < 0.1);
/// # Ok::<(), noxrun_media::MediaError>(())
/// ```
#[derive(Debug)]
pub struct Loudness {
    meter: EbuR128,
    channels: usize,
}

impl Loudness {
    /// A meter for sound at `sample_rate` Hz within [`SAMPLE_RATES`](crate::SAMPLE_RATES), of `channels`
    /// channels within [`CHANNELS`](crate::CHANNELS).
    ///
    /// # Errors
    /// [`MediaError::Invalid`] outside these limits.
    pub fn new(sample_rate: u32, channels: usize) -> Result<Self, MediaError> {
        crate::write::check(sample_rate, channels)?;
        let meter = EbuR128::new(channels as u32, sample_rate, Mode::I).map_err(failed)?;
        Ok(Self { meter, channels })
    }

    /// Takes in interleaved samples, a whole number of frames.
    ///
    /// # Errors
    /// [`MediaError::Invalid`] when the last frame is not whole: nothing is taken in.
    pub fn add(&mut self, interleaved: &[f32]) -> Result<(), MediaError> {
        crate::write::check_whole(interleaved.len(), self.channels)?;
        self.meter.add_frames_f32(interleaved).map_err(failed)
    }

    /// Takes in one slice a channel, all of one length.
    ///
    /// # Errors
    /// [`MediaError::Invalid`] for another number of slices or different lengths: nothing is taken
    /// in.
    pub fn add_planar(&mut self, lanes: &[&[f32]]) -> Result<(), MediaError> {
        let frames = lanes.first().map_or(0, |lane| lane.len());
        if lanes.len() != self.channels || lanes.iter().any(|lane| lane.len() != frames) {
            let lengths: Vec<usize> = lanes.iter().map(|lane| lane.len()).collect();
            return Err(MediaError::Invalid {
                what: format!(
                    "lanes are of {lengths:?} frames; {} of one length are allowed",
                    self.channels
                ),
            });
        }
        self.meter.add_frames_planar_f32(lanes).map_err(failed)
    }

    /// Loudness of everything so far in LUFS; −∞ where nothing passes the gate: silence, or less
    /// than 0.4 s.
    pub fn integrated(&self) -> f64 {
        self.meter.loudness_global().unwrap_or(f64::NEG_INFINITY)
    }
}

fn failed(error: ebur128::Error) -> MediaError {
    MediaError::Invalid {
        what: format!("loudness cannot be measured: {error}"),
    }
}
