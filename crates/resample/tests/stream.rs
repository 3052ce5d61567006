//! What holds for any stream, any pair of rates and any cut into blocks.

use noxrun_resample::{
    FrameResampler, MAX_RATE, MIN_RATE, Quality, ResampleError, output_frames, resample_planar,
};
use proptest::prelude::*;

fn noise(samples: usize, mut seed: u32) -> Vec<f32> {
    (0..samples)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

fn rate() -> impl Strategy<Value = u32> {
    prop_oneof![
        prop::sample::select(vec![
            8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000
        ]),
        4_000u32..100_000,
        8_000u32..=192_000,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn block_size_never_changes_the_output(
        from in rate(), to in rate(), channels in 1usize..=3, frames in 0usize..3_000,
        blocks in prop::collection::vec(1usize..700, 1..8), max in 1usize..600, seed: u32,
    ) {
        let input = noise(frames * channels, seed);
        let mut whole = Vec::new();
        let mut resampler = FrameResampler::new(from, to, channels, Quality::LowLatency, 4_096).unwrap();
        resampler.process_into(&input, &mut whole);
        resampler.flush_into(&mut whole);

        let mut cut = Vec::new();
        let mut resampler = FrameResampler::new(from, to, channels, Quality::LowLatency, max).unwrap();
        let (mut rest, mut sizes) = (&input[..], blocks.iter().cycle());
        while !rest.is_empty() {
            let (block, more) = rest.split_at(rest.len().min(sizes.next().unwrap() * channels));
            resampler.process_into(block, &mut cut);
            rest = more;
        }
        resampler.flush_into(&mut cut);
        let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&whole), bits(&cut));
    }

    #[test]
    fn length_is_the_rounded_ratio_and_room_asked_for_is_enough(
        from in rate(), to in rate(), frames in 0usize..2_000, block in 1usize..300,
        quality in prop::sample::select(vec![Quality::LowLatency, Quality::Balanced]),
    ) {
        let mut resampler = FrameResampler::new(from, to, 2, quality, block).unwrap();
        let mut out: Vec<f32> =
            Vec::with_capacity(resampler.max_output_samples(block).max(resampler.max_flush_samples()));
        let room = out.capacity();
        let mut total = 0;
        for block in noise(frames * 2, 1).chunks(block * 2) {
            out.clear();
            resampler.process_into(block, &mut out);
            total += out.len();
        }
        out.clear();
        resampler.flush_into(&mut out);
        total += out.len();
        prop_assert_eq!(out.capacity(), room);
        let expected = (frames as f64 * f64::from(to) / f64::from(from) + 0.5).floor() as usize;
        prop_assert_eq!(total, expected * 2);
    }

    #[test]
    fn channels_never_mix(from in rate(), to in rate(), channels in 2usize..=8, seed: u32) {
        let frames = 500;
        let planar: Vec<Vec<f32>> = (0..channels).map(|c| noise(frames, seed ^ (c as u32) << 7)).collect();
        let interleaved: Vec<f32> =
            (0..frames).flat_map(|n| planar.iter().map(move |p| p[n])).collect();
        let mut resampler = FrameResampler::new(from, to, channels, Quality::Balanced, 128).unwrap();
        let mut out = Vec::new();
        resampler.process_into(&interleaved, &mut out);
        resampler.flush_into(&mut out);
        let alone = resample_planar(&planar, from, to, Quality::Balanced).unwrap();
        for (channel, alone) in alone.iter().enumerate() {
            let got: Vec<f32> = out.iter().skip(channel).step_by(channels).copied().collect();
            prop_assert_eq!(&got, alone);
        }
    }
}

#[test]
fn equal_rates_pass_every_bit() {
    let mut input = noise(1_000, 7);
    input[3] = f32::from_bits(0x7fc0_1234);
    input[4] = -0.0;
    input[5] = f32::MIN_POSITIVE / 2.0;
    let mut resampler = FrameResampler::new(44_100, 44_100, 2, Quality::Best, 64).unwrap();
    assert!(resampler.is_passthrough());
    assert_eq!(resampler.delay_frames(), 0.0);
    let mut out = Vec::with_capacity(input.len());
    resampler.process_into(&input, &mut out);
    resampler.flush_into(&mut out);
    assert!(
        input
            .iter()
            .zip(&out)
            .all(|(a, b)| a.to_bits() == b.to_bits())
            && out.len() == input.len()
    );
}

