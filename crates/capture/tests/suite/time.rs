//! Frames and seconds: resampling, pauses, what the device lost, levels.

use crate::common;

use std::f64::consts::TAU;

use common::{chunks, numbered, spec, take_all};
use noxrun_capture::{CaptureSpec, Quality, open};
use noxrun_resample::resample_planar;

fn resampled(device_rate: u32, rate: u32) -> CaptureSpec {
    CaptureSpec {
        device_rate,
        rate,
        capacity: 1 << 20,
        ..spec(1, 0)
    }
}

fn sine(frames: usize, rate: u32) -> Vec<f32> {
    (0..frames)
        .map(|n| (0.5 * (TAU * 440.0 * n as f64 / f64::from(rate)).sin()) as f32)
        .collect()
}

#[test]
fn a_resampled_capture_has_its_rounded_length_from_its_first_sample_on() {
    for (from, to, frames) in [
        (48_000, 16_000, 4_801),
        (44_100, 48_000, 10_000),
        (48_000, 44_100, 7),
        (16_000, 48_000, 1_111),
    ] {
        let (mut input, hub) = open(resampled(from, to)).unwrap();
        let reader = hub.reader(chunks(100)).unwrap();
        let signal = sine(frames, from);
        for block in signal.chunks(333) {
            input.push(block, 0.0);
            hub.settle();
        }
        drop(input);
        hub.close_and_join();
        let taken: Vec<f32> = take_all(&reader)
            .into_iter()
            .flat_map(|chunk| chunk.samples)
            .collect();
        let expected = (frames as f64 * f64::from(to) / f64::from(from)).round() as usize;
        assert_eq!(taken.len(), expected, "{from} -> {to}");
        assert_eq!(
            taken,
            resample_planar(&[signal], from, to, Quality::Balanced).unwrap()[0]
        );
    }
}

#[test]
fn latency_is_the_resamplers_delay() {
    assert_eq!(
        open(resampled(48_000, 48_000)).unwrap().1.latency_seconds(),
        0.0
    );
    let latency = open(resampled(48_000, 16_000)).unwrap().1.latency_seconds();
    assert!(latency > 0.001 && latency <= 0.007, "{latency}");
}

#[test]
fn chunk_times_are_those_of_their_first_frames() {
    for (from, to) in [(48_000, 48_000), (48_000, 16_000), (44_100, 48_000)] {
        let (mut input, hub) = open(resampled(from, to)).unwrap();
        let reader = hub.reader(chunks(77)).unwrap();
        let mut taken = Vec::new();
        for n in 0..200u32 {
            let at = 1_000.0 + f64::from(n * 250) / f64::from(from);
            input.push(&[0.0; 250], at);
            // Some of it waits, some does not.
            if n % 3 == 0 {
                hub.settle();
            }
            taken.extend(take_all(&reader));
        }
        drop(input);
        hub.close_and_join();
        taken.extend(take_all(&reader));
        for chunk in taken {
            let expected = 1_000.0 + chunk.frame as f64 / f64::from(to);
            assert!(
                (chunk.time - expected).abs() < 1e-6,
                "{from} -> {to}: {} {expected}",
                chunk.time
            );
        }
    }
}

#[test]
fn a_jump_of_the_clock_shows_in_the_chunk_that_begins_after_it() {
    let (mut input, hub) = open(spec(1, 1_000)).unwrap();
    let reader = hub.reader(chunks(48)).unwrap();
    input.push(&numbered(0, 96, 1), 5.0);
    input.push(&numbered(96, 96, 1), 7.0);
    hub.settle();
    let times: Vec<f64> = take_all(&reader)
        .iter()
        .map(|chunk| (chunk.time * 1e6).round() / 1e6)
        .collect();
    assert_eq!(times, [5.0, 5.001, 7.0, 7.001]);
}

