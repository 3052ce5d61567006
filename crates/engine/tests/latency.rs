//! Effects that look ahead: whatever meets stays together in time, and what changes a track meets
//! the sound that it was meant for.

mod rig;

use noxrun_engine::{
    Action, Curve, EdgeKey, EffectKey, EngineConfig, Event, MASTER, Place, PlaySpec, Target,
    TrackKey, TrackSetup, VoiceKey, When,
};
use proptest::prelude::*;
use rig::effects::{Ahead, Ear};
use rig::{
    NOW, PAUSE, RATE, Random, Rig, add_effect, coarse, connect, constant, cut, jump, key, noise,
    small, sound,
};

/// Frames of a crossfade.
const FADE: usize = PAUSE as usize;

fn bypass(effect: EffectKey, on: bool) -> Action {
    Action::Bypass { effect, on }
}

/// Memory enough for anything, everywhere.
fn equip(rig: &mut Rig, tracks: u32, edges: &[EdgeKey]) {
    for track in 0..=tracks {
        rig.line(Place::Voices(key(track)), 2_000);
    }
    for edge in edges {
        rig.line(Place::Edge(*edge), 2_000);
    }
}

/// Tracks 1 and 2 end in bus 3, track 4 in the master, track 1 sends to bus 5.
struct Desk {
    rig: Rig,
    edges: Vec<EdgeKey>,
    effects: Vec<EffectKey>,
}

/// `latencies` of an effect on each track, the master first; 0: the same effect without a wait.
fn desk(latencies: [usize; 6]) -> Desk {
    // Voices for all: which one is stolen depends on the faders, and those are compensated.
    let mut rig = Rig::bare(&EngineConfig {
        max_tracks: 5,
        max_voices: 128,
        ..small()
    });
    for track in 1..=5 {
        rig.act(NOW, rig::add_track(track));
    }
    let ways = [(1, 3), (2, 3), (3, 0), (4, 0), (1, 5), (5, 0)];
    let ways = ways.into_iter().enumerate();
    let edges: Vec<_> = ways
        .map(|(place, (from, to))| rig.connect(place as u32, key(from), key(to)))
        .collect();
    equip(&mut rig, 5, &edges);
    let effects = (0..6).map(|track| {
        let effect = Ahead::new(latencies[track as usize], 2);
        rig.add_effect(NOW, (track, track), effect, &[1.0])
    });
    let effects = effects.collect();
    Desk {
        rig,
        edges,
        effects,
    }
}

const LATENCIES: [[usize; 6]; 6] = [
    [0, 37, 0, 0, 0, 0],
    [0, 0, 0, 300, 0, 0],
    [5, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 1_000, 0],
    [11, 37, 64, 300, 1, 7],
    [1, 256, 255, 257, 512, 1_024],
];

/// Frames by which everything is later: the longest way.
fn longest(latencies: [usize; 6]) -> usize {
    let [master, one, two, three, four, five] = latencies;
    let bus = one.max(two) + three;
    bus.max(four).max(one + five) + master
}

#[test]
fn parallel_tracks_stay_together_to_the_sample() {
    for latencies in LATENCIES {
        let mut desk = desk(latencies);
        let total = longest(latencies);
        let contents: Vec<_> = (0..6).map(|n| coarse(n + 1, 2, 1_500)).collect();
        for (track, content) in contents.iter().enumerate() {
            let level = content.iter().map(|c| c.iter().map(|x| x / 16.0).collect());
            desk.rig
                .play(100, track as u32, &sound(level.collect()), 1.0);
        }
        let out = desk.rig.render_in(&cut(4_000, &[64, 300, 1]));
        assert_eq!(desk.rig.controller.shared.graph_latency() as usize, total);
        for (frame, pair) in out.chunks_exact(2).enumerate() {
            let position = frame.checked_sub(100 + total);
            for channel in 0..2 {
                let at = |n: usize| position.and_then(|p| contents[n][channel].get(p));
                let x = |n: usize| at(n).copied().unwrap_or(0.0) / 16.0;
                // Track 1 is heard by its bus and by its send.
                let sum: f32 = (0..6).map(x).sum::<f32>() + x(1);
                assert_eq!(pair[channel], sum, "{latencies:?}, frame {frame}");
            }
        }
    }
}

