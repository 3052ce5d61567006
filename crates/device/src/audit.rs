//! Counts what must not happen inside an audio callback.
//!
//! The binding's global allocator calls `note_allocation` and `note_free` on every allocation
//! of the process; they count while this thread is inside a [`CallbackScope`], and cost two loads
//! of thread-local storage otherwise. Every callback opens a scope, on real and virtual devices.

use std::cell::Cell;

use crate::status::StreamStatus;

/// Constant-initialised and without a destructor, so that touching it never registers one and
/// never allocates on Rust's side, even inside the allocator.
struct Counters {
    in_callback: Cell<bool>,
    allocations: Cell<u64>,
    frees: Cell<u64>,
}

thread_local! {
    static COUNTERS: Counters = const {
        Counters {
            in_callback: Cell::new(false),
            allocations: Cell::new(0),
            frees: Cell::new(0),
        }
    };
}

/// Counts an allocation (or a growth) if this thread is inside a callback. Never allocates.
#[inline]
pub(crate) fn note_allocation() {
    // An error means that the thread is being torn down: no callback can be running.
    let _ = COUNTERS.try_with(|counters| {
        if counters.in_callback.get() {
            counters.allocations.set(counters.allocations.get() + 1);
        }
    });
}

/// Counts a free if this thread is inside a callback. Never allocates.
#[inline]
pub(crate) fn note_free() {
    // As above.
    let _ = COUNTERS.try_with(|counters| {
        if counters.in_callback.get() {
            counters.frees.set(counters.frees.get() + 1);
        }
    });
}

/// Whether this thread is inside a counted callback. For tests, and for code that must not run
/// there.
#[must_use]
pub fn in_callback() -> bool {
    COUNTERS
        .try_with(|counters| counters.in_callback.get())
        .unwrap_or(false)
}

/// From here to its drop, what this thread does belongs to a stream's audio callback.
///
/// With auditing on, the two `getrusage` calls are the outermost things of the scope, so that a
/// trace of system calls shows between them exactly what the callback did.
pub(crate) struct CallbackScope<'a> {
    status: &'a StreamStatus,
    counted: bool,
    switches: Option<u64>,
}

impl<'a> CallbackScope<'a> {
    /// Opens the scope. `counted: false` is for the first callback of a stream, which may promote
    /// its thread and touches memory and thread-local storage for the first time.
    #[inline]
    pub(crate) fn enter(status: &'a StreamStatus, counted: bool) -> Self {
        let switches = if counted && status.audit() {
            voluntary_switches()
        } else {
            None
        };
        COUNTERS.with(|counters| {
            counters.allocations.set(0);
            counters.frees.set(0);
            counters.in_callback.set(counted);
        });
        Self {
            status,
            counted,
            switches,
        }
    }
}

impl Drop for CallbackScope<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.counted {
            COUNTERS.with(|counters| {
                counters.in_callback.set(false);
                self.status
                    .add_heap_traffic(counters.allocations.get(), counters.frees.get());
            });
        }
        if let Some(before) = self.switches
            && let Some(after) = voluntary_switches()
        {
            self.status.add_blocked(after.saturating_sub(before));
        }
    }
}

/// How often this thread has given up its processor of its own accord: waited for a lock, a pipe,
/// a disk.
#[cfg(target_os = "linux")]
#[inline]
fn voluntary_switches() -> Option<u64> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: the pointer is valid for a write of one `rusage`, which is all that the call does.
    let result = unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
    if result != 0 {
        return None;
    }
    // SAFETY: the call succeeded, so the kernel has filled the structure in.
    let usage = unsafe { usage.assume_init() };
    u64::try_from(usage.ru_nvcsw).ok()
}

/// Other systems have no count for each thread.
#[cfg(not(target_os = "linux"))]
fn voluntary_switches() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_happens_inside_a_counted_scope_is_counted() {
        let status = StreamStatus::new(false);
        note_allocation();
        {
            let _scope = CallbackScope::enter(&status, false);
            assert!(!in_callback());
            note_allocation();
        }
        assert_eq!(status.audio_thread().allocations, 0);
        {
            let _scope = CallbackScope::enter(&status, true);
            assert!(in_callback());
            note_allocation();
            note_allocation();
            note_free();
        }
        note_free();
        assert!(!in_callback());
        let stats = status.audio_thread();
        assert_eq!(
            (stats.allocations, stats.frees, stats.blocked),
            (2, 1, None)
        );
    }

    #[test]
    fn another_threads_allocations_are_not_ours() {
        let status = StreamStatus::new(false);
        let _scope = CallbackScope::enter(&status, true);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(!in_callback());
                note_allocation();
            });
        });
        drop(_scope);
        assert_eq!(status.audio_thread().allocations, 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn audit_counts_a_sleep_as_blocking() {
        let status = StreamStatus::new(true);
        {
            let _scope = CallbackScope::enter(&status, true);
        }
        assert_eq!(status.audio_thread().blocked, Some(0));
        {
            let _scope = CallbackScope::enter(&status, true);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert_eq!(status.audio_thread().blocked, Some(1));
    }
}
