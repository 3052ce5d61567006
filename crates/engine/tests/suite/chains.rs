//! Chains of effects: what comes, goes, moves or is bypassed is crossfaded, nothing is run that is
//! not heard, and every effect comes back once.

use crate::rig;

use noxrun_engine::{Action, Curve, EffectKey, Target};
use rig::effects::{Affine, Counter, Counts, OnePole, Volume};
use rig::{NOW, PAUSE, Rig, add_effect, coarse, constant, cut, jump, key, ramp, small, sound};
use std::sync::Arc;

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

#[test]
fn an_effect_of_a_track_that_has_not_sounded_is_there_at_once() {
    let mut rig = Rig::new(&small());
    rig.add_effect(NOW, (0, 1), Affine(2.0, 0.0), &[]);
    rig.play(0, 1, &constant(2, 1_000, 0.25), 1.0);
    assert_eq!(rig.render(300), [0.5; 600]);
}

#[test]
fn an_effect_comes_and_goes_by_the_crossfade_formula() {
    let mut rig = playing(0.25);
    let twice = rig.add_effect(1_000, (0, 1), Affine(2.0, 0.0), &[]);
    rig.act(2_000, Action::RemoveEffect(twice));
    let out = rig.render_in(&cut(2_900, &[77, 300]));
    for (index, pair) in out.chunks_exact(2).enumerate() {
        let frame = index + 100;
        let wet = match frame {
            0..1_000 => 0.0,
            1_000..2_000 => ramp(0.0, 1.0, frame - 1_000, FADE),
            _ => ramp(1.0, 0.0, frame - 2_000, FADE),
        };
        assert_eq!(pair, [mix(0.25, 0.5, wet); 2], "frame {frame}");
    }
    assert_eq!(rig.effects_back, [twice]);
}

#[test]
fn an_effect_that_is_removed_comes_back_when_it_has_faded_out_and_once() {
    let mut rig = playing(0.25);
    let effect = rig.add_effect(NOW, (3, 1), Affine(2.0, 0.0), &[]);
    rig.render(500);
    rig.act(NOW, Action::RemoveEffect(effect));
    rig.render(FADE - 1);
    assert_eq!(rig.effects_back, []);
    // Asked again: it is on its way.
    rig.act(NOW, Action::RemoveEffect(effect));
    rig.render(1);
    rig.render(1);
    assert_eq!(rig.effects_back, [effect]);
    rig.act(NOW, Action::RemoveEffect(effect));
    rig.render(500);
    assert_eq!(rig.effects_back, [effect]);
    assert_eq!(rig.controller.shared.stale_commands(), 1);
}

#[test]
fn bypass_crossfades_by_the_formula_from_wherever_it_is() {
    let mut rig = playing(0.25);
    let twice = rig.add_effect(NOW, (0, 1), Affine(2.0, 0.0), &[]);
    rig.render(900);
    rig.act(2_000, bypass(twice, true));
    rig.act(3_000, bypass(twice, false));
    rig.act(3_030, bypass(twice, true));
    rig.act(3_040, bypass(twice, true));
    let out = rig.render_in(&cut(4_000, &[51]));
    let turn = ramp(0.0, 1.0, 29, FADE);
    for (index, pair) in out.chunks_exact(2).enumerate() {
        let frame = index + 1_000;
        let wet = match frame {
            0..2_000 => 1.0,
            2_000..3_000 => ramp(1.0, 0.0, frame - 2_000, FADE),
            3_000..3_030 => ramp(0.0, 1.0, frame - 3_000, FADE),
            _ => ramp(turn, 0.0, frame - 3_030, FADE),
        };
        assert_eq!(pair, [mix(0.25, 0.5, wet); 2], "frame {frame}");
    }
}

#[test]
fn bypass_that_comes_with_the_track_is_immediate() {
    let mut rig = Rig::new(&small());
    let effect = rig.add_effect(NOW, (0, 1), Affine(2.0, 0.0), &[]);
    rig.act(NOW, bypass(effect, true));
    let other = rig.effect(1, Affine(4.0, 0.0), &[]);
    let action = Action::AddEffect {
        effect: other,
        track: key(1),
        before: None,
        bypass: true,
    };
    rig.act(NOW, action);
    rig.act(NOW, bypass(other, false));
    rig.play(0, 1, &constant(2, 1_000, 0.125), 1.0);
    assert_eq!(rig.render(300), [0.5; 600]);
}

