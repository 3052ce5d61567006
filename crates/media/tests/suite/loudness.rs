//! Loudness by the signals that EBU Tech 3341 prescribes for meters, made by their description.

use std::f64::consts::TAU;

use noxrun_media::{Loudness, MediaError};

const RATE: u32 = 48_000;

/// A sine of 1,000 Hz in phase on all channels: (seconds, level of each channel in dBFS).
fn tone(rate: u32, parts: &[(f64, &[f64])]) -> Vec<f32> {
    let mut samples = Vec::new();
    let mut frame = 0u32;
    for (seconds, levels) in parts {
        for _ in 0..(seconds * f64::from(rate)).round() as u32 {
            let sine = (f64::from(frame) * 1_000.0 / f64::from(rate) * TAU).sin();
            let heights = levels.iter().map(|level| 10f64.powf(level / 20.0));
            samples.extend(heights.map(|height| (height * sine) as f32));
            frame += 1;
        }
    }
    samples
}

fn integrated(rate: u32, channels: usize, samples: &[f32]) -> f64 {
    let mut loudness = Loudness::new(rate, channels).unwrap();
    for piece in samples.chunks(channels * 1_000) {
        loudness.add(piece).unwrap();
    }
    loudness.integrated()
}

fn assert_near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 0.1,
        "{found} LUFS, not {expected}"
    );
}

#[test]
fn stereo_tones_have_the_loudness_of_their_level() {
    // Cases 1 and 2.
    for level in [-23.0, -33.0] {
        for rate in [32_000, 44_100, 48_000, 96_000] {
            let samples = tone(rate, &[(20.0, &[level; 2])]);
            assert_near(integrated(rate, 2, &samples), level);
        }
    }
}

#[test]
fn quiet_parts_are_gated() {
    let stereo = |parts: &[(f64, f64)]| {
        let levels: Vec<(f64, [f64; 2])> =
            parts.iter().map(|(s, level)| (*s, [*level; 2])).collect();
        let parts: Vec<(f64, &[f64])> = levels.iter().map(|(s, both)| (*s, &both[..])).collect();
        integrated(RATE, 2, &tone(RATE, &parts))
    };
    // Case 3: the relative gate.
    assert_near(
        stereo(&[(10.0, -36.0), (60.0, -23.0), (10.0, -36.0)]),
        -23.0,
    );
    // Case 4: the absolute gate as well.
    assert_near(
        stereo(&[
            (10.0, -72.0),
            (10.0, -36.0),
            (60.0, -23.0),
            (10.0, -36.0),
            (10.0, -72.0),
        ]),
        -23.0,
    );
    // Case 5: nothing to gate; the mean of energies.
    assert_near(
        stereo(&[(20.0, -26.0), (20.1, -20.0), (20.0, -26.0)]),
        -23.0,
    );
}

#[test]
fn surround_channels_weigh_as_prescribed() {
    // Case 6: left, right, centre, left and right surround.
    let levels = [-28.0, -28.0, -24.0, -30.0, -30.0];
    assert_near(integrated(RATE, 5, &tone(RATE, &[(20.0, &levels)])), -23.0);
    // The same with a low-frequency channel, which does not count, and with more channels.
    let with_low = [-28.0, -28.0, -24.0, -3.0, -30.0, -30.0];
    assert_near(
        integrated(RATE, 6, &tone(RATE, &[(20.0, &with_low)])),
        -23.0,
    );
    let more = [-28.0, -28.0, -24.0, -3.0, -30.0, -30.0, -3.0, -3.0];
    assert_near(integrated(RATE, 8, &tone(RATE, &[(20.0, &more)])), -23.0);
}

#[test]
fn one_speaker_is_3_lu_less_than_two() {
    let mono = integrated(RATE, 1, &tone(RATE, &[(20.0, &[-23.0])]));
    assert_near(mono, -23.0 - 10.0 * 2f64.log10());
}

#[test]
fn silence_and_what_is_too_short_have_none() {
    assert_eq!(integrated(RATE, 2, &[]), f64::NEG_INFINITY);
    assert_eq!(integrated(RATE, 2, &vec![0.0; 96_000]), f64::NEG_INFINITY);
    let loud = tone(RATE, &[(0.399, &[-3.0; 2])]);
    assert_eq!(integrated(RATE, 2, &loud), f64::NEG_INFINITY);
    let quiet = tone(RATE, &[(5.0, &[-80.0; 2])]);
    assert_eq!(integrated(RATE, 2, &quiet), f64::NEG_INFINITY);
    let enough = tone(RATE, &[(0.4, &[-23.0; 2])]);
    assert!(integrated(RATE, 2, &enough).is_finite());
}

#[test]
fn how_the_sound_is_cut_changes_no_bit() {
    let samples = tone(RATE, &[(3.0, &[-20.0, -26.0]), (3.0, &[-40.0, -12.0])]);
    let whole = {
        let mut loudness = Loudness::new(RATE, 2).unwrap();
        loudness.add(&samples).unwrap();
        loudness.integrated()
    };
    for frames in [1, 255, 256, 4_799, 4_800, 48_001] {
        let mut pieces = Loudness::new(RATE, 2).unwrap();
        let mut planar = Loudness::new(RATE, 2).unwrap();
        for piece in samples.chunks(2 * frames) {
            pieces.add(piece).unwrap();
            let lane = |n: usize| {
                piece
                    .iter()
                    .skip(n)
                    .step_by(2)
                    .copied()
                    .collect::<Vec<f32>>()
            };
            planar.add_planar(&[&lane(0), &lane(1)]).unwrap();
        }
        assert_eq!(pieces.integrated().to_bits(), whole.to_bits(), "{frames}");
        assert_eq!(planar.integrated().to_bits(), whole.to_bits(), "{frames}");
    }
}

#[test]
fn what_does_not_fit_is_named() {
    for (rate, channels, named) in [(999, 2, "999"), (48_000, 0, "0"), (48_000, 65, "65")] {
        match Loudness::new(rate, channels) {
            Err(MediaError::Invalid { what }) => assert!(what.contains(named), "{what}"),
            other => panic!("{other:?}"),
        }
    }
    let mut loudness = Loudness::new(48_000, 2).unwrap();
    let invalid = |result| matches!(result, Err(MediaError::Invalid { .. }));
    assert!(invalid(loudness.add(&[0.0; 3])));
    assert!(invalid(loudness.add_planar(&[&[0.0; 2]])));
    assert!(invalid(loudness.add_planar(&[&[0.0; 2], &[0.0; 3]])));
}
