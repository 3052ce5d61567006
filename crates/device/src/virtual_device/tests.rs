//! A device with a clock of its own beside ordinary threads that hold its lock.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Clock, VirtualDevice, VirtualOptions};
use crate::request::{BlockTime, CaptureSink, Render, StreamRequest};
use crate::{Fallback, open_input, open_output};

struct Silence;

impl Render for Silence {
    fn render(&mut self, out: &mut [f32], _time: &BlockTime) {
        out.fill(0.0);
    }
}

/// Keeps what is not silence.
struct Sounds(Arc<Mutex<Vec<f32>>>);

impl CaptureSink for Sounds {
    fn capture(&mut self, input: &[f32], _time: &BlockTime) {
        let heard = input.iter().filter(|sample| **sample != 0.0);
        self.0.lock().unwrap().extend(heard);
    }
}

fn realtime() -> VirtualDevice {
    VirtualDevice::create(VirtualOptions {
        channels: 1,
        clock: Clock::Realtime,
        ..VirtualOptions::default()
    })
}

fn on(device: &VirtualDevice) -> StreamRequest {
    StreamRequest {
        device: Some(device.id().into()),
        fallback: Fallback::Error,
        sample_rate: None,
        channels: None,
        least_channels: 0,
        buffer_size: 256,
        audit: false,
        hooks: None,
    }
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn the_clock_never_waits_for_a_lock_that_an_ordinary_thread_holds() {
    let device = realtime();
    let output = open_output(&on(&device), |_| Box::new(Silence)).unwrap();
    let held = device.device.control();
    let before = output.status().callbacks();
    wait_until("callbacks stopped while the lock was held", || {
        output.status().callbacks() > before + 20
    });
    drop(held);
}

#[test]
fn what_is_fed_waits_for_a_stream_and_outlasts_one() {
    let device = realtime();
    let numbers: Vec<f32> = (1..=60_000_u16).map(f32::from).collect();
    device.feed(std::slice::from_ref(&numbers));
    let mut all = Vec::new();
    for _ in 0..3 {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Sounds(Arc::clone(&heard));
        let input = open_input(&on(&device), |_| Box::new(sink)).unwrap();
        wait_until("nothing was heard", || heard.lock().unwrap().len() > 1_000);
        drop(input);
        // Its thread ends: the next stream starts another.
        wait_until("the thread did not end", || {
            device.device.control().thread.is_none()
        });
        all.append(&mut heard.lock().unwrap());
    }
    // A block that falls between the end of a stream and its farewell is recorded by nobody.
    assert_eq!(all[..1_000], numbers[..1_000]);
    assert!(all.is_sorted_by(|before, after| before < after));
}

#[test]
fn what_is_fed_in_pieces_beside_a_busy_lock_arrives_whole_and_in_order() {
    let device = realtime();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Sounds(Arc::clone(&heard));
    let _input = open_input(&on(&device), |_| Box::new(sink)).unwrap();
    let numbers: Vec<f32> = (1..=10_000_u16).map(f32::from).collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..20_000).for_each(|_| drop(device.info())));
        }
        for piece in numbers.chunks(100) {
            device.feed(&[piece.to_vec()]);
        }
    });
    wait_until("what was fed did not arrive", || {
        heard.lock().unwrap().len() >= numbers.len()
    });
    assert_eq!(*heard.lock().unwrap(), numbers);
}
