//! A clock that keeps engine time going, silently, while its device is gone.

use crate::slot::Slot;
use noxrun_device::{Granted, monotonic_ns};
use noxrun_engine::{BlockClock, Renderer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Who may render at this moment, as all who might know it.
#[derive(Default)]
pub(crate) struct Helm {
    /// No device calls. The first callback of one takes this back.
    pub stands_in: AtomicBool,
    pub suspended: AtomicBool,
}

/// What has to be rendered to keep up with a clock.
struct Line {
    /// Up to where it was rendered, nanoseconds.
    since_ns: u64,
    /// Frames since then.
    rendered: u64,
    rate: u32,
}

impl Line {
    /// Whole frames that are due at `now_ns`.
    fn due(&self, now_ns: u64) -> u64 {
        let passed = u128::from(now_ns.saturating_sub(self.since_ns));
        // A stepped device counts whole nanoseconds, each step cut: half a frame makes up for it.
        let frames = (passed * u128::from(self.rate) + 500_000_000) / 1_000_000_000;
        (frames as u64).saturating_sub(self.rendered)
    }

    fn restart(&mut self, now_ns: u64) {
        (self.since_ns, self.rendered) = (now_ns, 0);
    }
}

/// Renders in blocks into nothing.
struct Scratch {
    slot: Arc<Slot<Renderer>>,
    out: Vec<f32>,
    channels: usize,
}

impl Scratch {
    fn new(slot: &Arc<Slot<Renderer>>, granted: &Granted) -> Self {
        let channels = usize::from(granted.channels).max(1);
        Self {
            slot: Arc::clone(slot),
            out: vec![0.0; granted.buffer_size.max(1) as usize * channels],
            channels,
        }
    }

    fn block(&self) -> u64 {
        (self.out.len() / self.channels) as u64
    }

    /// Unless somebody else drives the engine at this moment.
    fn render(&mut self, frames: u64) {
        let samples = frames as usize * self.channels;
        if let Some(mut renderer) = self.slot.try_enter() {
            let now_ns = monotonic_ns();
            renderer.process(&mut self.out[..samples], BlockClock { now_ns });
        }
    }
}

/// Stands in for a device that keeps time by itself: a thread.
pub(crate) struct StandIn {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Engine time was rendered up to `since_ns`; what is due since then comes first.
    pub fn start(
        slot: &Arc<Slot<Renderer>>,
        granted: &Granted,
        helm: &Arc<Helm>,
        since_ns: u64,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new()
            .name("noxrun-standin".into())
            .spawn({
                let (stop, helm) = (Arc::clone(&stop), Arc::clone(helm));
                let scratch = Scratch::new(slot, granted);
                let line = Line {
                    since_ns,
                    rendered: 0,
                    rate: granted.sample_rate,
                };
                move || run(&stop, &helm, scratch, line)
            })?;
        let thread = Some(thread);
        Ok(Self { stop, thread })
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Nothing in its loop panics but the renderer, whose panic its hook reported.
            let _ = thread.join();
        }
    }
}

fn run(stop: &AtomicBool, helm: &Helm, mut scratch: Scratch, mut line: Line) {
    while !stop.load(Ordering::Relaxed) {
        if helm.suspended.load(Ordering::Relaxed) || !helm.stands_in.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(5));
            line.restart(monotonic_ns());
            continue;
        }
        let block = scratch.block();
        // Deadlines are absolute, so a late wake does not add up.
        if line.due(monotonic_ns()) < block {
            let ahead = line.rendered + block;
            let due = line.since_ns + ahead * 1_000_000_000 / u64::from(line.rate);
            let wait = due
                .saturating_sub(monotonic_ns())
                .clamp(100_000, 20_000_000);
            std::thread::sleep(Duration::from_nanos(wait));
            continue;
        }
        scratch.render(block);
        line.rendered += block;
    }
}

/// Stands in for a device that is stepped by hand: it is told what was stepped.
pub(crate) struct SteppedStandIn {
    scratch: Scratch,
    line: Line,
}

impl SteppedStandIn {
    pub fn new(slot: &Arc<Slot<Renderer>>, granted: &Granted, since_ns: u64) -> Self {
        Self {
            scratch: Scratch::new(slot, granted),
            line: Line {
                since_ns,
                rendered: 0,
                rate: granted.sample_rate,
            },
        }
    }

    /// Renders what is due at `now_ns` of the device's time. `before`: what has to be done before
    /// a block of so many frames.
    pub fn step(&mut self, now_ns: u64, mut before: impl FnMut(u64)) {
        loop {
            let frames = self.line.due(now_ns).min(self.scratch.block());
            if frames == 0 {
                return;
            }
            before(frames);
            self.scratch.render(frames);
            self.line.rendered += frames;
        }
    }

    /// Time stood still until `now_ns`.
    pub fn rest(&mut self, now_ns: u64) {
        self.line.restart(now_ns);
    }
}
