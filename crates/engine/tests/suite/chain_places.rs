//! Where effects stand in a chain: order, moves, the greatest length, and that each comes back once.

use crate::rig;

use noxrun_engine::{Action, EffectKey, EngineConfig, MAX_CHAIN, Target, TrackKey};
use rig::effects::{Affine, Square};
use rig::{NOW, PAUSE, Random, Rig, add_effect, add_track, constant, cut, key, ramp, small};

/// Frames of a crossfade.
const FADE: usize = PAUSE as usize;

/// The mix of an effect's input and output.
fn mix(dry: f32, wet: f32, gain: f64) -> f32 {
    let gain = gain as f32;
    dry * (1.0 - gain) + wet * gain
}

/// A rig that plays `value` on track 1 and has sounded for 100 frames.
fn playing(value: f32) -> Rig {
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &constant(2, 100_000, value), 1.0);
    rig.render(100);
    rig
}

fn bypass(effect: EffectKey, on: bool) -> Action {
    Action::Bypass { effect, on }
}

fn insert(effect: EffectKey, track: u32, before: EffectKey) -> Action {
    Action::AddEffect {
        effect,
        track: key(track),
        before: Some(before),
        bypass: false,
    }
}

#[test]
fn effects_stand_in_the_order_that_was_asked_for() {
    let mut rig = Rig::new(&small());
    let last = rig.add_effect(NOW, (0, 1), Affine(1.0, 3.0), &[]);
    let first = rig.effect(1, Affine(2.0, 0.0), &[]);
    rig.act(NOW, insert(first, 1, last));
    let second = rig.effect(2, Affine(1.0, 1.0), &[]);
    rig.act(NOW, insert(second, 1, last));
    rig.play(0, 1, &constant(2, 1_000, 1.0), 1.0);
    assert_eq!(rig.render_channel(10, 0), [1.0 * 2.0 + 1.0 + 3.0; 10]);
}

/// `before` names an effect that has gone and whose place another one has taken.
#[test]
fn an_effect_before_one_that_has_gone_is_the_last() {
    let mut rig = Rig::new(&small());
    let old = rig.add_effect(NOW, (0, 1), Affine(1.0, 7.0), &[]);
    rig.act(NOW, Action::RemoveEffect(old));
    rig.controller_settles();
    assert_eq!(rig.effects_back, [old]);
    rig.add_effect(NOW, (0, 1), Affine(1.0, 3.0), &[]);
    let twice = rig.effect(1, Affine(2.0, 0.0), &[]);
    rig.act(NOW, insert(twice, 1, old));
    rig.play(0, 1, &constant(2, 1_000, 1.0), 1.0);
    assert_eq!(rig.render_channel(10, 0), [(1.0 + 3.0) * 2.0; 10]);
}

/// Twice, then squared: 4. The first moves behind the second: 2.
#[test]
fn an_effect_moves_by_leaving_its_place_and_then_coming_at_the_other() {
    let mut rig = playing(1.0);
    let twice = rig.add_effect(NOW, (0, 1), Affine(2.0, 0.0), &[]);
    rig.add_effect(NOW, (1, 1), Square, &[]);
    rig.render(900);
    let action = Action::MoveEffect {
        effect: twice,
        before: None,
    };
    rig.act(2_000, action);
    let out = rig.render_in(&cut(2_000, &[60, 500]));
    for (index, pair) in out.chunks_exact(2).enumerate() {
        let frame = index + 1_000;
        let expected = match frame {
            0..2_000 => 4.0,
            2_000..2_080 => {
                let x = mix(1.0, 2.0, ramp(1.0, 0.0, frame - 2_000, FADE));
                x * x
            }
            _ => mix(1.0, 2.0, ramp(0.0, 1.0, frame - 2_080, FADE)),
        };
        assert_eq!(pair, [expected; 2], "frame {frame}");
    }
}

