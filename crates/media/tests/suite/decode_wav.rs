//! Every sample format of WAV arrives with its exact values.

use crate::common;

use common::{FLOAT, PCM, Wav, extensible, fmt, go_on, wav, wav16};
use noxrun_media::{MediaError, Pcm, decode};

fn ok(bytes: &[u8]) -> Pcm {
    decode(bytes, &mut go_on).unwrap()
}

fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}

#[test]
fn eight_bit_is_unsigned_around_128() {
    let all: Vec<u8> = (0..=255).collect();
    let pcm = ok(&wav(PCM, 1, 8_000, 8, &all));
    assert_eq!(pcm.sample_rate, 8_000);
    assert_eq!(pcm.channels.len(), 1);
    for (n, sample) in pcm.channels[0].iter().enumerate() {
        assert_eq!(f64::from(*sample), (n as f64 - 128.0) / 128.0);
    }
    assert_eq!(pcm.frames(), 256);
}

#[test]
fn every_sixteen_bit_value_is_exact() {
    let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
    let pcm = ok(&wav16(1, 44_100, &all));
    assert_eq!(pcm.frames(), 65_536);
    for (n, sample) in all.iter().zip(&pcm.channels[0]) {
        assert_eq!(f64::from(*sample), f64::from(*n) / 32_768.0);
    }
}

#[test]
fn twenty_four_bit_values_are_exact_to_the_last_bit() {
    let mut values = vec![-8_388_608, -8_388_607, -1, 0, 1, 8_388_606, 8_388_607];
    values.extend((-8_388_608..8_388_608).step_by(97));
    let data: Vec<u8> = values
        .iter()
        .flat_map(|n: &i32| n.to_le_bytes()[..3].to_vec())
        .collect();
    let pcm = ok(&wav(PCM, 1, 48_000, 24, &data));
    assert_eq!(pcm.frames(), values.len());
    for (n, sample) in values.iter().zip(&pcm.channels[0]) {
        assert_eq!(f64::from(*sample), f64::from(*n) / 8_388_608.0, "{n}");
    }
}

#[test]
fn thirty_two_bit_integers_are_rounded_once() {
    let values = [
        i32::MIN,
        i32::MIN + 1,
        -16_777_217,
        -1,
        0,
        1,
        16_777_217,
        16_777_219,
        0x4000_0041,
        i32::MAX - 64,
        i32::MAX,
    ];
    let data: Vec<u8> = values.iter().flat_map(|n| n.to_le_bytes()).collect();
    let pcm = ok(&wav(PCM, 1, 48_000, 32, &data));
    // n / 2^31 is exact in f64, so this narrowing is the only rounding.
    let exact: Vec<f32> = values
        .iter()
        .map(|n| (f64::from(*n) / 2_147_483_648.0) as f32)
        .collect();
    assert_eq!(bits(&pcm.channels[0]), bits(&exact));
    assert_eq!(pcm.channels[0][0], -1.0);
    assert_eq!(pcm.channels[0][5], 2f32.powi(-31));
}

#[test]
fn floats_pass_bit_for_bit_also_non_finite_ones() {
    let patterns: Vec<u32> = vec![
        0,
        0x8000_0000,
        1,
        0x007F_FFFF,
        0x3F80_0000,
        0xBF80_0001,
        0x7F7F_FFFF,
        0x7F80_0000,
        0xFF80_0000,
        0x7FC0_1234,
    ];
    let data: Vec<u8> = patterns.iter().flat_map(|n| n.to_le_bytes()).collect();
    assert_eq!(
        bits(&ok(&wav(FLOAT, 1, 96_000, 32, &data)).channels[0]),
        patterns
    );
}

#[test]
fn doubles_are_narrowed_to_the_nearest_float() {
    let values = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        1.0 / 3.0,
        1e-50,
        1e300,
        f64::NEG_INFINITY,
    ];
    let data: Vec<u8> = values.iter().flat_map(|n: &f64| n.to_le_bytes()).collect();
    let narrowed: Vec<f32> = values.iter().map(|n| *n as f32).collect();
    assert_eq!(
        bits(&ok(&wav(FLOAT, 1, 48_000, 64, &data)).channels[0]),
        bits(&narrowed)
    );
}

#[test]
fn channels_keep_their_place_up_to_sixty_four() {
    for channels in [1u16, 2, 3, 6, 8, 19, 27, 64] {
        let samples: Vec<i16> = (0..5)
            .flat_map(|frame| (0..channels as i16).map(move |c| c * 100 + frame))
            .collect();
        let data: Vec<u8> = samples.iter().flat_map(|n| n.to_le_bytes()).collect();
        let wide = Wav::new()
            .chunk(b"fmt ", &extensible(PCM, channels, 48_000, 16, 16, 0x3))
            .chunk(b"data", &data)
            .build();
        for file in [wav16(channels, 48_000, &samples), wide] {
            let pcm = ok(&file);
            assert_eq!(pcm.channels.len(), usize::from(channels));
            for (c, channel) in pcm.channels.iter().enumerate() {
                let there: Vec<f32> = (0..5)
                    .map(|frame| (c as f32 * 100.0 + frame as f32) / 32_768.0)
                    .collect();
                assert_eq!(*channel, there);
            }
        }
    }
}

