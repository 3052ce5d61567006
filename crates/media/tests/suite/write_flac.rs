//! What the FLAC writer leaves on the disk, read back by another decoder.

use crate::common;

use common::TempFile;
use common::flac::{HEADER, Info, bits, blocks, info, integer, md5, samples};
use noxrun_media::{AudioWriter, WavFormat};
use proptest::prelude::*;

const FORMATS: [WavFormat; 2] = [WavFormat::S24, WavFormat::S16];

fn record(file: &TempFile, rate: u32, channels: usize, format: WavFormat, sound: &[f32]) -> u64 {
    let mut writer = AudioWriter::create(file.path(), rate, channels, Some(format)).unwrap();
    writer.write(sound).unwrap();
    writer.finish().unwrap()
}

/// Writes `sound`, and checks everything that the file says against it.
fn check(name: &str, rate: u32, channels: usize, format: WavFormat, sound: &[f32]) -> Vec<u8> {
    let file = TempFile::new(&format!("{name}.flac"));
    let frames = (sound.len() / channels) as u64;
    assert_eq!(record(&file, rate, channels, format, sound), frames);
    let bytes = file.bytes();
    let wanted: Vec<i32> = sound.iter().map(|x| integer(*x, format)).collect();
    assert!(samples(&bytes) == wanted, "{name} {channels} {format:?}");

    let (blocks, _) = blocks(&bytes);
    let sizes: Vec<u32> = blocks.iter().map(|block| block.len as u32).collect();
    let lengths: Vec<usize> = blocks.iter().map(|block| block.lanes[0].len()).collect();
    let found = info(&bytes);
    let block = found.blocks.0;
    let smallest = sizes.iter().copied().min().unwrap_or(0);
    let largest = sizes.iter().copied().max().unwrap_or(0);
    assert_eq!(
        found,
        Info {
            blocks: (block, block),
            sizes: (smallest, largest),
            rate,
            channels,
            bits: bits(format),
            frames,
            md5: md5(&wanted, bits(format)),
        }
    );
    // All blocks but the last are as long as the header says.
    if let Some((last, full)) = lengths.split_last() {
        assert!(full.iter().all(|length| *length == usize::from(block)));
        assert!(*last <= usize::from(block));
    }
    bytes
}

/// Full-scale noise.
fn noise(samples: usize) -> impl Iterator<Item = f32> {
    let mut state = 0x2545_F491u32;
    (0..samples).map(move |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) as f32
    })
}

fn tone(samples: usize, channels: usize) -> Vec<f32> {
    let value = |n: usize| {
        let (frame, channel) = ((n / channels) as f64, (n % channels) as f64);
        0.6 * (frame * 0.03 * (1.0 + channel)).sin() + 0.2 * (frame * 0.31 + channel).sin()
    };
    (0..samples).map(|n| value(n) as f32).collect()
}

/// Sounds that need every kind of subframe there is, and the edges between them.
fn sounds(samples: usize, channels: usize) -> Vec<(&'static str, Vec<f32>)> {
    let of = |value: &dyn Fn(usize) -> f32| (0..samples).map(value).collect::<Vec<f32>>();
    vec![
        ("silence", of(&|_| 0.0)),
        ("highest", of(&|_| 1.0)),
        ("lowest", of(&|_| -1.0)),
        ("noise", noise(samples).collect()),
        ("quiet noise", noise(samples).map(|x| x * 1e-3).collect()),
        ("tone", tone(samples, channels)),
        // 16-bit values, so that the last eight bits of 24 are zeros.
        (
            "coarse",
            of(&|n| ((n * 7919) % 65_536) as f32 / 32_768.0 - 1.0),
        ),
        // The largest differences that there are, between samples and between channels.
        (
            "flips",
            of(&|n| {
                if (n / channels).is_multiple_of(2) {
                    1.0
                } else {
                    -1.0
                }
            }),
        ),
        (
            "opposite",
            of(&|n| {
                if (n % channels).is_multiple_of(2) {
                    1.0
                } else {
                    -1.0
                }
            }),
        ),
        ("ramp", of(&|n| (n / channels) as f32 / 8_192.0)),
        (
            "cubic",
            of(&|n| {
                let x = (n / channels) as f32 / 4_096.0;
                x * x * x - 0.5 * x
            }),
        ),
        ("click", of(&|n| if n == samples / 2 { 0.9 } else { 0.0 })),
        ("end", of(&|n| if n + 1 == samples { 0.9 } else { 0.1 })),
    ]
}

