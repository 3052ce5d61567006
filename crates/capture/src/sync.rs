//! The locks, atomics and threads of the hand-off: the standard library's, or loom's under
//! `--cfg noxrun_loom`, so that the models run the very code that ships.
//!
//! Only what decides over a missed wake, a lost sample or a torn account takes them from here.

#[cfg(not(noxrun_loom))]
pub(crate) use std::sync::{
    Condvar, Mutex,
    atomic::{AtomicBool, AtomicU64, fence},
};
#[cfg(not(noxrun_loom))]
pub(crate) use std::thread;

#[cfg(noxrun_loom)]
pub(crate) use loom::sync::{
    Condvar, Mutex,
    atomic::{AtomicBool, AtomicU64, fence},
};

/// What loom has of threads, and what it lacks.
#[cfg(noxrun_loom)]
pub(crate) mod thread {
    pub(crate) use loom::thread::{Builder, JoinHandle, Thread, current, park, yield_now};
    pub(crate) use std::thread::sleep;

    /// Time stands still in a model: whoever waits for it waits for ever, and is found.
    pub(crate) fn park_timeout(_timeout: std::time::Duration) {
        park();
    }
}
