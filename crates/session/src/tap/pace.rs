//! Recordings that are waited for where time is stepped: many seconds may pass at once there, and a
//! file takes them more slowly.

use crate::lock::lock;
use noxrun_capture::Reader;
use std::sync::{Mutex, Weak};
use std::time::{Duration, Instant};

/// Frames after which taps are waited for. Their rings and the queues of their readers hold twice
/// as much, see [`least_capacity`].
pub(crate) const PACE: u64 = 32_768;

/// Frames that a recording may have waiting; a chunk of one is never larger.
const BEHIND: u64 = 16_384;

/// How long a recording is waited for. What a disk takes that is slower still is counted as lost.
const PATIENCE: Duration = Duration::from_secs(1);

/// Frames that a tap's ring holds at least: what is rendered between two waits, and a block.
pub(crate) const fn least_capacity() -> usize {
    2 * PACE as usize
}

/// The readers of a tap's recordings.
#[derive(Default)]
pub(super) struct Followers(Mutex<Vec<Follower>>);

struct Follower {
    reader: Weak<Reader>,
    /// It was waited for in vain, and has not caught up since.
    is_late: bool,
}

impl Followers {
    pub fn add(&self, reader: Weak<Reader>) {
        let mut followers = lock(&self.0);
        followers.retain(|follower| follower.reader.strong_count() > 0);
        let is_late = false;
        followers.push(Follower { reader, is_late });
    }

    /// Waits until every recording has taken what was handed to it, but for a little. One that was
    /// waited for in vain is not waited for again before it has caught up.
    pub fn wait(&self, channels: usize) {
        let limit = BEHIND * channels as u64;
        let deadline = Instant::now() + PATIENCE;
        for follower in lock(&self.0).iter_mut() {
            let Some(reader) = follower.reader.upgrade() else {
                continue;
            };
            let is_behind = || reader.stats().buffered > limit;
            while !follower.is_late && is_behind() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_micros(200));
            }
            follower.is_late = is_behind();
        }
    }
}
