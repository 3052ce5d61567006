//! The callback never touches the heap. A binary of its own, for its allocator counts.

#[path = "suite/common/mod.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::{chunks, spec};
use noxrun_capture::{CaptureSpec, Quality, WakeKind, open};

struct Counting;

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
    static TOUCHES: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    if IN_CALLBACK.get() {
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

/// How often `callback` touched the heap.
fn touches(callback: impl FnOnce()) -> u64 {
    TOUCHES.set(0);
    IN_CALLBACK.set(true);
    callback();
    IN_CALLBACK.set(false);
    TOUCHES.get()
}

#[test]
fn the_counter_counts() {
    assert_eq!(touches(|| drop(std::hint::black_box(Box::new(1)))), 2);
}

#[test]
fn push_never_touches_the_heap() {
    let conversions = [
        (48_000, 48_000, 2, 2, Quality::Balanced),
        (48_000, 16_000, 2, 1, Quality::Balanced),
        (44_100, 48_000, 1, 2, Quality::Best),
        (44_056, 48_000, 6, 2, Quality::LowLatency),
        (48_000, 16_000, 6, 3, Quality::Balanced),
    ];
    for (wake, pre_roll) in [
        (WakeKind::Condvar, 0),
        (WakeKind::Unpark, 0),
        (WakeKind::Condvar, 700),
        (WakeKind::Unpark, 100_000),
    ] {
        for (device_rate, rate, device_channels, channels, quality) in conversions {
            let (mut input, hub) = open(CaptureSpec {
                device_rate,
                rate,
                device_channels,
                channels,
                // One conversion with channels that are chosen, one of them twice.
                channel_map: (channels == 3).then(|| vec![5, 0, 5]),
                quality,
                wake,
                pre_roll,
                ..spec(2, 4_096)
            })
            .unwrap();
            let signal = vec![0.25; 3_000 * device_channels];
            let mut reader = None;
            let mut lost = 0;
            for n in 0..2_500usize {
                // With a reader and without, so that the ring overflows; pauses and device gaps;
                // blocks far larger than what was announced.
                if n % 500 == 100 {
                    reader = Some(hub.reader(chunks(100)).unwrap());
                } else if n % 500 == 400 {
                    reader = None;
                }
                match n % 100 {
                    50 => hub.pause(),
                    55 => hub.resume(),
                    _ => {}
                }
                let frames = if n % 250 == 0 {
                    3_000
                } else {
                    1 + n * 37 % 256
                };
                lost += touches(|| {
                    input.push(&signal[..frames * device_channels], n as f64 * 0.005);
                    if n % 70 == 0 {
                        input.device_gap(99);
                    }
                });
            }
            assert_eq!(
                lost, 0,
                "{wake:?}: {device_rate} x{device_channels} -> {rate} x{channels}"
            );
            assert_eq!(touches(|| input.finish()), 0, "the end");
            assert!(hub.stats().dropped > 0, "losses were part of it");
            drop(reader);
        }
    }
}
