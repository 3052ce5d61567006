//! The blocks in front of a FLAC file's sound, and files that hold nothing else: symphonia's reader
//! looks for a first frame and refuses them.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::errors::{Result, SeekErrorKind, seek_error};
use symphonia::core::formats::prelude::*;
use symphonia::core::formats::well_known::FORMAT_ID_FLAC;
use symphonia::core::io::{BufReader, MediaSourceStream};
use symphonia::core::meta::{Metadata, MetadataBuilder, MetadataLog};
use symphonia::default::meta::embedded::flac::{FLAC_METADATA_INFO, read_flac_comment_block};

const FORMAT: FormatInfo = FormatInfo {
    format: FORMAT_ID_FLAC,
    short_name: "flac",
    long_name: "Free Lossless Audio Codec Native",
};

/// Types of blocks.
const STREAM_INFO: u8 = 0;
const COMMENTS: u8 = 4;

/// What stands in front of the sound.
pub(crate) struct Headers {
    /// The first block's content.
    stream_info: [u8; 34],
    /// What the file says in words.
    comments: Vec<u8>,
    /// The first byte behind them.
    pub end: u64,
}

impl Headers {
    /// Reads them from the beginning of a source of `byte_len` bytes. `None`: it does not begin as
    /// a FLAC file does, or ends before they do.
    pub fn read(source: &mut (impl Read + Seek), byte_len: u64) -> io::Result<Option<Self>> {
        let mut mark = [0; 4];
        source.seek(SeekFrom::Start(0))?;
        if byte_len < 42 || source.read_exact(&mut mark).is_err() || &mark != b"fLaC" {
            return Ok(None);
        }
        let mut headers = Self {
            stream_info: [0; 34],
            comments: Vec::new(),
            end: 4,
        };
        loop {
            let mut head = [0; 4];
            if headers.end + 4 > byte_len {
                return Ok(None);
            }
            source.read_exact(&mut head)?;
            let kind = head[0] & 0x7F;
            let len = u32::from_be_bytes([0, head[1], head[2], head[3]]);
            let is_first = headers.end == 4;
            headers.end += 4 + u64::from(len);
            if is_first != (kind == STREAM_INFO) || headers.end > byte_len {
                return Ok(None);
            }
            match kind {
                STREAM_INFO if len == 34 => source.read_exact(&mut headers.stream_info)?,
                STREAM_INFO => return Ok(None),
                COMMENTS => {
                    headers.comments = vec![0; len as usize];
                    source.read_exact(&mut headers.comments)?;
                }
                _ => {
                    source.seek(SeekFrom::Start(headers.end))?;
                }
            }
            if head[0] & 0x80 != 0 {
                return Ok(Some(headers));
            }
        }
    }

    /// Bytes of the largest frame: as the file says, or else as many as any needs.
    pub fn largest_frame(&self) -> u64 {
        let info = &self.stream_info;
        let block = u64::from(u16::from_be_bytes([info[2], info[3]]));
        match u32::from_be_bytes([0, info[7], info[8], info[9]]) {
            0 => block * self.channels() as u64 * 5,
            told => u64::from(told),
        }
    }

    fn channels(&self) -> usize {
        usize::from(self.stream_info[12] >> 1 & 7) + 1
    }

    fn sample_rate(&self) -> u32 {
        let info = &self.stream_info;
        u32::from_be_bytes([0, info[10], info[11], info[12]]) >> 4
    }
}

/// A FLAC file that ends with its headers: a sound of no frames.
pub(crate) struct NoSound<'s> {
    source: MediaSourceStream<'s>,
    media: MediaInfo,
    track: Track,
    metadata: MetadataLog,
}

impl<'s> NoSound<'s> {
    pub fn new(source: MediaSourceStream<'s>, headers: &Headers) -> Self {
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(CODEC_ID_FLAC)
            .with_sample_rate(headers.sample_rate())
            .with_channels(Channels::Discrete(headers.channels() as u16))
            .with_extra_data(headers.stream_info.into());
        let mut track = Track::new(0);
        track
            .with_codec_params(CodecParameters::Audio(params))
            .with_num_frames(0)
            .with_duration(Duration::from(0u64));
        let mut metadata = MetadataLog::default();
        let mut builder = MetadataBuilder::new(FLAC_METADATA_INFO);
        // Words that cannot be read have nothing to offer.
        read_flac_comment_block(&mut BufReader::new(&headers.comments), &mut builder).ok();
        metadata.push(builder.build());
        Self {
            source,
            media: MediaInfo::from_track(&track),
            track,
            metadata,
        }
    }
}

impl FormatReader for NoSound<'_> {
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
        Ok(None)
    }

    fn seek(&mut self, _mode: SeekMode, _to: SeekTo) -> Result<SeekedTo> {
        seek_error(SeekErrorKind::OutOfRange)
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.source
    }
}
