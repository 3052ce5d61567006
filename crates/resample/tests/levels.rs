//! The output has the same bits on every instruction set.

use noxrun_kernels::{Level, force};
use noxrun_resample::{Quality, resample_planar};

/// One test for the whole file: the level is the process's.
#[test]
fn every_level_gives_the_same_bits() {
    let noise = |seed: u32| {
        let next = move |x: &u32| Some(x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let states = std::iter::successors(Some(seed), next);
        states
            .take(3_000)
            .map(|x| (x >> 8) as f32 / 8_388_608.0 - 1.0)
            .collect::<Vec<f32>>()
    };
    let input = [noise(1), noise(2)];
    // Whole phases, many phases, and phases that are interpolated.
    for (from, to) in [
        (48_000, 16_000),
        (44_100, 48_000),
        (16_000, 44_100),
        (44_056, 48_000),
    ] {
        for quality in [Quality::LowLatency, Quality::Balanced, Quality::Best] {
            let outputs = Level::ALL.into_iter().filter_map(|level| {
                force(level).ok()?;
                let channels = resample_planar(&input, from, to, quality).unwrap();
                let bits = |channel: &Vec<f32>| channel.iter().map(|x| x.to_bits()).collect();
                Some(channels.iter().map(bits).collect())
            });
            let outputs: Vec<Vec<Vec<u32>>> = outputs.collect();
            for output in &outputs {
                assert!(output == &outputs[0], "{from} to {to} Hz, {quality:?}");
            }
        }
    }
}
