//! The thread of a device with a clock of its own, at real-time priority.
//!
//! While it has streams it never waits for a lock that an ordinary thread may hold, JavaScript's
//! among them: such a thread can be kept from its processor, and the callbacks would be late with
//! it. So the thread looks into the device's inbox only when it gets the lock at once; if not, its
//! block comes first and it looks again. It frees nothing that came from there: what is done with
//! goes back, and the next one who sends something frees it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Failure;
use super::block::Rig;
use super::device::{Device, Message};
use super::run::Farewell;
use crate::clock::monotonic_ns;

/// When the inbox is looked into again that somebody held.
const RETRY: Duration = Duration::from_micros(500);

/// Runs a block at each deadline until the device is closed or nobody is attached.
pub(super) fn run(device: &Device, number: u64) {
    let _farewell = Farewell(device, number);
    // There are no streams yet, so this may wait.
    let mut rig = Rig::new(&device.options, device.control().down);
    let mut timeline = Timeline::start(device.rate());
    let mut mail = Mail {
        messages: Vec::with_capacity(64),
        granted: 1,
        closed: false,
    };
    loop {
        let looked = mail.fetch(device, &mut rig);
        for message in mail.messages.drain(..) {
            if let Message::Fail(Failure::Rate(rate)) = message {
                timeline = Timeline::start(rate.max(1));
            }
            rig.take(message);
        }
        if mail.closed {
            rig.report_closed();
            return;
        }
        if rig.is_unused() {
            if may_end(device, &mut rig) {
                return;
            }
            // Somebody is about to attach, and says so in a moment.
            std::thread::park_timeout(RETRY);
            continue;
        }
        let until_due = timeline.until_due();
        if !until_due.is_zero() {
            let limit = if looked { until_due } else { RETRY };
            // Whoever sends something ends the wait.
            std::thread::park_timeout(until_due.min(limit));
            continue;
        }
        let size = rig.next_block(mail.granted);
        if timeline.begin_block(size) {
            rig.report_xrun();
        }
        rig.run_block(device, size, timeline.block_ns);
    }
}

/// Whether the thread is not needed any more. It has no streams, so this may wait.
fn may_end(device: &Device, rig: &mut Rig) -> bool {
    let mut control = device.control();
    if control.closed || !control.inbox.is_empty() {
        return false;
    }
    // For the streams to come.
    let rest = rig.take_rest().map(Message::Feed);
    control.inbox.extend(rest);
    // Under the lock: whoever attaches next finds that it has to start a new thread.
    control.thread = None;
    true
}

/// What was fetched from behind the lock.
struct Mail {
    messages: Vec<Message>,
    /// Frames a callback.
    granted: u32,
    closed: bool,
}

impl Mail {
    /// Fetches what is new and gives back what is to be freed. `false`: somebody held the lock.
    fn fetch(&mut self, device: &Device, rig: &mut Rig) -> bool {
        if !device.news.load(Ordering::Acquire) {
            return true;
        }
        let Some(mut control) = device.try_control() else {
            return false;
        };
        // Under the lock: what is sent from here on says so again.
        device.news.store(false, Ordering::Relaxed);
        // The messages so far were worked off: only two lists change places.
        std::mem::swap(&mut self.messages, &mut control.inbox);
        if control.discarded.is_empty() {
            std::mem::swap(&mut rig.discarded, &mut control.discarded);
        }
        self.granted = control.block;
        self.closed = control.closed;
        true
    }
}

/// Absolute deadlines: the block that begins with frame n is due at t0 + n / rate, so that no
/// error adds up.
#[derive(Debug)]
struct Timeline {
    t0: Instant,
    /// The same on our clock.
    t0_ns: u64,
    rate: u32,
    frames: u64,
    /// When the block under way began, by the deadlines.
    block_ns: u64,
}

impl Timeline {
    fn start(rate: u32) -> Self {
        Self {
            t0: Instant::now(),
            t0_ns: monotonic_ns(),
            rate,
            frames: 0,
            block_ns: 0,
        }
    }

    fn until_due(&self) -> Duration {
        (self.t0 + self.at(self.frames)).saturating_duration_since(Instant::now())
    }

    /// Whether this block came more than two periods too late. Then the whole periods that were
    /// missed are left out, as a sound card leaves them out, and the grid of deadlines stays.
    fn begin_block(&mut self, frames: u32) -> bool {
        let late = Instant::now().saturating_duration_since(self.t0 + self.at(self.frames));
        let xrun = late > 2 * self.at(u64::from(frames));
        if xrun {
            let missed = late.as_nanos() * u128::from(self.rate) / 1_000_000_000;
            let periods = missed as u64 / u64::from(frames);
            self.frames += periods * u64::from(frames);
        }
        self.block_ns = self.t0_ns + self.at(self.frames).as_nanos() as u64;
        self.frames += u64::from(frames);
        xrun
    }

    fn at(&self, frames: u64) -> Duration {
        let nanos = u128::from(frames) * 1_000_000_000 / u128::from(self.rate);
        // 584 years.
        Duration::from_nanos(nanos as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_do_not_drift() {
        let mut timeline = Timeline::start(44_100);
        for _ in 0..44_100 {
            timeline.frames += 100;
        }
        assert_eq!(timeline.at(timeline.frames), Duration::from_secs(100));
    }

    #[test]
    fn a_late_block_skips_whole_periods_and_stays_on_the_grid() {
        let mut timeline = Timeline::start(48_000);
        timeline.t0 -= Duration::from_secs(1);
        assert!(timeline.begin_block(480));
        // 1 s late and a little: 100 periods were missed, this one is played.
        assert!(timeline.frames >= 101 * 480 && timeline.frames.is_multiple_of(480));
        assert!(!timeline.begin_block(480));
    }
}
