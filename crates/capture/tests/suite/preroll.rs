//! What is kept while a capture is paused, and comes first when it goes on.

use crate::common;

use common::{chunks, numbered, spec, take_all, verify};
use noxrun_capture::{CaptureSpec, Chunk, Quality, open};
use noxrun_resample::{output_frames, resample_planar};
use proptest::prelude::*;

fn with_pre_roll(channels: usize, capacity: usize, pre_roll: usize) -> CaptureSpec {
    CaptureSpec {
        pre_roll,
        ..spec(channels, capacity)
    }
}

/// Where each chunk begins, and its length.
fn outline(chunks: &[Chunk], channels: usize) -> Vec<(u64, usize)> {
    let outline = chunks.iter();
    outline
        .map(|chunk| (chunk.frame, chunk.samples.len() / channels))
        .collect()
}

/// Runs without a gap: (first frame, samples).
fn runs(chunks: &[Chunk], channels: usize) -> Vec<(u64, Vec<f32>)> {
    let mut runs: Vec<(u64, Vec<f32>)> = Vec::new();
    for chunk in chunks.iter().filter(|chunk| !chunk.samples.is_empty()) {
        assert_eq!(chunk.dropped_before, 0);
        match runs.last_mut() {
            Some((frame, run)) if *frame + (run.len() / channels) as u64 == chunk.frame => {
                run.extend(&chunk.samples);
            }
            _ => runs.push((chunk.frame, chunk.samples.clone())),
        }
    }
    runs
}

#[test]
fn what_came_last_during_a_pause_is_delivered_first() {
    let (mut input, hub) = open(with_pre_roll(2, 10_000, 300)).unwrap();
    let reader = hub.reader(chunks(100)).unwrap();
    input.push(&numbered(0, 250, 2), 0.0);
    hub.pause();
    for n in 0..10 {
        input.push(&numbered(250 + n * 77, 77, 2), 0.0);
    }
    assert_eq!(hub.stats().captured, 500, "what is kept is not captured");
    assert_eq!(hub.meter().peak, [0.0, 0.0]);
    hub.resume();
    input.push(&numbered(1_020, 30, 2), 0.0);
    drop(input);
    hub.close_and_join();
    let taken = take_all(&reader);
    // Three hundred frames before 1,020, and no gap between them and it.
    assert_eq!(
        outline(&taken, 2),
        [
            (0, 100),
            (100, 100),
            (200, 50),
            (720, 100),
            (820, 100),
            (920, 100),
            (1_020, 30)
        ]
    );
    for chunk in &taken {
        assert_eq!(
            chunk.samples,
            numbered(chunk.frame, chunk.samples.len() / 2, 2)
        );
    }
    let stats = hub.stats();
    assert_eq!((stats.captured, stats.delivered), (1_160, 1_160));
    assert_eq!((stats.dropped, stats.lost_by_device), (0, 0));
}

#[test]
fn a_pause_that_is_shorter_leaves_no_trace() {
    for (device_rate, rate, device_channels, channels) in [
        (48_000, 48_000, 2, 2),
        (48_000, 16_000, 2, 1),
        (44_100, 48_000, 1, 3),
        (8_000, 48_000, 2, 2),
    ] {
        let signal: Vec<f32> = (0..20_000 * device_channels)
            .map(|n| ((n * n) as f32 * 0.1).sin())
            .collect();
        let captured = |pre_roll: usize, block: usize, pauses: &[(usize, usize)]| {
            let (mut input, hub) = open(CaptureSpec {
                device_rate,
                rate,
                device_channels,
                ..with_pre_roll(channels, 1 << 20, pre_roll)
            })
            .unwrap();
            let reader = hub.reader(chunks(1 << 20)).unwrap();
            for (n, block) in signal.chunks(block * device_channels).enumerate() {
                for &(from, to) in pauses {
                    match n {
                        _ if n == from => hub.pause(),
                        _ if n == to => hub.resume(),
                        _ => {}
                    }
                }
                input.push(block, 0.0);
            }
            drop(input);
            hub.close_and_join();
            let taken = take_all(&reader);
            assert_eq!(taken.len(), 1, "{device_rate} -> {rate}: no gap");
            taken[0].samples.clone()
        };
        let whole = captured(0, 20_000, &[]);
        for block in [97, 256, 1_000] {
            let pauses = [(1, 2), (4, 6), (9, 10), (13, 17)];
            assert_eq!(captured(40_000, block, &pauses), whole, "blocks of {block}");
        }
    }
}

