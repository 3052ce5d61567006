//! What a block costs.

use std::hint::black_box;
use std::time::Instant;

use crate::subject::{Kind, Stream};

const BLOCKS: usize = 300;

/// Nanoseconds a block.
pub struct Speed {
    pub median: f64,
    pub p99: f64,
    /// Of whole rounds, by the processor's time, the median: some converters do the work of many
    /// blocks in one, and other programs may take the processor away.
    pub mean: f64,
    /// The mean over that of the reference in the same round: the median of all rounds.
    pub ratio: f64,
}

/// Times all in turns, so that what else the machine does meets each of them.
pub fn measure(
    kinds: &[Kind],
    reference: Option<usize>,
    [from, to]: [u32; 2],
    channels: usize,
    rounds: usize,
) -> Result<Vec<Speed>, String> {
    let mut streams = Vec::new();
    for kind in kinds {
        streams.push(kind.open(from, to, channels)?);
    }
    let frames = from as usize / 100;
    let mut seed = 1u32;
    let noise: Vec<f32> = (0..frames * channels * 16)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / 16_777_216.0 - 0.5
        })
        .collect();
    let mut out = Vec::with_capacity(to as usize * channels);
    let mut blocks = vec![Vec::new(); kinds.len()];
    let mut means = vec![Vec::new(); kinds.len()];
    for round in 0..=rounds {
        for turn in 0..kinds.len() {
            let which = (round + turn) % kinds.len();
            kinds[which].prepare();
            let before = processor_time();
            let times = time(streams[which].as_mut(), &noise, frames * channels, &mut out);
            let took = processor_time() - before;
            // The first round is for the caches and the branches.
            if round > 0 {
                means[which].push(took / times.len() as f64);
                blocks[which].extend(times);
            }
        }
    }
    let figures = |which: usize| Speed {
        median: quantile(&blocks[which], 0.5),
        p99: quantile(&blocks[which], 0.99),
        mean: quantile(&means[which], 0.5),
        ratio: reference.map_or(f64::NAN, |reference| {
            let ratios = means[which]
                .iter()
                .zip(&means[reference])
                .map(|(a, b)| a / b);
            quantile(&ratios.collect::<Vec<_>>(), 0.5)
        }),
    };
    Ok((0..kinds.len()).map(figures).collect())
}

fn time(stream: &mut dyn Stream, noise: &[f32], samples: usize, out: &mut Vec<f32>) -> Vec<f64> {
    let inputs = noise.chunks_exact(samples).cycle().take(BLOCKS);
    let one = |input: &[f32]| {
        out.clear();
        let start = Instant::now();
        stream.process(black_box(input), out);
        let took = start.elapsed().as_nanos() as f64;
        black_box(&*out);
        took
    };
    inputs.map(one).collect()
}

/// Nanoseconds that this thread has had a processor.
fn processor_time() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists wherever threads do, and `time` may be written to.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(((q * sorted.len() as f64) as usize).min(last))
        .copied()
        .unwrap_or(f64::NAN)
}
