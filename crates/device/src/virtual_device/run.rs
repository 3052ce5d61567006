//! The device's own thread and its clock.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::Failure;
use super::block::Rig;
use super::device::{Device, Message};
use crate::clock::monotonic_ns;

/// Runs blocks until the device is closed or, on a real-time device, nobody is attached.
pub(super) fn run(device: &Device, number: u64) {
    /// Also when a hook panics: nobody may wait for a thread that is gone.
    struct Farewell<'a>(&'a Device, u64);
    impl Drop for Farewell<'_> {
        fn drop(&mut self) {
            self.0.thread_is_over(self.1);
        }
    }
    let _farewell = Farewell(device, number);
    let mut rig = Rig::new(&device.options, device.control().down);
    let mut timeline = Timeline::start(device.rate());
    while let Some(work) = next(device, &rig, &timeline) {
        for message in work.messages {
            take(message, &mut rig, &mut timeline);
        }
        let Some(due) = work.block else { continue };
        let size = u64::from(rig.next_block(due.granted)).min(due.left) as u32;
        if device.is_manual() {
            rig.before_step(device, size);
            // A stream that was opened just now takes part.
            let messages = std::mem::take(&mut device.control().inbox);
            for message in messages {
                take(message, &mut rig, &mut timeline);
            }
            rig.run_block(device, size, device.clock().now_ns());
            device.block_is_over(u64::from(size));
        } else {
            if timeline.begin_block(size) {
                rig.report_xrun();
            }
            rig.run_block(device, size, timeline.block_ns);
        }
    }
    if device.control().closed {
        rig.report_closed();
    }
}

/// What to do next: messages first, then a block. Both are taken at one moment, so that a block
/// never overtakes a message that was sent before it was asked for, and a stream of messages never
/// keeps a block waiting.
struct Work {
    messages: Vec<Message>,
    block: Option<Due>,
}

/// A block that is to be run now.
struct Due {
    /// Frames that were granted.
    granted: u32,
    /// Frames that are left of the steps; more than any block when the clock wants it.
    left: u64,
}

/// Waits for something to do; `None`: the thread is not needed any more.
fn next(device: &Device, rig: &Rig, timeline: &Timeline) -> Option<Work> {
    let mut control = device.control();
    loop {
        let messages = std::mem::take(&mut control.inbox);
        if messages.is_empty() && control.closed {
            return None;
        }
        if messages.is_empty() && rig.is_unused() && !device.is_manual() {
            // Under the lock: whoever attaches next finds that it has to start a new thread.
            control.thread = None;
            return None;
        }
        let until_due = timeline.until_due();
        let left = if device.is_manual() {
            control.wanted - control.stepped
        } else if until_due.is_zero() {
            u64::MAX
        } else {
            0
        };
        let granted = control.block;
        let block = (left > 0 && !control.closed).then_some(Due { granted, left });
        if !messages.is_empty() || block.is_some() {
            return Some(Work { messages, block });
        }
        control = if device.is_manual() {
            let waited = device.wake.wait(control);
            waited.unwrap_or_else(PoisonError::into_inner)
        } else {
            let waited = device.wake.wait_timeout(control, until_due);
            waited.unwrap_or_else(PoisonError::into_inner).0
        };
    }
}

fn take(message: Message, rig: &mut Rig, timeline: &mut Timeline) {
    match message {
        Message::Attach(slot) => rig.attach(*slot),
        Message::Detach(id) => rig.detach(id),
        Message::Restore => rig.restore(),
        Message::Fail(how) => {
            if let Failure::Rate(rate) = how {
                *timeline = Timeline::start(rate.max(1));
            }
            rig.fail(how);
        }
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
