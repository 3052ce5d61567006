//! Damaged, lying and random input: an error or the frames that are there, never worse.

use crate::common;

use common::{FLOAT, PCM, TempFile, Wav, extensible, fmt, go_on, wav, wav16};
use noxrun_media::{CHANNELS, MediaError, SAMPLE_RATES, decode, decode_file, probe, probe_file};
use proptest::prelude::*;

/// What must hold for any bytes whatever. Gives the number of frames, if they decode.
fn survives(bytes: &[u8]) -> Option<usize> {
    let decoded = decode(bytes, &mut go_on);
    let probed = probe(bytes);
    match decoded {
        Ok(pcm) => {
            assert!(SAMPLE_RATES.contains(&pcm.sample_rate));
            assert!(CHANNELS.contains(&pcm.channels.len()));
            let frames = pcm.frames();
            assert!(pcm.channels.iter().all(|channel| channel.len() == frames));
            assert!(
                frames * pcm.channels.len() <= bytes.len(),
                "more samples than bytes"
            );
            let probed = probed.expect("what decodes can be probed");
            assert_eq!(probed.frames, Some(frames as u64));
            assert_eq!(
                (probed.channels, probed.sample_rate),
                (pcm.channels.len(), pcm.sample_rate)
            );
            Some(frames)
        }
        Err(error) => {
            let text = error.to_string();
            assert!(
                !text.contains("the decoder failed"),
                "a panic inside: {text}"
            );
            assert!(matches!(
                error,
                MediaError::Decode { .. } | MediaError::Unsupported { .. }
            ));
            None
        }
    }
}

