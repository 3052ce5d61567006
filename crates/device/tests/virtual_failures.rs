//! The virtual device, stepped by hand: failures, hooks, and streams that come and go.

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use common::stepped::{events, expected, loopback, play, record};
use common::{Recorder, SignalSource, With, on, signal};
use noxrun_device::{
    DeviceError, DeviceWarning, ErrorKind, Failure, LossReason, StepHooks, StreamEvent,
    StreamRequest, VirtualDevice, VirtualOptions, list_devices, open_input, open_output,
};

#[test]
fn a_lost_device_says_so_once_stops_calling_and_comes_back() {
    let device = loopback();
    let (mut output, _) = play(&device);
    let (_input, recorder) = record(&device);
    device.step(100).unwrap();
    device.fail(Failure::Lost);
    assert!(!list_devices().iter().any(|info| info.id == device.id()));
    device.step(1000).unwrap();
    let lost = StreamEvent::Lost {
        reason_code: LossReason::DeviceGone,
    };
    assert_eq!(events(&mut output), [lost]);
    assert_eq!(output.status().lost(), Some(LossReason::DeviceGone));
    assert_eq!(output.status().frames(), 100);
    let again = open_output(&on(device.id()), |_| Box::new(SignalSource::new(2)));
    assert!(matches!(again, Err(DeviceError::NoDevice { .. })));
    device.restore();
    device.step(50).unwrap();
    assert_eq!(output.status().lost(), None);
    assert_eq!(recorder.samples(), expected(0..150));
}

