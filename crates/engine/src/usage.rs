//! How much of the memory that was sent ahead is in use, as the audio thread last said.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Places of one kind: how many are held, and how many commands that may need one have been taken
/// in. The two belong together, so they are one number.
#[derive(Debug, Default)]
pub(crate) struct Held(AtomicU64);

impl Held {
    pub fn publish(&self, held: u32, taken: u32) {
        let both = u64::from(held) << 32 | u64::from(taken);
        self.0.store(both, Ordering::Release);
    }

    /// Held, and taken in (it wraps).
    pub fn read(&self) -> (u32, u32) {
        let both = self.0.load(Ordering::Acquire);
        ((both >> 32) as u32, both as u32)
    }
}

/// What the audio thread says of its memory.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub items: Held,
    pub lists: Held,
    /// Rings that it has left for a bigger one.
    pub event_rings: AtomicU32,
    pub trash_rings: AtomicU32,
}
