//! Whole callbacks in every format: all of a device's buffer, each sample where it belongs.

use std::sync::{Arc, Mutex};

use super::SampleFormat;
use crate::cycle::{Cycle, CycleRules};
use crate::event::reporter;
use crate::gate::Gate;
use crate::playback::{OutputBlock, Playback};
use crate::recording::{InputBlock, Recording};
use crate::request::{BlockTime, CaptureSink, Render};
use crate::status::StreamStatus;

const CHANNELS: usize = 3;
const RATE: u32 = 48_000;
/// One frame, odd, and more than what is converted at once.
const BLOCKS: [usize; 5] = [1, 2, 1_023, 1_025, 5_000];

fn cycle(status: &Arc<StreamStatus>) -> Cycle {
    let (reporter, _events) = reporter(status.clone());
    let rules = CycleRules {
        detect_gaps: false,
        promote: false,
    };
    Cycle::new(
        status.clone(),
        reporter,
        RATE,
        rules,
        std::thread::current(),
    )
}

/// In (−1.5, 1.5), another for each index.
fn sample(n: usize) -> f32 {
    ((n * 7_919 + 11) % 30_011) as f32 / 10_003.7 - 1.5
}

/// Slices as a sink got them: latency of the first frame, and the samples.
type Slices = Arc<Mutex<Vec<(f64, Vec<f32>)>>>;

struct Keep(Slices);

impl CaptureSink for Keep {
    fn capture(&mut self, input: &[f32], time: &BlockTime) {
        let kept = (time.device_latency_seconds, input.to_vec());
        self.0.lock().unwrap().push(kept);
    }
}

/// Renders sample after sample.
struct Count(usize);

impl Render for Count {
    fn render(&mut self, out: &mut [f32], _time: &BlockTime) {
        for to in out {
            *to = sample(self.0);
            self.0 += 1;
        }
    }
}

fn bytes_of(format: SampleFormat, from: usize, count: usize) -> Vec<u8> {
    let mut bytes = vec![0xAA; count * format.bytes()];
    let singles = bytes.chunks_exact_mut(format.bytes());
    for (n, single) in singles.enumerate() {
        format.write(&[sample(from + n)], single);
    }
    bytes
}

#[test]
fn a_recording_hands_on_all_of_every_block_in_every_format() {
    for format in SampleFormat::ALL {
        let status = Arc::new(StreamStatus::new(false));
        let gate = Arc::new(Gate::<dyn CaptureSink>::new());
        let kept = Slices::default();
        gate.install(Box::new(Keep(kept.clone())));
        let mut recording =
            Recording::new(gate, status.clone(), cycle(&status), CHANNELS as u16, RATE);
        let mut from = 0;
        for frames in BLOCKS {
            let bytes = bytes_of(format, from, frames * CHANNELS);
            recording.run(&InputBlock::Raw(format, &bytes), 0.5);
            let mut at = 0;
            for (latency, samples) in kept.lock().unwrap().drain(..) {
                // A slice is younger by what came before it.
                let younger = (at / CHANNELS) as f64 / f64::from(RATE);
                assert!((latency - (0.5 - younger)).abs() < 1e-9, "{format:?}");
                assert_eq!(samples.len() % CHANNELS, 0, "{format:?}: whole frames");
                for (n, x) in samples.iter().enumerate() {
                    let mut expected = [0.0];
                    format.read(&bytes[(at + n) * format.bytes()..], &mut expected);
                    assert_eq!(*x, expected[0], "{format:?}");
                }
                at += samples.len();
            }
            assert_eq!(at, frames * CHANNELS, "{format:?}: all of it");
            from += at;
        }
    }
}

#[test]
fn a_playback_fills_all_of_every_block_in_every_format() {
    for format in SampleFormat::ALL {
        let status = Arc::new(StreamStatus::new(false));
        let gate = Arc::new(Gate::<dyn Render>::new());
        let widths = (CHANNELS as u16, CHANNELS as u16);
        let mut playback = Playback::new(
            gate.clone(),
            status.clone(),
            cycle(&status),
            None,
            widths,
            RATE,
        );
        // Before there is a renderer: silence, which is the middle of the unsigned formats.
        let mut bytes = vec![0xAA; 1_025 * CHANNELS * format.bytes()];
        playback.run(OutputBlock::Raw(format, &mut bytes), 0.0);
        let mut silence = vec![0; format.bytes()];
        format.write(&[0.0], &mut silence);
        assert!(bytes.chunks_exact(format.bytes()).all(|x| x == silence));
        gate.install(Box::new(Count(0)));
        let mut from = 0;
        for frames in BLOCKS {
            let count = frames * CHANNELS;
            let mut bytes = vec![0xAA; count * format.bytes()];
            playback.run(OutputBlock::Raw(format, &mut bytes), 0.0);
            assert_eq!(bytes, bytes_of(format, from, count), "{format:?}");
            from += count;
        }
    }
}
