//! Memory: a decoder's follows the bytes that exist, not what a header claims; a writer's does not
//! grow with what it writes.

#[path = "suite/common/mod.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use common::{FLOAT, PCM, TempFile, Wav, fmt, go_on};
use noxrun_media::{AudioWriter, WavFormat, decode, probe};

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

/// Tests of one program run at once and would count into the same numbers.
static ALONE: Mutex<()> = Mutex::new(());

/// Bytes that `work` had in use at once, beyond those before it.
fn peak_of(work: impl FnOnce()) -> usize {
    let before = IN_USE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    work();
    PEAK.load(Ordering::Relaxed) - before
}

#[test]
fn memory_follows_the_input_not_its_claims() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let ds64 = [
        u64::MAX.to_le_bytes(),
        (u64::MAX - 1).to_le_bytes(),
        u64::MAX.to_le_bytes(),
    ]
    .concat();
    let mut wide = Wav::new()
        .chunk(b"ds64", &ds64)
        .chunk(b"fmt ", &fmt(FLOAT, 64, 768_000, 64))
        .claiming(b"data", u32::MAX, &[0; 1024]);
    wide.bytes[..4].copy_from_slice(b"RF64");
    let lying = [
        wide.bytes,
        Wav::new()
            .chunk(b"fmt ", &fmt(PCM, 1, 48_000, 8))
            .claiming(b"data", u32::MAX - 1, &[0; 64])
            .build(),
        Wav::new()
            .chunk(b"fmt ", &fmt(PCM, 65_535, 48_000, 32))
            .claiming(b"data", u32::MAX, &[0; 64])
            .build(),
        Wav::new()
            .claiming(b"LIST", u32::MAX, b"INFOINAM\xFF\xFF\xFF\xFF")
            .build(),
        Wav::new()
            .claiming(b"fmt ", u32::MAX, &fmt(PCM, 1, 48_000, 16))
            .build(),
    ];
    for bytes in lying {
        // Buffers of fixed size: one packet of 64 channels of doubles is the largest.
        let peak = peak_of(|| {
            decode(&bytes, &mut go_on).ok();
            probe(&bytes).ok();
        });
        assert!(peak < 3 << 20, "{peak} bytes for {}", bytes.len());
    }

    // An honest file takes its samples as floats once, not twice.
    let bytes = Wav::new()
        .chunk(b"fmt ", &fmt(PCM, 2, 48_000, 16))
        .chunk(b"data", &vec![0; 8 << 20])
        .build();
    let peak = peak_of(|| assert_eq!(decode(&bytes, &mut go_on).unwrap().frames(), 2 << 20));
    assert!(
        peak < (16 << 20) + (1 << 20),
        "{peak} bytes for 16 MiB of samples"
    );
}

/// The peak while `seconds` of noise at 8 kHz are written.
fn peak_of_writing(name: &str, seconds: u64) -> usize {
    let file = TempFile::new(name);
    let mut state = 1u32;
    let mut block = [0.0; 400];
    peak_of(|| {
        let mut writer = AudioWriter::create(file.path(), 8_000, 1, Some(WavFormat::S24)).unwrap();
        for _ in 0..20 * seconds {
            for sample in &mut block {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *sample = (state >> 8) as f32 / 16_777_216.0 - 0.5;
            }
            writer.write(&block).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), 8_000 * seconds);
    })
}

#[test]
fn an_hour_is_written_in_the_memory_of_two_seconds() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for name in ["short.flac", "short.wav"] {
        let (short, hour) = (peak_of_writing(name, 2), peak_of_writing(name, 3_600));
        // A buffer may have met a larger block; an hour is 86 MB.
        assert!(hour < short + 4_096, "{short} and {hour} bytes for {name}");
        assert!(short < 1 << 20, "{short} bytes for {name}");
    }
}
