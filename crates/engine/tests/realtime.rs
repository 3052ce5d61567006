//! The callback never touches the heap. A binary of its own, for its allocator counts.
#![allow(unsafe_code)]

mod rig;

use noxrun_engine::{Action, BlockClock, EngineConfig, Event, Renderer, Target};
use rig::{NOW, Random, Rig, constant, key, noise, small, sound};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

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
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One callback; returns how often it touched the heap.
fn callback(renderer: &mut Renderer, out: &mut [f32]) -> u64 {
    let before = TOUCHES.get();
    IN_CALLBACK.set(true);
    renderer.process(out, BlockClock::default());
    IN_CALLBACK.set(false);
    TOUCHES.get() - before
}

#[test]
fn the_counter_sees_what_happens_in_a_callback_and_nothing_else() {
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(TOUCHES.get(), 0);
    IN_CALLBACK.set(true);
    drop(std::hint::black_box(Box::new(1)));
    IN_CALLBACK.set(false);
    assert_eq!(TOUCHES.get(), 2);
}

/// Full queues, batches, thefts, pauses, late and stale commands, a bad sample, the last share of
/// a sample: 10,000 callbacks from the first on, of 1 to 1,000 frames.
#[test]
fn ten_thousand_callbacks_neither_allocate_nor_free() {
    let mut rig = Rig::new(&EngineConfig {
        control_capacity: 32,
        max_voices: 8,
        safety_limiter: true,
        ..small()
    });
    let mut random = Random::new(11);
    let mut bad = noise(1, 2, 500, 0.5);
    bad[1][200] = f32::NAN;
    let samples = [
        constant(1, 40, 0.5),
        constant(2, 3_000, 0.9),
        sound(noise(2, 3, 700, 0.5)),
        sound(bad),
    ];
    let mut out = vec![0.0; 2_000];
    let mut touches = 0;
    let mut plays = 0;
    let mut last = None;
    for round in 0..10_000u64 {
        let now = rig.renderer.frame();
        let at = [NOW, now + random.below(2_000), now.saturating_sub(9)][random.below(3) as usize];
        let track = random.below(5) as u32;
        let staged = random.below(4) == 0;
        if round % 3 == 0 && plays - ended(&rig) < 200 {
            // The audio thread is the last that holds this one.
            let own = sound(vec![vec![0.3; 100]]);
            let shared = &samples[random.below(4) as usize];
            let sample = if round % 2 == 0 { &own } else { shared };
            last = Some(rig.play_as(at, staged, track, sample, 0.5));
            plays += 1;
        }
        if let Some(voice) = last {
            match random.below(6) {
                0 => rig.stop(at, voice, random.below(100) as u32),
                1 => rig.act(NOW, Action::Pause(voice)),
                2 => rig.act(at, Action::Resume(voice)),
                3 => rig.set(at, Target::VoiceGain(voice), 0.7, 30),
                _ => {}
            }
        }
        match random.below(8) {
            0 => rig.set(NOW, Target::TrackPan(key(track)), 0.3, 500),
            1 => rig.set(at, Target::TrackVolume(key(track)), 0.9, 40),
            2 => rig.act(
                NOW,
                Action::Gate {
                    track: key(track),
                    open: true,
                },
            ),
            3 => rig.act(
                at,
                Action::StopTrack {
                    track: key(track),
                    fade: 40,
                },
            ),
            4 => (0..50).for_each(|n| {
                rig.set(
                    NOW,
                    Target::TrackVolume(key(track)),
                    0.01 * f64::from(n),
                    40,
                )
            }),
            5 => rig.commit(at),
            _ => {}
        }
        let frames = if random.below(50) == 0 {
            1_000
        } else {
            random.below(128)
        };
        touches += callback(&mut rig.renderer, &mut out[..2 * frames as usize]);
        rig.serve();
    }
    assert_eq!(touches, 0);
    // It did what it says.
    let shared = &rig.controller.shared;
    assert!(shared.stolen_voices() > 0 && shared.late_events() > 0 && shared.stale_commands() > 0);
    assert!((0..5).any(|track| shared.take_poisoned(track)));
    assert_eq!(shared.max_depth(), 32);
    assert!(rig.returned > 1_000, "{}", rig.returned);
}

fn ended(rig: &Rig) -> usize {
    let ended = |event: &&Event| matches!(event, Event::Ended { .. });
    rig.reports.iter().filter(ended).count()
}
