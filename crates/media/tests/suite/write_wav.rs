//! What the writer leaves on the disk, read back by a strict parser of the tests' own.

use crate::common;

use common::{FLOAT, PCM, TempFile, go_on, strict};
use noxrun_media::{AudioWriter, MediaError, WavFormat, decode_file};
use proptest::prelude::*;

fn record(file: &TempFile, rate: u32, channels: usize, format: WavFormat, samples: &[f32]) -> u64 {
    let mut writer = AudioWriter::create(file.path(), rate, channels, Some(format)).unwrap();
    writer.write(samples).unwrap();
    writer.finish().unwrap()
}

#[test]
fn floats_are_written_bit_for_bit() {
    let samples: Vec<f32> = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        3.5,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        f32::INFINITY,
        f32::from_bits(0x7FC0_1234),
        0.1,
    ]
    .into();
    let file = TempFile::new("f32.wav");
    assert_eq!(record(&file, 44_100, 2, WavFormat::F32, &samples), 5);
    let read = strict(&file.bytes(), false);
    assert_eq!(
        (read.tag, read.channels, read.rate, read.bits),
        (FLOAT, 2, 44_100, 32)
    );
    assert_eq!(read.fact, Some(5));
    let bits = |samples: &[f32]| samples.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&read.f32()), bits(&samples));
    assert_eq!(
        bits(&decode_file(file.path(), &mut go_on).unwrap().channels[1]),
        bits(&[samples[1], samples[3], samples[5], samples[7], samples[9]])
    );
}

#[test]
fn integers_round_halves_to_even_and_clamp() {
    let step = 2f32.powi(-15);
    let samples = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.499, 1.501]
        .map(|n| n * step)
        .into_iter()
        .chain([
            1.0,
            -1.0,
            1.0 - step,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            1e30,
            -1e30,
        ]);
    let samples: Vec<f32> = samples.collect();
    let file = TempFile::new("s16.wav");
    record(&file, 48_000, 1, WavFormat::S16, &samples);
    let read = strict(&file.bytes(), false);
    assert_eq!(
        (read.tag, read.bits, read.extensible, read.fact),
        (PCM, 16, false, None)
    );
    assert_eq!(
        read.integers(),
        [
            0, 2, 2, 0, -2, -2, 0, 2, 32_767, -32_768, 32_767, 32_767, -32_768, 0, 32_767, -32_768
        ]
    );

    let step = 2f32.powi(-23);
    let samples = [
        0.5 * step,
        1.5 * step,
        -1.0,
        1.0,
        1.0 - step,
        -step,
        f32::NAN,
    ];
    let file = TempFile::new("s24.wav");
    record(&file, 48_000, 1, WavFormat::S24, &samples);
    let read = strict(&file.bytes(), false);
    assert_eq!((read.tag, read.bits, read.extensible), (PCM, 24, true));
    assert_eq!(
        read.integers(),
        [0, 2, -8_388_608, 8_388_607, 8_388_607, -1, 0]
    );
    // 21 bytes of sound: the chunk is padded, its size is not.
    assert_eq!(read.data.len(), 21);
    assert_eq!(file.bytes().len() % 2, 0);
}

#[test]
fn every_shape_of_file_reads_back_through_decoder_and_hound() {
    for format in [WavFormat::F32, WavFormat::S24, WavFormat::S16] {
        for channels in [1usize, 2, 3, 8, 64] {
            for frames in [0usize, 1, 2, 777] {
                // Multiples of 2^-15 pass all three formats unchanged.
                let samples: Vec<f32> = (0..frames * channels)
                    .map(|n| (n as i64 * 7919 % 65_536 - 32_768) as f32 / 32_768.0)
                    .collect();
                let file = TempFile::new("shape.wav");
                assert_eq!(
                    record(&file, 96_000, channels, format, &samples),
                    frames as u64
                );
                let read = strict(&file.bytes(), false);
                assert_eq!(
                    (usize::from(read.channels), read.frames()),
                    (channels, frames)
                );

                let pcm = decode_file(file.path(), &mut go_on).unwrap();
                assert_eq!(
                    (pcm.sample_rate, pcm.channels.len(), pcm.frames()),
                    (96_000, channels, frames)
                );
                for (n, sample) in samples.iter().enumerate() {
                    assert_eq!(pcm.channels[n % channels][n / channels], *sample);
                }

                let mut hound = hound::WavReader::open(file.path()).unwrap();
                assert_eq!(hound.duration() as usize, frames);
                let seen: Vec<f32> = match format {
                    WavFormat::F32 => hound.samples::<f32>().map(Result::unwrap).collect(),
                    WavFormat::S24 => hound
                        .samples::<i32>()
                        .map(|n| n.unwrap() as f32 / 8_388_608.0)
                        .collect(),
                    WavFormat::S16 => hound
                        .samples::<i32>()
                        .map(|n| n.unwrap() as f32 / 32_768.0)
                        .collect(),
                };
                assert_eq!(seen, samples);
            }
        }
    }
}

