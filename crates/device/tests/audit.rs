//! Our part of the callbacks, watched by a counting allocator as in the binding.

mod common;

use common::With;
use noxrun_device::{
    BlockTime, CaptureSink, StreamRequest, VirtualDevice, VirtualOptions, open_input, open_output,
};

#[global_allocator]
static COUNTING: noxrun_device::CountingAllocator = noxrun_device::CountingAllocator;

struct Peak(f32);

impl CaptureSink for Peak {
    fn capture(&mut self, input: &[f32], _time: &BlockTime) {
        self.0 = input.iter().fold(self.0, |peak, x| peak.max(x.abs()));
    }
}

fn request(device: &VirtualDevice, sample_rate: u32, channels: u16) -> StreamRequest {
    StreamRequest {
        device: Some(device.id().into()),
        sample_rate: Some(sample_rate),
        channels: Some(channels),
        audit: true,
        ..StreamRequest::default()
    }
}

#[test]
fn callbacks_allocate_free_and_block_nothing_on_any_path() {
    let device = VirtualDevice::create(VirtualOptions {
        loopback: true,
        block_sizes: Some(vec![1, 64, 256, 441, 4096, 5000]),
        ..VirtualOptions::default()
    });
    // In place, resampled, mapped, and both.
    let paths = [(48_000, 2), (44_100, 2), (48_000, 5), (96_000, 1)];
    let outputs = paths.map(|(rate, channels)| {
        let render = With(|out: &mut [f32]| out.fill(0.25));
        open_output(&request(&device, rate, channels), |_| Box::new(render)).unwrap()
    });
    let input = open_input(&request(&device, 48_000, 2), |_| Box::new(Peak(0.0))).unwrap();
    device.step(2_000_000).unwrap();
    for stream in outputs.iter().chain([&input]) {
        assert!(stream.status().callbacks() > 1000);
        let stats = stream.status().audio_thread();
        assert_eq!((stats.allocations, stats.frees), (0, 0));
        #[cfg(target_os = "linux")]
        assert_eq!(stats.blocked, Some(0));
    }
}

#[test]
fn what_a_renderer_does_wrong_is_counted_from_its_second_callback_on() {
    let device = VirtualDevice::create(VirtualOptions::default());
    let render = With(|out: &mut [f32]| {
        out.fill(0.0);
        drop(std::hint::black_box(Box::new(1_u64)));
    });
    let stream = open_output(&request(&device, 48_000, 2), |_| Box::new(render)).unwrap();
    device.step(256 * 10).unwrap();
    let stats = stream.status().audio_thread();
    assert_eq!((stats.allocations, stats.frees), (9, 9));
}

#[test]
fn a_load_is_measured() {
    let device = VirtualDevice::create(VirtualOptions::default());
    let render = With(|out: &mut [f32]| {
        let begin = std::time::Instant::now();
        while begin.elapsed().as_micros() < 500 {}
        out.fill(0.0);
    });
    let stream = open_output(&request(&device, 48_000, 2), |_| Box::new(render)).unwrap();
    device.step(256 * 10).unwrap();
    let load = stream.status().load();
    // 500 µs of 5.33 ms, or more when the machine is busy.
    assert!(
        load.p50 >= 0.088 && load.mean >= 0.0937 && load.max >= load.p99,
        "{load:?}"
    );
}
