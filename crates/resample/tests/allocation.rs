//! Nothing touches the heap from the first call on. A binary of its own, for its allocator counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use noxrun_resample::{FrameResampler, Quality};

struct Counting;

thread_local! {
    static IS_COUNTING: Cell<bool> = const { Cell::new(false) };
    static TOUCHES: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    if IS_COUNTING.get() {
        TOUCHES.set(TOUCHES.get() + 1);
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

/// How often `work` touched the heap.
fn touches(work: impl FnOnce()) -> u64 {
    TOUCHES.set(0);
    IS_COUNTING.set(true);
    work();
    IS_COUNTING.set(false);
    TOUCHES.get()
}

#[test]
fn the_counter_counts() {
    assert_eq!(touches(|| drop(std::hint::black_box(Box::new(1)))), 2);
}

#[test]
fn no_call_touches_the_heap() {
    // Many frames side by side, rows for every phase, rows that are made, and none.
    let pairs = [
        (48_000, 16_000),
        (192_000, 8_000),
        (44_100, 48_000),
        (8_000, 192_000),
        (11_025, 16_000),
        (44_056, 48_000),
        (48_000, 48_000),
    ];
    for (from, to) in pairs {
        for quality in [Quality::LowLatency, Quality::Balanced, Quality::Best] {
            for channels in [1, 2, 6] {
                // The blocks after the first are larger than what was announced.
                let sizes = [1usize, 128, 0, 441, 4_000, 7];
                let largest = 4_000;
                let input = vec![0.25; largest * channels];
                let mut resampler = FrameResampler::new(from, to, channels, quality, 128).unwrap();
                let room = resampler.max_output_samples(largest);
                let mut out = Vec::with_capacity(room.max(resampler.max_flush_samples()));
                let lost = touches(|| {
                    // A stream, its end, and a second one.
                    for _ in 0..2 {
                        for size in sizes {
                            out.clear();
                            resampler.process_into(&input[..size * channels], &mut out);
                        }
                        out.clear();
                        resampler.flush_into(&mut out);
                    }
                    resampler.reset();
                });
                assert_eq!(lost, 0, "{from} to {to}, {quality:?}, {channels} channels");
            }
        }
    }
}
