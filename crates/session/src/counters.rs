//! Counters of one engine that are written on the dispatch side and read anywhere.

use std::sync::atomic::{AtomicU64, AtomicUsize};

/// How the control queue fared, and how many events wait. Written by the dispatch side.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Messages that entered the queue.
    pub pushed: AtomicU64,
    /// Messages that found it full.
    pub overflows: AtomicU64,
    /// Counted events that callers submitted.
    pub accepted: AtomicU64,
    /// Counted events that ended on the dispatch side.
    pub settled_here: AtomicU64,
    /// Commands for voices, tracks, sends and effects that had ended.
    pub stale: AtomicU64,
    /// Inputs of tracks that callers opened and that have not come back.
    pub inputs: AtomicUsize,
}
