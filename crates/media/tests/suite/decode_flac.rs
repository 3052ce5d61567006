//! FLAC files that are damaged, cut off or empty.

use crate::common;

use common::flac::{HEADER, blocks};
use common::{TempFile, go_on};
use noxrun_media::{AudioWriter, MediaError, WavFormat, decode, load, probe};

/// Frames a block at 48 kHz, as the writer makes them.
const BLOCK: usize = 4_096;
const BLOCKS: usize = 9;
/// The last block is a short one.
const FRAMES: usize = BLOCK * (BLOCKS - 1) + 1_000;

/// Noise of 16 bits, exact as `f32`.
fn lanes() -> [Vec<f32>; 2] {
    [1u32, 2].map(|seed| {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((state >> 16) as i16) / 32_768.0
        };
        (0..FRAMES).map(|_| next()).collect()
    })
}

fn written(frames: usize) -> Vec<u8> {
    let [left, right] = lanes();
    let pairs = left[..frames].iter().zip(&right[..frames]);
    let sound: Vec<f32> = pairs.flat_map(|(l, r)| [*l, *r]).collect();
    let file = TempFile::new("damaged.flac");
    let mut writer = AudioWriter::create(file.path(), 48_000, 2, Some(WavFormat::S16)).unwrap();
    writer.write(&sound).unwrap();
    writer.finish().unwrap();
    file.bytes()
}

/// Turns over one byte of each of these blocks: `at` bytes behind its beginning, or in its middle.
fn damage(bytes: &[u8], hit: &[usize], at: Option<usize>) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let (blocks, _) = blocks(&bytes.clone());
    let mut begins = HEADER;
    for (n, block) in blocks.iter().enumerate() {
        if hit.contains(&n) {
            bytes[begins + at.unwrap_or(block.len / 2)] ^= 0xFF;
        }
        begins += block.len;
    }
    assert_eq!((blocks.len(), begins), (BLOCKS, bytes.len()));
    bytes
}

#[test]
fn a_damaged_block_is_silent_and_what_follows_keeps_its_place() {
    let bytes = written(FRAMES);
    for hit in [&[4][..], &[0], &[2, 3, 4], &[1, 6], &[0, 1, 7]] {
        // In the sound, in the checksum of the header, in its sync code.
        for at in [None, Some(5), Some(0)] {
            let pcm = decode(&damage(&bytes, hit, at), &mut go_on).unwrap();
            for (lane, mut expected) in pcm.channels.iter().zip(lanes()) {
                for n in hit {
                    // Where a header cannot be read, nobody knows where the block before ends.
                    let from = n.saturating_sub(usize::from(at.is_some()));
                    expected[from * BLOCK..(n + 1) * BLOCK].fill(0.0);
                }
                assert_eq!(lane.len(), FRAMES, "blocks {hit:?}, byte {at:?}");
                assert!(*lane == expected, "blocks {hit:?}, byte {at:?}");
            }
        }
    }
}

#[test]
fn a_file_that_is_cut_off_gives_the_blocks_that_are_there() {
    let bytes = written(FRAMES);
    let (blocks, _) = blocks(&bytes);
    let end = |count: usize| HEADER + blocks[..count].iter().map(|b| b.len).sum::<usize>();
    for (len, whole) in [(end(3), 3), (end(3) + 700, 3), (bytes.len() - 1, 8)] {
        let pcm = decode(&bytes[..len], &mut go_on).unwrap();
        for (lane, expected) in pcm.channels.iter().zip(lanes()) {
            assert!(*lane == expected[..whole * BLOCK], "{len} bytes");
        }
    }
}

#[test]
fn a_file_of_which_nothing_decodes_is_an_error() {
    let all: Vec<usize> = (0..BLOCKS).collect();
    for at in [None, Some(0)] {
        match decode(&damage(&written(FRAMES), &all, at), &mut go_on) {
            Err(MediaError::Decode { .. }) => {}
            other => panic!("byte {at:?}: {:?}", other.map(|pcm| pcm.frames())),
        }
    }
}

#[test]
fn a_file_of_one_block_is_told_apart_from_one_that_is_cut_off_in_it() {
    let bytes = written(3_000);
    let mut hit = bytes.clone();
    hit[HEADER + 2_000] ^= 0xFF;
    assert!(matches!(
        decode(&hit, &mut go_on),
        Err(MediaError::Decode { .. })
    ));
    let cut = &bytes[..bytes.len() - 1_000];
    assert_eq!(decode(cut, &mut go_on).unwrap().frames(), 0);
}

#[test]
fn a_stream_cut_out_of_a_longer_one_begins_with_its_first_block() {
    let bytes = written(FRAMES);
    let (blocks, _) = blocks(&bytes);
    let first: usize = blocks[..3].iter().map(|block| block.len).sum();
    let mut cut = bytes[..HEADER].to_vec();
    // No length, no checksum of the whole.
    cut[21] &= 0xF0;
    cut[22..].fill(0);
    cut.extend(&bytes[HEADER + first..]);
    let pcm = decode(&cut, &mut go_on).unwrap();
    for (lane, expected) in pcm.channels.iter().zip(lanes()) {
        assert!(*lane == expected[3 * BLOCK..]);
    }
}

#[test]
fn a_packet_that_claims_an_impossible_place_is_an_error() {
    let bytes = written(FRAMES);
    let (blocks, _) = blocks(&bytes);
    let first = blocks[0].len;
    // The file says that it is two blocks long; of the second one nothing is left.
    let mut lying = bytes.clone();
    lying[22..26].copy_from_slice(&(2 * BLOCK as u32).to_be_bytes());
    lying.drain(HEADER + first..HEADER + first + blocks[1].len + blocks[2].len);
    match decode(&lying, &mut go_on) {
        Err(MediaError::Decode { what }) => {
            assert!(
                what.contains("frame 12288") && what.contains("8192"),
                "{what}"
            );
        }
        other => panic!("{:?}", other.map(|pcm| pcm.frames())),
    }
}

#[test]
fn a_file_that_ends_behind_its_headers_is_a_sound_of_no_frames() {
    let bytes = written(0);
    assert_eq!(bytes.len(), HEADER);
    // A comment and a block of padding behind the first block.
    let comment = b"\x04\0\0\0make\x03\0\0\0\x07\0\0\0TITLE=a\x05\0\0\0ZED=b\x08\0\0\0ARTIST=c";
    let mut longer = bytes.clone();
    longer[4] = 0;
    longer.extend([4, 0, 0, comment.len() as u8]);
    longer.extend(comment);
    longer.extend([0x81, 0, 0, 5, 0, 0, 0, 0, 0]);
    let tags = [("title", "a"), ("ZED", "b"), ("artist", "c")];
    for (bytes, tags) in [(&bytes, &[][..]), (&longer, &tags)] {
        let probed = probe(bytes).unwrap();
        assert_eq!(
            (probed.format.as_str(), probed.codec.as_str()),
            ("flac", "flac")
        );
        assert_eq!((probed.frames, probed.duration), (Some(0), Some(0.0)));
        assert_eq!((probed.channels, probed.sample_rate), (2, 48_000));
        let found = probed.tags.iter();
        let found: Vec<_> = found
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        assert_eq!(found, tags);
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
