//! Every format against its definition, computed in whole numbers: no floating point decides what
//! is right.

use super::SampleFormat::{self, *};
use cpal::Sample;

/// Integer formats: bits, and whether 0 stands in their middle.
const INTEGERS: [(SampleFormat, u32, bool); 10] = [
    (I8, 8, false),
    (I16, 16, false),
    (I24, 24, false),
    (I32, 32, false),
    (I64, 64, false),
    (U8, 8, true),
    (U16, 16, true),
    (U24, 24, true),
    (U32, 32, true),
    (U64, 64, true),
];

/// `x` is `m · 2^e`, exactly.
fn parts(x: f32) -> (i128, i32) {
    let bits = x.to_bits();
    let fraction = i128::from(bits & 0x7F_FFFF);
    let (m, e) = match (bits >> 23 & 0xFF) as i32 {
        0 => (fraction, -149),
        exponent => (fraction | 1 << 23, exponent - 150),
    };
    (if bits >> 31 == 1 { -m } else { m }, e)
}

/// `m · 2^e` as a whole number, halves to even; far beyond 64 bits where it is that large.
fn rounded(m: i128, e: i32) -> i128 {
    match e {
        90.. => m.signum() << 100,
        0.. => m << e,
        -100.. => {
            let floor = m >> -e;
            let rest = m - (floor << -e);
            let half = 1 << (-e - 1);
            floor + i128::from(rest > half || (rest == half && floor & 1 == 1))
        }
        _ => 0,
    }
}

/// A whole number of a format as it stands in a device's buffer.
fn stored(format: SampleFormat, bits: u32, unsigned: bool, n: i128) -> Vec<u8> {
    let moved = if unsigned { n + (1 << (bits - 1)) } else { n };
    let mut bytes = moved.to_le_bytes()[..format.bytes()].to_vec();
    if cfg!(target_endian = "big") {
        bytes.reverse();
    }
    bytes
}

fn written(format: SampleFormat, x: f32) -> Vec<u8> {
    let mut bytes = vec![0xAA; format.bytes()];
    format.write(&[x], &mut bytes);
    bytes
}

fn read(format: SampleFormat, bytes: &[u8]) -> f32 {
    let mut out = [f32::NAN];
    format.read(bytes, &mut out);
    out[0]
}

/// Reproducible numbers without a pattern.
fn random() -> impl FnMut() -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

#[test]
fn every_float_becomes_the_nearest_whole_number_halves_even_clamped() {
    let mut next = random();
    let mut floats = vec![0.0_f32, -0.0, f32::MIN_POSITIVE, 1e-45, f32::MAX, f32::MIN];
    for bits in 1..=64 {
        let step = 2.0_f32.powi(1 - bits);
        for n in [0.5, 1.0, 1.5, 2.5, 3.5] {
            floats.extend([n * step, -n * step, 1.0 - n * step, n * step - 1.0]);
        }
    }
    // Of any magnitude, and most of them in reach of full scale.
    floats.extend((0..20_000).map(|_| f32::from_bits(next() as u32)));
    floats.extend((0..60_000).map(|_| (next() as i32 as f32) / 2.0_f32.powi(30)));
    for x in floats.into_iter().filter(|x| x.is_finite()) {
        let (m, e) = parts(x);
        for (format, bits, unsigned) in INTEGERS {
            let limit = 1_i128 << (bits - 1);
            let n = rounded(m, e + bits as i32 - 1).clamp(-limit, limit - 1);
            assert_eq!(
                written(format, x),
                stored(format, bits, unsigned, n),
                "{format:?} of {x:e}"
            );
        }
        let wide = f64::from_ne_bytes(written(F64, x).try_into().unwrap());
        assert!(wide == f64::from(x) && wide.is_sign_negative() == x.is_sign_negative());
    }
}

