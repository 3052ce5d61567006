//! What the threads of an engine share, and its time as they all read it.

use crate::alarm::Alarm;
use crate::counters::Counters;
use crate::dispatch::Dispatcher;
use crate::gate::RenderGate;
use crate::lock::lock;
use crate::outlet::{Outlet, Report};
use crate::readings::Published;
use crate::tap::{OutputTap, PACE};
use noxrun_device::{Granted, monotonic_ns};
use noxrun_engine::Shared;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

/// How long closing waits for the sinks of taps.
const TAPS_WAIT: Duration = Duration::from_millis(500);

/// What the threads of one engine share.
pub(crate) struct Core {
    pub alarm: Alarm,
    pub outlet: Arc<Outlet>,
    pub counters: Arc<Counters>,
    pub shared: Arc<Shared>,
    pub dispatcher: Mutex<Dispatcher>,
    /// What the driver tells of its device, without its lock; an offline engine has neither.
    pub readings: Option<Arc<Published>>,
    pub gate: Arc<RenderGate>,
    pub closing: AtomicBool,
    pub suspended: AtomicBool,
    /// The greatest frame that anybody was told.
    pub newest_frame: AtomicU64,
    pub granted: Granted,
    /// Stepped by hand, or offline: engine time is exactly what was rendered.
    pub manual: bool,
    /// Whether an offline rendering has begun.
    pub rendered: AtomicBool,
    /// Blocks that were rendered offline.
    pub blocks: AtomicU64,
    /// Taps that callers hold.
    pub taps: AtomicUsize,
    /// Those of them that have to be finished when the engine is closed.
    pub open_taps: Mutex<Vec<Weak<OutputTap>>>,
    /// Frames that were stepped or rendered offline since taps were last waited for.
    pub unpaced: AtomicU64,
}

impl Core {
    /// Whether a device drives it, and not a rendering.
    pub fn is_live(&self) -> bool {
        self.readings.is_some()
    }

    pub fn current_frame(&self) -> u64 {
        let clock = self.shared.clock();
        if self.manual {
            return clock.frame;
        }
        let mut now = clock.frame;
        if clock.block > 0 && !self.suspended.load(Ordering::Relaxed) {
            let elapsed = monotonic_ns().saturating_sub(clock.at_ns);
            let frames = u128::from(elapsed) * u128::from(self.granted.sample_rate) / 1_000_000_000;
            // No further than the next callback will come, if it is of the same size.
            now += (frames as u64).min(clock.block);
        }
        // It may be smaller, or not come at all: time stands still then, and never goes back.
        self.newest_frame.fetch_max(now, Ordering::Relaxed).max(now)
    }

    /// A tap that a caller holds from now on.
    pub fn note_tap(&self, tap: &Arc<OutputTap>) {
        let mut taps = lock(&self.open_taps);
        taps.retain(|tap| tap.strong_count() > 0);
        taps.push(Arc::downgrade(tap));
    }

    /// The engine has let go of the sinks: readers of taps are given what is left, and the end.
    ///
    /// Somebody may hold a sink all the same, who drives the renderer at this moment: nobody waits
    /// for long.
    pub fn finish_taps(&self) {
        let deadline = Instant::now() + TAPS_WAIT;
        let mut taps = std::mem::take(&mut *lock(&self.open_taps));
        while !taps.is_empty() {
            taps.retain(|tap| match tap.upgrade() {
                Some(tap) if tap.has_ended() => {
                    tap.finish();
                    false
                }
                Some(_) => true,
                None => false,
            });
            if Instant::now() > deadline {
                break;
            }
            if !taps.is_empty() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        self.outlet.push(Report::Readable);
    }

    /// Sends what waits, `most` messages at a time, and passes on what came back.
    pub fn serve(&self, most: usize) {
        loop {
            let (before, after, done) = {
                let mut dispatcher = lock(&self.dispatcher);
                let before = dispatcher.progress();
                let done = dispatcher.pump(most);
                (before, dispatcher.progress(), done)
            };
            if done || before == after {
                break;
            }
        }
        self.collect();
    }

    /// Passes on what came back, and frees memory where no lock is held.
    pub fn collect(&self) {
        let freed = lock(&self.dispatcher).collect();
        drop(freed);
    }

    /// Before a block of `frames` frames that is stepped or rendered offline: everything that was
    /// called earlier crosses, whatever the queue's capacity.
    pub fn before_block(&self, frames: u64) {
        self.pace(frames);
        let mut last = None;
        while !lock(&self.dispatcher).pump(usize::MAX) {
            // The queue is full, or a place in the engine's tables is not free: let the renderer
            // take in what is there, at this same frame.
            let progress = lock(&self.dispatcher).progress();
            if last.replace(progress) == Some(progress) {
                // What still waits needs time to pass.
                return;
            }
            if !self.gate.render(&mut []) {
                return;
            }
            self.collect();
        }
    }

    /// Lets recordings of tracks keep up: nothing else holds up time that is stepped.
    fn pace(&self, frames: u64) {
        let unpaced = self.unpaced.fetch_add(frames, Ordering::Relaxed) + frames;
        if unpaced <= PACE {
            return;
        }
        self.unpaced.store(frames, Ordering::Relaxed);
        let taps: Vec<_> = {
            let taps = lock(&self.open_taps);
            taps.iter().filter_map(Weak::upgrade).collect()
        };
        for tap in taps {
            tap.keep_up();
        }
    }
}
