//! Faults planted in the output callback, to prove that the tests notice. Never in a release.
//!
//! The one module of callback code that may name a lock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use noxrun_sabotage::Fault;

static CONTENDED: Mutex<()> = Mutex::new(());

/// Commits the planted fault, from the second callback on.
pub(crate) fn in_output_callback(counted: bool) {
    if !counted {
        return;
    }
    if noxrun_sabotage::is(Fault::BoxInCallback) {
        drop(std::hint::black_box(Box::new(0_u64)));
    }
    if noxrun_sabotage::is(Fault::ContendedLock) {
        drop(CONTENDED.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Holds the contended lock 90 % of the time while it lives.
pub(crate) struct Rival(Arc<AtomicBool>);

impl Rival {
    /// Reads which fault is planted; `None` when it needs no rival.
    pub(crate) fn spawn() -> Option<Self> {
        noxrun_sabotage::init();
        if !noxrun_sabotage::is(Fault::ContendedLock) {
            return None;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("noxrun-rival".into());
        let spawned = thread.spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let held = CONTENDED.lock().unwrap_or_else(PoisonError::into_inner);
                std::thread::sleep(Duration::from_millis(9));
                drop(held);
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        spawned.is_ok().then_some(Self(stop))
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
