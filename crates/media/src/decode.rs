//! Whole files into memory, at their own rate.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use symphonia::core::audio::conv::FromSample;
use symphonia::core::audio::sample::Sample;
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::errors::Error;

use crate::error::MediaError;
use crate::open::{Media, Progress, guarded};
use crate::pcm::Pcm;

/// Frames between two calls of the progress callback.
const PROGRESS_FRAMES: usize = 1 << 16;

/// Most frames of a FLAC packet, and the fewest bytes that it takes: 6 of header, 2 of sound and 2
/// of checksum.
const FLAC_PACKET: (u64, u64) = (65_535, 10);

/// Decodes a sound file that is in memory.
///
/// A file that was cut off gives the frames that are there, possibly none. Damaged packets in the
/// middle of a FLAC file are silent, and what follows keeps its place. Non-finite samples are kept.
///
/// # Errors
/// [`MediaError::Decode`] for bytes that are not a sound file or a damaged one, with what is wrong
/// and where; [`MediaError::Unsupported`] for codecs that are not read; [`MediaError::TooLarge`]
/// when memory does not suffice; [`MediaError::Cancelled`] when `progress` breaks.
pub fn decode(bytes: &[u8], progress: Progress<'_>) -> Result<Pcm, MediaError> {
    read_all(Media::from_bytes(bytes)?, progress)
}

/// Decodes a sound file.
///
/// # Errors
/// Those of [`decode`], and [`MediaError::NotFound`], [`MediaError::Access`] and
/// [`MediaError::Io`] for the path: folders, pipes and devices are not read.
pub fn decode_file(path: impl AsRef<Path>, progress: Progress<'_>) -> Result<Pcm, MediaError> {
    read_all(Media::from_file(path.as_ref())?, progress)
}

fn read_all(mut media: Media<'_>, progress: Progress<'_>) -> Result<Pcm, MediaError> {
    let registry = symphonia::default::get_codecs();
    let options = AudioDecoderOptions::default();
    let mut decoder = guarded(|| registry.make_audio_decoder(&media.params, &options))?
        .map_err(|error| media.error(error))?;

    let mut planes = Planes::new(
        media.channels,
        media.sample_rate,
        media.frames,
        media.byte_len,
    )?;
    let mut report_at = 0;
    let mut origin = 0;
    loop {
        if planes.frames() >= report_at {
            report(progress, media.fraction())?;
            report_at = planes.frames() + PROGRESS_FRAMES;
        }
        let packet = match guarded(|| media.reader.next_packet())? {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // The file ends inside a packet: what was decoded is what is really there.
            Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(damaged(&media, planes.frames(), error)),
        };
        if packet.track_id != media.track_id {
            continue;
        }
        if media.params.codec == CODEC_ID_FLAC {
            let begins = u64::try_from(packet.pts.get()).unwrap_or(0);
            // What was cut out of a stream does not say how long it is, and begins anywhere.
            if planes.frames() == 0 && media.frames.is_none() {
                origin = begins;
            }
            let missing = missing(&media, begins.saturating_sub(origin), planes.frames())?;
            planes.append_silence(missing)?;
        }
        let decoded = guarded(|| decoder.decode(&packet).map(|buffer| planes.append(&buffer)))?;
        decoded.map_err(|error| damaged(&media, planes.frames(), error))??;
    }
    if let Some(headers) = &media.flac
        && planes.frames() == 0
        && media.byte_len - headers.end >= headers.largest_frame().max(1)
    {
        let what = "none of the FLAC file's packets is undamaged";
        return Err(MediaError::decode(what));
    }
    report(progress, 1.0)?;
    Ok(planes.pcm)
}

/// How many frames are missing in a FLAC file before a packet that says where it `begins`, if
/// `frames` were decoded: those of packets whose checksum is wrong, which are left out.
fn missing(media: &Media<'_>, begins: u64, frames: usize) -> Result<usize, MediaError> {
    let missing = begins.saturating_sub(frames as u64);
    if missing == 0 {
        return Ok(0);
    }
    let (longest, smallest) = FLAC_PACKET;
    let possible = (media.byte_len / smallest).saturating_mul(longest);
    let possible = possible.min(media.frames.unwrap_or(u64::MAX));
    if begins > possible {
        return Err(MediaError::decode(format!(
            "a packet claims to begin at frame {begins}; {possible} are possible (after frame {frames})"
        )));
    }
    usize::try_from(missing).map_err(|_| no_memory(usize::MAX))
}