#[test]
fn an_effect_that_is_removed_on_its_way_to_another_place_comes_back_once() {
    for at in [0, 10, PAUSE - 1, PAUSE, PAUSE + 10, 2 * PAUSE] {
        let mut rig = playing(1.0);
        let twice = rig.add_effect(NOW, (0, 1), Affine(2.0, 0.0), &[]);
        rig.add_effect(NOW, (1, 1), Square, &[]);
        rig.render(900);
        let effect = twice;
        rig.act(
            2_000,
            Action::MoveEffect {
                effect,
                before: None,
            },
        );
        rig.act(2_000 + at, Action::RemoveEffect(twice));
        rig.render_in(&cut(1_500, &[60]));
        assert_eq!(rig.effects_back, [twice], "{at} frames later");
        assert_eq!(rig.render_channel(10, 0), [1.0; 10]);
    }
}

#[test]
fn effects_of_tracks_that_are_not_in_service_come_back() {
    let mut rig = Rig::new(&small());
    let stranger = TrackKey {
        index: 1,
        generation: 9,
    };
    let mut keys = Vec::new();
    for (index, track) in [key(60), stranger, key(4_000_000)].into_iter().enumerate() {
        let effect = rig.effect(index as u32, Affine(2.0, 0.0), &[]);
        let action = Action::AddEffect {
            effect,
            track,
            before: None,
            bypass: false,
        };
        rig.act(NOW, action);
        keys.push(effect);
    }
    // One for a place that is taken, one for no place at all, and one that is never put in.
    let taken = rig.add_effect(NOW, (7, 1), Affine(1.0, 0.0), &[]);
    keys.push(rig.effect(7, Affine(2.0, 0.0), &[]));
    keys.push(rig.effect(u32::MAX, Affine(2.0, 0.0), &[]));
    let unused = rig.effect(8, Affine(2.0, 0.0), &[]);
    rig.act(NOW, Action::RemoveEffect(unused));
    keys.push(unused);
    rig.controller_settles();
    rig.effects_back.sort_by_key(|key| key.generation);
    keys.sort_by_key(|key| key.generation);
    assert_eq!(rig.effects_back, keys);
    // One that has a chain cannot be given another.
    rig.act(NOW, add_effect(taken, 2));
    rig.controller_settles();
    assert_eq!(rig.effects_back, keys);
    assert_eq!(rig.controller.shared.stale_commands(), 4);
}

/// `x·a + b` in 32 bits tells every order from every other.
#[test]
fn the_order_after_many_changes_is_that_of_a_list() {
    for seed in 0..20 {
        let mut random = Random::new(seed + 1);
        let mut rig = playing(0.5);
        // The list, and how each is bypassed.
        let mut list: Vec<(EffectKey, Affine, bool)> = Vec::new();
        let mut free: Vec<u32> = (0..40).collect();
        let mut removed = 0;
        for _ in 0..60 {
            for _ in 0..random.below(6) {
                let place = random.below(list.len() as u64 + 1) as usize;
                let any = random.below(list.len().max(1) as u64) as usize;
                match random.below(5) {
                    0 | 1 if list.len() < MAX_CHAIN && !free.is_empty() => {
                        let unit = random.signed();
                        let affine = Affine(1.0 + unit / 16.0, random.signed() / 16.0);
                        let effect = rig.effect(free.pop().expect("a place"), affine, &[]);
                        let bypass = random.below(4) == 0;
                        let action = Action::AddEffect {
                            effect,
                            track: key(1),
                            before: list.get(place).map(|entry| entry.0),
                            bypass,
                        };
                        rig.act(NOW, action);
                        list.insert(place, (effect, affine, bypass));
                    }
                    2 if !list.is_empty() => {
                        let (effect, ..) = list.remove(any);
                        rig.act(NOW, Action::RemoveEffect(effect));
                        removed += 1;
                    }
                    3 if !list.is_empty() => {
                        let entry = list.remove(any);
                        let place = place.min(list.len());
                        let action = Action::MoveEffect {
                            effect: entry.0,
                            before: list.get(place).map(|entry| entry.0),
                        };
                        rig.act(NOW, action);
                        list.insert(place, entry);
                    }
                    _ if !list.is_empty() => {
                        list[any].2 ^= true;
                        rig.act(NOW, bypass(list[any].0, list[any].2));
                    }
                    _ => {}
                }
            }
            rig.render(1 + random.below(120) as usize);
            free.extend(rig.effects_back.drain(..).map(|key| key.index));
        }
        rig.render(3 * FADE);
        free.extend(rig.effects_back.drain(..).map(|key| key.index));
        let heard = list.iter().filter(|entry| !entry.2);
        let expected = heard.fold(0.5f32, |x, (_, affine, _)| x * affine.0 + affine.1);
        assert_eq!(rig.render_channel(10, 0), [expected; 10], "seed {seed}");
        assert_eq!(free.len() + list.len(), 40, "seed {seed}");
        assert!(removed > 10);
        assert_eq!(rig.controller.shared.stale_commands(), 0);
    }
}

