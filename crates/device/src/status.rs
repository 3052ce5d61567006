//! What is known about a running stream: atomics only, so callbacks write and anybody reads.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};

use crate::clock::DeviceClock;
use crate::event::LossReason;
use crate::histogram::{LoadHistogram, LoadSummary};

/// Values that belong together are read one by one: a reader may see the frames of one callback
/// more than the count of callbacks tells.
const SLOPPY: Ordering = Ordering::Relaxed;

/// What happened inside the callbacks of one stream since it was opened, the first callback
/// excepted. All of it must stay 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AudioThreadStats {
    /// Heap allocations.
    pub allocations: u64,
    /// Heap frees.
    pub frees: u64,
    /// Voluntary context switches; `None` when the stream is not audited.
    pub blocked: Option<u64>,
}

/// What the watchdog needs to know, taken at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// [`StreamStatus::now_ns`] of the last callback, or of the start or resumption of the stream if
    /// that was later.
    pub last_sign_of_life_ns: u64,
    /// Nanoseconds between callbacks, as granted.
    pub period_ns: u64,
    /// Suspended on request: callbacks may rest.
    pub suspended: bool,
    /// Stepped by hand: its time is what was stepped.
    pub manual: bool,
    /// The backend said that the stream is over.
    pub lost: Option<LossReason>,
}

/// Counters and flags of one stream. They outlive it.
#[derive(Debug)]
pub struct StreamStatus {
    callbacks: AtomicU64,
    frames: AtomicU64,
    xruns: AtomicU64,
    last_sign_of_life_ns: AtomicU64,
    period_ns: AtomicU64,
    block_frames: AtomicU32,
    /// Bits of an `f64`, seconds.
    device_latency: AtomicU64,
    allocations: AtomicU64,
    frees: AtomicU64,
    blocked: AtomicU64,
    dropped_events: AtomicU64,
    load: LoadHistogram,
    /// A [`LossReason`], or 0.
    lost: AtomicU8,
    panicked: AtomicBool,
    suspended: AtomicBool,
    /// 0: priority granted or not asked yet; else the error number of the refusal.
    realtime_errno: AtomicI32,
    audit: bool,
    clock: DeviceClock,
}

impl StreamStatus {
    pub(crate) fn new(audit: bool) -> Self {
        Self::timed(audit, DeviceClock::Monotonic)
    }

    pub(crate) fn timed(audit: bool, clock: DeviceClock) -> Self {
        Self {
            callbacks: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            xruns: AtomicU64::new(0),
            last_sign_of_life_ns: AtomicU64::new(clock.now_ns()),
            period_ns: AtomicU64::new(0),
            block_frames: AtomicU32::new(0),
            device_latency: AtomicU64::new(0),
            allocations: AtomicU64::new(0),
            frees: AtomicU64::new(0),
            blocked: AtomicU64::new(0),
            dropped_events: AtomicU64::new(0),
            load: LoadHistogram::new(),
            lost: AtomicU8::new(0),
            panicked: AtomicBool::new(false),
            suspended: AtomicBool::new(false),
            realtime_errno: AtomicI32::new(0),
            audit,
            clock,
        }
    }

    /// That of a stream that does not exist yet, on the same device.
    pub(crate) fn successor(&self) -> Self {
        Self::timed(self.audit, self.clock.clone())
    }

    /// Callbacks so far.
    #[must_use]
    pub fn callbacks(&self) -> u64 {
        self.callbacks.load(Ordering::Acquire)
    }

