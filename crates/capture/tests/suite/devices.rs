//! A capture outlives its device: what is delivered stays one stream on one axis.

use crate::common;

use common::{chunks, numbered, spec, take_all, verify};
use noxrun_capture::{CaptureError, CaptureHub, CaptureSpec, Chunk, open};

/// A sine of 1 kHz, `frames` frames at `rate` Hz, equal in all channels.
fn tone(rate: u32, frames: usize, channels: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU * 1000.0 / f64::from(rate);
    (0..frames)
        .flat_map(|n| std::iter::repeat_n((n as f64 * step).sin() as f32, channels))
        .collect()
}

fn balanced(hub: &CaptureHub) {
    let stats = hub.stats();
    assert_eq!(
        stats.captured,
        stats.delivered + stats.dropped + stats.buffered
    );
}

/// The frequency of a sine by its upward zero crossings, interpolated.
fn frequency(samples: &[f32], rate: f64) -> f64 {
    let crossings: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(n, pair)| n as f64 + f64::from(pair[0] / (pair[0] - pair[1])))
        .collect();
    let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
    (crossings.len() - 1) as f64 * rate / (last - first)
}

#[test]
fn a_device_that_comes_back_at_another_rate_is_heard_at_the_right_pitch_and_place() {
    let (mut input, hub) = open(CaptureSpec {
        rate: 16_000,
        channels: 1,
        ..spec(2, 1 << 20)
    })
    .unwrap();
    let reader = hub.reader(chunks(160)).unwrap();
    input.push(&tone(48_000, 48_000, 2), 0.0);
    // Half a second without a device, then one second at 44.1 kHz, mono.
    input.device_gap(24_000);
    input.device_changed(44_100, 1, 512).unwrap();
    input.push(&tone(44_100, 44_100, 1), 1.5);
    balanced(&hub);
    drop(input);
    hub.close_and_join();
    let taken = take_all(&reader);
    let stats = hub.stats();
    assert_eq!(stats.captured, 32_000, "a second of each, to the sample");
    assert_eq!((stats.lost_by_device, stats.dropped), (8_000, 0));
    let after: Vec<&Chunk> = taken.iter().filter(|c| c.frame >= 24_000).collect();
    assert_eq!(after[0].frame, 24_000);
    assert!((after[0].time - 1.5).abs() < 1e-9);
    let before: Vec<f32> = taken
        .iter()
        .filter(|c| c.frame < 16_000)
        .flat_map(|c| c.samples.clone())
        .collect();
    let after: Vec<f32> = after.iter().flat_map(|c| c.samples.clone()).collect();
    assert_eq!((before.len(), after.len()), (16_000, 16_000));
    for part in [before, after] {
        let heard = frequency(&part[200..15_800], 16_000.0);
        assert!((heard - 1000.0).abs() < 0.05, "{heard} Hz");
    }
}

#[test]
fn no_sample_of_before_is_lost_when_the_device_changes() {
    let (mut input, hub) = open(spec(2, 1 << 16)).unwrap();
    let reader = hub.reader(chunks(100)).unwrap();
    input.push(&numbered(0, 250, 2), 0.0);
    for restart in 1..4 {
        // The same device again, with other callbacks.
        input.device_gap(50);
        input.device_changed(48_000, 2, 64).unwrap();
        input.push(&numbered(restart * 300, 250, 2), 0.0);
        balanced(&hub);
    }
    drop(input);
    hub.close_and_join();
    let taken = take_all(&reader);
    // A skip is not a drop: each run stands by itself.
    for chunk in &taken {
        let frames = chunk.samples.len() / 2;
        assert_eq!(chunk.samples, numbered(chunk.frame, frames, 2));
        verify(std::slice::from_ref(chunk), 2, chunk.frame);
    }
    assert_eq!(taken.iter().map(|c| c.samples.len()).sum::<usize>(), 2000);
    assert_eq!(hub.stats().lost_by_device, 150);
}

#[test]
fn a_device_lost_in_a_pause_counts_as_lost_only_after_it() {
    let (mut input, hub) = open(spec(1, 1 << 16)).unwrap();
    let reader = hub.reader(chunks(100)).unwrap();
    input.push(&numbered(0, 100, 1), 0.0);
    hub.pause();
    input.push(&numbered(100, 100, 1), 0.0);
    input.device_gap(300);
    assert_eq!(hub.stats().lost_by_device, 0);
    hub.resume();
    input.device_gap(500);
    assert_eq!(hub.stats().lost_by_device, 500);
    input.device_changed(96_000, 1, 64).unwrap();
    input.push(&[0.5; 200], 0.0);
    drop(input);
    hub.close_and_join();
    let taken = take_all(&reader);
    let places: Vec<(u64, usize)> = taken.iter().map(|c| (c.frame, c.samples.len())).collect();
    assert_eq!(places, [(0, 100), (1000, 100), (1100, 0)]);
}

#[test]
fn a_device_that_changes_in_a_pause_keeps_the_axis() {
    let (mut input, hub) = open(spec(1, 1 << 16)).unwrap();
    let reader = hub.reader(chunks(100)).unwrap();
    hub.pause();
    input.push(&numbered(0, 480, 1), 0.0);
    input.device_changed(24_000, 1, 64).unwrap();
    input.push(&[0.0; 240], 0.0);
    hub.resume();
    input.push(&[0.5; 50], 0.0);
    drop(input);
    hub.close_and_join();
    assert_eq!(take_all(&reader)[0].frame, 960);
}

#[test]
fn a_device_without_enough_channels_changes_nothing() {
    let (mut input, hub) = open(spec(4, 1 << 16)).unwrap();
    let latency = hub.latency_seconds();
    let refused = input.device_changed(44_100, 2, 64);
    assert!(matches!(refused, Err(CaptureError::Channels { .. })));
    input.push(&numbered(0, 10, 4), 0.0);
    assert_eq!(hub.stats().captured, 40);
    assert_eq!(hub.latency_seconds(), latency);
    input.device_changed(44_100, 4, 64).unwrap();
    assert!(hub.latency_seconds() > latency);
}