#[test]
fn a_chain_that_is_exchanged_too_often_cuts_what_has_faded_longest() {
    let mut rig = playing(0.5);
    let mut generations: Vec<Vec<EffectKey>> = Vec::new();
    for round in 0..4 {
        for effect in generations.last().into_iter().flatten() {
            rig.act(NOW, Action::RemoveEffect(*effect));
        }
        // In front, so that the place in the chain says nothing of the age.
        let front = generations.last().map(|old: &Vec<EffectKey>| old[0]);
        let mut add = |n: usize| {
            let index = (round * MAX_CHAIN + n) as u32;
            let effect = rig.effect(index, Affine(1.0, 0.0), &[]);
            let action = Action::AddEffect {
                effect,
                track: key(1),
                before: front,
                bypass: false,
            };
            rig.act(NOW, action);
            effect
        };
        let generation = (0..MAX_CHAIN).map(&mut add).collect();
        generations.push(generation);
        rig.render(10);
        // From the third on, two are on their way out: the older of those is cut.
        let cut: Vec<EffectKey> = generations[..round.saturating_sub(1)].concat();
        assert_eq!(rig.effects_back, cut, "round {round}");
    }
    rig.render(2 * FADE);
    assert_eq!(rig.effects_back.len(), 3 * MAX_CHAIN);
    rig.effects_back.sort_by_key(|key| key.index);
    assert_eq!(rig.effects_back, generations[..3].concat());
    assert_eq!(rig.render_channel(10, 0), [0.5; 10]);
}

#[test]
fn chains_stand_before_the_fader_on_every_track_the_master_included() {
    let mut rig = Rig::new(&EngineConfig {
        channels: 3,
        ..small()
    });
    rig.add_effect(NOW, (0, 1), Affine(1.0, 1.0), &[]);
    rig.set(NOW, Target::TrackVolume(key(1)), 0.5, 0);
    rig.add_effect(NOW, (1, 0), Affine(2.0, 1.0), &[]);
    rig.set(NOW, Target::TrackVolume(key(0)), 0.25, 0);
    rig.play(0, 1, &constant(3, 100, 1.0), 1.0);
    let expected = ((1.0 + 1.0) * 0.5 * 2.0 + 1.0) * 0.25;
    assert_eq!(rig.render(50), [expected; 150]);
}

#[test]
fn a_chain_of_the_greatest_length_works_and_is_cleared() {
    let mut rig = Rig::bare(&small());
    rig.act(NOW, add_track(1));
    rig.connect(1, key(1), key(0));
    let effects: Vec<_> = (0..MAX_CHAIN as u32)
        .map(|n| rig.add_effect(NOW, (n, 1), Affine(1.0, 0.125), &[]))
        .collect();
    rig.play(0, 1, &constant(2, 5_000, 0.0), 1.0);
    let all = MAX_CHAIN as f32 * 0.125;
    assert_eq!(rig.render_channel(100, 0), [all; 100]);
    for effect in &effects {
        rig.act(NOW, Action::RemoveEffect(*effect));
    }
    rig.render(2 * FADE);
    assert_eq!(rig.render_channel(100, 0), [0.0; 100]);
    assert_eq!(rig.effects_back, effects);
}
