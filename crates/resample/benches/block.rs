//! Microseconds a block of 10 ms at each level, the best of many: `cargo bench -p noxrun-resample`.

use std::hint::black_box;
use std::time::Instant;

use noxrun_kernels::{Level, force};
use noxrun_resample::{FrameResampler, Quality};

const BLOCKS: u32 = 50;
const ROUNDS: usize = 60;

fn best_us(resampler: &mut FrameResampler, block: &[f32], out: &mut Vec<f32>) -> f64 {
    let round = || {
        let start = Instant::now();
        for _ in 0..BLOCKS {
            out.clear();
            resampler.process_into(black_box(block), out);
            black_box(&*out);
        }
        start.elapsed().as_nanos() as f64 / f64::from(BLOCKS) / 1000.0
    };
    std::iter::repeat_with(round)
        .take(ROUNDS)
        .fold(f64::INFINITY, f64::min)
}

fn main() {
    println!("{:<36}{:>10}{:>10}", "µs a block", "baseline", "v3");
    for (from, to) in [
        (48_000, 16_000),
        (96_000, 16_000),
        (44_100, 48_000),
        (48_000, 44_100),
        (16_000, 48_000),
        (44_100, 16_000),
        (44_056, 48_000),
    ] {
        for quality in [Quality::LowLatency, Quality::Balanced, Quality::Best] {
            for channels in [1, 2] {
                let name = format!("{from} to {to}, {quality:?}, {channels} ch");
                print!("{name:<36}");
                let block: Vec<f32> = (0..from as usize / 100 * channels)
                    .map(|n| (n as f32 * 0.37).sin())
                    .collect();
                for level in Level::ALL {
                    let made = FrameResampler::new(from, to, channels, quality, 480);
                    match (force(level), made) {
                        (Ok(()), Ok(mut resampler)) => {
                            let room = resampler.max_output_samples(block.len());
                            let mut out = Vec::with_capacity(room);
                            print!("{:>10.2}", best_us(&mut resampler, &block, &mut out));
                        }
                        _ => print!("{:>10}", "-"),
                    }
                }
                println!();
            }
        }
    }
}