#[test]
fn a_resampled_capture_has_no_seam_where_it_goes_on() {
    for (device_rate, rate) in [(48_000u32, 16_000u32), (44_100, 48_000)] {
        let signal: Vec<f32> = (0..60_000).map(|n| (n as f32 * 0.03).sin()).collect();
        let whole = resample_planar(
            std::slice::from_ref(&signal),
            device_rate,
            rate,
            Quality::Balanced,
        )
        .unwrap();
        let pre_roll = 3_000;
        let (mut input, hub) = open(CaptureSpec {
            device_rate,
            rate,
            ..with_pre_roll(1, 1 << 20, pre_roll)
        })
        .unwrap();
        let reader = hub.reader(chunks(500)).unwrap();
        input.push(&signal[..10_000], 0.0);
        hub.pause();
        for block in signal[10_000..40_000].chunks(333) {
            input.push(block, 0.0);
        }
        hub.resume();
        input.push(&signal[40_000..], 0.0);
        drop(input);
        hub.close_and_join();
        let runs = runs(&take_all(&reader), 1);
        let at = |frame| output_frames(frame, device_rate, rate) as usize;
        // Up to the pause to the frame, and from the pre-roll's beginning on.
        let expected = [(0, at(10_000)), (at(40_000) - pre_roll, at(60_000))];
        assert_eq!(runs.len(), 2);
        for ((frame, run), (from, to)) in runs.into_iter().zip(expected) {
            assert_eq!(frame, from as u64);
            assert_eq!(run, whole[0][from..to]);
        }
    }
}

#[test]
fn times_of_kept_frames_are_those_of_the_device() {
    // A clock that runs 1 % slow, so that nothing can be told from frame numbers alone.
    let time = |frame: u64| 100.0 + frame as f64 / 48_000.0 * 1.01;
    let pre_roll = 24_000;
    let (mut input, hub) = open(with_pre_roll(1, 1 << 20, pre_roll)).unwrap();
    let reader = hub.reader(chunks(480)).unwrap();
    let mut frame = 0;
    for n in 0..800 {
        match n {
            100 => hub.pause(),
            700 => hub.resume(),
            _ => {}
        }
        input.push(&numbered(frame, 240, 1), time(frame));
        frame += 240;
    }
    drop(input);
    hub.close_and_join();
    let taken = take_all(&reader);
    assert_eq!(
        taken.iter().map(|chunk| chunk.samples.len()).sum::<usize>(),
        24_000 + 200 * 240
    );
    for chunk in taken {
        // Between two blocks the clock counts on by the rate: 1 % of 5 ms.
        let off = (chunk.time - time(chunk.frame)).abs();
        assert!(off < 6e-5, "frame {}: {off}", chunk.frame);
    }
}

#[test]
fn a_long_pre_roll_goes_over_in_parts_and_nothing_is_lost() {
    // 5 s of stereo: 480,000 samples.
    let (mut input, hub) = open(with_pre_roll(2, 1 << 20, 240_000)).unwrap();
    let reader = hub.reader(chunks(1 << 20)).unwrap();
    let block = |n: u64| numbered(n * 256, 256, 2);
    hub.pause();
    (0..2_000).for_each(|n| input.push(&block(n), 0.0));
    hub.resume();
    input.push(&block(2_000), 0.0);
    let first = hub.stats().captured;
    assert!(first > 0 && first <= 65_536, "in one callback: {first}");
    // A pause in the middle takes nothing back.
    hub.pause();
    input.push(&block(2_001), 0.0);
    hub.resume();
    (2_002..2_020).for_each(|n| input.push(&block(n), 0.0));
    drop(input);
    hub.close_and_join();
    let taken = take_all(&reader);
    let from = 2_000 * 256 - 240_000;
    assert_eq!(taken[0].frame, from);
    assert_eq!(
        taken[0].samples,
        numbered(from, 2_020 * 256 - from as usize, 2)
    );
    assert_eq!(hub.stats().dropped, 0);
}