#[test]
fn every_whole_number_becomes_the_nearest_float() {
    let mut next = random();
    for (format, bits, unsigned) in INTEGERS {
        let limit = 1_i128 << (bits - 1);
        let mut numbers: Vec<i128> = (-3..=3_i128)
            .flat_map(|n| [n, limit - 1 - n.abs(), n.abs() - limit, limit / 2 + n])
            .collect();
        // Where 32 bits of float begin to round, and halfway between two of them.
        numbers.extend(
            (0..40).flat_map(|n| [(1 << 24) + n, n - (1 << 25), (1_i128 << 62) + (n << 37)]),
        );
        numbers.extend((0..20_000).map(|_| i128::from(next() as i64) >> (64 - bits)));
        if bits == 8 {
            numbers.extend(-128..128);
        }
        for n in numbers.into_iter().filter(|n| (-limit..limit).contains(n)) {
            let x = read(format, &stored(format, bits, unsigned, n));
            // In units of 2^-40 of the format's step.
            let scaled = |x: f32| {
                let (m, e) = parts(x);
                rounded(m, e + bits as i32 - 1 + 40)
            };
            let off = |x: f32| (scaled(x) - (n << 40)).abs();
            for neighbour in [x.next_up(), x.next_down()] {
                let even = x.to_bits() & 1 == 0;
                assert!(
                    off(x) < off(neighbour) || (off(x) == off(neighbour) && even),
                    "{format:?}: {n} gave {x:e}"
                );
            }
            if bits <= 24 {
                assert_eq!(off(x), 0, "{format:?}: {n} is exact");
                assert_eq!(written(format, x), stored(format, bits, unsigned, n));
            }
        }
    }
}

#[test]
fn doubles_become_the_nearest_float() {
    for (wide, x) in [
        (1.0 + 2.0_f64.powi(-24), 1.0),
        (
            1.0 + 2.0_f64.powi(-24) + 2.0_f64.powi(-50),
            1.0 + f32::EPSILON,
        ),
        (1.0 + 3.0 * 2.0_f64.powi(-24), 1.0 + 2.0 * f32::EPSILON),
        (f64::MAX, f32::INFINITY),
        (f64::MIN, f32::NEG_INFINITY),
        (1e-300, 0.0),
        (-1e-300, -0.0),
        (-1.0, -1.0),
    ] {
        assert_eq!(
            read(F64, &wide.to_ne_bytes()).to_bits(),
            f32::to_bits(x),
            "{wide:e}"
        );
    }
    assert!(read(F64, &f64::NAN.to_ne_bytes()).is_nan());
}

/// The backend's own types say how a sample lies in memory and what it means.
#[test]
fn bytes_mean_what_the_backend_means_by_them() {
    let mut next = random();
    for _ in 0..20_000 {
        let word = next();
        let signed = (word as i32) >> 8;
        let (i24, u24) = (
            cpal::I24::new(signed).unwrap(),
            cpal::U24::new(signed + (1 << 23)).unwrap(),
        );
        assert_eq!(size_of_val(&i24), I24.bytes());
        assert_eq!(size_of_val(&u24), U24.bytes());
        assert_eq!(read(I24, &i24.inner().to_ne_bytes()), f32::from_sample(i24));
        assert_eq!(read(U24, &u24.inner().to_ne_bytes()), f32::from_sample(u24));
        assert_eq!(
            written(I24, f32::from_sample(i24)),
            i24.inner().to_ne_bytes()
        );
        assert_eq!(
            written(U24, f32::from_sample(u24)),
            u24.inner().to_ne_bytes()
        );
        macro_rules! same {
            ($($format:ident $type:ty),*) => {$(
                let sample = word as $type;
                assert_eq!(read($format, &sample.to_ne_bytes()), f32::from_sample(sample), "{sample}");
            )*};
        }
        same!(I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16);
        let wide = f64::from_bits(word);
        if wide.is_finite() {
            assert_eq!(read(F64, &word.to_ne_bytes()), f32::from_sample(wide));
        }
    }
}

#[test]
fn formats_are_listed_by_what_they_lose() {
    let mut next = random();
    let signal: Vec<f32> = (0..5_000)
        .map(|_| (next() as i32 as f32) / 2.0_f32.powi(31) / 2.0_f32.powi((next() % 20) as i32))
        .collect();
    let loss = |format: SampleFormat| {
        let mut bytes = vec![0; signal.len() * format.bytes()];
        format.write(&signal, &mut bytes);
        let mut back = vec![0.0; signal.len()];
        format.read(&bytes, &mut back);
        let off = signal
            .iter()
            .zip(&back)
            .map(|(a, b)| f64::from(a - b).abs());
        off.fold(0.0, f64::max)
    };
    let losses: Vec<f64> = SampleFormat::ALL.map(loss).to_vec();
    // Beyond 24 bits what is lost is below what one float differs from the next: none is worse.
    let classes: Vec<i32> = losses
        .iter()
        .map(|loss| {
            if *loss < 2.0_f64.powi(-30) {
                -31
            } else {
                loss.log2().round() as i32
            }
        })
        .collect();
    assert!(classes.is_sorted(), "{losses:?}");
    assert_eq!(losses[..2], [0.0, 0.0]);
}
