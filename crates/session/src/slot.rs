//! A value that one thread at a time may enter, without anybody ever waiting.
//!
//! The renderer lives in one: the audio callback enters it for each block; when a device dies the
//! stand-in clock enters it instead, whether or not the backend let go of its callback. Who finds
//! it occupied leaves (a callback then plays silence).

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};

/// See the module's text.
pub struct Slot<T> {
    occupied: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is only reached through an `Entered`, of which `occupied` lets exist one at a
// time; so sharing the slot moves access to a `T` between threads, which asks `T: Send`.
unsafe impl<T: Send> Sync for Slot<T> {}

/// Exclusive access, given back when dropped.
pub struct Entered<'a, T> {
    slot: &'a Slot<T>,
}

impl<T> Slot<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self {
            occupied: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Enters, or gives `None` when somebody is inside. One atomic exchange, never a wait.
    pub fn try_enter(&self) -> Option<Entered<'_, T>> {
        // Acquire: sees all that the last one inside wrote before its Release.
        if self.occupied.swap(true, Ordering::Acquire) {
            None
        } else {
            Some(Entered { slot: self })
        }
    }
}

impl<T> Deref for Entered<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: `occupied` was false when this was made and is true until it is dropped, so no
        // other reference exists.
        unsafe { &*self.slot.value.get() }
    }
}

impl<T> DerefMut for Entered<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; `&mut self` keeps it the only one made from this `Entered`.
        unsafe { &mut *self.slot.value.get() }
    }
}

impl<T> Drop for Entered<'_, T> {
    fn drop(&mut self) {
        self.slot.occupied.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::Slot;

    #[test]
    fn only_one_at_a_time_is_inside_and_nobody_waits() {
        let slot = Slot::new(1);
        let mut inside = slot.try_enter().unwrap();
        *inside += 1;
        assert!(slot.try_enter().is_none());
        drop(inside);
        assert_eq!(*slot.try_enter().unwrap(), 2);
    }

    #[test]
    fn entries_from_many_threads_never_overlap() {
        let slot = Slot::new((0u64, 0u64));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        if let Some(mut pair) = slot.try_enter() {
                            let (first, second) = &mut *pair;
                            *first += 1;
                            std::hint::spin_loop();
                            *second += 1;
                            assert_eq!(first, second);
                        }
                    }
                });
            }
        });
    }
}
