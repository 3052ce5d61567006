//! The chunker against a model that is too simple to be wrong.

use crate::common;

use common::numbered;
use noxrun_capture::{Chunk, Chunker};
use proptest::prelude::*;

const CHANNELS: usize = 2;

#[derive(Debug, Clone)]
enum Step {
    Samples(usize),
    Gap { dropped: u64, skipped: u64 },
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1usize..60).prop_map(Step::Samples),
        1 => (0u64..20, 0u64..20).prop_map(|(dropped, skipped)| Step::Gap { dropped, skipped }),
        2 => Just(Step::Take),
    ]
}

/// What the steps must give: runs cut at gaps, each run cut by itself; `(frame, frames, dropped)`.
fn expected(steps: &[Step], chunk: u64, hop: u64) -> Vec<(u64, u64, u64)> {
    // Runs of (first frame, frames, dropped before).
    let mut runs = vec![(0, 0, 0)];
    for step in steps {
        let run = runs.last_mut().unwrap();
        match *step {
            Step::Samples(frames) => run.1 += frames as u64,
            Step::Gap { dropped, skipped } => {
                let next = run.0 + run.1 + dropped + skipped;
                if run.1 == 0 {
                    *run = (next, 0, run.2 + dropped);
                } else {
                    runs.push((next, 0, dropped));
                }
            }
            Step::Take => {}
        }
    }
    let mut chunks = Vec::new();
    let last = runs.len() - 1;
    for (n, &(first, frames, dropped)) in runs.iter().enumerate() {
        let before = chunks.len();
        let mut start = 0;
        while start + chunk <= frames {
            chunks.push((first + start, chunk, 0));
            start += hop;
        }
        // New is what no chunk of this run reached.
        let reached = if start == 0 { 0 } else { start - hop + chunk };
        if frames > reached {
            chunks.push((first + start, frames - start, 0));
        } else if n == last {
            chunks.push((first + frames, 0, 0));
        }
        if let Some(chunk) = chunks.get_mut(before) {
            chunk.2 = dropped;
        }
    }
    chunks
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_are_cut_as_the_model_says_whenever_they_are_taken(
        steps in prop::collection::vec(step(), 0..80), chunk in 1usize..40, overlap in 0usize..40,
    ) {
        let hop = chunk - overlap.min(chunk - 1);
        let mut chunker = Chunker::new(CHANNELS, 1_000, chunk, hop);
        let (mut frame, mut held) = (0, 0);
        let mut taken: Vec<Chunk> = Vec::new();
        for step in &steps {
            match *step {
                Step::Samples(frames) => {
                    chunker.push_samples(&numbered(frame, frames, CHANNELS), frame, frame as f64 / 1_000.0);
                    frame += frames as u64;
                    held += frames * CHANNELS;
                }
                Step::Gap { dropped, skipped } => {
                    frame += dropped + skipped;
                    chunker.push_gap(dropped, frame);
                }
                Step::Take => {
                    let ready = chunker.is_ready();
                    let next = chunker.next_chunk();
                    prop_assert_eq!(ready, next.is_some());
                    if let Some((chunk, fresh)) = next {
                        held -= fresh;
                        taken.push(chunk);
                    }
                }
            }
            prop_assert_eq!(chunker.buffered(), held);
        }
        chunker.finish(frame, frame as f64 / 1_000.0);
        while let Some((chunk, fresh)) = chunker.next_chunk() {
            held -= fresh;
            taken.push(chunk);
        }
        prop_assert!(chunker.has_ended() && !chunker.is_ready());
        prop_assert_eq!((held, chunker.buffered()), (0, 0));
        for (n, chunk) in taken.iter().enumerate() {
            prop_assert_eq!(&chunk.samples, &numbered(chunk.frame, chunk.samples.len() / CHANNELS, CHANNELS));
            prop_assert!((chunk.time - chunk.frame as f64 / 1_000.0).abs() < 1e-6);
            prop_assert_eq!(chunk.is_final, n + 1 == taken.len());
        }
        let shape: Vec<_> = taken
            .iter()
            .map(|c| (c.frame, (c.samples.len() / CHANNELS) as u64, c.dropped_before))
            .collect();
        prop_assert_eq!(shape, expected(&steps, chunk as u64, hop as u64));
    }
}

#[test]
fn an_overlap_costs_no_memory() {
    // A second of audio in chunks of 960 frames, a frame apart: 48,000 chunks, held once.
    let mut chunker = Chunker::new(1, 48_000, 960, 1);
    chunker.push_samples(&numbered(0, 48_000, 1), 0, 0.0);
    assert_eq!(chunker.buffered(), 48_000);
    let mut count = 0;
    while chunker.next_chunk().is_some() {
        count += 1;
    }
    assert_eq!(count, 48_000 - 960 + 1);
    assert_eq!(chunker.buffered(), 0);
}
