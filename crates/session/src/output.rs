//! Where an offline render's sound goes: into memory or into a file that appears when it is
//! complete.

mod partial;

#[cfg(test)]
mod tests;

use self::partial::PartialFile;
use crate::error::{Error, ErrorCode};
use noxrun_media::{Loudness, WavFormat};
use std::path::PathBuf;

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// One vector a channel.
    Memory,
    /// A WAV or FLAC file, as its extension says. One that is there already stays until the render
    /// has succeeded.
    File {
        /// Its path.
        path: PathBuf,
        /// How samples are stored; `None` is the file kind's default.
        format: Option<WavFormat>,
    },
}

/// What was taken.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Taken {
    /// The sound, one vector a channel; empty when it went to a file.
    pub channel_data: Vec<Vec<f32>>,
    /// Frames.
    pub frames: u64,
    /// Integrated loudness in LUFS by EBU R 128; −∞ for silence and less than 0.4 s.
    pub loudness: f64,
}

/// Takes a render's blocks. Dropped before [`finish`](Self::finish), it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Output {
    place: Place,
    channels: usize,
    /// Frames that are still to be passed over, and to be taken.
    skip: u64,
    left: u64,
    frames: u64,
    loudness: Loudness,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<Vec<f32>>),
    File(PartialFile),
}

impl Output {
    /// For `total` frames of `channels` channels at `rate` Hz, after the first `skip` ones.
    ///
    /// # Errors
    /// `ERR_OUT_OF_RANGE` when that is more than memory or the file's format can hold, or for a
    /// rate or a channel count that the format does not know; `ERR_INVALID_ARG` for a file name or
    /// a sample format that cannot be written; `ERR_NOT_FOUND`, `ERR_ACCESS`, `ERR_IO`.
    pub fn create(
        destination: &Destination,
        rate: u32,
        channels: usize,
        skip: u64,
        total: u64,
    ) -> Result<Self, Error> {
        let loudness = Loudness::new(rate, channels)?;
        let place = match destination {
            Destination::Memory => Place::Memory(reserve(channels, total)?),
            Destination::File { path, format } => {
                let file = PartialFile::create(path, rate, channels, *format)?;
                let most = file.max_frames();
                if total > most {
                    let message = format!(
                        "duration is {total} frames; {} holds at most {most}",
                        path.display()
                    );
                    return Err(Error::new(ErrorCode::OutOfRange, message));
                }
                Place::File(file)
            }
        };
        Ok(Self {
            place,
            channels,
            skip,
            left: total,
            frames: 0,
            loudness,
        })
    }

    /// Leaves the next `frames` frames out.
    pub fn skip(&mut self, frames: u64) {
        self.skip = frames;
    }

    /// Takes the next interleaved block, whole frames of any number, as far as it belongs to what
    /// was asked for.
    ///
    /// # Errors
    /// `ERR_IO` and its kin when writing failed.
    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), Error> {
        let frames = (interleaved.len() / self.channels) as u64;
        let passed = frames.min(self.skip);
        let taken = (frames - passed).min(self.left);
        self.skip -= passed;
        self.left -= taken;
        if taken == 0 {
            return Ok(());
        }
        let from = passed as usize * self.channels;
        let block = &interleaved[from..from + taken as usize * self.channels];
        self.loudness.add(block)?;
        match &mut self.place {
            Place::Memory(lanes) => {
                for (channel, lane) in lanes.iter_mut().enumerate() {
                    lane.extend(block.iter().skip(channel).step_by(self.channels));
                }
            }
            Place::File(file) => file.write(block)?,
        }
        self.frames += taken;
        Ok(())
    }

    /// Whether everything is there: what comes now is not taken.
    #[cfg(test)]
    pub fn is_complete(&self) -> bool {
        self.left == 0
    }

    /// Frames taken so far.
    #[cfg(test)]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Ends the render with what was taken; a file gets its name now.
    ///
    /// # Errors
    /// `ERR_IO` and its kin when the file could not be completed: then there is none.
    pub fn finish(self) -> Result<Taken, Error> {
        let channel_data = match self.place {
            Place::Memory(lanes) => lanes,
            Place::File(file) => {
                file.finish()?;
                Vec::new()
            }
        };
        Ok(Taken {
            channel_data,
            frames: self.frames,
            loudness: self.loudness.integrated(),
        })
    }
}

/// Empty lanes with room for `frames`.
fn reserve(channels: usize, frames: u64) -> Result<Vec<Vec<f32>>, Error> {
    let too_long = || {
        let message = format!(
            "duration is {frames} frames; there is no memory for {channels} channels of them, \
             a file has room"
        );
        Error::new(ErrorCode::OutOfRange, message)
    };
    let count = usize::try_from(frames).map_err(|_| too_long())?;
    let mut lanes = Vec::with_capacity(channels);
    for _ in 0..channels {
        let mut lane = Vec::new();
        lane.try_reserve_exact(count).map_err(|_| too_long())?;
        lanes.push(lane);
    }
    Ok(lanes)
}