#[test]
fn while_paused_nothing_is_captured_and_the_frame_follows_time() {
    let (mut input, hub) = open(spec(2, 1_000)).unwrap();
    let reader = hub.reader(chunks(10)).unwrap();
    input.push(&numbered(0, 25, 2), 0.0);
    hub.pause();
    input.push(&numbered(25, 100, 2), 0.0);
    input.device_gap(7);
    assert_eq!(hub.meter().peak, [0.0, 0.0]);
    hub.resume();
    input.push(&numbered(132, 10, 2), 0.0);
    hub.settle();
    let taken = take_all(&reader);
    let shape: Vec<_> = taken
        .iter()
        .map(|c| (c.frame, c.samples.len() / 2, c.dropped_before))
        .collect();
    assert_eq!(shape, [(0, 10, 0), (10, 10, 0), (20, 5, 0), (132, 10, 0)]);
    assert_eq!(taken[3].samples, numbered(132, 10, 2));
    let stats = hub.stats();
    assert_eq!(
        (
            stats.captured,
            stats.dropped,
            stats.lost_by_device,
            stats.callbacks
        ),
        (70, 0, 0, 3)
    );
}

#[test]
fn what_the_device_lost_is_outside_the_equation() {
    let (mut input, hub) = open(spec(1, 50)).unwrap();
    input.push(&numbered(0, 60, 1), 0.0);
    // A loss and a device gap in one place.
    input.device_gap(1_000);
    let reader = hub.reader(chunks(30)).unwrap();
    hub.settle();
    let mut taken = take_all(&reader);
    input.push(&numbered(1_060, 30, 1), 0.0);
    hub.settle();
    taken.extend(take_all(&reader));
    let shape: Vec<_> = taken
        .iter()
        .map(|c| (c.frame, c.samples.len(), c.dropped_before))
        .collect();
    assert_eq!(shape, [(0, 30, 0), (30, 20, 0), (1_060, 30, 10)]);
    let stats = hub.stats();
    assert_eq!(
        (stats.captured, stats.dropped, stats.lost_by_device),
        (90, 10, 1_000)
    );
    assert_eq!(reader.stats().received, 90);
}

#[test]
fn a_gap_in_a_resampled_stream_keeps_both_sides_whole_and_in_time() {
    let (mut input, hub) = open(resampled(48_000, 16_000)).unwrap();
    let reader = hub.reader(chunks(10_000)).unwrap();
    let signal = sine(9_000, 48_000);
    input.push(&signal[..3_000], 0.0);
    input.device_gap(3_000);
    input.push(&signal[6_000..], 0.125);
    drop(input);
    hub.close_and_join();
    let taken = take_all(&reader);
    let half = |range: &[f32]| {
        resample_planar(&[range.to_vec()], 48_000, 16_000, Quality::Balanced)
            .unwrap()
            .remove(0)
    };
    assert_eq!(
        (taken[0].frame, &taken[0].samples),
        (0, &half(&signal[..3_000]))
    );
    assert_eq!(
        (taken[1].frame, &taken[1].samples),
        (2_000, &half(&signal[6_000..]))
    );
    assert_eq!(hub.stats().lost_by_device, 1_000);
}

#[test]
fn channels_are_mapped_and_metered() {
    let mut mono = spec(2, 1_000);
    mono.channels = 1;
    let (mut input, hub) = open(mono).unwrap();
    let reader = hub.reader(chunks(2)).unwrap();
    input.push(&[0.5, 0.25, -1.0, 0.0], 0.0);
    hub.settle();
    assert_eq!(take_all(&reader)[0].samples, [0.375, -0.5]);
    assert_eq!(hub.meter().peak, [0.5]);

    let mut wide = spec(1, 1_000);
    wide.channels = 3;
    let (mut input, hub) = open(wide).unwrap();
    let reader = hub.reader(chunks(2)).unwrap();
    input.push(&[0.0, 1.0], 0.0);
    hub.settle();
    assert_eq!(take_all(&reader)[0].samples, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(hub.meter().peak, [1.0; 3]);
}

#[test]
fn block_size_never_changes_the_stream() {
    let signal: Vec<f32> = sine(6_000, 48_000)
        .into_iter()
        .flat_map(|x| [x, -x])
        .collect();
    let captured = |block: usize| {
        let (mut input, hub) = open(CaptureSpec {
            device_rate: 48_000,
            rate: 44_100,
            ..spec(2, 1 << 20)
        })
        .unwrap();
        let reader = hub.reader(chunks(1 << 16)).unwrap();
        for block in signal.chunks(block * 2) {
            input.push(block, 0.0);
        }
        drop(input);
        hub.close_and_join();
        take_all(&reader).remove(0).samples
    };
    let whole = captured(6_000);
    for block in [1, 17, 256, 257, 4_096] {
        assert_eq!(captured(block), whole, "blocks of {block}");
    }
}
