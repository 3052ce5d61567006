//! Keeps engine time going, silently, while the device is gone.
//!
//! An engine's time is the number of frames that it rendered. When its device is lost, a stand-in
//! renders as many frames as the clock says, into a buffer that nobody hears, so that voices end,
//! ramps run and JavaScript's timers keep their meaning. [`StandInThread`] does it for a device with
//! a clock of its own; [`SteppedStandIn`] for one that tests step by hand.
//!
//! Both render through the engine's [`RenderGate`]. When the renderer has panicked, whoever was in
//! there, the stand-in ends and engine time stands still.

use crate::gate::RenderGate;
use noxrun_device::{Granted, monotonic_ns};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Whose clock engine time follows, as all know it who may render.
#[derive(Debug, Default)]
pub(crate) struct ClockOwner {
    /// The stand-in's, because no device calls. The first callback of one takes the clock back.
    pub is_stand_in: AtomicBool,
    /// Nobody's: engine time stands still on request.
    pub suspended: AtomicBool,
}

/// Counts the frames that a clock asks for and that are not rendered yet.
struct FramesDue {
    /// Up to where it was rendered, nanoseconds.
    since_ns: u64,
    /// Frames since then.
    rendered: u64,
    rate: u32,
}

impl FramesDue {
    /// Whole frames that are due at `now_ns`.
    fn at(&self, now_ns: u64) -> u64 {
        let passed = u128::from(now_ns.saturating_sub(self.since_ns));
        // A stepped device counts whole nanoseconds, each step cut: half a frame makes up for it.
        let frames = (passed * u128::from(self.rate) + 500_000_000) / 1_000_000_000;
        (frames as u64).saturating_sub(self.rendered)
    }

    fn restart(&mut self, now_ns: u64) {
        (self.since_ns, self.rendered) = (now_ns, 0);
    }
}

/// Renders blocks that nobody hears.
struct Unheard {
    gate: Arc<RenderGate>,
    out: Vec<f32>,
    channels: usize,
}

impl Unheard {
    fn new(gate: &Arc<RenderGate>, granted: &Granted) -> Self {
        let channels = usize::from(granted.channels).max(1);
        Self {
            gate: Arc::clone(gate),
            out: vec![0.0; granted.buffer_size.max(1) as usize * channels],
            channels,
        }
    }

    fn block(&self) -> u64 {
        (self.out.len() / self.channels) as u64
    }

    /// Unless somebody else drives the engine at this moment, or it has failed.
    fn render(&mut self, frames: u64) {
        let samples = frames as usize * self.channels;
        self.gate.render(&mut self.out[..samples]);
    }
}

/// Stands in for a device that keeps time by itself: a thread.
pub(crate) struct StandInThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StandInThread {
    /// Engine time was rendered up to `since_ns`; what is due since then comes first.
    pub fn start(
        gate: &Arc<RenderGate>,
        granted: &Granted,
        owner: &Arc<ClockOwner>,
        since_ns: u64,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new()
            .name("noxrun-standin".into())
            .spawn({
                let (stop, owner) = (Arc::clone(&stop), Arc::clone(owner));
                let output = Unheard::new(gate, granted);
                let due = FramesDue {
                    since_ns,
                    rendered: 0,
                    rate: granted.sample_rate,
                };
                move || run(&stop, &owner, output, due)
            })?;
        let thread = Some(thread);
        Ok(Self { stop, thread })
    }
}

impl Drop for StandInThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Nothing in its loop panics but the renderer, whose panic ends at the gate.
            let _ = thread.join();
        }
    }
}

fn run(stop: &AtomicBool, owner: &ClockOwner, mut output: Unheard, mut due: FramesDue) {
    while !stop.load(Ordering::Relaxed) && !output.gate.has_failed() {
        if owner.suspended.load(Ordering::Relaxed) || !owner.is_stand_in.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(5));
            due.restart(monotonic_ns());
            continue;
        }
        let block = output.block();
        // Deadlines are absolute, so a late wake does not add up.
        if due.at(monotonic_ns()) < block {
            let ahead = due.rendered + block;
            let deadline = due.since_ns + ahead * 1_000_000_000 / u64::from(due.rate);
            let wait = deadline
                .saturating_sub(monotonic_ns())
                .clamp(100_000, 20_000_000);
            std::thread::sleep(Duration::from_nanos(wait));
            continue;
        }
        output.render(block);
        due.rendered += block;
    }
}

/// Stands in for a device that is stepped by hand: it is told what was stepped.
pub(crate) struct SteppedStandIn {
    output: Unheard,
    due: FramesDue,
}

impl SteppedStandIn {
    pub fn new(gate: &Arc<RenderGate>, granted: &Granted, since_ns: u64) -> Self {
        Self {
            output: Unheard::new(gate, granted),
            due: FramesDue {
                since_ns,
                rendered: 0,
                rate: granted.sample_rate,
            },
        }
    }

    /// Renders what is due at `now_ns` of the device's time. `before`: what has to be done before
    /// a block of so many frames.
    pub fn step(&mut self, now_ns: u64, mut before: impl FnMut(u64)) {
        while !self.output.gate.has_failed() {
            let frames = self.due.at(now_ns).min(self.output.block());
            if frames == 0 {
                return;
            }
            before(frames);
            self.output.render(frames);
            self.due.rendered += frames;
        }
    }

    /// Time stood still until `now_ns`.
    pub fn rest(&mut self, now_ns: u64) {
        self.due.restart(now_ns);
    }
}