#[test]
fn what_finds_no_room_counts_as_dropped_in_its_place() {
    let (mut input, hub) = open(with_pre_roll(1, 100, 300)).unwrap();
    hub.pause();
    input.push(&numbered(0, 1_000, 1), 0.0);
    hub.resume();
    input.push(&numbered(1_000, 50, 1), 0.0);
    let stats = hub.stats();
    assert_eq!(
        (stats.captured, stats.dropped, stats.buffered),
        (350, 250, 100)
    );
    let reader = hub.reader(chunks(100)).unwrap();
    hub.settle();
    let mut taken = take_all(&reader);
    input.push(&numbered(1_050, 40, 1), 0.0);
    drop(input);
    hub.close_and_join();
    taken.extend(take_all(&reader));
    let shape: Vec<_> = taken
        .iter()
        .map(|c| (c.frame, c.samples.len(), c.dropped_before))
        .collect();
    assert_eq!(shape, [(700, 100, 0), (1_050, 40, 250)]);
}

#[test]
fn a_hole_in_the_device_stream_ends_what_is_kept() {
    let (mut input, hub) = open(with_pre_roll(1, 10_000, 1_000)).unwrap();
    let reader = hub.reader(chunks(5_000)).unwrap();
    input.push(&numbered(0, 100, 1), 0.0);
    hub.pause();
    input.push(&numbered(100, 500, 1), 0.0);
    input.device_gap(50);
    input.push(&numbered(650, 200, 1), 0.0);
    hub.resume();
    input.push(&numbered(850, 10, 1), 0.0);
    input.device_gap(40);
    input.push(&numbered(900, 10, 1), 0.0);
    drop(input);
    hub.close_and_join();
    let runs = runs(&take_all(&reader), 1);
    let expected = [(0, 100), (650, 210), (900, 10)];
    assert_eq!(
        runs,
        expected.map(|(frame, length)| (frame, numbered(frame, length, 1)))
    );
    // What is missing while paused was not wanted.
    assert_eq!(hub.stats().lost_by_device, 40);
}

#[test]
fn a_capture_that_ends_while_paused_keeps_what_came_before() {
    for (device_rate, rate) in [(48_000u32, 48_000u32), (48_000, 16_000)] {
        let signal: Vec<f32> = (0..9_000).map(|n| (n as f32 * 0.03).sin()).collect();
        let whole = resample_planar(
            std::slice::from_ref(&signal),
            device_rate,
            rate,
            Quality::Balanced,
        )
        .unwrap();
        let (mut input, hub) = open(CaptureSpec {
            device_rate,
            rate,
            ..with_pre_roll(1, 100_000, 1_000)
        })
        .unwrap();
        let reader = hub.reader(chunks(10_000)).unwrap();
        input.push(&signal[..3_000], 0.0);
        hub.pause();
        input.push(&signal[3_000..], 0.0);
        drop(input);
        hub.close_and_join();
        let runs = runs(&take_all(&reader), 1);
        let length = output_frames(3_000, device_rate, rate) as usize;
        assert_eq!(runs, [(0, whole[0][..length].to_vec())]);
        assert_eq!(hub.stats().captured, length as u64);
    }
}