/// Any performance: voices and changes of every kind at any frames.
fn perform(desk: &mut Desk, seed: u64, frames: usize, blocks: &[usize]) -> Vec<f32> {
    let mut random = Random::new(seed);
    let rig = &mut desk.rig;
    rig.act(0, Action::StartTransport);
    rig.controller_settles();
    let sample = sound(noise(seed, 2, 2_000, 0.2));
    let mut voices: Vec<VoiceKey> = Vec::new();
    for _ in 0..120 {
        // On frame 0 as well, where nothing has sounded yet.
        let frame = random.below(frames as u64 + 400).saturating_sub(400);
        let beat = frame as f64 * 120.0 / (60.0 * f64::from(RATE));
        let at = [When::Frame(frame), When::Beat(beat)][random.below(2) as usize];
        let track = random.below(6) as u32;
        let unit = f64::from(random.signed()).abs() * 1.5 + 0.01;
        let edge = desk.edges[random.below(6) as usize];
        let effect = desk.effects[random.below(6) as usize];
        let voice = voices.get(random.below(20) as usize).copied();
        let target = match random.below(6) {
            0 => Target::TrackVolume(key(track)),
            1 => Target::TrackPan(key(track)),
            2 => Target::EdgeGain(edge),
            3 => Target::Effect(effect, 0),
            _ => voice.map_or(Target::TrackVolume(MASTER), Target::VoiceGain),
        };
        let value = match target {
            Target::TrackPan(_) => unit - 0.75,
            _ => unit,
        };
        let curve = [Curve::Linear, Curve::Exponential, Curve::Step][random.below(3) as usize];
        let length = [0, 1, 40, 700][random.below(4) as usize];
        let action = match random.below(9) {
            0 | 1 => {
                let spec = PlaySpec {
                    gain: unit,
                    ..PlaySpec::new(sample.clone(), key(track))
                };
                voices.push(rig.play_spec(at, false, spec));
                continue;
            }
            2 => match voice {
                Some(voice) => Action::Stop {
                    voice,
                    fade: length,
                },
                None => continue,
            },
            3 => Action::Gate {
                track: key(track),
                open: random.below(3) > 0,
            },
            4 | 5 => Action::Reach {
                target,
                value,
                at: match at {
                    When::Frame(frame) => When::Frame(frame + u64::from(length)),
                    _ => When::Beat(beat + random.below(1_000) as f64 / 4_000.0),
                },
                curve,
            },
            6 if random.below(4) == 0 => Action::Cancel(target),
            _ => Action::Set {
                target,
                value,
                frames: length,
                curve,
            },
        };
        // Some before the first frame, without a time of their own.
        if frame == 0 && random.below(2) == 0 {
            rig.act(NOW, action);
        } else {
            rig.act_at(at, action);
        }
    }
    rig.render_in(blocks)
}

