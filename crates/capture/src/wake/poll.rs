//! No wake at all: for callbacks that may neither lock nor make a system call, a playback's taps.

use std::time::Duration;

use super::Wake;
use crate::sync::thread;

/// Between two looks of a consumer that nobody wakes: about a callback.
const POLL: Duration = Duration::from_millis(5);

/// No wake: not even from other threads than the callback's.
#[derive(Debug)]
pub(crate) struct Poll;

impl Wake for Poll {
    fn notify(&self) -> bool {
        false
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        if idle() {
            thread::sleep(POLL);
        }
    }
}
