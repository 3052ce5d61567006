//! The output has the same bits on every instruction set, however the stream is cut.

use noxrun_kernels::{Level, force};
use noxrun_resample::{FrameResampler, Quality};

fn noise(samples: usize) -> Vec<f32> {
    let next = |x: &u32| Some(x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let states = std::iter::successors(Some(1u32), next).take(samples);
    states
        .map(|x| (x >> 8) as f32 / 8_388_608.0 - 1.0)
        .collect()
}

/// One test for the whole file: the level is the process's.
#[test]
fn every_level_and_every_block_size_gives_the_same_bits() {
    const CHANNELS: usize = 2;
    let input = noise(1_500 * CHANNELS);
    // Whole ratios, many phases, and phases that are interpolated.
    for (from, to) in [
        (48_000, 16_000),
        (48_000, 24_000),
        (192_000, 16_000),
        (192_000, 8_000),
        (44_100, 48_000),
        (16_000, 44_100),
        (16_000, 48_000),
        (44_056, 48_000),
    ] {
        for quality in [Quality::LowLatency, Quality::Balanced, Quality::Best] {
            let mut first: Option<Vec<u32>> = None;
            for level in Level::ALL {
                if force(level).is_err() {
                    eprintln!("this machine has no {level}: nothing to compare");
                    continue;
                }
                for frames in [1_500, 480, 31, 1] {
                    let mut resampler =
                        FrameResampler::new(from, to, CHANNELS, quality, 256).unwrap();
                    let mut out = Vec::new();
                    for block in input.chunks(frames * CHANNELS) {
                        resampler.process_into(block, &mut out);
                    }
                    resampler.flush_into(&mut out);
                    let bits: Vec<u32> = out.iter().map(|x| x.to_bits()).collect();
                    let first = first.get_or_insert_with(|| bits.clone());
                    assert!(
                        bits == *first,
                        "{from} to {to} Hz, {quality:?}, {level}, blocks of {frames}"
                    );
                }
            }
        }
    }
}
