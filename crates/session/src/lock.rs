//! Taking a lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic while a lock was held was already reported where it happened; the data stays usable.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