#[test]
fn every_sound_comes_back_bit_for_bit_at_every_length() {
    for frames in [
        0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 31, 64, 255, 256, 257, 4_095, 4_096, 4_097,
        4_098, 9_001,
    ] {
        for (name, sound) in sounds(2 * frames, 2) {
            for format in FORMATS {
                check(&format!("{name}-{frames}"), 48_000, 2, format, &sound);
            }
        }
    }
}

#[test]
fn every_channel_count_comes_back_bit_for_bit() {
    for channels in 1..=8 {
        for (name, sound) in sounds(5_003 * channels, channels) {
            for format in FORMATS {
                check(name, 44_100, channels, format, &sound);
            }
        }
    }
}

#[test]
fn every_rate_is_in_the_header_and_the_blocks_read() {
    for rate in [
        1_000, 8_000, 11_025, 12_345, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 65_535,
        65_536, 88_200, 96_000, 176_400, 192_000, 255_000, 256_000, 655_350, 655_351, 705_600,
        768_000,
    ] {
        check("rate", rate, 1, WavFormat::S16, &tone(9_000, 1));
    }
}

#[test]
fn integers_round_halves_to_even_and_clamp() {
    for (format, step) in [
        (WavFormat::S16, 2f32.powi(-15)),
        (WavFormat::S24, 2f32.powi(-23)),
    ] {
        let top = (1.0 / step) as i32 - 1;
        let cases = [
            (0.5 * step, 0),
            (1.5 * step, 2),
            (2.5 * step, 2),
            (-0.5 * step, 0),
            (-1.5 * step, -2),
            (1.0, top),
            (1.0 - step, top),
            (-1.0, -top - 1),
            (f32::INFINITY, top),
            (f32::NEG_INFINITY, -top - 1),
            (f32::NAN, 0),
        ];
        let file = TempFile::new("rounding.flac");
        let sound: Vec<f32> = cases.iter().map(|(sample, _)| *sample).collect();
        record(&file, 48_000, 1, format, &sound);
        let wanted: Vec<i32> = cases.iter().map(|(_, integer)| *integer).collect();
        assert_eq!(samples(&file.bytes()), wanted);
    }
}

#[test]
fn noise_is_never_much_larger_than_its_samples() {
    for (format, width) in [(WavFormat::S16, 2), (WavFormat::S24, 3)] {
        let sound: Vec<f32> = noise(2 * 48_000).collect();
        let bytes = check("large", 48_000, 2, format, &sound);
        // A frame's header and checksum: at most 20 bytes a block.
        assert!(bytes.len() < HEADER + sound.len() * width + 12 * 20);
    }
}

#[test]
fn loud_24_bit_noise_takes_about_as_many_bits_as_it_has() {
    // Even noise over 2^18 values has 18 bits a sample; a Rice code takes up to half a bit more.
    let sound: Vec<f32> = noise(96_000).map(|x| x * 2f32.powi(-6)).collect();
    let bytes = check("loud", 48_000, 1, WavFormat::S24, &sound);
    let bits = (bytes.len() - HEADER) as f64 * 8.0 / 96_000.0;
    assert!((18.0..18.7).contains(&bits), "{bits} bits a sample");
}

