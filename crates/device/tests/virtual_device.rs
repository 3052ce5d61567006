//! The virtual device, stepped by hand: what it plays and records.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::stepped::{expected, loopback, play, record};
use common::{Recorder, SignalSource, With, on, signal};
use noxrun_device::{
    DeviceError, DeviceWarning, Fallback, StreamRequest, VirtualDevice, VirtualOptions, open_input,
    open_output,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn steps_run_exactly_their_frames_and_lose_none(
        steps in prop::collection::vec(0_u64..3000, 1..8),
        block_sizes in prop::option::of(prop::collection::vec(1_u32..700, 1..5)),
        buffer_size in 1_u32..700,
    ) {
        let device = VirtualDevice::create(VirtualOptions {
            loopback: true,
            block_sizes: block_sizes.clone(),
            ..VirtualOptions::default()
        });
        let request = StreamRequest { buffer_size, ..on(device.id()) };
        let source = SignalSource::new(2);
        let blocks = source.blocks.clone();
        let output = open_output(&request, |_| Box::new(source)).unwrap();
        let recorder = Recorder::new();
        let sink = recorder.clone();
        let input = open_input(&request, |_| Box::new(sink)).unwrap();

        // What the blocks must be, computed apart: cycled sizes, the last of a step cut short.
        let sizes = block_sizes.unwrap_or_else(|| vec![buffer_size]);
        let (mut expected_blocks, mut turn) = (Vec::new(), 0);
        let mut total = 0;
        for frames in steps {
            device.step(frames).unwrap();
            total += frames;
            let mut left = frames as usize;
            while left > 0 {
                let size = left.min(sizes[turn % sizes.len()] as usize);
                expected_blocks.push(size);
                left -= size;
                turn += 1;
            }
            prop_assert_eq!(output.status().frames(), total);
            prop_assert_eq!(input.status().frames(), total);
        }
        prop_assert_eq!(&*blocks.lock().unwrap(), &expected_blocks);
        prop_assert_eq!(output.status().callbacks(), expected_blocks.len() as u64);
        prop_assert_eq!(recorder.samples(), expected(0..total));
        let played = device.output();
        prop_assert_eq!(played[1].len() as u64, total);
        prop_assert!(played[1].iter().enumerate().all(|(n, x)| *x == signal(n as u64, 1)));
    }

    #[test]
    fn loopback_keeps_every_bit_of_a_single_stream(bits in prop::collection::vec(any::<u32>(), 2..200)) {
        let device = loopback();
        let samples: Vec<f32> = bits.iter().map(|bits| f32::from_bits(*bits)).collect();
        let frames = samples.len() / 2;
        let mut source = samples.clone().into_iter();
        let render = With(move |out: &mut [f32]| out.fill_with(|| source.next().unwrap_or(0.0)));
        let _output = open_output(&on(device.id()), |_| Box::new(render)).unwrap();
        let (_input, recorder) = record(&device);
        device.step(frames as u64).unwrap();
        let recorded: Vec<u32> = recorder.samples().iter().map(|x| x.to_bits()).collect();
        prop_assert_eq!(&recorded, &bits[..frames * 2]);
    }
}

#[test]
fn outputs_are_added_and_what_is_fed_is_added_to_the_loopback() {
    let device = loopback();
    let constant = |x: f32| With(move |out: &mut [f32]| out.fill(x));
    let _one = open_output(&on(device.id()), |_| Box::new(constant(0.25))).unwrap();
    let _two = open_output(&on(device.id()), |_| Box::new(constant(0.5))).unwrap();
    let (_input, recorder) = record(&device);
    device.feed(&[vec![0.125; 3], vec![-0.125]]);
    device.step(4).unwrap();
    assert_eq!(device.output(), [[0.75; 4], [0.75; 4]]);
    assert_eq!(
        recorder.samples(),
        [0.875, 0.625, 0.875, 0.75, 0.875, 0.75, 0.75, 0.75]
    );
}