#[test]
fn a_silent_device_just_stops_and_what_is_fed_meanwhile_is_gone() {
    let device = loopback();
    let (mut output, _) = play(&device);
    let (_input, recorder) = record(&device);
    device.fail(Failure::Silent);
    device.feed(&[vec![1.0; 10]]);
    device.step(6).unwrap();
    assert_eq!(events(&mut output), []);
    assert_eq!(output.status().callbacks(), 0);
    device.restore();
    drop(output);
    device.step(6).unwrap();
    let first_channel: Vec<f32> = recorder.samples().into_iter().step_by(2).collect();
    assert_eq!(first_channel, [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn xruns_floods_and_rate_changes_are_told_and_the_device_goes_on() {
    let device = loopback();
    let (mut output, _) = play(&device);
    device.fail(Failure::Xrun);
    device.fail(Failure::Rate(44_100));
    device.step(10).unwrap();
    assert_eq!(
        events(&mut output),
        [StreamEvent::Xrun, StreamEvent::RateChanged(44_100)]
    );
    assert_eq!(output.status().xruns(), 1);
    assert_eq!(device.sample_rate(), 44_100);

    device.fail(Failure::Flood);
    device.step(10).unwrap();
    let told = events(&mut output);
    assert!(
        told.iter()
            .all(|event| *event == StreamEvent::Error(ErrorKind::Backend))
    );
    assert_eq!(
        told.len() as u64 + output.status().dropped_events(),
        100_000
    );
    assert_eq!(output.status().frames(), 20);

    let request = StreamRequest {
        sample_rate: Some(48_000),
        ..on(device.id())
    };
    let again = open_output(&request, |granted| {
        assert_eq!((granted.sample_rate, granted.device_rate), (48_000, 44_100));
        Box::new(SignalSource::new(2))
    });
    let warning = DeviceWarning::SampleRateFallback {
        asked: 48_000,
        granted: 44_100,
    };
    assert_eq!(again.unwrap().granted().warnings, [warning]);
}

#[test]
fn a_suspended_stream_is_silent_and_goes_on_where_it_stopped() {
    let device = loopback();
    let (mut output, blocks) = play(&device);
    device.step(10).unwrap();
    output.suspend().unwrap();
    device.step(10).unwrap();
    assert_eq!(blocks.lock().unwrap().iter().sum::<usize>(), 10);
    output.resume().unwrap();
    device.step(10).unwrap();
    let played = &device.output()[0];
    assert_eq!(played[10..20], [0.0; 10]);
    assert_eq!(
        played[20..],
        (10..20).map(|n| signal(n, 0)).collect::<Vec<_>>()
    );
}

#[test]
fn a_panicking_renderer_becomes_silence_and_is_not_called_again() {
    let device = loopback();
    let calls = Arc::new(AtomicU64::new(0));
    let counter = calls.clone();
    let render = With(move |out: &mut [f32]| {
        counter.fetch_add(1, Ordering::Relaxed);
        out.fill(1.0);
        panic!("planted");
    });
    let mut output = open_output(&on(device.id()), |_| Box::new(render)).unwrap();
    device.step(1000).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert!(output.status().panicked());
    assert_eq!(events(&mut output), [StreamEvent::Panicked]);
    assert_eq!(output.status().frames(), 1000);
    assert_eq!(device.output(), [[0.0; 1000], [0.0; 1000]]);
    drop(output);
    assert_eq!(
        Arc::strong_count(&calls),
        1,
        "the renderer went with its stream"
    );
}

/// Writes down what is called, in order.
struct Log(Arc<Mutex<Vec<String>>>, &'static str);

impl StepHooks for Log {
    fn before_block(&self, frames: u32) {
        self.0
            .lock()
            .unwrap()
            .push(format!("{} before {frames}", self.1));
    }

    fn after_block(&self) {
        self.0.lock().unwrap().push(format!("{} after", self.1));
    }
}

#[test]
fn hooks_surround_each_block_in_order() {
    let device = VirtualDevice::create(VirtualOptions {
        block_sizes: Some(vec![4, 8]),
        ..VirtualOptions::default()
    });
    let log = Arc::new(Mutex::new(Vec::new()));
    let request = |name| StreamRequest {
        hooks: Some(Arc::new(Log(log.clone(), name))),
        ..on(device.id())
    };
    let rendered = log.clone();
    let render = With(move |_: &mut [f32]| rendered.lock().unwrap().push("render".into()));
    let _output = open_output(&request("out"), |_| Box::new(render)).unwrap();
    let input = open_input(&request("in"), |_| Box::new(Recorder::new())).unwrap();
    device.step(12).unwrap();
    let block = |n| {
        vec![
            format!("out before {n}"),
            "render".into(),
            format!("in before {n}"),
            "out after".into(),
            "in after".into(),
        ]
    };
    assert_eq!(*log.lock().unwrap(), [block(4), block(8)].concat());
    drop(input);
    log.lock().unwrap().clear();
    device.step(4).unwrap();
    assert_eq!(
        *log.lock().unwrap(),
        ["out before 4", "render", "out after"]
    );
}

#[test]
fn dropping_a_stream_while_a_hook_waits_for_the_dropper_does_not_deadlock() {
    /// Holds the step until told to go on, as a dispatch thread with work to do would.
    struct Wait(Mutex<std::sync::mpsc::Receiver<()>>);
    impl StepHooks for Wait {
        fn before_block(&self, _frames: u32) {
            let _ = self.0.lock().unwrap().recv();
        }
        fn after_block(&self) {}
    }
    let device = Arc::new(loopback());
    let (go_on, wait) = std::sync::mpsc::channel();
    let request = StreamRequest {
        hooks: Some(Arc::new(Wait(Mutex::new(wait)))),
        ..on(device.id())
    };
    let stream = open_output(&request, |_| Box::new(SignalSource::new(2))).unwrap();
    let stepping = std::thread::spawn({
        let device = device.clone();
        move || device.step(512)
    });
    drop(stream);
    drop(go_on);
    assert_eq!(stepping.join().unwrap(), Ok(()));
}

#[test]
fn streams_come_and_go_while_the_device_is_stepped() {
    let device = Arc::new(loopback());
    let stepping = std::thread::spawn({
        let device = device.clone();
        move || (0..2000).try_for_each(|_| device.step(64))
    });
    let alive = Arc::new(());
    for _ in 0..300 {
        let (held, sink_held) = (alive.clone(), alive.clone());
        let render = With(move |out: &mut [f32]| {
            let _ = &held;
            out.fill(0.5);
        });
        let output = open_output(&on(device.id()), |_| Box::new(render)).unwrap();
        let recorder = Recorder::new();
        let sink = recorder.clone();
        let input = open_input(&on(device.id()), move |_| {
            drop(sink_held);
            Box::new(sink)
        });
        drop(output);
        assert_eq!(Arc::strong_count(&alive), 1, "dropped with its stream");
        drop(input);
        assert_eq!(Arc::strong_count(&recorder.0), 1, "dropped with its stream");
        let at_drop = recorder.samples().len();
        std::thread::yield_now();
        assert_eq!(
            recorder.samples().len(),
            at_drop,
            "no callback after the drop"
        );
    }
    assert_eq!(stepping.join().unwrap(), Ok(()));
}

#[test]
fn a_closed_device_loses_its_streams_and_refuses_everything() {
    let device = loopback();
    let id = device.id().to_owned();
    let (mut output, _) = play(&device);
    device.step(1).unwrap();
    device.close();
    assert!(matches!(
        device.step(1),
        Err(DeviceError::InvalidState { .. })
    ));
    let reopened = open_output(&on(&id), |_| Box::new(SignalSource::new(2)));
    assert!(matches!(reopened, Err(DeviceError::NoDevice { .. })));
    // The device's thread says so on its way out.
    let mut told = Vec::new();
    for _ in 0..1000 {
        told = events(&mut output);
        if !told.is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(
        told,
        [StreamEvent::Lost {
            reason_code: LossReason::DeviceGone
        }]
    );
    assert!(!list_devices().iter().any(|info| info.id == id));
}

#[test]
fn a_hook_that_panics_ends_the_step_with_an_error() {
    struct Bad;
    impl StepHooks for Bad {
        fn before_block(&self, _frames: u32) {
            panic!("planted");
        }
        fn after_block(&self) {}
    }
    let device = loopback();
    let request = StreamRequest {
        hooks: Some(Arc::new(Bad)),
        ..on(device.id())
    };
    let _stream = open_output(&request, |_| Box::new(SignalSource::new(2))).unwrap();
    assert!(matches!(
        device.step(10),
        Err(DeviceError::InvalidState { .. })
    ));
    assert!(matches!(
        device.step(10),
        Err(DeviceError::InvalidState { .. })
    ));
}
