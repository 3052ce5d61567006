//! A writer's memory does not grow with what it writes.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::TempFile;
use noxrun_media::{AudioWriter, WavFormat};

/// The system's allocator, with the bytes in use and the most that ever were.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`; the block came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes in use at once while `seconds` of noise are written, beyond those before.
fn peak(name: &str, seconds: usize) -> usize {
    let file = TempFile::new(name);
    let mut state = 1u32;
    let mut block = vec![0.0; 2 * 480];
    let before = IN_USE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let mut writer = AudioWriter::create(file.path(), 48_000, 2, Some(WavFormat::S24)).unwrap();
    for _ in 0..100 * seconds {
        for sample in &mut block {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (state >> 8) as f32 / 16_777_216.0 - 0.5;
        }
        writer.write(&block).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), 48_000 * seconds as u64);
    PEAK.load(Ordering::Relaxed) - before
}

// One test: others of this file would count into the same numbers.
#[test]
fn memory_does_not_grow_with_the_length() {
    for name in ["short.flac", "short.wav"] {
        let (short, long) = (peak(name, 2), peak(name, 40));
        // A buffer may have met a larger block; 38 s more are 11 MB.
        assert!(long < short + 4_096, "{short} and {long} bytes for {name}");
        assert!(short < 1 << 20, "{short} bytes for {name}");
    }
}
