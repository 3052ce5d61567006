//! FLAC files that are damaged, cut off or empty.

use crate::common;

use common::flac::HEADER;
use common::{TempFile, go_on};
use noxrun_media::{AudioWriter, MediaError, WavFormat, load, probe};

/// A file of stereo silence.
fn written(frames: usize) -> Vec<u8> {
    let file = TempFile::new("empty.flac");
    let mut writer = AudioWriter::create(file.path(), 48_000, 2, Some(WavFormat::S16)).unwrap();
    writer.write(&vec![0.0; 2 * frames]).unwrap();
    writer.finish().unwrap();
    file.bytes()
}

#[test]
fn a_file_that_ends_behind_its_headers_is_a_sound_of_no_frames() {
    let bytes = written(0);
    assert_eq!(bytes.len(), HEADER);
    // A comment and a block of padding behind the first block.
    let comment = b"\x04\0\0\0make\x01\0\0\0\x07\0\0\0TITLE=a";
    let mut longer = bytes.clone();
    longer[4] = 0;
    longer.extend([4, 0, 0, comment.len() as u8]);
    longer.extend(comment);
    longer.extend([0x81, 0, 0, 5, 0, 0, 0, 0, 0]);
    for (bytes, tag) in [(&bytes, None), (&longer, Some("a"))] {
        let probed = probe(bytes).unwrap();
        assert_eq!(
            (probed.format.as_str(), probed.codec.as_str()),
            ("flac", "flac")
        );
        assert_eq!((probed.frames, probed.duration), (Some(0), Some(0.0)));
        assert_eq!((probed.channels, probed.sample_rate), (2, 48_000));
        assert_eq!(probed.tags.get("title").map(String::as_str), tag);
        let pcm = load(bytes, 44_100, &mut go_on).unwrap();
        assert_eq!((pcm.channels.len(), pcm.frames()), (2, 0));
        // Within its headers it is no sound yet.
        for len in [41, bytes.len() - 1] {
            assert!(matches!(
                probe(&bytes[..len]),
                Err(MediaError::Decode { .. })
            ));
        }
    }
}