#[test]
fn tones_shrink_and_silence_takes_nothing() {
    // Two sines obey a recursion of order four, so what is left is about the rounding noise.
    let bytes = check("tone", 48_000, 1, WavFormat::S16, &tone(96_000, 1));
    let bits = (bytes.len() - HEADER) as f64 * 8.0 / 96_000.0;
    assert!(bits < 5.0, "{bits} bits a sample");
    let bytes = check("silence", 48_000, 2, WavFormat::S24, &vec![0.0; 2 * 96_000]);
    assert!(bytes.len() < HEADER + 24 * 20, "{} bytes", bytes.len());
    // The same on both sides costs one side.
    let mono = tone(96_000, 1);
    let both: Vec<f32> = mono.iter().flat_map(|x| [*x; 2]).collect();
    let one = check("one", 48_000, 1, WavFormat::S24, &mono).len();
    let two = check("two", 48_000, 2, WavFormat::S24, &both).len();
    assert!(two < one + 24 * 8, "{one} {two}");
}

#[test]
fn the_file_reads_while_it_grows_and_the_header_is_true() {
    for rate in [1_000, 8_000, 48_000] {
        let file = TempFile::new("grows.flac");
        let sound = tone(4 * rate as usize, 1);
        let mut writer = AudioWriter::create(file.path(), rate, 1, None).unwrap();
        let mut written = 0;
        for piece in sound.chunks(997) {
            writer.write(piece).unwrap();
            written += piece.len();
            assert_eq!(writer.frames(), written as u64);
            let bytes = file.bytes();
            let found = info(&bytes);
            let there = samples(&bytes);
            assert!(there.len() as u64 >= found.frames);
            // Unknown, until everything is there.
            assert_eq!(found.md5, [0; 16]);
            let behind = written as u64 - found.frames;
            assert!(behind <= u64::from(rate), "{behind} frames at {rate} Hz");
            let wanted = sound.iter().map(|x| integer(*x, WavFormat::S24));
            assert!(there.iter().copied().eq(wanted.take(there.len())));
        }
        writer.checkpoint().unwrap();
        let found = info(&file.bytes());
        assert_eq!(found.frames, samples(&file.bytes()).len() as u64);
        assert!(written as u64 - found.frames < u64::from(rate / 2));
        drop(writer);
        let wanted: Vec<i32> = sound.iter().map(|x| integer(*x, WavFormat::S24)).collect();
        assert_eq!(info(&file.bytes()).md5, md5(&wanted, 24));
        assert!(samples(&file.bytes()) == wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn how_the_sound_is_cut_never_changes_the_file(
        cuts in prop::collection::vec(0usize..6_000, 1..8),
        checkpoints in any::<u16>(),
        channels in 1usize..=5,
        format in prop::sample::select(FORMATS.to_vec()),
    ) {
        let frames: usize = cuts.iter().sum();
        let sound = tone(frames * channels, channels);
        let whole = TempFile::new("whole.flac");
        record(&whole, 8_000, channels, format, &sound);

        let pieces = TempFile::new("pieces.flac");
        let mut writer =
            AudioWriter::create(pieces.path(), 8_000, channels, Some(format)).unwrap();
        let mut rest = sound.as_slice();
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
    }

    /// Short blocks with any residual: half of the sound is one predictor's, half another's.
    #[test]
    fn short_and_odd_blocks_come_back_bit_for_bit(
        seeds in prop::collection::vec(-1_000i64..1_000, 1..70),
        order in 0usize..5,
        quiet in 0usize..70,
        shift in 0u32..12,
    ) {
        // What a polynomial predictor leaves, summed up `order` times.
        let mut sound: Vec<i64> = seeds
            .iter()
            .enumerate()
            .map(|(n, seed)| if n >= order && n % 70 < quiet { 0 } else { *seed })
            .collect();
        for _ in 0..order {
            for n in 1..sound.len() {
                sound[n] += sound[n - 1];
            }
        }
        let sound: Vec<f32> = sound
            .iter()
            .map(|x| (x.clamp(&-32_768, &32_767) >> shift << shift) as f32 / 32_768.0)
            .collect();
        for format in FORMATS {
            check("short", 48_000, 1, format, &sound);
        }
    }
}
