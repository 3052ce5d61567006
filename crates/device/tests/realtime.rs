//! The shared real-time device. Nothing here asserts how punctual a shared machine is.

mod common;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use common::{Recorder, SignalSource, on, signal};
use noxrun_device::{
    Clock, DeviceError, DeviceWarning, Failure, Fallback, LossReason, StreamEvent, StreamRequest,
    VirtualDevice, VirtualOptions, Watchdog, monotonic_ns, open_input, open_output,
};

/// The shared device is shared by the tests, too: what one plays, the other would record.
static SHARED: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait_until(mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "nothing happened for 60 s");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_shared_device_loops_back_bit_for_bit_by_its_own_clock() {
    let _alone = alone();
    let recorder = Recorder::new();
    let sink = recorder.clone();
    let input = open_input(&on("virtual"), |_| Box::new(sink)).unwrap();
    let output = open_output(&on("virtual"), |_| Box::new(SignalSource::new(2))).unwrap();
    assert_eq!(output.granted().device.id, "virtual");
    wait_until(|| output.status().frames() > 20_000);
    drop(output);
    drop(input);
    let samples = recorder.samples();
    let start = samples.iter().position(|x| *x != 0.0).unwrap();
    let heard = samples[start..].chunks_exact(2).take(20_000);
    for (n, frame) in heard.enumerate() {
        assert_eq!(
            frame,
            [signal(n as u64, 0), signal(n as u64, 1)],
            "frame {n}"
        );
    }
}

#[test]
fn without_a_usable_device_the_virtual_one_stands_in_only_when_asked() {
    let _alone = alone();
    let mut request = on("alsa:there_is_no_such_device");
    let error = open_output(&request, |_| Box::new(SignalSource::new(2)))
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, DeviceError::NoDevice { .. }), "{error}");
    assert!(
        error.to_string().contains("there_is_no_such_device"),
        "{error}"
    );
    request.fallback = Fallback::Virtual;
    let stream = open_output(&request, |_| Box::new(SignalSource::new(2))).unwrap();
    assert_eq!(stream.granted().device.id, "virtual");
    let DeviceWarning::VirtualDevice { reason } = &stream.granted().warnings[0] else {
        panic!("{:?}", stream.granted().warnings);
    };
    assert!(reason.contains("there_is_no_such_device"), "{reason}");
}

#[test]
fn a_realtime_device_cannot_be_stepped_and_a_silent_one_is_noticed() {
    let device = VirtualDevice::create(VirtualOptions {
        clock: Clock::Realtime,
        ..VirtualOptions::default()
    });
    assert!(matches!(
        device.step(1),
        Err(DeviceError::InvalidState { .. })
    ));
    let mut stream = open_output(&on(device.id()), |_| Box::new(SignalSource::new(2))).unwrap();
    assert!(
        stream.status().callbacks() > 0,
        "opening waits for the first callback"
    );
    device.fail(Failure::Silent);
    let mut dog = Watchdog::default();
    wait_until(|| {
        dog.check(&stream.status().health(), monotonic_ns()) == Some(LossReason::Stalled)
    });
    device.restore();
    let before = stream.status().callbacks();
    wait_until(|| stream.status().callbacks() > before);
    stream.suspend().unwrap();
    stream.resume().unwrap();
    device.fail(Failure::Lost);
    wait_until(|| {
        let mut lost = false;
        stream.take_events(|event| lost |= matches!(event, StreamEvent::Lost { .. }));
        lost
    });
    assert!(matches!(stream.resume(), Err(DeviceError::Lost { .. })));
}

#[test]
fn a_stream_that_is_asked_for_another_block_size_shares_the_first_ones() {
    let device = VirtualDevice::create(VirtualOptions {
        clock: Clock::Realtime,
        ..VirtualOptions::default()
    });
    let request = StreamRequest {
        buffer_size: 128,
        ..on(device.id())
    };
    let output = open_output(&request, |_| Box::new(SignalSource::new(2))).unwrap();
    let input = open_input(&on(device.id()), |_| Box::new(Recorder::new())).unwrap();
    let warning = DeviceWarning::BufferSizeFallback {
        asked: 256,
        granted: 128,
    };
    assert!(input.granted().warnings.contains(&warning));
    wait_until(|| input.status().callbacks() > 3);
    assert_eq!(input.status().block_frames(), 128);
    assert_eq!(output.granted().buffer_size, 128);
}