#[test]
fn extensible_headers_scale_by_the_container_not_by_the_valid_bits() {
    // 20 valid bits, left-justified in three bytes: -2^19 and 2^19 - 1.
    let data = [0x00, 0x00, 0x80, 0xF0, 0xFF, 0x7F];
    let file = Wav::new()
        .chunk(b"fmt ", &extensible(PCM, 1, 48_000, 24, 20, 0x4))
        .chunk(b"data", &data)
        .build();
    assert_eq!(ok(&file).channels[0], [-1.0, 524_287.0 / 524_288.0]);

    let float = Wav::new()
        .chunk(b"fmt ", &extensible(FLOAT, 1, 48_000, 32, 32, 0))
        .chunk(b"data", &0.1f32.to_le_bytes())
        .build();
    assert_eq!(ok(&float).channels[0], [0.1]);

    // 24 valid bits in four bytes.
    let wide = Wav::new()
        .chunk(b"fmt ", &extensible(PCM, 1, 48_000, 32, 24, 0x4))
        .chunk(b"data", &[0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0])
        .build();
    assert_eq!(ok(&wide).channels[0], [2f32.powi(-23), -0.5]);
}

#[test]
fn odd_bit_depths_are_left_justified_in_whole_bytes() {
    let mut twelve = fmt(PCM, 1, 48_000, 12);
    twelve[12..14].copy_from_slice(&2u16.to_le_bytes());
    let file = Wav::new()
        .chunk(b"fmt ", &twelve)
        .chunk(b"data", &[0xF0, 0x7F, 0x00, 0x80])
        .build();
    assert_eq!(ok(&file).channels[0], [2047.0 / 2048.0, -1.0]);

    // 24 bits with a block alignment of four bytes a sample.
    let mut padded = fmt(PCM, 2, 48_000, 24);
    padded[12..14].copy_from_slice(&8u16.to_le_bytes());
    let data = [0, 0, 0, 0x40, 0, 0, 0, 0xC0];
    let file = Wav::new()
        .chunk(b"fmt ", &padded)
        .chunk(b"data", &data)
        .build();
    assert_eq!(ok(&file).channels, [[0.5], [-0.5]]);
}

#[test]
fn a_block_alignment_that_cannot_be_is_not_believed() {
    for align in [0u16, 1, 2, 3, 10, 12, 16, 0xFFFF] {
        let mut body = fmt(PCM, 2, 48_000, 16);
        body[12..14].copy_from_slice(&align.to_le_bytes());
        let file = Wav::new()
            .chunk(b"fmt ", &body)
            .chunk(b"data", &[0, 0x40, 0, 0xC0, 0, 0, 0, 0x20])
            .build();
        assert_eq!(ok(&file).channels, [[0.5, 0.0], [-0.5, 0.25]], "{align}");
    }
}

#[test]
fn chunks_of_every_kind_may_stand_around_the_sound() {
    let info = b"INFOISFT\x05\0\0\0maker\0INAM\x04\0\0\0name";
    let file = Wav::new()
        .chunk(b"JUNK", &[0xAA; 27])
        .chunk(b"LIST", b"adtlodd")
        .chunk(b"bext", &[7; 603])
        .chunk(
            b"fmt ",
            &[fmt(PCM, 2, 22_050, 16).as_slice(), &[0, 0]].concat(),
        )
        .chunk(b"fact", &[9, 9, 9, 9, 1, 2, 3, 4])
        .chunk(b"LIST", info)
        .chunk(b"odd ", &[1, 2, 3])
        .chunk(b"data", &[0, 0x40, 0, 0xC0, 0, 0x20, 0, 0xE0])
        .chunk(b"LIST", info)
        .build();
    let pcm = ok(&file);
    assert_eq!(pcm.channels, [[0.5, 0.25], [-0.5, -0.25]]);
}

#[test]
fn odd_chunks_without_padding_are_found_too() {
    let file = Wav::new()
        .claiming(b"odd ", 3, &[1, 2, 3])
        .claiming(b"fmt ", 16, &fmt(PCM, 1, 48_000, 8))
        .claiming(b"data", 3, &[0, 128, 192])
        .claiming(b"LIST", 4, b"INFO")
        .build();
    assert_eq!(ok(&file).channels[0], [-1.0, 0.0, 0.5]);
}

#[test]
fn fmt_chunks_of_unusual_length_are_read() {
    for extra in [0usize, 2, 4, 10, 24, 60] {
        let mut body = fmt(PCM, 1, 48_000, 16);
        body.resize(16 + extra, 0);
        let file = Wav::new()
            .chunk(b"fmt ", &body)
            .chunk(b"data", &[0, 0x40])
            .build();
        assert_eq!(ok(&file).channels[0], [0.5], "{extra} extra bytes");
    }
}

