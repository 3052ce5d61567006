//! WAV as a format that the codec registry can play: cuts the `data` chunk into packets.

use std::io::{Seek, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64LE, CODEC_ID_PCM_MULAW,
    CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32LE, CODEC_ID_PCM_U8,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::{Error, Result, SeekErrorKind, seek_error};
use symphonia::core::formats::prelude::*;
use symphonia::core::formats::probe::{
    ProbeDataMatchSpec, ProbeFormatData, ProbeableFormat, Score, Scoreable,
};
use symphonia::core::formats::well_known::FORMAT_ID_WAVE;
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadBytes, ScopedStream};
use symphonia::core::meta::well_known::METADATA_ID_WAVE;
use symphonia::core::meta::{Metadata, MetadataBuilder, MetadataInfo, MetadataLog};
use symphonia::default::meta::embedded::riff::parse_riff_info_chunk;

use super::chunks::{Layout, scan};
use super::fmt::{Coding, Fmt};

/// Frames of a full packet.
const PACKET_FRAMES: u64 = 4096;

const FORMAT: FormatInfo = FormatInfo {
    format: FORMAT_ID_WAVE,
    short_name: "wav",
    long_name: "Waveform Audio File Format",
};

const INFO: MetadataInfo = MetadataInfo {
    metadata: METADATA_ID_WAVE,
    short_name: "wav",
    long_name: "RIFF INFO list",
};

/// Reads the frames of a RIFF, RF64 or BW64 WAVE file.
pub(crate) struct WavReader<'s> {
    source: MediaSourceStream<'s>,
    media: MediaInfo,
    track: Track,
    metadata: MetadataLog,
    frame_len: u64,
    data_start: u64,
    /// One past the last byte of the last whole frame.
    data_end: u64,
}

impl<'s> WavReader<'s> {
    fn new(mut source: MediaSourceStream<'s>, options: FormatOptions) -> Result<Self> {
        let start = source.pos();
        let end = source
            .byte_len()
            .filter(|_| source.is_seekable())
            .ok_or(Error::Unsupported("WAV from a source of unknown length"))?;
        let Layout {
            fmt,
            data_start,
            data_len,
            info,
        } = scan(&mut source, start, end)?;

        let frames = data_len / fmt.frame_len();
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(codec(&fmt))
            .with_sample_rate(fmt.sample_rate)
            .with_channels(Channels::Discrete(fmt.channels))
            .with_max_frames_per_packet(PACKET_FRAMES);
        let mut track = Track::new(0);
        track
            .with_codec_params(CodecParameters::Audio(params))
            .with_num_frames(frames)
            .with_duration(Duration::from(frames));

        let mut metadata = options.external_data.metadata.unwrap_or_default();
        if !info.is_empty() {
            let mut builder = MetadataBuilder::new(INFO);
            for (id, text) in info {
                // An entry without a readable name has nothing to offer; the sound is fine.
                parse_riff_info_chunk(id, &text, &mut builder).ok();
            }
            metadata.push(builder.build());
        }

        source.seek(SeekFrom::Start(data_start))?;
        Ok(WavReader {
            source,
            media: MediaInfo::from_track(&track),
            track,
            metadata,
            frame_len: fmt.frame_len(),
            data_start,
            data_end: data_start + frames * fmt.frame_len(),
        })
    }

    fn frame(&self) -> u64 {
        self.source.pos().saturating_sub(self.data_start) / self.frame_len
    }
}

fn codec(fmt: &Fmt) -> AudioCodecId {
    match (fmt.coding, fmt.bytes_per_sample) {
        (Coding::Integer, 1) => CODEC_ID_PCM_U8,
        (Coding::Integer, 2) => CODEC_ID_PCM_S16LE,
        (Coding::Integer, 3) => CODEC_ID_PCM_S24LE,
        (Coding::Integer, _) => CODEC_ID_PCM_S32LE,
        (Coding::Float, 8) => CODEC_ID_PCM_F64LE,
        (Coding::Float, _) => CODEC_ID_PCM_F32LE,
        (Coding::ALaw, _) => CODEC_ID_PCM_ALAW,
        (Coding::MuLaw, _) => CODEC_ID_PCM_MULAW,
    }
}

impl FormatReader for WavReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        &FORMAT
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn tracks(&self) -> &[Track] {
        std::slice::from_ref(&self.track)
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let left = self.data_end.saturating_sub(self.source.pos()) / self.frame_len;
        let first = self.frame();
        let wanted = left.min(PACKET_FRAMES) * self.frame_len;
        if wanted == 0 {
            return Ok(None);
        }
        // Shorter than asked for when the file shrank since its header was read.
        let data = self.source.read_boxed_slice(wanted as usize)?;
        let frames = data.len() as u64 / self.frame_len;
        let Ok(timestamp) = first.try_into() else {
            return Ok(None);
        };
        Ok((frames > 0)
            .then(|| Packet::new(self.track.id, timestamp, Duration::from(frames), data)))
    }

    /// Goes to exactly the frame that was asked for, in both modes.
    fn seek(&mut self, _mode: SeekMode, to: SeekTo) -> Result<SeekedTo> {
        let required_ts = match to {
            SeekTo::Timestamp { ts, .. } => ts,
            SeekTo::Time { time, .. } => self
                .track
                .time_base
                .and_then(|base| base.calc_timestamp(time))
                .ok_or(Error::SeekError(SeekErrorKind::OutOfRange))?,
        };
        let position = u64::try_from(required_ts.get())
            .ok()
            .and_then(|frame| frame.checked_mul(self.frame_len))
            .and_then(|bytes| bytes.checked_add(self.data_start));
        match position {
            Some(position) if position <= self.data_end => {
                self.source.seek(SeekFrom::Start(position))?;
                Ok(SeekedTo {
                    track_id: self.track.id,
                    required_ts,
                    actual_ts: required_ts,
                })
            }
            _ => seek_error(SeekErrorKind::OutOfRange),
        }
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.source
    }
}

impl Scoreable for WavReader<'_> {
    fn score(mut source: ScopedStream<&mut MediaSourceStream<'_>>) -> Result<Score> {
        let magic = source.read_quad_bytes()?;
        source.ignore_bytes(4)?;
        let form = source.read_quad_bytes()?;
        let known = [b"RIFF", b"RF64", b"BW64"].contains(&&magic) && &form == b"WAVE";
        Ok(if known {
            Score::Supported(255)
        } else {
            Score::Unsupported
        })
    }
}

impl ProbeableFormat<'_> for WavReader<'_> {
    fn try_probe_new(
        source: MediaSourceStream<'_>,
        options: FormatOptions,
    ) -> Result<Box<dyn FormatReader + '_>> {
        Ok(Box::new(WavReader::new(source, options)?))
    }

    fn probe_data() -> &'static [ProbeFormatData] {
        &[ProbeFormatData {
            spec: ProbeDataMatchSpec {
                extensions: &["wav", "wave", "rf64"],
                mime_types: &["audio/wav", "audio/x-wav", "audio/vnd.wave", "audio/wave"],
                markers: &[b"RIFF", b"RF64", b"BW64"],
            },
            info: FORMAT,
        }]
    }
}