#[test]
fn a_bypassed_effect_is_not_run_and_begins_anew_when_it_is_heard_again() {
    let mut rig = playing(0.25);
    let counts = Arc::<Counts>::default();
    let counter = Counter::new(&counts, false);
    let effect = rig.add_effect(1_000, (0, 1), counter, &[]);
    rig.render_in(&cut(1_900, &[100]));
    assert_eq!(counts.frames(), 1_000);
    let resets = counts.resets();
    rig.act(2_500, bypass(effect, true));
    rig.render_in(&cut(5_000, &[100]));
    assert_eq!(counts.frames(), 1_500 + FADE as u64);
    assert_eq!(counts.resets(), resets);
    rig.act(8_000, bypass(effect, false));
    rig.render_in(&cut(2_000, &[100]));
    assert_eq!(counts.frames(), 1_500 + FADE as u64 + 1_000);
    assert_eq!((counts.resets(), counts.gaps()), (resets + 1, 0));
    // Taken back while it fades out, it goes on.
    rig.act(9_500, bypass(effect, true));
    rig.act(9_500 + PAUSE - 1, bypass(effect, false));
    rig.render(1_000);
    assert_eq!((counts.resets(), counts.gaps()), (resets + 1, 0));
}

#[test]
fn an_effect_that_begins_bypassed_is_not_run() {
    let mut rig = playing(0.25);
    let counts = Arc::<Counts>::default();
    let counter = Counter::new(&counts, false);
    let effect = rig.effect(0, counter, &[]);
    let action = Action::AddEffect {
        effect,
        track: key(1),
        before: None,
        bypass: true,
    };
    rig.act(NOW, action);
    rig.render(1_000);
    assert_eq!(counts.frames(), 0);
    rig.act(NOW, Action::RemoveEffect(effect));
    rig.render(1);
    assert_eq!(
        (rig.effects_back.as_slice(), counts.frames()),
        (&[effect][..], 0)
    );
}

#[test]
fn an_effect_that_rests_is_not_run_in_silence_and_one_that_does_not_is() {
    for rests in [true, false] {
        let mut rig = Rig::new(&small());
        let counts = Arc::<Counts>::default();
        let counter = Counter::new(&counts, rests);
        rig.add_effect(NOW, (0, 1), counter, &[]);
        rig.render_in(&cut(1_000, &[100]));
        assert_eq!(counts.frames(), if rests { 0 } else { 1_000 });
        rig.play(1_500, 1, &constant(2, 100, 0.5), 1.0);
        rig.render_in(&cut(1_000, &[50]));
        assert_eq!(counts.frames(), if rests { 100 } else { 2_000 });
    }
}

/// It is silent before it comes; its past before a bypass is forgotten.
#[test]
fn an_effect_that_remembers_begins_with_nothing() {
    let mut rig = playing(0.5);
    let effect = rig.add_effect(1_000, (0, 1), OnePole::default(), &[]);
    rig.act(1_500, bypass(effect, true));
    rig.act(2_000, bypass(effect, false));
    let out = rig.render_in(&cut(2_400, &[128, 3]));
    let mut state = 0.0;
    for (index, pair) in out.chunks_exact(2).enumerate() {
        let frame = index + 100;
        let wet = match frame {
            0..1_000 => 0.0,
            1_000..1_500 => ramp(0.0, 1.0, frame - 1_000, FADE),
            1_500..2_000 => ramp(1.0, 0.0, frame - 1_500, FADE),
            _ => ramp(0.0, 1.0, frame - 2_000, FADE),
        };
        if frame == 1_000 || frame == 2_000 {
            state = 0.0;
        }
        if frame >= 1_000 {
            state = 0.25 + state * 0.5;
        }
        assert_eq!(pair, [mix(0.5, state, wet); 2], "frame {frame}");
    }
}

