//! The callback never touches the heap. A binary of its own, for its allocator counts.
#![allow(unsafe_code)]

#[path = "suite/chance/mod.rs"]
mod chance;
#[path = "suite/rig/mod.rs"]
mod rig;

use noxrun_engine::{
    Action, BlockClock, Curve, DelayPlace, EdgeKey, EffectKey, EngineConfig, Event, InputSpec,
    MASTER, MeterTap, PlaySpec, Renderer, TapKey, Target, TrackKey, TrackSetup, When,
};
use rig::effects::{Ahead, Ear, OnePole};
use rig::{NOW, Random, Rig, connect, constant, jump, key, noise, small, sound};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
    static TOUCHES: Cell<u64> = const { Cell::new(0) };
    /// Bytes that this thread has asked for and not given back.
    static LIVE: Cell<isize> = const { Cell::new(0) };
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
        LIVE.set(LIVE.get() + layout.size() as isize);
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count();
        LIVE.set(LIVE.get() - layout.size() as isize);
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

/// More of everything than an engine begins with: what waits, points, voices, reports and memory
/// that nobody has collected yet. It grows while it sounds, touches no heap in a callback, and
/// leaves nothing behind.
#[test]
fn growing_touches_no_heap_in_a_callback_and_everything_comes_back() {
    let before = LIVE.get();
    {
        let mut rig = Rig::new(&EngineConfig {
            control_capacity: 8_192,
            max_events: 20_000,
            ..small()
        });
        let sample = constant(2, 5, 0.001);
        let mut out = vec![0.0; 2 * 128];
        let mut touches = 0;
        for round in 0..40u64 {
            let now = rig.renderer.frame();
            for n in 0..200 {
                let at = When::Frame(now + 2_000 + n * 7 % 1_500);
                let track = 1 + n as u32 % 4;
                let target = [Target::TrackVolume, Target::TrackPan][n as usize % 2](key(track));
                rig.act_at(at, jump(target, 0.5));
                let reach = Action::Reach {
                    target: Target::TrackVolume(key(track)),
                    value: 0.25,
                    curve: Curve::Linear,
                };
                rig.act_at([at, When::Beat(n as f64)][n as usize % 2], reach);
                rig.act_at(at, Action::Marker(n));
                rig.stage_at(at, Action::Marker(n));
                let spec = PlaySpec::new(sample.clone(), key(track));
                rig.play_spec(at, n % 3 == 0, spec);
            }
            rig.commit_at(When::Frame(now + 2_000));
            // Reports and memory lie about for some blocks.
            touches += callback(&mut rig.renderer, &mut out);
            if round % 8 == 7 {
                rig.serve();
            }
        }
        for _ in 0..60 {
            touches += callback(&mut rig.renderer, &mut out);
        }
        rig.serve();
        assert_eq!(touches, 0);
        assert!(rig.growths_back >= 4, "{}", rig.growths_back);
        assert_eq!(rig.batches_back, 40);
        // Each of them, in order within its kind.
        assert_eq!(ended(&rig), 8_000);
        let marker = |event: &Event| matches!(event, Event::Marker { frame: Some(_), .. });
        assert_eq!(
            rig.reports.iter().filter(|event| marker(event)).count(),
            16_000
        );
        assert_eq!(rig.controller.shared.late_events(), 0);
    }
    assert_eq!(LIVE.get(), before);
}

/// Where commands that change the engine find something, or find nothing.
struct Things {
    random: Random,
    tracks: Vec<TrackKey>,
    effects: Vec<EffectKey>,
    edges: Vec<EdgeKey>,
    taps: Vec<TapKey>,
}

impl Things {
    fn any<T: Copy>(random: &mut Random, of: &[T]) -> T {
        of[random.below(of.len() as u64) as usize]
    }

    fn track(&mut self) -> TrackKey {
        Self::any(&mut self.random, &self.tracks)
    }