fn bits(out: &[f32]) -> Vec<u32> {
    // Silence has one sign.
    out.iter().map(|x| (x + 0.0).to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// The output is that of the same engine without any wait, later by the graph's latency: bit for
    /// bit, whatever happens on any strip.
    #[test]
    fn what_changes_a_track_meets_the_sound_that_it_was_meant_for(
        seed in any::<u32>(),
        latencies in prop::sample::select(&LATENCIES[..]),
        size in 1..600usize,
    ) {
        let seed = u64::from(seed);
        let total = longest(latencies);
        let plain = perform(&mut desk([0; 6]), seed, 4_000, &[6_000]);
        let blocks = cut(6_000 + total, &[size, 256, 300]);
        let late = perform(&mut desk(latencies), seed, 4_000, &blocks);
        prop_assume!(plain.iter().any(|x| *x != 0.0));
        prop_assert!(late[..2 * total].iter().all(|x| *x == 0.0));
        let differs = bits(&plain).iter().zip(bits(&late[2 * total..])).position(|(a, b)| *a != b);
        prop_assert_eq!(differs, None);
    }
}

#[test]
fn bypass_keeps_the_time_of_everything() {
    for latencies in LATENCIES {
        let mut desk = desk(latencies);
        let total = longest(latencies);
        let content = coarse(9, 2, 6_000);
        desk.rig.play(0, 1, &sound(content.clone()), 1.0);
        desk.rig.play(0, 4, &sound(content.clone()), 1.0);
        for effect in desk.effects.clone() {
            desk.rig.act(1_000, bypass(effect, true));
            desk.rig.act(3_000, bypass(effect, false));
            desk.rig.act(3_040, bypass(effect, true));
        }
        let out = desk.rig.render_in(&cut(5_000, &[200, 3]));
        assert_eq!(desk.rig.controller.shared.graph_latency() as usize, total);
        for (frame, pair) in out.chunks_exact(2).enumerate() {
            let x = frame.checked_sub(total).map_or(0.0, |p| content[0][p]);
            // By track 3, by track 5 and by track 4.
            let error = (pair[0] - 3.0 * x).abs();
            assert!(error < 1e-5, "{latencies:?}, frame {frame}: {error}");
        }
    }
}

/// The same crossfade as without a wait, later by the wait.
#[test]
fn bypass_of_an_effect_that_looks_ahead_meets_its_sound() {
    let perform = |latency: usize| {
        let mut rig = Rig::new(&small());
        rig.line(Place::Voices(MASTER), 1_000);
        let effect = rig.add_effect(NOW, (0, 1), Ahead::new(latency, 2), &[2.0]);
        let first = rig.effect(1, Ahead::new(latency, 2), &[1.0]);
        let action = Action::AddEffect {
            effect: first,
            track: key(1),
            before: Some(effect),
            bypass: false,
        };
        rig.act(NOW, action);
        rig.play(0, 1, &sound(noise(4, 2, 6_000, 0.3)), 1.0);
        rig.act(1_000, bypass(effect, true));
        rig.act(3_000, bypass(effect, false));
        rig.act(3_500, bypass(effect, true));
        rig.act(3_520, bypass(effect, false));
        rig.render_in(&cut(5_000 + 2 * latency, &[177]))
    };
    let plain = perform(0);
    for latency in [1, 50, 300] {
        let late = perform(latency);
        for (index, (a, b)) in plain.iter().zip(&late[4 * latency..]).enumerate() {
            let error = (a - b).abs();
            assert!(error < 1e-6, "{latency}, frame {}: {error}", index / 2);
        }
    }
}

#[test]
fn without_memory_nothing_is_delayed_and_with_too_little_only_so_far() {
    for (memory, delay) in [(None, 0), (Some(20), 20), (Some(100), 100)] {
        let mut rig = Rig::new(&small());
        if let Some(frames) = memory {
            rig.line(Place::Edge(rig.outputs[2]), frames);
        }
        rig.add_effect(NOW, (0, 1), Ahead::new(100, 2), &[1.0]);
        rig.play(50, 1, &constant(2, 1, 0.5), 1.0);
        rig.play(50, 2, &constant(2, 1, 0.25), 1.0);
        rig.set(50, Target::EdgeGain(rig.outputs[2]), 2.0, 0);
        let out = rig.render_channel(300, 0);
        assert_eq!(rig.controller.shared.graph_latency(), 100);
        let mut expected = [0.0; 300];
        expected[150] += 0.5;
        expected[50 + delay] += 0.5;
        assert_eq!(out, expected, "{memory:?}");
    }
}

#[test]
fn memory_comes_ahead_of_what_it_is_for_and_what_is_not_needed_goes_back() {
    let mut rig = Rig::bare(&small());
    let edges = [rig.edge(1), rig.edge(2)];
    equip(&mut rig, 2, &edges);
    for track in [1, 2] {
        rig.act(NOW, rig::add_track(track));
        let edge = edges[track as usize - 1];
        rig.act(NOW, connect(edge, key(track), MASTER, 1.0));
    }
    rig.add_effect(NOW, (0, 1), Ahead::new(70, 2), &[1.0]);
    rig.play(0, 1, &constant(2, 1, 0.5), 1.0);
    rig.play(0, 2, &constant(2, 1, 0.5), 1.0);
    rig.play(0, 0, &constant(2, 1, 0.5), 1.0);
    let out = rig.render_channel(100, 0);
    let expected: Vec<f32> = (0..100).map(|n| if n == 70 { 1.5 } else { 0.0 }).collect();
    assert_eq!(out, expected);
    assert_eq!(rig.lines_back, 0);
    // Less than there is, for nobody, and more, for which the old comes back.
    rig.line(Place::Edge(edges[0]), 50);
    let stranger = rig.edge(1);
    rig.line(Place::Edge(stranger), 4_000);
    rig.line(Place::Voices(key(4_000_000)), 4_000);
    rig.render(1);
    assert_eq!(rig.lines_back, 3);
    rig.line(Place::Edge(edges[1]), 4_000);
    rig.render(1);
    assert_eq!(rig.lines_back, 4);
}

#[test]
fn more_memory_keeps_what_is_under_way() {
    let mut rig = Rig::new(&small());
    let edge = rig.outputs[2];
    rig.line(Place::Edge(edge), 120);
    rig.add_effect(NOW, (0, 1), Ahead::new(100, 2), &[1.0]);
    let content = coarse(6, 2, 2_000);
    rig.play(0, 2, &sound(content.clone()), 1.0);
    let mut out = rig.render_in(&cut(777, &[64]));
    rig.line(Place::Edge(edge), 3_000);
    out.extend(rig.render_in(&cut(777, &[64])));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        let expected = frame.checked_sub(100).map_or(0.0, |p| content[0][p]);
        assert_eq!(pair[0], expected, "frame {frame}");
    }
}

