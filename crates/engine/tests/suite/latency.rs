//! Effects that look ahead: whatever meets stays together in time, and what changes a track meets
//! the sound that it was meant for.

use crate::rig;

use noxrun_engine::{
    Action, Curve, DelayPlace, EffectKey, Event, MASTER, PlaySpec, Target, VoiceKey, When,
};
use proptest::prelude::*;
use rig::desk::{Desk, LATENCIES, desk, longest};
use rig::effects::Ahead;
use rig::{NOW, PAUSE, RATE, Random, Rig, coarse, constant, cut, jump, key, noise, small, sound};

/// Frames of a crossfade.
const FADE: usize = PAUSE as usize;

fn bypass(effect: EffectKey, on: bool) -> Action {
    Action::Bypass { effect, on }
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
        rig.line(DelayPlace::Voices(MASTER), 1_000);
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
    rig.line(DelayPlace::Edge(rig.outputs[1]), 300);
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

#[test]
fn what_comes_with_a_track_is_there_for_its_first_sound() {
    let mut rig = Rig::new(&small());
    rig.line(DelayPlace::Edge(rig.outputs[2]), 100);
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
    assert_eq!(shared.track_volume(key(1)), Some(0.5));
    // What comes later meets its sound.
    rig.act(NOW, jump(Target::TrackVolume(key(1)), 1.0));
    rig.render(100);
    assert_eq!(shared.track_volume(key(1)), Some(0.5));
    rig.render(1);
    assert_eq!(shared.track_volume(key(1)), Some(1.0));
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
    #![proptest_config(ProptestConfig { cases: rig::cases(60), failure_persistence: None, ..ProptestConfig::default() })]

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
