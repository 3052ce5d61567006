//! What every callback does around its sound, playback or capture, real or virtual.

use std::sync::Arc;
use std::thread::Thread;

use crate::clock::monotonic_ns;
use crate::event::Reporter;
use crate::priority;
use crate::status::StreamStatus;

/// Bookkeeping of one stream's callbacks.
pub(crate) struct Cycle {
    status: Arc<StreamStatus>,
    pub(crate) reporter: Reporter,
    rate: u32,
    rules: CycleRules,
    /// Who opens the stream, until the first callback has told it so.
    opener: Option<Thread>,
    /// Start of the last callback; 0: there was none, or time stood still since.
    last_start_ns: u64,
    xruns_seen: u64,
    block_ns: u64,
}

/// What differs between backends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CycleRules {
    /// Count a gap of more than two periods as an xrun unless one was reported within it. Off
    /// where the backend reports each of its own, possibly after the next callback.
    pub(crate) detect_gaps: bool,
    /// Ask for real-time priority in the first callback.
    pub(crate) promote: bool,
}

impl Cycle {
    /// `opener` is unparked by the first callback.
    pub(crate) fn new(
        status: Arc<StreamStatus>,
        reporter: Reporter,
        rate: u32,
        rules: CycleRules,
        opener: Thread,
    ) -> Self {
        Self {
            status,
            reporter,
            rate,
            rules,
            opener: Some(opener),
            last_start_ns: 0,
            xruns_seen: 0,
            block_ns: 0,
        }
    }

    /// Whether what the callback does is counted: not in the first one.
    #[inline]
    pub(crate) fn is_counted(&self) -> bool {
        self.opener.is_none()
    }

    /// Begins a callback and says when that was.
    #[inline]
    pub(crate) fn begin(&mut self, frames: u32, latency_seconds: f64) -> u64 {
        let now = monotonic_ns();
        self.block_ns = u64::from(frames) * 1_000_000_000 / u64::from(self.rate);
        if self.opener.is_some()
            && self.rules.promote
            && let Err(errno) = priority::promote_this_thread()
        {
            self.status.set_realtime_refused(errno);
        }
        if self.rules.detect_gaps {
            let xruns = self.status.xruns();
            let period = self.status.period_ns().max(self.block_ns);
            let late = self.last_start_ns != 0 && now - self.last_start_ns > 2 * period;
            if late && xruns == self.xruns_seen {
                self.reporter.xrun();
            }
            self.xruns_seen = self.status.xruns();
        }
        self.last_start_ns = if self.status.suspended() { 0 } else { now };
        self.status.begin_callback(now, frames, latency_seconds);
        now
    }

    /// Ends the callback that began at `began_ns`.
    #[inline]
    pub(crate) fn end(&mut self, began_ns: u64, frames: u32) {
        let took = monotonic_ns() - began_ns;
        let load = took as f32 / self.block_ns.max(1) as f32;
        self.status.end_callback(frames, load);
        // Frees a handle and makes a system call: once, in the callback that is not counted.
        if let Some(opener) = self.opener.take() {
            opener.unpark();
        }
    }
}
