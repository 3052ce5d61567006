//! noxrun's resampler, libsoxr and rubato in one run: what a block of 10 ms costs each, and what it
//! lets through. Prints one line of JSON for ../resample.mjs.

mod quality;
mod soxr;
mod speed;
mod subject;

use std::fmt::Write;

use subject::{KINDS, Kind};

const PAIRS: [[u32; 2]; 4] = [
    [48_000, 16_000],
    [44_100, 48_000],
    [48_000, 44_100],
    [44_056, 48_000],
];
/// Figures of quality, which take longer, are for these.
const MEASURED_PAIRS: usize = 2;
const REFERENCE: &str = "soxr HQ";

fn main() -> Result<(), String> {
    let rounds = std::env::args().nth(1).map_or(Ok(30), |text| text.parse());
    let rounds = rounds.map_err(|_| "usage: noxrun-bench-resample [ROUNDS]")?;
    let soxr = soxr::version();
    let kinds: Vec<(&str, Kind)> = KINDS
        .into_iter()
        .filter(|(_, kind)| soxr.is_ok() || !matches!(kind, Kind::Soxr(_)))
        .collect();
    let reference = kinds.iter().position(|(name, _)| *name == REFERENCE);
    let only: Vec<Kind> = kinds.iter().map(|(_, kind)| *kind).collect();

    let mut pairs = Vec::new();
    for (index, pair) in PAIRS.into_iter().enumerate() {
        eprintln!("{} to {} Hz", pair[0], pair[1]);
        let mut subjects: Vec<String> = kinds
            .iter()
            .map(|(name, _)| format!("\"name\":\"{name}\""))
            .collect();
        for (channels, key) in [(1, "mono"), (2, "stereo")] {
            let speeds = speed::measure(&only, reference, pair, channels, rounds)?;
            for (subject, speed) in subjects.iter_mut().zip(speeds) {
                let speed::Speed {
                    median,
                    p99,
                    mean,
                    ratio,
                } = speed;
                let [median, p99, mean, ratio] = [median, p99, mean, ratio].map(number);
                let _ = write!(
                    subject,
                    ",\"{key}\":{{\"median\":{median},\"p99\":{p99},\"mean\":{mean},\"ratio\":{ratio}}}"
                );
            }
        }
        for (subject, kind) in subjects.iter_mut().zip(&only) {
            // The bits of another level are the same.
            if index >= MEASURED_PAIRS || matches!(kind, Kind::Noxrun(_, Some(_))) {
                continue;
            }
            let quality::Quality {
                stop,
                flat,
                rest,
                delay,
                curve,
            } = quality::measure(*kind, pair)?;
            let [stop, flat, rest, delay] = [stop, flat, rest, delay].map(number);
            let points = curve
                .iter()
                .map(|[f, db]| format!("[{f:.1},{}]", number(*db)));
            let points = points.collect::<Vec<_>>().join(",");
            let _ = write!(
                subject,
                ",\"quality\":{{\"stop\":{stop},\"flat\":{flat},\"rest\":{rest},\"delay\":{delay},\"curve\":[{points}]}}"
            );
        }
        let subjects = subjects.join("},{");
        pairs.push(format!(
            "{{\"from\":{},\"to\":{},\"subjects\":[{{{subjects}}}]}}",
            pair[0], pair[1]
        ));
    }
    let soxr = soxr.map_or("null".into(), |version| format!("\"{version}\""));
    let level = noxrun_kernels::Level::best();
    println!(
        "{{\"soxr\":{soxr},\"level\":\"{level}\",\"pairs\":[{}]}}",
        pairs.join(",")
    );
    Ok(())
}

/// JSON has no infinities.
fn number(x: f64) -> String {
    if x.is_finite() {
        format!("{x:.6}")
    } else {
        "null".into()
    }
}