fn report(progress: Progress<'_>, fraction: f64) -> Result<(), MediaError> {
    match progress(fraction) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(MediaError::Cancelled),
    }
}

fn damaged(media: &Media<'_>, frame: usize, error: Error) -> MediaError {
    match media.error(error) {
        MediaError::Decode { what } => MediaError::decode(format!("{what} (after frame {frame})")),
        other => other,
    }
}

/// The sound decoded so far.
struct Planes {
    pcm: Pcm,
}

impl Planes {
    /// Reserves `claimed` frames, but no more samples than the source has bytes: a lying header
    /// costs nothing, and compressed formats grow as they go.
    fn new(
        channels: usize,
        sample_rate: u32,
        claimed: Option<u64>,
        byte_len: u64,
    ) -> Result<Self, MediaError> {
        let frames = claimed.unwrap_or(0).min(byte_len / channels as u64);
        let frames = usize::try_from(frames).unwrap_or(usize::MAX);
        let mut planes = Vec::with_capacity(channels);
        for _ in 0..channels {
            let mut plane = Vec::new();
            reserve(&mut plane, frames)?;
            planes.push(plane);
        }
        Ok(Planes {
            pcm: Pcm {
                channels: planes,
                sample_rate,
            },
        })
    }

    fn frames(&self) -> usize {
        self.pcm.frames()
    }

    fn append(&mut self, buffer: &GenericAudioBufferRef<'_>) -> Result<(), MediaError> {
        let (rate, planes) = (buffer.spec().rate(), buffer.num_planes());
        if rate != self.pcm.sample_rate || planes != self.pcm.channels.len() {
            return Err(MediaError::decode(format!(
                "the file changes to {planes} channels at {rate} Hz after frame {}",
                self.frames()
            )));
        }
        match buffer {
            GenericAudioBufferRef::U8(buffer) => self.extend(buffer),
            GenericAudioBufferRef::U16(buffer) => self.extend(buffer),
            GenericAudioBufferRef::U24(buffer) => self.extend(buffer),
            GenericAudioBufferRef::U32(buffer) => self.extend(buffer),
            GenericAudioBufferRef::S8(buffer) => self.extend(buffer),
            GenericAudioBufferRef::S16(buffer) => self.extend(buffer),
            GenericAudioBufferRef::S24(buffer) => self.extend(buffer),
            GenericAudioBufferRef::S32(buffer) => self.extend(buffer),
            GenericAudioBufferRef::F32(buffer) => self.extend(buffer),
            GenericAudioBufferRef::F64(buffer) => self.extend(buffer),
        }
    }

    fn append_silence(&mut self, frames: usize) -> Result<(), MediaError> {
        for channel in &mut self.pcm.channels {
            reserve(channel, frames)?;
            channel.resize(channel.len() + frames, 0.0);
        }
        Ok(())
    }

    fn extend<S: Sample>(&mut self, buffer: &AudioBuffer<S>) -> Result<(), MediaError>
    where
        f32: FromSample<S>,
    {
        for (channel, plane) in self.pcm.channels.iter_mut().zip(buffer.iter_planes()) {
            if channel.capacity() - channel.len() < plane.len() {
                reserve(channel, plane.len())?;
            }
            channel.extend(plane.iter().map(|sample| f32::from_sample(*sample)));
        }
        Ok(())
    }
}

fn reserve(channel: &mut Vec<f32>, frames: usize) -> Result<(), MediaError> {
    channel
        .try_reserve(frames)
        .map_err(|_| no_memory(channel.len().saturating_add(frames)))
}

fn no_memory(frames: usize) -> MediaError {
    MediaError::TooLarge {
        what: format!("there is no memory for {frames} frames"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_reserves_no_more_samples_than_there_are_bytes() {
        for (claimed, byte_len, frames) in [
            (Some(u64::MAX), 1_000, 500),
            (Some(10), 1_000, 10),
            (None, 1_000, 0),
            (Some(7), 1, 0),
        ] {
            let planes = Planes::new(2, 48_000, claimed, byte_len).unwrap();
            assert!(planes.pcm.channels.iter().all(|channel| channel.is_empty()));
            let reserved: Vec<usize> = planes.pcm.channels.iter().map(Vec::capacity).collect();
            assert!(
                reserved
                    .iter()
                    .all(|len| (frames..frames + 8).contains(len)),
                "{reserved:?}"
            );
        }
    }
}