/// The places of a connection and of a track are used again: nothing of what went through them
/// before is heard.
#[test]
fn a_line_that_is_used_again_has_forgotten() {
    let mut rig = Rig::new(&small());
    let output = rig.outputs[2];
    rig.line(Place::Edge(output), 500);
    rig.line(Place::Voices(key(3)), 500);
    rig.add_effect(NOW, (0, 1), Ahead::new(400, 2), &[1.0]);
    rig.connect(10, key(1), key(3));
    // Both lines are full when what they belong to ends.
    rig.play(0, 2, &constant(2, 1_080, 0.5), 1.0);
    rig.play(0, 3, &constant(2, 1_080, 0.5), 1.0);
    rig.act(1_000, Action::Disconnect(output));
    rig.act(1_000, Action::RemoveTrack(key(3)));
    rig.render(1_081);
    assert!(rig.is_gone(output) && rig.reports.contains(&Event::TrackGone(key(3))));
    let again = TrackKey {
        index: 3,
        generation: 1,
    };
    for (track, place) in [(key(5), output.index), (again, 20)] {
        let setup = TrackSetup {
            track,
            volume: 1.0,
            pan: 0.0,
            open: true,
        };
        rig.act(NOW, Action::AddTrack(setup));
        rig.connect(place, track, MASTER);
    }
    // Track 5 is delayed behind itself, track 3 within.
    rig.connect(30, key(1), again);
    for track in [key(5), again] {
        let spec = PlaySpec::new(constant(2, 5_000, 0.25), track);
        rig.play_spec(When::Now, false, spec);
    }
    let out = rig.render_channel(2_000, 0);
    assert!(out[..400] == [0.0; 400] && out[400..] == [0.5; 1_600]);
}

/// A sine at a moderate level; the phase is its own.
fn sine(rig: &mut Rig, track: u32) {
    let wave: Vec<f32> = (0..100_000)
        .map(|n| {
            let turn = f64::from(n) * 50.0 / f64::from(RATE) + f64::from(track) * 0.13;
            ((turn * std::f64::consts::TAU).sin() * 0.25) as f32
        })
        .collect();
    rig.play(0, track, &sound(vec![wave.clone(), wave]), 1.0);
}

/// The greatest bend that `ways` sines and crossfades of 10 ms between two of them can have, with a
/// little room: each way is `a·(1 − g) + b·g` with |a|, |b| ≤ 0.25 and g a line over the fade.
fn greatest_bend(ways: f64) -> f64 {
    let step = 50.0 / f64::from(RATE) * std::f64::consts::TAU;
    let slope = 1.0 / FADE as f64;
    let (level, speed, bend) = (0.25, 0.25 * step, 0.25 * step * step);
    // Corners of the line, its slope against the difference's, and the sines' own.
    ways * 1.1 * (slope * 2.0 * level + 2.0 * slope * 2.0 * speed + bend)
}

fn check_bends(out: &[f32], ways: f64, what: &str) {
    let left: Vec<f64> = out.chunks_exact(2).map(|p| f64::from(p[0])).collect();
    for (frame, w) in left.windows(3).enumerate() {
        let bend = (w[2] - 2.0 * w[1] + w[0]).abs();
        let most = greatest_bend(ways);
        assert!(bend <= most, "{what}, frame {frame}: {bend} over {most}");
    }
}

