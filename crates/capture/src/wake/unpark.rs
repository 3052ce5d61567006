//! Without a lock: the token of `unpark`.
//!
//! Why no wake is missed: a token that comes before the sleep is kept, so the sleep ends at once;
//! there is no window. And no token is spent in vain: a `park` that takes it synchronises with the
//! `unpark` that left it (the standard library promises that: Release there, Acquire here), so the
//! next check sees everything that was stored before. Were the token taken by somebody else's park
//! on the consumer's thread, a listener's for example, the check still comes after it.
//!
//! What does not suffice is a flag of our own, "I am asleep", that spares the producer the call: its
//! store and the check's load, against the store of data and the load of the flag, may both pass
//! each other. It would take a sequentially consistent fence on either side, and the token's own
//! atomic exchange already is what those would be: a consumer that is awake costs no system call.

use std::sync::OnceLock;

use super::{TIMEOUT, Wake};
use crate::sync::thread::{self, Thread};

/// See above.
#[derive(Debug, Default)]
pub(crate) struct Unpark {
    /// Bound before anybody notifies: the callback's end does not exist earlier.
    consumer: OnceLock<Thread>,
}

impl Wake for Unpark {
    fn notify(&self) -> bool {
        if let Some(consumer) = self.consumer.get() {
            consumer.unpark();
        }
        false
    }

    fn wait(&self, idle: &mut dyn FnMut() -> bool) {
        if idle() {
            thread::park_timeout(TIMEOUT);
        }
    }

    fn bind(&self, consumer: &Thread) {
        self.consumer.get_or_init(|| consumer.clone());
    }
}
