//! The extremes of every format, and the middle.

use super::SampleFormat::{self, *};

/// Each integer format with its lowest, middle and highest bytes, and what these are as floats.
/// The highest value of formats wider than 25 bits rounds to 1.0 in an `f32`.
fn extremes() -> Vec<(SampleFormat, [Vec<u8>; 3], [f32; 3])> {
    fn bytes<const N: usize>(values: [[u8; N]; 3]) -> [Vec<u8>; 3] {
        values.map(|value| value.to_vec())
    }
    let below_one = |bits: i32| 1.0 - 2.0_f32.powi(1 - bits);
    vec![
        (
            I8,
            bytes([i8::MIN, 0, i8::MAX].map(i8::to_ne_bytes)),
            [-1.0, 0.0, below_one(8)],
        ),
        (
            I16,
            bytes([i16::MIN, 0, i16::MAX].map(i16::to_ne_bytes)),
            [-1.0, 0.0, below_one(16)],
        ),
        (
            I24,
            bytes([-8_388_608, 0, 8_388_607].map(i32::to_ne_bytes)),
            [-1.0, 0.0, below_one(24)],
        ),
        (
            I32,
            bytes([i32::MIN, 0, i32::MAX].map(i32::to_ne_bytes)),
            [-1.0, 0.0, 1.0],
        ),
        (
            I64,
            bytes([i64::MIN, 0, i64::MAX].map(i64::to_ne_bytes)),
            [-1.0, 0.0, 1.0],
        ),
        (
            U8,
            bytes([0, 128, 255].map(u8::to_ne_bytes)),
            [-1.0, 0.0, below_one(8)],
        ),
        (
            U16,
            bytes([0, 32_768, 65_535].map(u16::to_ne_bytes)),
            [-1.0, 0.0, below_one(16)],
        ),
        (
            U24,
            bytes([0, 8_388_608, 16_777_215].map(u32::to_ne_bytes)),
            [-1.0, 0.0, below_one(24)],
        ),
        (
            U32,
            bytes([0, 1 << 31, u32::MAX].map(u32::to_ne_bytes)),
            [-1.0, 0.0, 1.0],
        ),
        (
            U64,
            bytes([0, 1 << 63, u64::MAX].map(u64::to_ne_bytes)),
            [-1.0, 0.0, 1.0],
        ),
    ]
}

fn to_float(format: SampleFormat, bytes: &[u8]) -> f32 {
    let mut out = [f32::NAN];
    format.read(bytes, &mut out);
    out[0]
}

fn to_bytes(format: SampleFormat, x: f32) -> Vec<u8> {
    let mut out = vec![0xAA; format.bytes()];
    format.write(&[x], &mut out);
    out
}

#[test]
fn integers_become_n_over_two_to_the_bits_minus_one() {
    for (format, bytes, floats) in extremes() {
        for (bytes, expected) in bytes.iter().zip(floats) {
            assert_eq!(to_float(format, bytes), expected, "{format:?} {bytes:?}");
        }
    }
}

#[test]
fn floats_beyond_the_range_are_clamped() {
    for (format, [lowest, middle, highest], _) in extremes() {
        for x in [-1.0, -1.5, f32::MIN, f32::NEG_INFINITY] {
            assert_eq!(to_bytes(format, x), lowest, "{format:?} {x}");
        }
        for x in [1.0, 1.5, f32::MAX, f32::INFINITY] {
            assert_eq!(to_bytes(format, x), highest, "{format:?} {x}");
        }
        for x in [0.0, -0.0, f32::NAN] {
            assert_eq!(to_bytes(format, x), middle, "{format:?} {x}");
        }
    }
}

#[test]
fn halves_round_to_even() {
    for (x, expected) in [
        (0.5, 0),
        (1.5, 2),
        (2.5, 2),
        (3.5, 4),
        (-0.5, 0),
        (-1.5, -2),
        (-2.5, -2),
    ] {
        assert_eq!(
            to_bytes(I8, x / 128.0),
            (expected as i8).to_ne_bytes(),
            "{x}"
        );
        assert_eq!(
            to_bytes(I16, x / 32_768.0),
            (expected as i16).to_ne_bytes(),
            "{x}"
        );
        assert_eq!(
            to_bytes(I24, x / 8_388_608.0),
            i32::to_ne_bytes(expected),
            "{x}"
        );
        assert_eq!(
            to_bytes(U8, x / 128.0),
            ((128 + expected) as u8).to_ne_bytes(),
            "{x}"
        );
        assert_eq!(
            to_bytes(U16, x / 32_768.0),
            ((32_768 + expected) as u16).to_ne_bytes(),
            "{x}"
        );
    }
}

#[test]
fn every_value_of_the_narrow_formats_survives_the_way_there_and_back() {
    for n in i16::MIN..=i16::MAX {
        let bytes = n.to_ne_bytes();
        assert_eq!(to_bytes(I16, to_float(I16, &bytes)), bytes);
        let bytes = (n as u16).to_ne_bytes();
        assert_eq!(to_bytes(U16, to_float(U16, &bytes)), bytes);
    }
    for n in (-8_388_608..8_388_608_i32).step_by(257).chain([8_388_607]) {
        let bytes = n.to_ne_bytes();
        assert_eq!(to_bytes(I24, to_float(I24, &bytes)), bytes);
    }
}

#[test]
fn rubbish_above_the_24_bits_is_ignored() {
    for rubbish in [0x00_u32, 0xFF, 0xA5] {
        let minus_one = (0xFF_FFFF | rubbish << 24).to_ne_bytes();
        assert_eq!(to_float(I24, &minus_one), -1.0 / 8_388_608.0);
        let middle = (0x80_0000 | rubbish << 24).to_ne_bytes();
        assert_eq!(to_float(U24, &middle), 0.0);
    }
}

#[test]
fn floats_pass_bit_for_bit() {
    for bits in [
        0,
        0x8000_0000,
        1,
        0x7F80_0000,
        0x7FC0_0001,
        0xFFC1_2345,
        0x3F80_0001,
    ] {
        let x = f32::from_bits(bits);
        assert_eq!(to_bytes(F32, x), x.to_ne_bytes());
        assert_eq!(to_float(F32, &x.to_ne_bytes()).to_bits(), bits);
    }
    assert_eq!(to_bytes(F64, 0.1), f64::from(0.1_f32).to_ne_bytes());
    assert_eq!(to_float(F64, &0.1_f64.to_ne_bytes()), 0.1_f32);
}

#[test]
fn silence_reads_as_zero_in_every_format() {
    for format in SampleFormat::ALL {
        let mut bytes = vec![0xAA; format.bytes() * 3];
        format.silence(&mut bytes);
        let mut out = [1.0; 3];
        format.read(&bytes, &mut out);
        assert_eq!(out, [0.0; 3], "{format:?}");
    }
}

#[test]
fn every_pcm_format_of_the_backend_is_known_and_dsd_is_not() {
    for format in SampleFormat::ALL {
        assert_eq!(SampleFormat::from_cpal(format.to_cpal()), Some(format));
        assert_eq!(format.to_cpal().sample_size(), format.bytes());
    }
    for dsd in [
        cpal::SampleFormat::DsdU8,
        cpal::SampleFormat::DsdU16,
        cpal::SampleFormat::DsdU32,
    ] {
        assert_eq!(SampleFormat::from_cpal(dsd), None);
    }
}
