//! Files at the rate of an engine, and what `probe` tells of them.

use crate::common;

use std::f64::consts::TAU;
use std::ops::ControlFlow;

use common::{FLOAT, PCM, TempFile, Wav, fmt, go_on, wav, wav16};
use noxrun_media::{MediaError, Probe, decode, load, load_file, probe, probe_file};

#[test]
fn the_same_rate_passes_bit_for_bit() {
    let data: Vec<u8> = (0..2_000u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let file = wav(FLOAT, 2, 44_100, 32, &data);
    let loaded = load(&file, 44_100, &mut go_on).unwrap();
    let decoded = decode(&file, &mut go_on).unwrap();
    let bits = |channels: &[Vec<f32>]| -> Vec<u32> {
        channels
            .iter()
            .flatten()
            .map(|sample| sample.to_bits())
            .collect()
    };
    assert_eq!(bits(&loaded.channels), bits(&decoded.channels));
}

#[test]
fn another_rate_keeps_the_tone_and_rounds_the_length() {
    for (from, to) in [
        (44_100u32, 48_000u32),
        (48_000, 44_100),
        (8_000, 48_000),
        (96_000, 48_000),
    ] {
        let frames = from as usize / 2 + 1;
        let tone =
            |frame: usize, rate: u32| (TAU * 440.0 * frame as f64 / f64::from(rate)).sin() * 0.5;
        let data: Vec<u8> = (0..frames)
            .flat_map(|n| [tone(n, from) as f32, -tone(n, from) as f32])
            .flat_map(f32::to_le_bytes)
            .collect();
        let file = TempFile::with("tone.wav", &wav(FLOAT, 2, from, 32, &data));
        let pcm = load_file(file.path(), to, &mut go_on).unwrap();
        let expected = (frames as f64 * f64::from(to) / f64::from(from)).round() as usize;
        assert_eq!((pcm.sample_rate, pcm.frames()), (to, expected));
        for frame in to as usize / 50..expected - to as usize / 50 {
            let error = f64::from(pcm.channels[0][frame]) - tone(frame, to);
            assert!(error.abs() < 1e-4, "{from} to {to}, frame {frame}: {error}");
            assert_eq!(pcm.channels[1][frame], -pcm.channels[0][frame]);
        }
    }
}

#[test]
fn an_empty_file_stays_empty_at_the_new_rate() {
    let pcm = load(&wav16(2, 44_100, &[]), 48_000, &mut go_on).unwrap();
    assert_eq!(
        (pcm.sample_rate, pcm.frames(), pcm.channels.len()),
        (48_000, 0, 2)
    );
}

#[test]
fn progress_reaches_one_once_at_the_very_end() {
    let file = wav16(1, 44_100, &vec![100; 400_000]);
    let mut seen = Vec::new();
    load(&file, 48_000, &mut |fraction| {
        seen.push(fraction);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(seen.is_sorted() && seen.iter().filter(|fraction| **fraction == 1.0).count() == 1);
    assert_eq!(seen.last(), Some(&1.0));

    let cancel = &mut |fraction: f64| {
        if fraction > 0.5 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    assert!(matches!(
        load(&file, 48_000, cancel),
        Err(MediaError::Cancelled)
    ));
}

#[test]
fn rates_out_of_range_are_refused_before_the_file_is_touched() {
    for rate in [0, 999, 768_001] {
        match load_file("/nowhere/at/all.wav", rate, &mut go_on) {
            Err(MediaError::Invalid { what }) => {
                assert!(what.contains(&rate.to_string()), "{what}")
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn probe_tells_all_without_decoding() {
    let data = vec![0; 8_000];
    let file = wav(PCM, 2, 16_000, 16, &data);
    let expected = Probe {
        format: "wav".into(),
        codec: "pcm_s16le".into(),
        frames: Some(2_000),
        duration: Some(0.125),
        channels: 2,
        sample_rate: 16_000,
        tags: Vec::new(),
    };
    assert_eq!(probe(&file).unwrap(), expected);
    assert_eq!(
        probe_file(TempFile::with("probe.wav", &file).path()).unwrap(),
        expected
    );

    let codecs = [
        (PCM, 8, "pcm_u8"),
        (PCM, 24, "pcm_s24le"),
        (PCM, 32, "pcm_s32le"),
        (FLOAT, 32, "pcm_f32le"),
        (FLOAT, 64, "pcm_f64le"),
        (6, 8, "pcm_alaw"),
        (7, 8, "pcm_mulaw"),
    ];
    for (tag, bits, codec) in codecs {
        assert_eq!(
            probe(&wav(tag, 1, 48_000, bits, &data)).unwrap().codec,
            codec
        );
    }
}

#[test]
fn probe_tells_the_frames_that_are_there_not_those_claimed() {
    let lying = Wav::new()
        .chunk(b"fmt ", &fmt(PCM, 2, 48_000, 16))
        .claiming(b"data", u32::MAX, &[0; 42])
        .build();
    assert_eq!(probe(&lying).unwrap().frames, Some(10));
}

#[test]
fn tags_before_and_after_the_sound_are_read_in_their_order() {
    let before = b"INFOINAM\x06\0\0\0A tuneIART\x04\0\0\0Bob\0ICMT\x03\0\0\0one\0";
    let after =
        b"INFOICMT\x03\0\0\0two\0IXYZ\x04\0\0\0ownXISFT\x06\0\0\0maker\0ICRD\x04\0\0\x002024";
    let file = Wav::new()
        .chunk(b"LIST", before)
        .chunk(b"fmt ", &fmt(PCM, 1, 48_000, 16))
        .chunk(b"data", &[0; 6])
        .chunk(b"LIST", after)
        .build();
    let expected = [
        ("title", "A tune"),
        ("artist", "Bob"),
        ("comment", "one\ntwo"),
        ("IXYZ", "ownX"),
        ("encoder", "maker"),
        ("date", "2024"),
    ];
    let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(probe(&file).unwrap().tags, expected);
}
