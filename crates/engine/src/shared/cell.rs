//! Figures of one thing among many, readable by its key from any thread.

use std::sync::atomic::{AtomicU64, Ordering, fence};

const NO_KEY: u64 = u64::MAX;

/// A key as one number.
pub(super) const fn pack(index: u32, generation: u32) -> u64 {
    (index as u64) << 32 | generation as u64
}

/// Up to `N` numbers and whose they are. The key is taken away while the place changes hands, so a
/// reader that finds the same key before and after has that thing's numbers.
#[derive(Debug)]
pub(super) struct Cell<const N: usize> {
    key: AtomicU64,
    numbers: [AtomicU64; N],
}

impl<const N: usize> Cell<N> {
    pub fn new() -> Self {
        Self {
            key: AtomicU64::new(NO_KEY),
            numbers: [const { AtomicU64::new(0) }; N],
        }
    }

    /// What `read` makes of the numbers, if they are those of `key`.
    pub fn read<T>(&self, key: u64, read: impl FnOnce(&[AtomicU64; N]) -> T) -> Option<T> {
        if key == NO_KEY || self.key.load(Ordering::Acquire) != key {
            return None;
        }
        let reading = read(&self.numbers);
        // Orders the reading before the second look at the key.
        fence(Ordering::Acquire);
        (self.key.load(Ordering::Relaxed) == key).then_some(reading)
    }

    /// One of the numbers, if they are those of `key`.
    pub fn number(&self, key: u64, index: usize) -> Option<f64> {
        let read = |numbers: &[AtomicU64; N]| {
            let bits = numbers.get(index)?.load(Ordering::Relaxed);
            Some(f64::from_bits(bits))
        };
        self.read(key, read)?
    }

    /// Shows the first numbers of `key`. `begin`, where the place changes hands: writes what is
    /// shown once.
    pub fn publish(
        &self,
        key: u64,
        numbers: impl IntoIterator<Item = u64>,
        begin: impl FnOnce(&[AtomicU64; N]),
    ) {
        if self.key.load(Ordering::Relaxed) != key {
            self.key.store(NO_KEY, Ordering::Relaxed);
            // Orders the key's leaving before the new numbers.
            fence(Ordering::Release);
            begin(&self.numbers);
        }
        for (cell, number) in self.numbers.iter().zip(numbers) {
            cell.store(number, Ordering::Relaxed);
        }
        self.key.store(key, Ordering::Release);
    }

    /// Shows nothing any more.
    pub fn clear(&self) {
        self.key.store(NO_KEY, Ordering::Relaxed);
    }

    /// Shows nothing of `key` any more.
    pub fn hide(&self, key: u64) {
        if self.key.load(Ordering::Relaxed) == key {
            self.clear();
        }
    }
}