#[test]
fn an_effect_that_looks_ahead_comes_and_goes_without_a_click() {
    for (track, latency) in [(1, 30), (1, 500), (3, 200), (0, 200), (4, 1_000)] {
        let mut desk = desk([0; 6]);
        for track in 0..6 {
            sine(&mut desk.rig, track);
        }
        desk.rig.render(500);
        let effect = desk.rig.effect(20, Ahead::new(latency, 2), &[1.0]);
        desk.rig.act(1_000, add_effect(effect, track));
        let mut out = desk.rig.render_in(&cut(4_000, &[300, 17]));
        let shown = desk.rig.controller.shared.graph_latency() as usize;
        assert_eq!(shown, latency);
        // Another one while the first is still coming, and both go again, one after the other.
        let other = desk.rig.effect(21, Ahead::new(150, 2), &[1.0]);
        desk.rig.act(5_000, add_effect(other, track));
        desk.rig.act(8_000, Action::RemoveEffect(effect));
        desk.rig.act(8_030, Action::RemoveEffect(other));
        out.extend(desk.rig.render_in(&cut(6_000, &[300, 17])));
        assert_eq!(desk.rig.controller.shared.graph_latency(), 0);
        assert_eq!(desk.rig.effects_back, [effect, other]);
        // Seven ways to the output, and a way in each line and chain that it goes through.
        let what = format!("{latency} frames on track {track}");
        check_bends(&out[2_000..], 14.0, &what);
        // It is what it was before.
        let mut plain = self::desk([0; 6]);
        (0..6).for_each(|track| sine(&mut plain.rig, track));
        let expected = plain.rig.render_in(&cut(10_500, &[256]));
        assert_eq!(out[2 * 9_000..], expected[2 * 9_500..], "{what}");
    }
}

/// The new way is delayed, and has nothing to say before that.
#[test]
fn another_route_past_an_effect_that_looks_ahead_bends_no_more_than_a_crossfade() {
    for latency in [40, 80, 500] {
        let mut rig = Rig::new(&small());
        for place in 1..20 {
            let edge = match rig.outputs.get(place) {
                Some(output) => *output,
                None => rig.edge(place as u32),
            };
            rig.line(Place::Edge(edge), 1_000);
        }
        rig.add_effect(NOW, (0, 1), Ahead::new(latency, 2), &[1.0]);
        // From a bus whose way is delayed to one of its own.
        rig.act(NOW, Action::Disconnect(rig.outputs[2]));
        let old = rig.connect(15, key(2), key(3));
        sine(&mut rig, 2);
        rig.render(1_000);
        let new = rig.edge(10);
        rig.act(1_500, Action::Disconnect(old));
        rig.act(1_500, connect(new, key(2), MASTER, 1.0));
        let out = rig.render_in(&cut(4_000, &[64, 300]));
        check_bends(&out, 2.0, &format!("{latency} frames"));
        let level = out[2 * 2_500..].iter().fold(0.0f32, |m, x| m.max(*x));
        assert!(level > 0.24, "{level}");
    }
}

/// One way alone: the least that a click could hide behind.
#[test]
fn changes_of_one_chain_that_looks_ahead_bend_no_more_than_a_crossfade() {
    type Change = fn(&mut Rig, EffectKey, EffectKey);
    let changes: [(&str, Change); 6] = [
        ("bypass", |rig, effect, _| {
            rig.act(2_000, bypass(effect, true));
            rig.act(4_000, bypass(effect, false));
        }),
        ("bypass and back", |rig, effect, _| {
            rig.act(2_000, bypass(effect, true));
            rig.act(2_030, bypass(effect, false));
        }),
        ("removal", |rig, effect, _| {
            rig.act(2_000, Action::RemoveEffect(effect));
        }),
        ("removal while bypassed", |rig, effect, _| {
            rig.act(2_000, bypass(effect, true));
            rig.act(4_000, Action::RemoveEffect(effect));
        }),
        ("move", |rig, effect, _| {
            let before = None;
            rig.act(2_000, Action::MoveEffect { effect, before });
        }),
        ("move while bypassed", |rig, effect, other| {
            rig.act(2_000, bypass(effect, true));
            rig.act(3_000, bypass(other, true));
            let before = None;
            rig.act(4_000, Action::MoveEffect { effect, before });
            rig.act(5_000, bypass(effect, false));
        }),
    ];
    for (what, change) in changes {
        for latency in [20, 80, 333] {
            let mut rig = Rig::new(&small());
            sine(&mut rig, 1);
            rig.render(100);
            // They come while it sounds.
            let effect = rig.add_effect(200, (0, 1), Ahead::new(latency, 2), &[0.5]);
            let other = rig.add_effect(200, (1, 1), Ahead::new(50, 2), &[1.0]);
            change(&mut rig, effect, other);
            let out = rig.render_in(&cut(8_000, &[64, 300]));
            check_bends(&out, 3.0, &format!("{what}, {latency}"));
            assert!(out[..2 * 7_000].iter().any(|x| x.abs() > 0.12));
        }
    }
}

