//! Effects that look ahead come, go, move and are bypassed without a click: what is heard bends no
//! more than a crossfade explains.

use crate::rig;

use noxrun_engine::{Action, DelayPlace, EffectKey, EngineConfig, MASTER};
use proptest::prelude::*;
use rig::desk::desk;
use rig::effects::Ahead;
use rig::{NOW, PAUSE, RATE, Random, Rig, add_effect, connect, cut, key, small, sound};

/// Frames of a crossfade.
const FADE: usize = PAUSE as usize;

fn bypass(effect: EffectKey, on: bool) -> Action {
    Action::Bypass { effect, on }
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
            rig.line(DelayPlace::Edge(edge), 1_000);
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
        rig.line(DelayPlace::Voices(key(track)), 12_000);
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
        rig.line(DelayPlace::Edge(*edge), 12_000);
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
    #![proptest_config(ProptestConfig { cases: rig::cases(40), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_of_a_graph_that_looks_ahead_clicks(seed in any::<u32>(), size in 1..2_000usize) {
        bends_of_any_changes(u64::from(seed), size)?;
    }
}
