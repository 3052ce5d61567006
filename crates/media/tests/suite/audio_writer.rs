//! One writer for two kinds of file: which one it chooses, and what it refuses.

use crate::common;

use common::flac::{info, integer, samples};
use common::{TempFile, go_on, strict};
use noxrun_media::{AudioWriter, MediaError, WavFormat, decode_file};

#[test]
fn the_extension_chooses_whatever_its_case() {
    for (name, wav) in [
        ("a.wav", true),
        ("a.WAV", true),
        ("a.flac", false),
        ("a.Flac", false),
    ] {
        let file = TempFile::new(name);
        let mut writer = AudioWriter::create(file.path(), 48_000, 1, None).unwrap();
        writer.write(&[0.5, -0.25]).unwrap();
        assert_eq!(writer.finish().unwrap(), 2);
        if wav {
            let read = strict(&file.bytes(), false);
            assert_eq!((read.bits, read.f32()), (32, vec![0.5, -0.25]));
        } else {
            assert_eq!(info(&file.bytes()).bits, 24);
            assert_eq!(samples(&file.bytes()), [1 << 22, -(1 << 21)]);
        }
    }
}

#[test]
fn what_cannot_be_written_is_named_and_touches_nothing() {
    let refused = |name: &str, channels: usize, format| {
        let file = TempFile::with(name, b"precious");
        let error = AudioWriter::create(file.path(), 48_000, channels, format).unwrap_err();
        assert_eq!(file.bytes(), b"precious");
        (error, file.path().display().to_string())
    };
    for name in ["a.mp3", "a", "a.wave", "flac", ".flac."] {
        let (error, path) = refused(name, 2, None);
        assert!(matches!(error, MediaError::Unwritable { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(&path), "{text}");
        assert!(text.contains(".wav") && text.contains(".flac"), "{text}");
    }
    let (error, path) = refused("a.flac", 2, Some(WavFormat::F32));
    assert!(matches!(error, MediaError::Unwritable { .. }), "{error:?}");
    let text = error.to_string();
    for part in [&path, "f32", "s24", "s16"] {
        assert!(text.contains(part), "{text}");
    }
    for channels in [0, 9, 64] {
        let (error, _) = refused("a.flac", channels, None);
        assert!(matches!(error, MediaError::Invalid { .. }), "{error:?}");
        assert!(error.to_string().contains(&channels.to_string()), "{error}");
    }

    let file = TempFile::new("whole.flac");
    let mut writer = AudioWriter::create(file.path(), 48_000, 2, None).unwrap();
    let error = writer.write(&[0.0; 3]).unwrap_err();
    assert!(matches!(error, MediaError::Invalid { .. }), "{error:?}");
    writer.write(&[0.0; 4]).unwrap();
    assert_eq!(writer.finish().unwrap(), 2);
}

#[test]
fn wav_files_come_out_as_the_wav_writer_writes_them() {
    let sound = (0..2 * 5_000)
        .map(|n| (n as f32 * 0.37).sin())
        .collect::<Vec<f32>>();
    let file = TempFile::new("plain.wav");
    let format = Some(WavFormat::S16);
    let mut writer = AudioWriter::create(file.path(), 48_000, 2, format).unwrap();
    writer.write(&sound).unwrap();
    assert_eq!(writer.frames(), 5_000);
    assert_eq!(writer.finish().unwrap(), 5_000);
    let read = strict(&file.bytes(), false);
    let wanted: Vec<i32> = sound.iter().map(|x| integer(*x, WavFormat::S16)).collect();
    assert_eq!(read.integers(), wanted);
    let pcm = decode_file(file.path(), &mut go_on).unwrap();
    assert_eq!((pcm.frames(), pcm.channels.len()), (5_000, 2));
}

#[test]
fn a_file_may_be_written_under_another_name_and_errors_tell_the_one_that_is_meant() {
    let place = TempFile::new("partial");
    let meant = std::path::Path::new("/meant/for/a.flac");
    let mut writer = AudioWriter::create_at(place.path(), meant, 48_000, 1, None).unwrap();
    writer.write(&[0.5]).unwrap();
    writer.finish().unwrap();
    assert_eq!(samples(&place.bytes()), [1 << 22]);

    let nowhere = std::env::temp_dir().join("noxrun-media-no-such-folder/a");
    for meant in ["/meant/for/a.flac", "/meant/for/a.wav"] {
        let meant = std::path::Path::new(meant);
        match AudioWriter::create_at(&nowhere, meant, 48_000, 1, None) {
            Err(MediaError::NotFound { path }) => assert_eq!(path, meant),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn silence_makes_the_same_file_as_zeros_do() {
    for (name, format) in [
        ("a.wav", WavFormat::F32),
        ("b.wav", WavFormat::S24),
        ("c.wav", WavFormat::S16),
        ("d.flac", WavFormat::S24),
        ("e.flac", WavFormat::S16),
    ] {
        let files = ["silence", "zeros"].map(|way| TempFile::new(&format!("{way}-{name}")));
        for (file, is_silence) in files.iter().zip([true, false]) {
            let create = AudioWriter::create(file.path(), 48_000, 3, Some(format));
            let mut writer = create.unwrap();
            // Short ones, ones that end in a block, and ones that are a hole in a WAV file.
            for (sound, silent) in [
                (0, 1),
                (777, 5_000),
                (1, 400_001),
                (20_000, 0),
                (3, 250_000),
            ] {
                let block: Vec<f32> = (0..3 * sound).map(|n| (n as f32 * 0.37).sin()).collect();
                writer.write(&block).unwrap();
                if is_silence {
                    writer.write_silence(silent).unwrap();
                } else {
                    writer.write(&vec![0.0; 3 * silent as usize]).unwrap();
                }
            }
            assert_eq!(writer.finish().unwrap(), 675_783);
        }
        assert!(files[0].bytes() == files[1].bytes(), "{name}");
    }
}