/// Effects that change nothing but the time, and ways between tracks, come and go, move and are
/// bypassed at any moment, many at once. At 48 kHz a crossfade bends less than any jump.
fn bends_of_any_changes(seed: u64, size: usize) -> Result<(), TestCaseError> {
    const FRAMES: usize = 30_000;
    let mut random = Random::new(seed);
    let mut rig = Rig::new(&EngineConfig {
        sample_rate: 48_000,
        ..small()
    });
    for track in 0..=4 {
        rig.line(Place::Voices(key(track)), 12_000);
        let phase = f64::from(track) * 0.13;
        let wave = |n: i32| ((f64::from(n) / 480.0 + phase) * std::f64::consts::TAU).sin();
        let wave: Vec<f32> = (0..2 * FRAMES as i32)
            .map(|n| wave(n) as f32 * 0.25)
            .collect();
        rig.play(0, track, &sound(vec![wave.clone(), wave]), 1.0);
    }
    let mut edges = rig.outputs[1..].to_vec();
    edges.extend((10..30).map(|place| rig.edge(place)));
    for edge in &edges {
        rig.line(Place::Edge(*edge), 12_000);
    }
    let effects: Vec<_> = (0..10)
        .map(|index| match index {
            0..3 => rig.effect(index, Ahead::new(0, 2), &[1.0]),
            _ => {
                let most = [20, 500, 2_000][index as usize % 3];
                let latency = 1 + random.below(most) as usize;
                rig.effect(index, Ahead::new(latency, 2), &[1.0])
            }
        })
        .collect();
    rig.render(100);
    let mut next = 4;
    for _ in 0..30 {
        // Often within one crossfade, or one wait, of each other.
        let frame = 1_000 + random.below(12) * 1_500 + random.below(300) * random.below(2);
        let effect = effects[random.below(10) as usize];
        let before = (random.below(2) == 0).then(|| effects[random.below(10) as usize]);
        let track = key(random.below(5) as u32);
        let action = match random.below(8) {
            0..3 => Action::AddEffect {
                effect,
                track,
                before,
                bypass: random.below(3) == 0,
            },
            3 => Action::MoveEffect { effect, before },
            4 => Action::RemoveEffect(effect),
            5 => bypass(effect, random.below(2) == 0),
            6 => Action::Disconnect(edges[random.below(next as u64) as usize]),
            _ if next < edges.len() => {
                next += 1;
                let to = key(random.below(5) as u32);
                connect(edges[next - 1], track, to, 0.5)
            }
            _ => continue,
        };
        rig.act(frame, action);
    }
    let out = rig.render_in(&cut(FRAMES, &[size, 700]));
    let left: Vec<f64> = out.chunks_exact(2).map(|p| f64::from(p[0])).collect();
    for (frame, w) in left.windows(3).enumerate() {
        let bend = (w[2] - 2.0 * w[1] + w[0]).abs();
        prop_assert!(bend < 0.01, "frame {}: {bend}", frame + 100);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_of_a_graph_that_looks_ahead_clicks(seed in any::<u32>(), size in 1..2_000usize) {
        bends_of_any_changes(u64::from(seed), size)?;
    }
}

#[test]
fn an_effect_that_looks_ahead_comes_by_the_crossfade_formula_when_it_has_something_to_say() {
    let content = noise(8, 2, 4_000, 0.5);
    let latency = 100;
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &sound(content.clone()), 1.0);
    rig.render(50);
    let effect = rig.add_effect(1_000, (0, 1), Ahead::new(latency, 2), &[2.0]);
    rig.act(2_000, Action::RemoveEffect(effect));
    let out = rig.render_in(&cut(3_000, &[33]));
    for (index, pair) in out.chunks_exact(2).enumerate() {
        let frame = index + 50;
        let wet = match frame {
            0..1_100 => 0.0,
            1_100..2_000 => rig::ramp(0.0, 1.0, frame - 1_100, FADE),
            _ => rig::ramp(1.0, 0.0, frame - 2_000, FADE),
        } as f32;
        let late = frame.checked_sub(latency).map_or(0.0, |p| content[0][p]);
        let expected = content[0][frame] * (1.0 - wet) + 2.0 * late * wet;
        assert_eq!(pair[0], expected, "frame {frame}");
    }
}