#[test]
fn the_tail_of_an_effect_is_heard_after_its_sound() {
    let mut rig = Rig::new(&small());
    rig.add_effect(NOW, (0, 1), OnePole::default(), &[]);
    rig.play(0, 1, &constant(2, 10, 0.5), 1.0);
    let out = rig.render_in(&cut(300, &[7]));
    let mut state = 0.0f32;
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        state = if frame < 10 { 0.25 } else { 0.0 } + state * 0.5;
        assert_eq!(pair, [state; 2], "frame {frame}");
    }
    assert!(out[100] > 0.0 && out[598] == 0.0);
}

#[test]
fn parameters_of_effects_follow_their_ramps() {
    let mut rig = Rig::new(&small());
    let content = coarse(3, 2, 3_000);
    let effect = rig.add_effect(NOW, (0, 1), Volume, &[0.5]);
    let target = Target::Effect(effect, 0);
    rig.play(0, 1, &sound(content.clone()), 1.0);
    rig.set(100, target, 2.0, 450);
    rig.act(1_000, jump(target, 0.25));
    let exponential = Action::Set {
        target,
        value: 1.0,
        frames: 300,
        curve: Curve::Exponential,
    };
    rig.act(2_000, exponential);
    // There is no such parameter.
    rig.set(100, Target::Effect(effect, 1), 0.0, 0);
    let out = rig.render_in(&cut(3_000, &[64, 300]));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        let gain = match frame {
            0..100 => 0.5,
            100..1_000 => ramp(0.5, 2.0, frame - 100, 450),
            1_000..2_000 => 0.25,
            2_000..2_300 => 0.25 * 4f64.powf((frame - 1_999) as f64 / 300.0),
            _ => 1.0,
        };
        let expected = content[0][frame] * gain as f32;
        let error = (pair[0] - expected).abs();
        let exponential = (2_000..2_300).contains(&frame);
        assert!(error == 0.0 || (exponential && error < 1e-6), "{frame}");
    }
    assert_eq!(rig.controller.shared.stale_commands(), 1);
}

#[test]
fn a_parameter_that_comes_with_its_track_is_immediate_and_is_read_back() {
    let mut rig = Rig::new(&small());
    let effect = rig.effect(0, Volume, &[0.5]);
    rig.act(NOW, add_effect(effect, 1));
    rig.set(NOW, Target::Effect(effect, 0), 2.0, 40);
    rig.play(0, 1, &constant(2, 3_000, 0.25), 1.0);
    assert_eq!(rig.render_channel(10, 0), [0.5; 10]);
    rig.set(NOW, Target::Effect(effect, 0), 1.0, 40);
    let out = rig.render_channel(100, 0);
    for (k, x) in out.iter().enumerate() {
        assert_eq!(*x, 0.25 * ramp(2.0, 1.0, k, 40) as f32, "frame {k}");
    }
}

#[test]
fn a_bypassed_effects_parameters_move_in_time() {
    let mut rig = playing(1.0);
    let effect = rig.add_effect(NOW, (0, 1), Volume, &[0.0]);
    rig.act(NOW, bypass(effect, true));
    rig.render(900);
    rig.set(1_000, Target::Effect(effect, 0), 1.0, 2_000);
    rig.act(2_000, bypass(effect, false));
    let out = rig.render_in(&cut(2_000, &[99]));
    for frame in 2_000 + FADE..3_000 {
        let expected = ramp(0.0, 1.0, frame - 1_000, 2_000) as f32;
        assert_eq!(out[2 * (frame - 1_000)], expected, "frame {frame}");
    }
}

#[test]
fn a_sample_that_is_not_a_number_leaves_no_trace_in_a_chain_when_the_track_is_opened() {
    let mut rig = Rig::new(&small());
    rig.add_effect(NOW, (0, 1), OnePole::default(), &[]);
    rig.play(0, 1, &constant(2, 10, f32::NAN), 1.0);
    rig.play(1_000, 1, &constant(2, 5_000, 0.5), 1.0);
    assert_eq!(rig.render(2_000), [0.0; 4_000]);
    assert!(rig.controller.shared.take_poisoned(1));
    let gate = Action::Gate {
        track: key(1),
        open: true,
    };
    rig.act(NOW, gate);
    let out = rig.render_channel(200, 0);
    assert!(!rig.controller.shared.take_poisoned(1));
    assert!((out[199] - 0.5).abs() < 1e-6, "{}", out[199]);
}
