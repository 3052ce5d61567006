//! What a panic of the renderer comes to, whoever rendered, and getters beside a driver at work.

use crate::engine::Engine;
use crate::error::ErrorCode;
use crate::lock::lock;
use crate::options::{EngineOptions, OfflineOptions};
use crate::outlet::{DeviceState, Report};
use crate::output::Destination;
use noxrun_device::{Clock, Failure, VirtualDevice, VirtualOptions};
use noxrun_engine::Sink;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);

/// Panics inside the renderer, and counts how often it was called.
#[derive(Debug)]
struct Planted(Arc<AtomicU64>);

impl Sink for Planted {
    fn take(&mut self, _lanes: &[&[f32]], _frame: u64) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("a fault that a test planted");
    }
}

/// The next block that is rendered panics. Gives the number of blocks that came to the fault.
fn plant(engine: &Engine) -> Arc<AtomicU64> {
    let calls = Arc::new(AtomicU64::new(0));
    let sink = Box::new(Planted(Arc::clone(&calls)));
    let (tap, track) = (u64::MAX, 0);
    lock(&engine.core().dispatcher).add_tap(tap, track, sink);
    calls
}

fn open(clock: Clock) -> (VirtualDevice, Engine) {
    let device = VirtualDevice::create(VirtualOptions {
        clock,
        ..VirtualOptions::default()
    });
    let options = EngineOptions {
        device: Some(device.id().into()),
        ..EngineOptions::default()
    };
    let engine = Engine::open(&options).unwrap();
    (device, engine)
}

fn failures(engine: &Engine) -> usize {
    let reports = engine.outlet().take();
    let failed = |report: &&Report| matches!(report, Report::Failed(_));
    reports.iter().filter(failed).count()
}

fn is_lost(report: &Report) -> bool {
    let state = DeviceState::Lost;
    matches!(report, Report::Device { state: told, .. } if *told == state)
}

#[test]
fn a_panic_in_the_callback_is_told_once_and_nobody_renders_again() {
    let (device, engine) = open(Clock::Manual);
    device.step(512).unwrap();
    let calls = plant(&engine);
    device.step(512).unwrap();
    assert_eq!(failures(&engine), 1);
    let frame = engine.current_frame();
    // The stand-in has nothing to stand in for any more.
    device.fail(Failure::Lost);
    device.step(48_000).unwrap();
    assert!(engine.outlet().take().iter().any(is_lost));
    device.restore();
    device.step(48_000).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(failures(&engine), 0);
    assert_eq!(engine.current_frame(), frame, "engine time stands still");
    let output = device.output();
    assert!(output.iter().flatten().all(|sample| *sample == 0.0));
}

#[test]
fn a_panic_of_the_stepped_stand_in_is_told_once_and_nobody_renders_again() {
    let (device, engine) = open(Clock::Manual);
    device.step(512).unwrap();
    device.fail(Failure::Lost);
    device.step(512).unwrap();
    assert!(engine.outlet().take().iter().any(is_lost));
    let calls = plant(&engine);
    device.step(512).unwrap();
    assert_eq!(failures(&engine), 1);
    let frame = engine.current_frame();
    device.restore();
    device.step(48_000).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(failures(&engine), 0);
    assert_eq!(engine.current_frame(), frame, "engine time stands still");
}

#[test]
fn a_panic_of_the_stand_in_thread_is_told_once_and_nobody_renders_again() {
    let (device, engine) = open(Clock::Realtime);
    device.fail(Failure::Lost);
    let deadline = Instant::now() + LONG;
    while !engine.outlet().take().iter().any(is_lost) {
        assert!(Instant::now() < deadline, "the loss was not told");
        std::thread::sleep(Duration::from_millis(5));
    }
    let calls = plant(&engine);
    let mut told = 0;
    while told == 0 {
        assert!(Instant::now() < deadline, "the panic was not told");
        std::thread::sleep(Duration::from_millis(5));
        told += failures(&engine);
    }
    let frame = engine.core().shared.clock().frame;
    device.restore();
    // Callbacks come again, and find the gate closed.
    let callbacks = engine.stats().callbacks;
    while engine.stats().callbacks < callbacks + 3 {
        assert!(Instant::now() < deadline, "the device did not come back");
        std::thread::sleep(Duration::from_millis(5));
    }
    told += failures(&engine);
    assert_eq!((calls.load(Ordering::Relaxed), told), (1, 1));
    assert_eq!(engine.core().shared.clock().frame, frame);
}

#[test]
fn a_panic_of_an_offline_rendering_is_its_error() {
    let engine = Engine::offline(&OfflineOptions::default());
    let calls = plant(&engine);
    let destination = Destination::Memory;
    let mut go_on = |_| ControlFlow::Continue(());
    let error = crate::render(&engine, 4_800, 128, &destination, &mut go_on).unwrap_err();
    assert_eq!(error.code, ErrorCode::Backend);
    assert!(error.message.starts_with("the rendering failed"));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn getters_wait_for_nobody_who_works_on_the_device() {
    let (device, engine) = open(Clock::Manual);
    device.step(512).unwrap();
    let engine = Arc::new(engine);
    let (sender, read) = mpsc::channel();
    let driver = engine.driver.as_ref().unwrap();
    let at_work = lock(driver);
    std::thread::spawn({
        let engine = Arc::clone(&engine);
        move || sender.send((engine.stats(), engine.latency())).unwrap()
    });
    let read = read.recv_timeout(Duration::from_secs(5));
    drop(at_work);
    let (stats, latency) = read.expect("a getter waited for the driver");
    assert_eq!((stats.callbacks, stats.frames), (2, 512));
    assert_eq!(latency, (0.0, false));
}
