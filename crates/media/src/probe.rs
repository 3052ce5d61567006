//! What a file is, without decoding it.

use std::collections::HashMap;
use std::path::Path;

use symphonia::core::meta::{StandardTag, Tag};

use crate::error::MediaError;
use crate::open::Media;

/// What the headers of a sound file say.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Short name of the container: `wav`.
    pub format: String,
    /// Short name of the codec: `pcm_s16le`.
    pub codec: String,
    /// Length in frames; for WAV the frames that are really there. `None`: the file does not say.
    pub frames: Option<u64>,
    /// Length in seconds.
    pub duration: Option<f64>,
    /// Number of channels, within [`CHANNELS`](crate::CHANNELS).
    pub channels: usize,
    /// Frames a second, in Hz, within [`SAMPLE_RATES`](crate::SAMPLE_RATES).
    pub sample_rate: u32,
    /// Texts such as `title`, `artist`, `album`, `date`, `comment`, `encoder`; those without a
    /// common name keep the one that the file gives them. In the order of the file; several of one
    /// name are joined by newlines, in the place of the first.
    pub tags: Vec<(String, String)>,
}

/// Reads the headers of a sound file that is in memory.
///
/// # Errors
/// Those of [`decode`](crate::decode), as far as the headers show them.
pub fn probe(bytes: &[u8]) -> Result<Probe, MediaError> {
    describe(Media::from_bytes(bytes)?)
}

/// Reads the headers of a sound file.
///
/// # Errors
/// Those of [`decode_file`](crate::decode_file), as far as the headers show them.
pub fn probe_file(path: impl AsRef<Path>) -> Result<Probe, MediaError> {
    describe(Media::from_file(path.as_ref())?)
}

fn describe(mut media: Media<'_>) -> Result<Probe, MediaError> {
    let codec = symphonia::default::get_codecs()
        .get_audio_decoder(media.params.codec)
        .map_or("unknown", |decoder| decoder.codec.info.short_name);
    let mut tags: Vec<(String, String)> = Vec::new();
    // Searching the list would take for ever in a file of a million tags.
    let mut places = HashMap::new();
    if let Some(revision) = media.reader.metadata().skip_to_latest() {
        for tag in &revision.media.tags {
            let (name, text) = (name(tag), tag.raw.value.to_string());
            let place = *places.entry(name.clone()).or_insert(tags.len());
            match tags.get_mut(place) {
                None => tags.push((name, text)),
                Some((_, before)) => {
                    if !before.is_empty() {
                        before.push('\n');
                    }
                    before.push_str(&text);
                }
            }
        }
    }
    Ok(Probe {
        format: media.reader.format_info().short_name.into(),
        codec: codec.into(),
        frames: media.frames,
        duration: media
            .frames
            .map(|frames| frames as f64 / f64::from(media.sample_rate)),
        channels: media.channels,
        sample_rate: media.sample_rate,
        tags,
    })
}

/// One name for the same thing in every format.
fn name(tag: &Tag) -> String {
    let common = match &tag.std {
        Some(StandardTag::TrackTitle(_)) => "title",
        Some(StandardTag::Artist(_)) => "artist",
        Some(StandardTag::Album(_)) => "album",
        Some(StandardTag::AlbumArtist(_)) => "albumArtist",
        Some(StandardTag::Composer(_)) => "composer",
        Some(StandardTag::Genre(_)) => "genre",
        Some(StandardTag::Comment(_)) => "comment",
        Some(StandardTag::Copyright(_)) => "copyright",
        Some(StandardTag::Engineer(_)) => "engineer",
        Some(StandardTag::Encoder(_)) => "encoder",
        Some(StandardTag::EncodedBy(_)) => "encodedBy",
        Some(StandardTag::Language(_)) => "language",
        Some(StandardTag::TrackNumber(_)) => "track",
        Some(StandardTag::DiscNumber(_)) => "disc",
        Some(
            StandardTag::RecordingDate(_)
            | StandardTag::RecordingYear(_)
            | StandardTag::ReleaseDate(_)
            | StandardTag::ReleaseYear(_),
        ) => "date",
        _ => return tag.raw.key.clone(),
    };
    common.into()
}