fn sound_files() -> Vec<Vec<u8>> {
    let data: Vec<u8> = (0..240u8).collect();
    let info = b"INFOINAM\x05\0\0\0title\0ISFT\x03\0\0\0abc\0";
    let mut files: Vec<Vec<u8>> = [
        (PCM, 8),
        (PCM, 16),
        (PCM, 24),
        (PCM, 32),
        (FLOAT, 32),
        (FLOAT, 64),
    ]
    .map(|(tag, bits)| wav(tag, 2, 48_000, bits, &data))
    .into();
    files.push(
        Wav::new()
            .chunk(b"LIST", info)
            .chunk(b"fmt ", &extensible(PCM, 3, 44_100, 24, 20, 0x7))
            .chunk(b"fact", &[40, 0, 0, 0])
            .chunk(b"data", &data)
            .chunk(b"LIST", info)
            .build(),
    );
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_never_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        survives(&bytes);
    }

    #[test]
    fn random_chunks_never_do_harm(
        chunks in prop::collection::vec(
            (
                prop::sample::select(vec![*b"fmt ", *b"data", *b"LIST", *b"fact", *b"ds64", *b"odd "]),
                prop_oneof![0u32..64, any::<u32>()],
                prop::collection::vec(any::<u8>(), 0..64),
            ),
            0..12,
        ),
        wide in any::<bool>(),
    ) {
        let mut file = Wav::new();
        if wide {
            file.bytes[..4].copy_from_slice(b"RF64");
        }
        for (id, claimed, body) in chunks {
            file = file.claiming(&id, claimed, &body);
        }
        survives(&file.build());
    }

    #[test]
    fn random_header_fields_never_do_harm(
        tag in prop::sample::select(vec![0u16, 1, 2, 3, 6, 7, 17, 0xFFFE, 0xFFFF]),
        channels in prop_oneof![0u16..70, any::<u16>()],
        rate in prop_oneof![900u32..800_000, any::<u32>()],
        align in any::<u16>(),
        bits in prop_oneof![0u16..70, any::<u16>()],
        claimed in any::<u32>(),
        data in prop::collection::vec(any::<u8>(), 0..512),
    ) {
        let mut body = fmt(tag, channels, rate, bits);
        body[12..14].copy_from_slice(&align.to_le_bytes());
        survives(&Wav::new().chunk(b"fmt ", &body).claiming(b"data", claimed, &data).build());
        let body = extensible(tag, channels, rate, bits, align, claimed);
        survives(&Wav::new().chunk(b"fmt ", &body).claiming(b"data", claimed, &data).build());
    }

    #[test]
    fn corrupted_files_never_do_harm(
        which in any::<prop::sample::Index>(),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = which.get(&sound_files()).clone();
        let header = file.len().min(96);
        for (at, value) in hits {
            file[at.index(header)] = value;
        }
        survives(&file);
    }

    #[test]
    fn truncated_files_never_do_harm(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
    ) {
        let files = sound_files();
        let file = which.get(&files);
        survives(&file[..at.index(file.len())]);
    }

    #[test]
    fn a_lying_data_size_never_changes_the_frames_that_are_there(
        claimed in prop_oneof![Just(0), 9u32..=u32::MAX],
    ) {
        let file = Wav::new()
            .chunk(b"fmt ", &fmt(PCM, 2, 48_000, 16))
            .claiming(b"data", claimed, &[0xFF; 8])
            .build();
        prop_assert_eq!(survives(&file), Some(2));
    }
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let fmt = fmt(PCM, 1, 48_000, 16);
    let cases: [(Vec<u8>, &str); 7] = [
        (Vec::new(), "empty"),
        (
            b"hello, this is a letter".to_vec(),
            "none of the known sound formats",
        ),
        (
            b"RIFF\x24\0\0\0WAVE".to_vec(),
            "no fmt chunk in its 12 bytes",
        ),
        (
            Wav::new().chunk(b"fmt ", &fmt).build(),
            "no data chunk in its 36 bytes",
        ),
        (
            Wav::new().claiming(b"fmt ", 16, &fmt[..10]).build(),
            "stops at byte 30, in its fmt chunk",
        ),
        (Wav::new().chunk(b"fmt ", &fmt[..14]).build(), "14 bytes"),
        (
            Wav::new().chunk(b"data", &[0; 8]).build(),
            "no fmt chunk in its 28 bytes",
        ),
    ];
    for (bytes, text) in cases {
        match decode(&bytes, &mut go_on) {
            Err(MediaError::Decode { what }) => {
                assert!(what.contains(text), "{what:?}, not {text:?}")
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn endless_empty_chunks_end_soon() {
    let mut file = Wav::new().bytes;
    file.extend(b"none\0\0\0\0".repeat(2_000_000));
    assert_eq!(survives(&file), None);

    let mut file = Wav::new()
        .chunk(b"fmt ", &fmt(PCM, 1, 48_000, 8))
        .claiming(b"data", 0, &[])
        .bytes;
    file.extend(b"none\0\0\0\0".repeat(2_000_000));
    survives(&file);
}

#[test]
fn paths_that_are_no_files_are_told_apart() {
    let missing = std::env::temp_dir().join("noxrun-media-there-is-no-such-file.wav");
    assert!(
        matches!(decode_file(&missing, &mut go_on), Err(MediaError::NotFound { path }) if path == missing)
    );
    assert!(matches!(
        probe_file(&missing),
        Err(MediaError::NotFound { .. })
    ));

    let folder = std::env::temp_dir();
    match decode_file(&folder, &mut go_on) {
        Err(error @ MediaError::Io { .. }) => {
            assert!(error.to_string().contains("folder"), "{error}")
        }
        other => panic!("{other:?}"),
    }

    let empty = TempFile::with("empty.wav", b"");
    assert!(matches!(
        decode_file(empty.path(), &mut go_on),
        Err(MediaError::Decode { .. })
    ));
}

#[cfg(unix)]
#[test]
fn devices_are_refused_instead_of_read_for_ever() {
    for path in ["/dev/zero", "/dev/null"] {
        match decode_file(path, &mut go_on) {
            Err(error @ MediaError::Io { .. }) => {
                assert!(error.to_string().contains(path), "{error}")
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn files_and_bytes_decode_alike() {
    for bytes in sound_files() {
        let file = TempFile::with("alike.wav", &bytes);
        let from_file = decode_file(file.path(), &mut go_on).unwrap();
        assert_eq!(from_file, decode(&bytes, &mut go_on).unwrap());
    }
}

#[test]
fn progress_rises_from_zero_to_one_and_can_cancel() {
    let bytes = wav16(2, 48_000, &vec![1; 2 * 480_000]);
    let mut seen = Vec::new();
    let pcm = decode(&bytes, &mut |fraction| {
        seen.push(fraction);
        go_on(fraction)
    });
    assert_eq!(pcm.unwrap().frames(), 480_000);
    assert!(seen.len() > 4, "{seen:?}");
    assert!(seen[0] < 0.1 && *seen.last().unwrap() == 1.0, "{seen:?}");
    assert!(seen.is_sorted(), "{seen:?}");

    for calls in 1..=seen.len() {
        let mut left = calls;
        let cancelled = decode(&bytes, &mut |_| {
            left -= 1;
            if left == 0 {
                std::ops::ControlFlow::Break(())
            } else {
                std::ops::ControlFlow::Continue(())
            }
        });
        assert!(
            matches!(cancelled, Err(MediaError::Cancelled)),
            "cancelled at call {calls}"
        );
    }
}