#[test]
fn the_header_is_true_at_every_checkpoint_and_after_drop() {
    let file = TempFile::new("checkpoint.wav");
    let mut writer = AudioWriter::create(file.path(), 1_000, 1, Some(WavFormat::S24)).unwrap();
    assert_eq!(strict(&file.bytes(), false).frames(), 0);
    let mut written = 0;
    for frames in [1usize, 2, 7, 100, 333] {
        writer.write(&vec![0.25; frames]).unwrap();
        written += frames;
        writer.checkpoint().unwrap();
        let read = strict(&file.bytes(), false);
        assert_eq!(read.frames(), written);
        assert!(
            read.integers().iter().all(|n| *n == 1 << 21),
            "padding stayed among the samples"
        );
    }
    writer.write(&[0.25; 50]).unwrap();
    assert_eq!(writer.frames() as usize, written + 50);
    drop(writer);
    assert_eq!(strict(&file.bytes(), false).frames(), written + 50);
}

#[test]
fn without_any_checkpoint_the_file_is_never_more_than_half_a_second_behind() {
    for (rate, channels, step) in [
        (1_000, 2, 1),
        (8_000, 1, 999),
        (48_000, 2, 256),
        (48_000, 64, 200_000),
    ] {
        let file = TempFile::new("behind.wav");
        let mut writer =
            AudioWriter::create(file.path(), rate, channels, Some(WavFormat::S16)).unwrap();
        let mut written = 0;
        while written < rate as usize * 3 {
            writer.write(&vec![0.5; step * channels]).unwrap();
            written += step;
            let announced = strict(&file.bytes(), true).frames();
            assert!(
                announced <= written && written - announced <= rate as usize / 2,
                "{announced} of {written} frames at {rate} Hz"
            );
        }
    }
}

#[test]
fn bad_arguments_touch_nothing() {
    let file = TempFile::with("kept.wav", b"precious");
    for (rate, channels) in [(0, 1), (999, 1), (768_001, 1), (48_000, 0), (48_000, 65)] {
        match AudioWriter::create(file.path(), rate, channels, Some(WavFormat::F32)) {
            Err(error @ MediaError::Invalid { .. }) => {
                let value = if channels == 1 {
                    rate.to_string()
                } else {
                    channels.to_string()
                };
                assert!(error.to_string().contains(&value), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(file.bytes(), b"precious");

    let mut writer = AudioWriter::create(file.path(), 48_000, 2, Some(WavFormat::F32)).unwrap();
    assert!(matches!(
        writer.write(&[0.0; 3]),
        Err(MediaError::Invalid { .. })
    ));
    writer.write(&[0.0; 4]).unwrap();
    assert_eq!(writer.finish().unwrap(), 2);
    assert_eq!(strict(&file.bytes(), false).frames(), 2);
}

#[test]
fn paths_that_cannot_be_written_are_told_apart() {
    let nowhere = std::env::temp_dir()
        .join("noxrun-media-no-such-folder")
        .join("a.wav");
    let create = |path| AudioWriter::create(path, 48_000, 2, Some(WavFormat::F32));
    match create(nowhere.clone()) {
        Err(MediaError::NotFound { path }) => assert_eq!(path, nowhere),
        other => panic!("{other:?}"),
    }
    let folder = TempFile::new("folder.wav");
    std::fs::create_dir(folder.path()).unwrap();
    match create(folder.path().to_path_buf()) {
        Err(error) => assert!(
            error
                .to_string()
                .contains(&folder.path().display().to_string()),
            "{error}"
        ),
        Ok(_) => panic!("a folder was overwritten"),
    }
    std::fs::remove_dir(folder.path()).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_without_space_is_an_error_that_names_it() {
    for kind in ["wav", "flac"] {
        let link = TempFile::new(&format!("full.{kind}"));
        std::os::unix::fs::symlink("/dev/full", link.path()).unwrap();
        match AudioWriter::create(link.path(), 48_000, 2, None) {
            Err(error @ MediaError::Io { .. }) => {
                let path = link.path().display().to_string();
                assert!(error.to_string().contains(&path), "{error}")
            }
            other => panic!("{other:?}"),
        }
        assert!(
            link.path().symlink_metadata().is_ok(),
            "a device was removed"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn how_the_sound_is_cut_never_changes_the_file(
        cuts in prop::collection::vec(0usize..3_000, 1..12),
        checkpoints in any::<u16>(),
        channels in 1usize..=5,
        format in prop::sample::select(vec![WavFormat::F32, WavFormat::S24, WavFormat::S16]),
    ) {
        let frames: usize = cuts.iter().sum();
        let samples: Vec<f32> = (0..frames * channels).map(|n| (n as f32 * 0.37).sin()).collect();
        let whole = TempFile::new("whole.wav");
        record(&whole, 4_000, channels, format, &samples);

        let pieces = TempFile::new("pieces.wav");
        let mut writer = AudioWriter::create(pieces.path(), 4_000, channels, Some(format)).unwrap();
        let mut rest = samples.as_slice();
        for (n, cut) in cuts.iter().enumerate() {
            let (now, later) = rest.split_at(cut * channels);
            writer.write(now).unwrap();
            rest = later;
            if checkpoints >> n & 1 == 1 {
                writer.checkpoint().unwrap();
            }
        }
        prop_assert_eq!(writer.finish().unwrap(), frames as u64);
        prop_assert!(whole.bytes() == pieces.bytes());
        prop_assert_eq!(strict(&pieces.bytes(), false).frames(), frames);
    }
}