#[test]
fn a_capture_that_ends_right_after_it_was_told_to_go_on_delivers_what_is_kept() {
    for (device_rate, rate, pre_roll) in [
        (48_000u32, 48_000u32, 1_000),
        (48_000, 48_000, 100_000),
        (48_000, 16_000, 1_000),
    ] {
        let signal: Vec<f32> = (0..9_000).map(|n| (n as f32 * 0.03).sin()).collect();
        let whole = resample_planar(
            std::slice::from_ref(&signal),
            device_rate,
            rate,
            Quality::Balanced,
        )
        .unwrap();
        let (mut input, hub) = open(CaptureSpec {
            device_rate,
            rate,
            ..with_pre_roll(1, 100_000, pre_roll)
        })
        .unwrap();
        let reader = hub.reader(chunks(10_000)).unwrap();
        input.push(&signal[..3_000], 0.0);
        hub.pause();
        input.push(&signal[3_000..], 0.0);
        hub.resume();
        drop(input);
        hub.close_and_join();
        let at = |frames| output_frames(frames, device_rate, rate) as usize;
        let (paused, end) = (at(3_000), at(9_000));
        // A pause that is shorter than the pre-roll leaves no trace.
        let expected = match end.saturating_sub(pre_roll) {
            from if from > paused => vec![
                (0, whole[0][..paused].to_vec()),
                (from as u64, whole[0][from..].to_vec()),
            ],
            _ => vec![(0, whole[0].clone())],
        };
        assert!(runs(&take_all(&reader), 1) == expected);
        let captured: usize = expected.iter().map(|(_, run)| run.len()).sum();
        let stats = hub.stats();
        assert_eq!((stats.captured, stats.dropped), (captured as u64, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_captured_follows_from_the_pauses_alone(
        channels in 1usize..=3,
        pre_roll in prop_oneof![Just(1usize), 2usize..50, 50usize..2_000],
        capacity in prop_oneof![8usize..200, Just(1 << 20)],
        steps in prop::collection::vec((1usize..400, any::<bool>()), 1..60),
    ) {
        let (mut input, hub) = open(with_pre_roll(channels, capacity, pre_roll)).unwrap();
        let reader = hub.reader(chunks(64)).unwrap();
        // Which frames belong to the capture.
        let mut wanted: Vec<bool> = Vec::new();
        let mut taken = Vec::new();
        let mut was_paused = false;
        for &(frames, is_paused) in &steps {
            let now = wanted.len();
            if is_paused {
                hub.pause();
            } else {
                hub.resume();
                if was_paused {
                    wanted[now.saturating_sub(pre_roll)..].fill(true);
                }
            }
            input.push(&numbered(now as u64, frames, channels), now as f64 / 48_000.0);
            wanted.resize(now + frames, !is_paused);
            was_paused = is_paused;
            hub.settle();
            taken.extend(take_all(&reader));
            let stats = hub.stats();
            prop_assert_eq!(stats.captured, stats.delivered + stats.dropped + stats.buffered);
        }
        drop(input);
        hub.close_and_join();
        taken.extend(take_all(&reader));
        let stats = hub.stats();
        let count = wanted.iter().filter(|wanted| **wanted).count() * channels;
        prop_assert_eq!(stats.captured, count as u64);
        prop_assert_eq!(stats.buffered, 0);
        let mut delivered = 0;
        for chunk in &taken {
            let frames = chunk.samples.len() / channels;
            let from = chunk.frame as usize;
            prop_assert_eq!(&chunk.samples, &numbered(chunk.frame, frames, channels));
            prop_assert!(wanted[from..from + frames].iter().all(|wanted| *wanted));
            // Never twice, never backwards.
            wanted[from..from + frames].fill(false);
            delivered += chunk.samples.len() as u64;
        }
        prop_assert_eq!(delivered + reader.stats().dropped, count as u64);
        let told: u64 = taken.iter().map(|chunk| chunk.dropped_before).sum();
        prop_assert_eq!(told, reader.stats().dropped);
        if capacity == 1 << 20 {
            prop_assert_eq!(told, 0);
        }
    }
}

#[test]
fn without_pauses_a_pre_roll_changes_nothing() {
    let (mut input, hub) = open(with_pre_roll(2, 10_000, 100)).unwrap();
    let reader = hub.reader(chunks(100)).unwrap();
    for n in 0..20 {
        input.push(&numbered(n * 99, 99, 2), 0.0);
    }
    drop(input);
    hub.close_and_join();
    assert_eq!(verify(&take_all(&reader), 2, 0), (3_960, 0, 1_980));
}