#[test]
fn an_impulse_stays_where_it_was() {
    for (from, to, at) in [
        (48_000u32, 16_000u32, 3_000usize),
        (16_000, 48_000, 1_000),
        (44_100, 48_000, 4_410),
        (192_000, 8_000, 4_800),
        (8_000, 192_000, 700),
    ] {
        let mut input = vec![0.0; at * 2];
        input[at] = 1.0;
        let out = &resample_planar(&[input], from, to, Quality::Balanced).unwrap()[0];
        let loudest = (0..out.len())
            .max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs()))
            .unwrap();
        assert_eq!(
            loudest as u64,
            output_frames(at as u64, from, to),
            "{from} -> {to}"
        );
    }
}

#[test]
fn a_resampler_starts_over_after_flush_and_reset() {
    let input = noise(700, 3);
    let mut resampler = FrameResampler::new(48_000, 44_100, 1, Quality::Balanced, 256).unwrap();
    let mut run = |abandon: bool| {
        let mut out = Vec::new();
        if abandon {
            resampler.process_into(&input[..333], &mut out);
            resampler.reset();
            out.clear();
        }
        resampler.process_into(&input, &mut out);
        resampler.flush_into(&mut out);
        out
    };
    let first = run(false);
    assert_eq!(first, run(false));
    assert_eq!(first, run(true));
}

#[test]
fn output_is_behind_by_the_delay_that_is_told() {
    for (from, to) in [
        (48_000, 16_000),
        (96_000, 16_000),
        (192_000, 8_000),
        (44_100, 48_000),
        (44_056, 48_000),
        (8_000, 192_000),
        (11_025, 16_000),
    ] {
        for quality in [Quality::LowLatency, Quality::Balanced, Quality::Best] {
            let mut resampler = FrameResampler::new(from, to, 1, quality, 1).unwrap();
            let (mut out, mut came) = (Vec::new(), Vec::new());
            for pushed in 0..from / 10 {
                resampler.process_into(&[0.0], &mut out);
                came.resize(out.len(), pushed);
            }
            let delay = resampler.delay_frames();
            assert!(out.len() > 100);
            for (n, came) in came.into_iter().enumerate() {
                // Frame `n` comes with the first input frame that is at least `delay` later.
                let time = n as f64 * f64::from(from) / f64::from(to);
                let behind = f64::from(came) - time.floor();
                assert_eq!(behind, delay, "{quality:?}, {from} -> {to}: frame {n}");
            }
        }
    }
}

#[test]
fn the_widest_ratios_work() {
    for (from, to) in [
        (MIN_RATE, MAX_RATE),
        (MAX_RATE, MIN_RATE),
        (MAX_RATE, MIN_RATE + 1),
        (MAX_RATE - 1, MAX_RATE),
    ] {
        let frames = from as usize / 5;
        let out = &resample_planar(&[vec![0.5; frames]], from, to, Quality::LowLatency).unwrap()[0];
        assert_eq!(
            out.len() as u64,
            output_frames(frames as u64, from, to),
            "{from} -> {to}"
        );
        let middle = out[out.len() / 2];
        assert!((middle - 0.5).abs() < 1e-5, "{from} -> {to}: {middle}");
    }
}

#[test]
fn what_cannot_work_is_refused() {
    let make = |from, to, channels| {
        FrameResampler::new(from, to, channels, Quality::Balanced, 256).map(|_| ())
    };
    assert_eq!(make(0, 48_000, 1), Err(ResampleError::Rate(0)));
    assert_eq!(
        make(48_000, MAX_RATE + 1, 1),
        Err(ResampleError::Rate(MAX_RATE + 1))
    );
    assert_eq!(make(48_000, 48_000, 0), Err(ResampleError::Channels(0)));
    assert_eq!(make(48_000, 48_000, 65), Err(ResampleError::Channels(65)));
}
