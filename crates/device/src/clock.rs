//! The clock that everything in this crate is stamped with.

use std::sync::OnceLock;
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
