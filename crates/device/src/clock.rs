//! The clock that everything in this crate is stamped with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

static BASE: OnceLock<Instant> = OnceLock::new();

/// Nanoseconds of the monotonic clock (`CLOCK_MONOTONIC` on Linux) since the first call in this
/// process; never 0. Opening a stream makes the first call, so in a callback this is one reading
/// of the clock and nothing else.
#[must_use]
pub fn monotonic_ns() -> u64 {
    let elapsed = BASE.get_or_init(Instant::now).elapsed();
    // u64 nanoseconds last 584 years.
    elapsed.as_nanos() as u64 + 1
}

/// The instant at which [`monotonic_ns`] said `ns`: for relating it to other clocks.
#[must_use]
pub fn instant_at(ns: u64) -> Instant {
    *BASE.get_or_init(Instant::now) + std::time::Duration::from_nanos(ns.saturating_sub(1))
}

/// Seconds that the system's own monotonic clock, as C reads it, is ahead of [`monotonic_ns`]:
/// `CLOCK_MONOTONIC`, on Apple's systems `CLOCK_UPTIME_RAW`.
#[cfg(unix)]
#[must_use]
pub fn system_offset() -> f64 {
    #[cfg(target_vendor = "apple")]
    const CLOCK: libc::clockid_t = libc::CLOCK_UPTIME_RAW;
    #[cfg(not(target_vendor = "apple"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    static OFFSET: OnceLock<f64> = OnceLock::new();
    *OFFSET.get_or_init(|| {
        let mut now = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: `now` is a place for one, and the clock is there on every such system.
        unsafe { libc::clock_gettime(CLOCK, &raw mut now) };
        let own = monotonic_ns() as f64 * 1e-9;
        now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9 - own
    })
}

/// Where C has no such clock, times are those of [`monotonic_ns`].
#[cfg(not(unix))]
#[must_use]
pub fn system_offset() -> f64 {
    0.0
}

/// The time that a device lives in.
#[derive(Debug, Clone)]
pub(crate) enum DeviceClock {
    /// Everybody's.
    Monotonic,
    /// Nanoseconds that were stepped by hand.
    Stepped(Arc<AtomicU64>),
}

impl DeviceClock {
    /// Nanoseconds, as [`monotonic_ns`] or of the steps.
    pub(crate) fn now_ns(&self) -> u64 {
        match self {
            Self::Monotonic => monotonic_ns(),
            Self::Stepped(ns) => ns.load(Ordering::Acquire),
        }
    }

    pub(crate) fn is_stepped(&self) -> bool {
        matches!(self, Self::Stepped(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_forward_and_back_to_an_instant() {
        let first = monotonic_ns();
        let now = Instant::now();
        let second = monotonic_ns();
        assert!(first > 0 && second >= first);
        assert!(instant_at(first) <= now && now <= instant_at(second));
    }
}
