//! Allocations and frees of a thread while it is in a callback.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
    static COUNTED: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    if IN_CALLBACK.get() {
        COUNTED.set(COUNTED.get() + 1);
    }
}

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract;
// the counters are constant-initialised thread-locals without a destructor and never allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count();
        // SAFETY: the memory came from `alloc` above, with this layout.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the memory came from `alloc` above, with this layout.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `callback` touched the heap.
pub fn touches(callback: impl FnOnce()) -> u64 {
    COUNTED.set(0);
    IN_CALLBACK.set(true);
    callback();
    IN_CALLBACK.set(false);
    COUNTED.get()
}