    /// Frames that went through, at the device's rate.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames.load(SLOPPY)
    }

    /// Underruns and overruns: what the backend reports, and gaps of more than two periods where
    /// it reports nothing.
    #[must_use]
    pub fn xruns(&self) -> u64 {
        self.xruns.load(SLOPPY)
    }

    /// The time of the device: [`monotonic_ns`](crate::monotonic_ns), or what was stepped by hand.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    /// When the last callback began, as [`now_ns`](Self::now_ns) counts; before the first one, when
    /// the stream was opened.
    #[must_use]
    pub fn last_callback_ns(&self) -> u64 {
        self.last_sign_of_life_ns.load(SLOPPY)
    }

    /// Frames of the last callback, at the device's rate; 0 before the first.
    #[must_use]
    pub fn block_frames(&self) -> u32 {
        self.block_frames.load(SLOPPY)
    }

    /// [`BlockTime::device_latency_seconds`](crate::BlockTime::device_latency_seconds) of the last
    /// callback; 0 before the first.
    #[must_use]
    pub fn device_latency_seconds(&self) -> f64 {
        f64::from_bits(self.device_latency.load(SLOPPY))
    }

    /// What happened inside the callbacks.
    #[must_use]
    pub fn audio_thread(&self) -> AudioThreadStats {
        AudioThreadStats {
            allocations: self.allocations.load(SLOPPY),
            frees: self.frees.load(SLOPPY),
            blocked: self.audit.then(|| self.blocked.load(SLOPPY)),
        }
    }

    /// Callback time against its deadline, over all callbacks.
    #[must_use]
    pub fn load(&self) -> LoadSummary {
        self.load.summary()
    }

    /// Events that found their ring full.
    #[must_use]
    pub fn dropped_events(&self) -> u64 {
        self.dropped_events.load(SLOPPY)
    }

    /// Whether the renderer or sink panicked; the stream has been silent since.
    #[must_use]
    pub fn panicked(&self) -> bool {
        self.panicked.load(SLOPPY)
    }

    /// Whether the stream is suspended.
    #[must_use]
    pub fn suspended(&self) -> bool {
        self.suspended.load(SLOPPY)
    }

    /// Why the backend said that the stream is over, if it did.
    #[must_use]
    pub fn lost(&self) -> Option<LossReason> {
        LossReason::from_code(self.lost.load(SLOPPY))
    }

    /// Why the callback's thread has no real-time priority; `None` when it has, or when no
    /// callback came yet.
    #[must_use]
    pub fn realtime_refusal(&self) -> Option<String> {
        match self.realtime_errno.load(SLOPPY) {
            0 => None,
            errno => Some(crate::priority::explain(errno)),
        }
    }

    /// What the [`Watchdog`](crate::Watchdog) looks at.
    #[must_use]
    pub fn health(&self) -> Health {
        Health {
            last_sign_of_life_ns: self.last_sign_of_life_ns.load(SLOPPY),
            period_ns: self.period_ns.load(SLOPPY),
            suspended: self.suspended(),
            manual: self.clock.is_stepped(),
            lost: self.lost(),
        }
    }

    pub(crate) fn audit(&self) -> bool {
        self.audit
    }

    /// Publishes a callback that has begun.
    #[inline]
    pub(crate) fn begin_callback(&self, now_ns: u64, frames: u32, latency_seconds: f64) {
        let now_ns = match &self.clock {
            DeviceClock::Monotonic => now_ns,
            stepped => stepped.now_ns(),
        };
        self.last_sign_of_life_ns.store(now_ns, SLOPPY);
        self.block_frames.store(frames, SLOPPY);
        self.device_latency.store(latency_seconds.to_bits(), SLOPPY);
    }

    /// Publishes a callback that has ended.
    #[inline]
    pub(crate) fn end_callback(&self, frames: u32, load: f32) {
        // One callback at a time: plain loads and stores are enough.
        self.load.record(load);
        self.frames
            .store(self.frames.load(SLOPPY) + u64::from(frames), SLOPPY);
        self.callbacks
            .store(self.callbacks.load(SLOPPY) + 1, Ordering::Release);
    }

    /// A sign of life without a callback.
    pub(crate) fn touch(&self) {
        self.last_sign_of_life_ns.store(self.clock.now_ns(), SLOPPY);
    }

    pub(crate) fn set_period(&self, frames: u32, rate: u32) {
        let period = u64::from(frames) * 1_000_000_000 / u64::from(rate.max(1));
        self.period_ns.store(period, SLOPPY);
    }

    pub(crate) fn period_ns(&self) -> u64 {
        self.period_ns.load(SLOPPY)
    }

    pub(crate) fn set_suspended(&self, suspended: bool) {
        self.suspended.store(suspended, SLOPPY);
    }

    #[inline]
    pub(crate) fn add_heap_traffic(&self, allocations: u64, frees: u64) {
        if allocations | frees != 0 {
            self.allocations.fetch_add(allocations, SLOPPY);
            self.frees.fetch_add(frees, SLOPPY);
        }
    }

    #[inline]
    pub(crate) fn add_blocked(&self, switches: u64) {
        if switches != 0 {
            self.blocked.fetch_add(switches, SLOPPY);
        }
    }

    #[inline]
    pub(crate) fn count_xrun(&self) {
        self.xruns.fetch_add(1, SLOPPY);
    }

    #[inline]
    pub(crate) fn count_dropped_event(&self) {
        self.dropped_events.fetch_add(1, SLOPPY);
    }

    pub(crate) fn mark_panicked(&self) {
        self.panicked.store(true, SLOPPY);
    }

    /// Whether this is news.
    pub(crate) fn mark_lost(&self, reason: LossReason) -> bool {
        self.lost
            .compare_exchange(0, reason as u8, SLOPPY, SLOPPY)
            .is_ok()
    }

    pub(crate) fn clear_lost(&self) {
        self.lost.store(0, SLOPPY);
    }

    pub(crate) fn set_realtime_refused(&self, errno: i32) {
        self.realtime_errno.store(errno, SLOPPY);
    }
}
