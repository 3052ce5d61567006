//! Nanoseconds a call at each level, the best of many: `cargo bench -p noxrun-kernels`.

use noxrun_kernels::{
    Level, add, add_curve, add_scaled, all_finite, any_above, blend_rows, dot, dot_blend,
    fill_linear_ramp, force, interleave2, measure, multiply, scale,
};
use std::hint::black_box;
use std::time::Instant;

const FRAMES: usize = 256;
const CALLS: u32 = 2_000;
const ROUNDS: usize = 50;

fn best_ns(mut work: impl FnMut()) -> f64 {
    let round = || {
        let start = Instant::now();
        for _ in 0..CALLS {
            work();
        }
        start.elapsed().as_nanos() as f64 / f64::from(CALLS)
    };
    std::iter::repeat_with(round)
        .take(ROUNDS)
        .fold(f64::INFINITY, f64::min)
}

fn row(name: &str, mut work: impl FnMut()) {
    print!("{name:<34}");
    for level in Level::ALL {
        match force(level) {
            Ok(()) => print!("{:>12.1}", best_ns(&mut work)),
            Err(_) => print!("{:>12}", "-"),
        }
    }
    println!();
}

fn main() {
    let a: Vec<f32> = (0..FRAMES).map(|n| (n as f32 * 0.37).sin()).collect();
    let b: Vec<f32> = (0..FRAMES).map(|n| (n as f32 * 0.11).cos()).collect();
    let mut out = vec![0f32; FRAMES];
    let mut wide = vec![0f32; 2 * FRAMES];
    println!(
        "{:<34}{:>12}{:>12}",
        "256 frames, ns a call", "baseline", "v3"
    );
    row("add", || add(black_box(&mut out), black_box(&a)));
    out.fill(0.0);
    row("add_scaled", || {
        add_scaled(black_box(&mut out), black_box(&a), 0.5)
    });
    out.fill(0.0);
    row("add_curve", || {
        add_curve(black_box(&mut out), black_box(&a), black_box(&b))
    });
    out.fill(0.5);
    row("scale", || scale(black_box(&mut out), black_box(1.0)));
    let ones = vec![1f32; FRAMES];
    row("multiply", || {
        multiply(black_box(&mut out), black_box(&ones))
    });
    row("fill_linear_ramp", || {
        fill_linear_ramp(black_box(&mut out), 0.25, 1.0, black_box(3), 4_800);
    });
    row("interleave2", || {
        interleave2(black_box(&mut wide), black_box(&a), black_box(&b))
    });
    row("measure", || {
        black_box(measure(black_box(&a)));
    });
    row("any_above", || {
        black_box(any_above(black_box(&a), black_box(1.5)));
    });
    row("all_finite", || {
        black_box(all_finite(black_box(&a)));
    });
    row("dot", || {
        black_box(dot(black_box(&a), black_box(&b)));
    });
    row("dot, 32 taps", || {
        black_box(dot(black_box(&a[..32]), black_box(&b[..32])));
    });
    row("dot_blend, 32 taps", || {
        black_box(dot_blend(
            black_box(&a[..32]),
            &b[..32],
            &b[32..64],
            black_box(0.3),
        ));
    });
    row("blend_rows", || {
        blend_rows(
            black_box(&mut out),
            [&a, &b, &b, &a],
            black_box([0.1, 0.4, 0.4, 0.1]),
        );
    });
}