/// The fader is behind 300 frames that are under way to it and past it.
#[test]
fn a_track_that_leaves_takes_what_is_under_way_with_it() {
    let mut rig = Rig::new(&small());
    rig.line(Place::Edge(rig.outputs[1]), 300);
    rig.add_effect(NOW, (0, 2), Ahead::new(300, 2), &[1.0]);
    rig.play(0, 1, &constant(2, 5_000, 0.5), 1.0);
    rig.render(1_000);
    rig.act(NOW, Action::RemoveTrack(key(1)));
    let out = rig.render_in(&cut(2_000, &[70]));
    for (k, pair) in out.chunks_exact(2).enumerate() {
        let expected = match k {
            0..300 => 0.5,
            _ => 0.5 * rig::ramp(1.0, 0.0, k - 300, FADE) as f32,
        };
        assert_eq!(pair, [expected; 2], "frame {k}");
    }
    assert!(rig.reports.contains(&Event::TrackGone(key(1))));
}

/// Once nothing is under way, a chain that looks ahead costs nothing in silence.
#[test]
fn a_line_does_not_keep_a_silent_track_awake() {
    let mut rig = Rig::new(&small());
    let ear = Ear::new(2, 4_000);
    rig.tap(NOW, (0, key(1)), ear.clone());
    let counts = std::sync::Arc::default();
    let counter = rig::effects::Counter::new(&counts, true);
    rig.add_effect(NOW, (0, 1), Ahead::new(200, 2), &[1.0]);
    rig.add_effect(NOW, (1, 1), counter, &[]);
    rig.play(0, 1, &constant(2, 100, 0.5), 1.0);
    rig.render_in(&cut(3_000, &[100]));
    let heard = ear.heard(0);
    assert!(
        heard
            .iter()
            .enumerate()
            .all(|(n, x)| (*x == 0.5) == (200..300).contains(&n))
    );
    // It was run while the sound was on its way, and not much longer.
    assert!(
        (300..=700).contains(&counts.frames()),
        "{}",
        counts.frames()
    );
}

#[test]
fn what_comes_with_a_track_is_there_for_its_first_sound() {
    let mut rig = Rig::new(&small());
    rig.line(Place::Edge(rig.outputs[2]), 100);
    let effect = rig.add_effect(NOW, (0, 1), Ahead::new(100, 2), &[1.0]);
    let other = rig.add_effect(NOW, (1, 1), Ahead::new(0, 2), &[3.0]);
    rig.set(NOW, Target::TrackVolume(key(1)), 0.5, 40);
    rig.set(NOW, Target::Effect(effect, 0), 0.5, 40);
    rig.act(NOW, bypass(other, true));
    let gate = Action::Gate {
        track: key(2),
        open: false,
    };
    rig.act(NOW, gate);
    rig.play(0, 1, &constant(2, 1_000, 1.0), 1.0);
    rig.play(0, 2, &constant(2, 1_000, 1.0), 1.0);
    let out = rig.render_channel(1_000, 0);
    assert!(out[..100] == [0.0; 100] && out[100..] == [0.25; 900]);
    let shared = rig.controller.shared.clone();
    assert_eq!(shared.track_volume(key(1)), 0.5);
    // What comes later meets its sound.
    rig.act(NOW, jump(Target::TrackVolume(key(1)), 1.0));
    rig.render(100);
    assert_eq!(shared.track_volume(key(1)), 0.5);
    rig.render(1);
    assert_eq!(shared.track_volume(key(1)), 1.0);
}

/// One that waits for its sound has had its time: it is not dropped any more.
#[test]
fn a_cancel_does_not_reach_what_has_had_its_time() {
    let mut rig = Rig::new(&small());
    rig.add_effect(NOW, (0, 1), Ahead::new(300, 2), &[1.0]);
    rig.play(0, 1, &constant(2, 5_000, 0.5), 1.0);
    let target = Target::TrackVolume(key(1));
    rig.act(1_000, jump(target, 0.5));
    rig.render(1_100);
    rig.act(NOW, Action::Cancel(target));
    let out = rig.render_channel(1_000, 0);
    assert_eq!((out[199], out[200], out[999]), (0.5, 0.25, 0.25));
}
