//! Memory that was freed goes back to the system.

/// Asks the C library to give back what was freed. An engine frees tens of megabytes in pieces of
/// every size when it closes; the library would keep most of them for later, and a service that
/// opens and closes engines would show them as its own. Takes milliseconds: never in a callback.
pub fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` takes no pointer, may be called at any time from any thread and only
    // releases pages that hold no allocation.
    unsafe {
        libc::malloc_trim(0);
    }
}
