//! Notices that a device has died, loudly or without a word.

use std::time::Duration;

use crate::event::LossReason;
use crate::status::Health;

/// Decides when a stream counts as lost, from what is known about it and the time: no clock, no
/// thread and no device of its own.
///
/// Ask it every 50 ms or so. It answers once for each loss; when callbacks come again it is ready
/// for the next.
#[derive(Debug)]
pub struct Watchdog {
    timeout_ns: u64,
    reported: bool,
    last_check_ns: Option<u64>,
    /// Silence before this moment does not count.
    awake_since_ns: u64,
}

impl Watchdog {
    /// How long callbacks may be silent: with a check every 50 ms, a silent death is noticed well
    /// within 500 ms.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_millis(400);

    /// A watchdog for one stream. A stream whose period is long is given three of them if that is
    /// more than `timeout`.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self {
            timeout_ns: u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX),
            reported: false,
            last_check_ns: None,
            awake_since_ns: 0,
        }
    }

    /// Why the stream counts as lost, if it does and was not reported yet. `now_ns` is
    /// [`StreamStatus::now_ns`](crate::StreamStatus::now_ns).
    pub fn check(&mut self, health: &Health, now_ns: u64) -> Option<LossReason> {
        let limit = self.timeout_ns.max(health.period_ns.saturating_mul(3));
        // Whoever asks was stopped itself (a debugger, SIGSTOP, a machine in distress): the silence
        // may be its own. Callbacks get a full timeout to show up.
        if let Some(last) = self.last_check_ns
            && now_ns.saturating_sub(last) > limit
        {
            self.awake_since_ns = now_ns;
        }
        self.last_check_ns = Some(now_ns);
        let verdict = Self::verdict(health, now_ns, self.awake_since_ns, limit);
        let news = verdict.filter(|_| !self.reported);
        self.reported = verdict.is_some();
        news
    }

    fn verdict(health: &Health, now: u64, awake_since: u64, limit: u64) -> Option<LossReason> {
        if health.lost.is_some() {
            return health.lost;
        }
        let since = health.last_sign_of_life_ns.max(awake_since);
        let silent = now.saturating_sub(since) > limit;
        (silent && !health.suspended).then_some(LossReason::Stalled)
    }

    /// Whether the last check found the stream lost, reported before or not.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.reported
    }
}

impl Default for Watchdog {
    fn default() -> Self {
        Self::new(Self::DEFAULT_TIMEOUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn alive_at(last_sign_of_life_ns: u64) -> Health {
        Health {
            last_sign_of_life_ns,
            period_ns: 5 * MS,
            suspended: false,
            manual: false,
            lost: None,
        }
    }

    /// Checks every 50 ms from `from` to `to` and returns when a loss was reported, and why.
    fn losses(dog: &mut Watchdog, health: Health, from: u64, to: u64) -> Vec<(u64, LossReason)> {
        (from..=to)
            .step_by(50 * MS as usize)
            .filter_map(|now| dog.check(&health, now).map(|reason| (now, reason)))
            .collect()
    }

    #[test]
    fn silence_is_noticed_once_and_within_500_ms() {
        let mut dog = Watchdog::default();
        let reports = losses(&mut dog, alive_at(1000 * MS), 1000 * MS, 5000 * MS);
        assert_eq!(reports, [(1450 * MS, LossReason::Stalled)]);
        assert!(dog.is_lost());
    }

    #[test]
    fn a_stream_that_came_back_can_be_lost_again() {
        let mut dog = Watchdog::default();
        assert_eq!(losses(&mut dog, alive_at(0), 0, 600 * MS).len(), 1);
        assert_eq!(dog.check(&alive_at(640 * MS), 650 * MS), None);
        assert!(!dog.is_lost());
        let again = losses(&mut dog, alive_at(640 * MS), 700 * MS, 2000 * MS);
        assert_eq!(again, [(1050 * MS, LossReason::Stalled)]);
    }

    #[test]
    fn what_the_backend_says_counts_at_once_and_once() {
        let mut dog = Watchdog::default();
        let mut health = alive_at(100 * MS);
        assert_eq!(dog.check(&health, 101 * MS), None);
        health.lost = Some(LossReason::DeviceGone);
        assert_eq!(dog.check(&health, 102 * MS), Some(LossReason::DeviceGone));
        assert_eq!(dog.check(&health, 103 * MS), None);
        assert_eq!(losses(&mut dog, health, 150 * MS, 3000 * MS), []);
    }

    #[test]
    fn suspended_streams_may_be_silent() {
        let mut suspended = alive_at(0);
        suspended.suspended = true;
        assert_eq!(
            losses(&mut Watchdog::default(), suspended, 0, 9000 * MS),
            []
        );
        suspended.lost = Some(LossReason::DeviceGone);
        assert_eq!(
            losses(&mut Watchdog::default(), suspended, 0, 9000 * MS).len(),
            1
        );
    }

    #[test]
    fn long_periods_are_given_three_of_them() {
        let mut health = alive_at(0);
        health.period_ns = 341 * MS;
        let reports = losses(&mut Watchdog::default(), health, 0, 2000 * MS);
        assert_eq!(reports, [(1050 * MS, LossReason::Stalled)]);
    }

    #[test]
    fn a_checker_that_was_stopped_itself_does_not_blame_the_device() {
        let mut dog = Watchdog::default();
        assert_eq!(dog.check(&alive_at(10 * MS), 10 * MS), None);
        let after = losses(&mut dog, alive_at(10 * MS), 60_000 * MS, 61_000 * MS);
        assert_eq!(after, [(60_450 * MS, LossReason::Stalled)]);
    }
}