    fn action(&mut self, now: u64) -> Action {
        let random = &mut self.random;
        let effect = Self::any(random, &self.effects);
        let edge = Self::any(random, &self.edges);
        let tap = Self::any(random, &self.taps);
        let before = (random.below(2) == 0).then(|| Self::any(random, &self.effects));
        let on = random.below(2) == 0;
        let target = match random.below(4) {
            0 => Target::EdgeGain(edge),
            1 => Target::Effect(effect, 0),
            2 => Target::TrackPan(Self::any(random, &self.tracks)),
            _ => Target::TrackVolume(Self::any(random, &self.tracks)),
        };
        match random.below(20) {
            0 => Action::RemoveTrack(self.track()),
            1 => Action::Disconnect(edge),
            2 | 3 => Action::MoveEffect { effect, before },
            4 => Action::RemoveEffect(effect),
            5..8 => Action::Bypass { effect, on },
            8 => Action::DetachTap(tap),
            9 => Action::Tempo(30.0 + random.below(3_000) as f64),
            10 => Action::SeekTransport(random.below(64) as f64 / 4.0),
            11 => Action::Loop(on.then_some((2.0, 2.0 + random.below(9) as f64 / 8.0))),
            12 if on => Action::StopTransport,
            12 | 13 => Action::StartTransport,
            14 => Action::Cancel(target),
            15 => Action::Marker(now),
            16 | 17 => Action::Reach {
                target,
                value: 0.5,
                curve: Curve::Linear,
            },
            _ => Action::Set {
                target,
                value: random.below(8) as f64 / 8.0,
                frames: 100,
                curve: Curve::Exponential,
            },
        }
    }
}

/// Tracks, chains that look ahead, connections, taps, meters, automation and the transport, on
/// frames and on beats, in batches: 10,000 callbacks from the first on.
#[test]
fn ten_thousand_callbacks_of_a_changing_engine_neither_allocate_nor_free() {
    let mut rig = Rig::new(&EngineConfig {
        control_capacity: 512,
        max_voices: 8,
        safety_limiter: true,
        ..small()
    });
    let sample = constant(2, 700, 0.2);
    let mut things = Things {
        random: Random::new(23),
        tracks: vec![MASTER, key(1), key(2), key(3), key(4)],
        effects: vec![rig.add_effect(NOW, (0, 1), OnePole::default(), &[])],
        edges: rig.outputs[1..].to_vec(),
        taps: vec![rig.tap(NOW, (0, key(1)), Ear::new(2, 0))],
    };
    let shared = rig.controller.shared.clone();
    let mut meters = Vec::new();
    let mut out = vec![0.0; 2_000];
    let (mut touches, mut late) = (0, false);
    let (mut plays, mut made) = (0, [0; 4]);
    for round in 0..10_000u64 {
        let now = rig.renderer.frame();
        let at = match things.random.below(4) {
            0 => When::Frame(now + things.random.below(2_000)),
            1 => When::Beat(things.random.below(64) as f64 / 4.0),
            2 => When::Frame(now.saturating_sub(9)),
            _ => When::Now,
        };
        let action = things.action(now);
        match things.random.below(5) {
            0 => rig.stage_at(at, action),
            1 => rig.commit_at(at),
            _ => rig.act_at(at, action),
        }
        // Things that cross with memory, each in the next place of its table.
        let place = |count: u32, of: u32| 10 + count % of;
        match round % 24 {
            0 | 6 => {
                let index = place(made[0], 60);
                let latency = 1 + things.random.below(300) as usize;
                let effect = match round % 24 {
                    0 => rig.effect(index, OnePole::default(), &[1.0]),
                    _ => rig.effect(index, Ahead::new(latency, 2), &[1.0]),
                };
                things.effects.push(effect);
                let track = things.track();
                let action = Action::AddEffect {
                    effect,
                    track,
                    before: None,
                    bypass: false,
                };
                rig.act(NOW, action);
                made[0] += 1;
            }
            12 => {
                let edge = rig.edge(place(made[1], 60));
                things.edges.push(edge);
                rig.line(DelayPlace::Edge(edge), 400 + round as usize / 50);
                rig.line(
                    DelayPlace::Voices(things.track()),
                    400 + round as usize / 50,
                );
                rig.act(NOW, connect(edge, things.track(), things.track(), 0.5));
                made[1] += 1;
            }
            18 => {
                let at = (place(made[2], 30), things.track());
                things.taps.push(rig.tap(NOW, at, Ear::new(2, 0)));
                made[2] += 1;
                let index = 1 + made[3] as usize % 4;
                rig.act(NOW, Action::RemoveTrack(things.tracks[index]));
            }
            // The track has faded out by now.
            22 => {
                let index = 1 + made[3] as usize % 4;
                made[3] += 1;
                let track = TrackKey {
                    generation: made[3],
                    ..things.tracks[index]
                };
                things.tracks[index] = track;
                let setup = TrackSetup {
                    track,
                    volume: 1.0,
                    pan: 0.1,
                    open: true,
                };
                rig.act(NOW, Action::AddTrack(setup));
                rig.connect(place(made[1], 60), track, MASTER);
                made[1] += 1;
                meters.extend(MeterTap::open(&shared, track));
            }
            _ => {}
        }
        // Those that matter now, and some that are gone.
        things
            .effects
            .drain(..things.effects.len().saturating_sub(12));
        things.edges.drain(..things.edges.len().saturating_sub(12));
        things.taps.drain(..things.taps.len().saturating_sub(6));
        meters.drain(..meters.len().saturating_sub(20));
        if round % 5 == 0 && plays - ended(&rig) < 200 {
            let spec = PlaySpec::new(sample.clone(), things.track());
            rig.play_spec(at, false, spec);
            plays += 1;
        }
        let frames = match things.random.below(50) {
            0 => 1_000,
            _ => things.random.below(128),
        };
        touches += callback(&mut rig.renderer, &mut out[..2 * frames as usize]);
        rig.serve();
        late |= shared.graph_latency() > 0;
    }
    assert_eq!(touches, 0);
    // It did what it says.
    let count = |is: fn(&Event) -> bool| rig.reports.iter().filter(|event| is(event)).count();
    assert!(count(|event| matches!(event, Event::TrackGone(_))) > 100);
    assert!(count(|event| matches!(event, Event::EdgeGone(_))) > 400);
    assert!(count(|event| matches!(event, Event::Marker { .. })) > 100);
    assert!(rig.effects_back.len() > 200 && rig.taps_back.len() > 100 && rig.lines_back > 50);
    assert!(late && meters.iter_mut().any(|meter| meter.read().peak[0] > 0.0));
}