#[test]
fn sizes_that_were_never_filled_in_mean_until_the_end() {
    let samples = [0u8, 0x40, 0, 0xC0, 0, 0x20];
    for claimed in [0, u32::MAX, u32::MAX - 36, 1_000, 7] {
        let file = Wav::new()
            .chunk(b"fmt ", &fmt(PCM, 1, 48_000, 16))
            .claiming(b"data", claimed, &samples);
        for riff_size in [0, 36, u32::MAX, file.bytes.len() as u32 - 8] {
            let mut bytes = file.bytes.clone();
            bytes[4..8].copy_from_slice(&riff_size.to_le_bytes());
            assert_eq!(
                ok(&bytes).channels[0],
                [0.5, -0.5, 0.25],
                "{claimed} {riff_size}"
            );
        }
    }
}

#[test]
fn an_empty_data_chunk_before_other_chunks_is_empty() {
    let head = Wav::new()
        .chunk(b"fmt ", &fmt(PCM, 2, 48_000, 16))
        .chunk(b"data", &[]);
    let alone = ok(&head.clone().build());
    assert_eq!((alone.frames(), alone.channels.len()), (0, 2));
    let followed = head
        .chunk(b"LIST", b"INFOINAM\x03\0\0\0abc\0")
        .chunk(b"odd ", &[1])
        .build();
    assert_eq!(ok(&followed).frames(), 0);
}

#[test]
fn a_file_cut_anywhere_in_its_sound_gives_the_whole_frames_before() {
    let samples: Vec<i16> = (0..200).map(|n| n * 111).collect();
    let file = wav16(2, 48_000, &samples);
    for cut in 44..=file.len() {
        let pcm = ok(&file[..cut]);
        let frames = (cut - 44) / 4;
        assert_eq!(pcm.frames(), frames);
        for frame in 0..frames {
            for c in 0..2 {
                assert_eq!(
                    pcm.channels[c][frame] * 32_768.0,
                    f32::from(samples[frame * 2 + c])
                );
            }
        }
    }
}

#[test]
fn rf64_sizes_are_read_from_ds64() {
    for magic in [b"RF64", b"BW64"] {
        let mut ds64 = Vec::new();
        ds64.extend(100u64.to_le_bytes());
        ds64.extend(4u64.to_le_bytes());
        ds64.extend(2u64.to_le_bytes());
        ds64.extend(0u32.to_le_bytes());
        let mut file = Wav::new()
            .chunk(b"ds64", &ds64)
            .chunk(b"fmt ", &fmt(PCM, 1, 48_000, 16))
            .claiming(b"data", u32::MAX, &[0, 0x40, 0, 0xC0])
            .chunk(b"LIST", b"INFO")
            .bytes;
        file[..4].copy_from_slice(magic);
        file[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(ok(&file).channels[0], [0.5, -0.5]);
    }
}

#[test]
fn g711_decodes_to_the_values_of_the_standard() {
    // The quietest and loudest codes of ITU-T G.711 in 16 bits.
    let a_law = ok(&wav(6, 1, 8_000, 8, &[0xD5, 0x55, 0xAA, 0x2A]))
        .channels
        .remove(0);
    assert_eq!(
        a_law,
        [8.0, -8.0, 32_256.0, -32_256.0].map(|n: f32| n / 32_768.0)
    );
    let mu_law = ok(&wav(7, 1, 8_000, 8, &[0xFF, 0x80, 0x00]))
        .channels
        .remove(0);
    assert_eq!(
        mu_law,
        [0.0, 32_124.0, -32_124.0].map(|n: f32| n / 32_768.0)
    );
}

#[test]
fn limits_of_rate_and_channels_are_errors_that_name_the_value() {
    for rate in [0, 999, 768_001, u32::MAX] {
        match decode(&wav(PCM, 1, rate, 16, &[0; 8]), &mut go_on) {
            Err(MediaError::Decode { what }) => assert!(what.contains(&rate.to_string()), "{what}"),
            other => panic!("{rate}: {other:?}"),
        }
    }
    for channels in [65u16, 1000, 65_535] {
        match decode(&wav(PCM, channels, 48_000, 8, &[0; 8]), &mut go_on) {
            Err(MediaError::Decode { what }) => {
                assert!(what.contains(&channels.to_string()), "{what}");
            }
            other => panic!("{channels}: {other:?}"),
        }
    }
    assert!(decode(&wav(PCM, 1, 1_000, 16, &[0; 8]), &mut go_on).is_ok());
    assert!(decode(&wav(PCM, 64, 768_000, 8, &[0; 64]), &mut go_on).is_ok());
}

#[test]
fn codings_that_are_not_read_are_told_apart_from_damage() {
    let adpcm = wav(2, 1, 48_000, 4, &[0; 64]);
    assert!(matches!(
        decode(&adpcm, &mut go_on),
        Err(MediaError::Unsupported { .. })
    ));
    let no_bits = wav(PCM, 1, 48_000, 0, &[0; 64]);
    assert!(matches!(
        decode(&no_bits, &mut go_on),
        Err(MediaError::Decode { .. })
    ));
}
