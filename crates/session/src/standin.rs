//! A clock that keeps engine time going, silently, while its device is gone.

use crate::slot::Slot;
use noxrun_device::{Granted, monotonic_ns};
use noxrun_engine::{BlockClock, Renderer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) struct StandIn {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    stop: AtomicBool,
    suspended: AtomicBool,
}

impl StandIn {
    pub fn start(
        slot: &Arc<Slot<Renderer>>,
        granted: &Granted,
        suspended: bool,
    ) -> std::io::Result<Self> {
        let state = Arc::new(State {
            suspended: AtomicBool::new(suspended),
            ..State::default()
        });
        let thread = std::thread::Builder::new()
            .name("noxrun-standin".into())
            .spawn({
                let (state, slot) = (Arc::clone(&state), Arc::clone(slot));
                let frames = granted.buffer_size.max(1);
                let mut out = vec![0.0; frames as usize * usize::from(granted.channels)];
                let rate = granted.sample_rate;
                move || run(&state, &slot, &mut out, frames, rate)
            })?;
        Ok(Self {
            state,
            thread: Some(thread),
        })
    }

    pub fn suspend(&self, on: bool) {
        self.state.suspended.store(on, Ordering::Relaxed);
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Nothing in its loop panics but the renderer, whose panic its hook reported.
            let _ = thread.join();
        }
    }
}

fn run(state: &State, slot: &Slot<Renderer>, out: &mut [f32], frames: u32, rate: u32) {
    let mut start = monotonic_ns();
    let mut blocks = 0;
    while !state.stop.load(Ordering::Relaxed) {
        if state.suspended.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
            (start, blocks) = (monotonic_ns(), 0);
            continue;
        }
        // Deadlines are absolute, so a late wake does not add up.
        let due = start + blocks * u64::from(frames) * 1_000_000_000 / u64::from(rate);
        let now_ns = monotonic_ns();
        if due > now_ns {
            std::thread::sleep(Duration::from_nanos(due - now_ns));
            continue;
        }
        if let Some(mut renderer) = slot.try_enter() {
            renderer.process(out, BlockClock { now_ns });
        }
        blocks += 1;
    }
}