fn ended(rig: &Rig) -> usize {
    let ended = |event: &&Event| matches!(event, Event::Ended { .. });
    rig.reports.iter().filter(ended).count()
}

/// Missing frames, skips, a full ring, inputs that come, leave and end, alone or with their track.
#[test]
fn inputs_touch_no_heap_whatever_comes() {
    let mut rig = Rig::new(&small());
    let mut random = Random::new(5);
    let mut out = vec![0.0; 1_000];
    let mut writers = Vec::new();
    let mut touches = 0;
    for round in 0..4_000u64 {
        let index = (round % 8) as u32;
        if round % 97 < 8 && rig.inputs_back.len() + 8 > writers.len() {
            let spec = InputSpec {
                rate: small().sample_rate,
                channels: 1 + random.below(2) as usize,
                target: 1 + random.below(300) as u32,
                surplus: random.below(200) as u32,
                max_target: 1_000,
                gain: 1.0,
            };
            writers.push(rig.input(NOW, (index, key(1 + index % 4)), &spec));
        }
        for (input, writer) in writers.iter_mut().rev().take(8) {
            writer.push(&vec![0.1; random.below(600) as usize]);
            match random.below(60) {
                0 => writer.end(),
                1 => rig.act(NOW, Action::RemoveInput(*input)),
                2 => rig.set(NOW, Target::InputGain(*input), 0.5, 40),
                _ => {}
            }
        }
        let frames = random.below(500) as usize;
        touches += callback(&mut rig.renderer, &mut out[..2 * frames]);
        rig.serve();
    }
    assert_eq!(touches, 0);
    assert!(rig.inputs_back.len() > 100);
}
