//! Faults planted on purpose, one at a time, to prove that the tests notice them.
//!
//! The crate is an optional dependency behind each crate's `sabotage` feature and is never in a
//! release. `NOXRUN_SABOTAGE=<name>` chooses the fault for the whole process. [`init`] reads it
//! before any stream starts; [`is`] is then one atomic load, fit for a callback.

use std::sync::atomic::{AtomicU8, Ordering};

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A fault that can be planted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Fault {
            /// Nothing is planted.
            None = 0,
            $($(#[$doc])* $variant),+
        }

        impl Fault {
            /// Every fault with the name that `NOXRUN_SABOTAGE` takes.
            pub const ALL: &'static [(&'static str, Fault)] = &[$(($name, Fault::$variant)),+];
        }
    };
}

faults! {
    /// A `Box` is made and freed in every playback callback after the first.
    BoxInCallback = "box-in-callback",
    /// The playback callback takes a lock that another thread holds most of the time.
    ContendedLock = "contended-lock",
    /// The capture thread sleeps 3 s once, a second after it started (a hook of the stall test).
    StoppedCaptureThread = "stopped-capture-thread",
    /// One captured frame is dropped silently in every 10,000.
    LostFrame = "lost-frame",
    /// Two neighbouring samples of the captured stream change places once a callback.
    SwappedChannels = "swapped-channels",
    /// A voice starts one frame after the frame it was scheduled for.
    LateStart = "late-start",
    /// The capture producer forgets every wake but the last.
    MissedWake = "missed-wake",
    /// The loss count is one frame too small for each loss.
    WrongLossCount = "wrong-loss-count",
    /// An idle render thread is not woken when a render comes.
    LostRenderWake = "lost-render-wake",
    /// Each cancel leaves one of the points that it should drop.
    CancelMissesPoint = "cancel-misses-point",
    /// What is planned for a track's volume goes to its pan.
    PointOfOther = "point-of-other",
}

static ACTIVE: AtomicU8 = AtomicU8::new(0);

/// Reads `NOXRUN_SABOTAGE`. Call it when a stream is opened, never in a callback.
///
/// # Panics
/// When the variable names a fault that does not exist: a typo must not pass for a caught fault.
pub fn init() {
    let fault = match std::env::var("NOXRUN_SABOTAGE") {
        Err(_) => Fault::None,
        Ok(name) if name.is_empty() => Fault::None,
        Ok(name) => match Fault::ALL.iter().find(|(n, _)| *n == name) {
            Some((_, fault)) => *fault,
            None => panic!("NOXRUN_SABOTAGE: no fault is called {name:?}"),
        },
    };
    ACTIVE.store(fault as u8, Ordering::Relaxed);
}

/// Whether `fault` is the planted one.
#[inline]
pub fn is(fault: Fault) -> bool {
    ACTIVE.load(Ordering::Relaxed) == fault as u8
}
