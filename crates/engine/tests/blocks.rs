//! The output does not depend on how frames are cut into blocks: not one bit.

mod rig;

use noxrun_engine::{Action, Curve, EngineConfig, Event, Target, VoiceKey};
use proptest::prelude::*;
use rig::{Random, Rig, cut, key, noise, small, sound};

const FRAMES: usize = 6_000;

/// A performance that uses everything at once: more voices than may sound, tails, moves of every
/// kind, a sound with a sample that is not a number.
fn perform(seed: u64, blocks: &[usize]) -> (Vec<f32>, Vec<Event>) {
    let mut rig = Rig::new(&EngineConfig {
        max_voices: 4,
        safety_limiter: seed.is_multiple_of(2),
        ..small()
    });
    let mut random = Random::new(seed);
    let sounds: Vec<_> = (1..=4u64)
        .map(|n| {
            let frames = 200 + random.below(3_000) as usize;
            let mut content = noise(seed + n, n as usize % 3 + 1, frames, 0.4);
            if n == 4 {
                content[0][frames / 2] = f32::NAN;
            }
            sound(content)
        })
        .collect();
    let mut voices = Vec::new();
    for _ in 0..120 {
        let at = random.below(FRAMES as u64);
        let track = random.below(5) as u32;
        let unit = f64::from(random.signed()).abs() + 0.01;
        let frames = [0, 1, 40, 1_000][random.below(4) as usize];
        let any_voice = |random: &mut Random, voices: &[VoiceKey]| {
            voices[random.below(voices.len() as u64) as usize]
        };
        let kind = if voices.is_empty() {
            0
        } else {
            random.below(9)
        };
        let curve = [Curve::Linear, Curve::Exponential, Curve::Step][random.below(3) as usize];
        let set = |target, value| Action::Set {
            target,
            value,
            frames,
            curve,
        };
        let action = match kind {
            0 | 1 => {
                let poisoned = random.below(8) == 0;
                let content = if poisoned {
                    3
                } else {
                    random.below(3) as usize
                };
                voices.push(rig.play(at, track, &sounds[content], unit));
                continue;
            }
            2 => Action::Stop {
                voice: any_voice(&mut random, &voices),
                fade: frames,
            },
            3 => Action::Pause(any_voice(&mut random, &voices)),
            4 => Action::Resume(any_voice(&mut random, &voices)),
            5 => set(Target::VoiceGain(any_voice(&mut random, &voices)), unit),
            6 => set(Target::TrackVolume(key(track)), unit),
            7 => set(Target::TrackPan(key(track)), unit - 0.5),
            _ => Action::Gate {
                track: key(track),
                open: random.below(3) > 0,
            },
        };
        rig.act(at, action);
    }
    let out = rig.render_in(blocks);
    let mut reports = std::mem::take(&mut rig.reports);
    // Their order within a block is not promised.
    reports.sort_by_key(|event| format!("{event:?}"));
    (out, reports)
}

fn bits(out: &[f32]) -> Vec<u32> {
    out.iter().map(|x| x.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn block_size_never_changes_the_output(
        seed in any::<u32>(),
        sizes in prop::collection::vec(1..=4_096usize, 1..12),
        others in prop_oneof![
            Just(vec![1]),
            (1..=4_096usize).prop_map(|size| vec![size]),
            prop::collection::vec(1..=64usize, 1..30),
        ],
    ) {
        let (one, first) = perform(u64::from(seed), &cut(FRAMES, &sizes));
        let (other, second) = perform(u64::from(seed), &cut(FRAMES, &others));
        prop_assert!(bits(&one) == bits(&other));
        prop_assert_eq!(first, second);
        prop_assert!(one.iter().all(|x| x.is_finite()));
    }
}

#[test]
fn every_block_size_up_to_300_gives_the_same_bits() {
    let whole = bits(&perform(42, &[FRAMES]).0);
    assert!(whole.iter().any(|x| *x != 0));
    for size in (1..=300).chain([511, 512, 513, 1_024, 4_095, 4_096]) {
        let out = bits(&perform(42, &cut(FRAMES, &[size])).0);
        assert!(out == whole, "blocks of {size} frames");
    }
}

#[test]
fn a_block_that_ends_within_a_frame_renders_the_whole_frames_and_silences_the_rest() {
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &rig::constant(2, 100, 0.5), 1.0);
    let mut out = [f32::NAN; 7];
    rig.renderer.process(&mut out, Default::default());
    assert_eq!(out, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.0]);
    assert_eq!(rig.renderer.frame(), 3);
}