#[test]
fn fed_sound_is_recorded_in_order_across_blocks_and_then_silence() {
    let device = VirtualDevice::create(VirtualOptions {
        channels: 1,
        block_sizes: Some(vec![3]),
        ..VirtualOptions::default()
    });
    let (input, recorder) = record(&device);
    assert_eq!(input.granted().channels, 1);
    device.feed(&[vec![1.0, 2.0]]);
    device.feed(&[vec![3.0, 4.0]]);
    device.step(5).unwrap();
    assert_eq!(recorder.samples(), [1.0, 2.0, 3.0, 4.0, 0.0]);
}

#[test]
fn what_is_played_is_told_once_and_silence_counts() {
    let device = loopback();
    device.step(10).unwrap();
    assert_eq!(device.output(), [[0.0; 10], [0.0; 10]]);
    assert_eq!(device.output(), [[0.0; 0], [0.0; 0]]);
    let (stream, _) = play(&device);
    device.step(7).unwrap();
    drop(stream);
    device.step(2).unwrap();
    let played = device.output();
    assert_eq!(
        played[0][..7],
        (0..7).map(|n| signal(n, 0)).collect::<Vec<_>>()
    );
    assert_eq!(played[0][7..], [0.0; 2]);
}

#[test]
fn only_accepted_buffer_sizes_are_granted() {
    let device = VirtualDevice::create(VirtualOptions {
        buffer_size: 480,
        accepted_buffer_sizes: Some(vec![480, 960]),
        ..VirtualOptions::default()
    });
    for (asked, granted) in [(960, 960), (480, 480), (256, 480)] {
        let request = StreamRequest {
            buffer_size: asked,
            ..on(device.id())
        };
        let stream = open_output(&request, |_| Box::new(SignalSource::new(2))).unwrap();
        assert_eq!(stream.granted().buffer_size, granted);
        let warnings = if asked == granted {
            vec![]
        } else {
            vec![DeviceWarning::BufferSizeFallback { asked, granted }]
        };
        assert_eq!(stream.granted().warnings, warnings);
        assert_eq!(device.info().buffer_size, Some((480, 960)));
    }
}

#[test]
fn an_engine_at_another_rate_is_resampled_and_input_keeps_the_devices_rate() {
    let device = loopback();
    let request = StreamRequest {
        sample_rate: Some(24_000),
        ..on(device.id())
    };
    let rendered = Arc::new(AtomicU64::new(0));
    let counter = rendered.clone();
    let render = With(move |out: &mut [f32]| {
        counter.fetch_add(out.len() as u64 / 2, Ordering::Relaxed);
        out.fill(0.5);
    });
    let _output = open_output(&request, |_| Box::new(render)).unwrap();
    let input = open_input(&request, |_| Box::new(Recorder::new())).unwrap();
    assert_eq!(input.granted().sample_rate, 48_000);
    assert_eq!(input.granted().warnings, []);
    device.step(48_000).unwrap();
    let frames = rendered.load(Ordering::Relaxed);
    // One second at 24 kHz, and what the filter and one block are ahead.
    assert!((24_000..24_400).contains(&frames), "{frames}");
    let played = device.output();
    assert!(played[0][2_000..].iter().all(|x| (x - 0.5).abs() < 1e-5));
}

#[test]
fn a_mono_engine_is_heard_on_both_sides_and_more_channels_lose_the_last() {
    let device = loopback();
    for (channels, sides) in [(1, [signal(0, 0); 2]), (3, [signal(0, 0), signal(0, 1)])] {
        let request = StreamRequest {
            channels: Some(channels),
            ..on(device.id())
        };
        let stream = open_output(&request, |granted| {
            assert_eq!(granted.channels, channels);
            Box::new(SignalSource::new(channels))
        });
        device.step(1).unwrap();
        drop(stream);
        assert_eq!(device.output(), sides.map(|x| [x]));
    }
}

#[test]
fn an_input_with_too_few_channels_is_refused_before_anything_is_made() {
    let device = loopback();
    let request = |least_channels| StreamRequest {
        least_channels,
        fallback: Fallback::Virtual,
        ..on(device.id())
    };
    let refusal = open_input(&request(3), |_| panic!("a sink was asked for")).err();
    assert_eq!(
        refusal,
        Some(DeviceError::TooFewChannels {
            device: device.id().into(),
            has: 2,
            least: 3
        })
    );
    assert!(open_input(&request(2), |_| Box::new(Recorder::new())).is_ok());
}
