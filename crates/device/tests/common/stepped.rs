//! Streams on a manual virtual device.

use std::sync::{Arc, Mutex};

use noxrun_device::{Stream, StreamEvent, VirtualDevice, VirtualOptions, open_input, open_output};

use super::{Recorder, SignalSource, on, signal};

pub fn loopback() -> VirtualDevice {
    VirtualDevice::create(VirtualOptions {
        loopback: true,
        ..VirtualOptions::default()
    })
}

pub fn play(device: &VirtualDevice) -> (Stream, Arc<Mutex<Vec<usize>>>) {
    let source = SignalSource::new(2);
    let blocks = source.blocks.clone();
    let stream = open_output(&on(device.id()), |_| Box::new(source)).unwrap();
    (stream, blocks)
}

pub fn record(device: &VirtualDevice) -> (Stream, Recorder) {
    let recorder = Recorder::new();
    let sink = recorder.clone();
    let stream = open_input(&on(device.id()), |_| Box::new(sink)).unwrap();
    (stream, recorder)
}

pub fn events(stream: &mut Stream) -> Vec<StreamEvent> {
    let mut events = Vec::new();
    stream.take_events(|event| events.push(event));
    events
}

/// Both channels of [`signal`], interleaved.
pub fn expected(frames: std::ops::Range<u64>) -> Vec<f32> {
    frames.flat_map(|n| [signal(n, 0), signal(n, 1)]).collect()
}
