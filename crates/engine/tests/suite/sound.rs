//! What is heard, against a slow mixer written from the public sound definitions.

use crate::reference;
use crate::rig;

use noxrun_engine::{Action, Curve, EngineConfig, Target, VoiceKey};
use proptest::prelude::*;
use reference::{Command, Fate, Mixer, Move};
use rig::{RATE, Rig, cut, key, noise, small, sound};

/// Frames of a performance.
const FRAMES: u64 = 3_000;
const VOICES: usize = 6;
const TRACKS: usize = 3;

fn moves() -> impl Strategy<Value = Move> {
    let curve = prop_oneof![
        Just(Curve::Linear),
        Just(Curve::Exponential),
        Just(Curve::Step)
    ];
    let frames = prop_oneof![Just(0), Just(1), Just(2), 3..50u64, 50..2_000u64];
    (0.05..1.5f64, frames, curve).prop_map(|(value, frames, curve)| Move {
        value,
        frames,
        curve,
    })
}

fn pans() -> impl Strategy<Value = Move> {
    (-1.0..=1.0f64, 0..500u64).prop_map(|(value, frames)| Move {
        value,
        frames,
        curve: Curve::Linear,
    })
}

fn fades() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), Just(2), 3..400u64]
}

fn commands() -> impl Strategy<Value = Command> {
    let voice = 0..VOICES;
    let track = 0..=TRACKS;
    prop_oneof![
        (voice.clone(), fades()).prop_map(|(voice, fade)| Command::Stop { voice, fade }),
        (track.clone(), fades()).prop_map(|(track, fade)| Command::StopTrack { track, fade }),
        voice.clone().prop_map(|voice| Command::Pause { voice }),
        voice.clone().prop_map(|voice| Command::Resume { voice }),
        voice.clone().prop_map(|voice| Command::Resume { voice }),
        (voice, moves()).prop_map(|(voice, to)| Command::Gain { voice, to }),
        (track.clone(), moves()).prop_map(|(track, to)| Command::Volume { track, to }),
        (track.clone(), pans()).prop_map(|(track, to)| Command::Pan { track, to }),
        (track, any::<bool>()).prop_map(|(track, open)| Command::Gate { track, open }),
    ]
}

/// A voice is paused twice at most: more within 10 ms than it has read heads is not defined.
fn no_more_than_two_pauses(score: &mut Vec<(u64, Command)>) {
    let mut pauses = [0; VOICES];
    score.retain(|(_, command)| match command {
        Command::Pause { voice } => {
            pauses[*voice] += 1;
            pauses[*voice] <= 2
        }
        _ => true,
    });
}

fn scores() -> impl Strategy<Value = Vec<(u64, Command)>> {
    let play = (0..FRAMES / 2, 0..=TRACKS, 0.05..1.5f64);
    let plays = prop::collection::vec(play, VOICES);
    let others = prop::collection::vec((0..FRAMES, commands()), 0..40);
    (plays, others).prop_map(|(plays, others)| {
        let plays = plays.into_iter().enumerate();
        let plays = plays.map(|(sound, (at, track, gain))| {
            let gain = if sound == 0 { 1.0 } else { gain };
            (at, Command::Play { track, sound, gain })
        });
        let mut score: Vec<_> = plays.chain(others).collect();
        no_more_than_two_pauses(&mut score);
        score
    })
}

/// The engine's performance of a score.
fn perform(
    config: &EngineConfig,
    sounds: &[Vec<Vec<f32>>],
    score: &[(u64, Command)],
    blocks: &[usize],
) -> (Vec<f32>, Vec<Fate>) {
    let mut rig = Rig::new(config);
    let samples: Vec<_> = sounds.iter().map(|s| sound(s.clone())).collect();
    let mut voices: Vec<VoiceKey> = Vec::new();
    for (frame, command) in score {
        let set = |target, to: &Move| Action::Set {
            target,
            value: to.value,
            frames: to.frames as u32,
            curve: to.curve,
        };
        let action = match command {
            Command::Play { track, sound, gain } => {
                voices.push(rig.play(*frame, *track as u32, &samples[*sound], *gain));
                continue;
            }
            Command::Stop { voice, fade } => Action::Stop {
                voice: voices[*voice],
                fade: *fade as u32,
            },
            Command::StopTrack { track, fade } => Action::StopTrack {
                track: key(*track as u32),
                fade: *fade as u32,
            },
            Command::Pause { voice } => Action::Pause(voices[*voice]),
            Command::Resume { voice } => Action::Resume(voices[*voice]),
            Command::Volume { track, to } => set(Target::TrackVolume(key(*track as u32)), to),
            Command::Pan { track, to } => set(Target::TrackPan(key(*track as u32)), to),
            Command::Gain { voice, to } => set(Target::VoiceGain(voices[*voice]), to),
            Command::Gate { track, open } => Action::Gate {
                track: key(*track as u32),
                open: *open,
            },
        };
        rig.act(*frame, action);
    }
    let out = rig.render_in(blocks);
    let fates = voices.iter().map(|voice| Fate {
        started: rig.started(*voice),
        ended: rig.ended(*voice),
    });
    (out, fates.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Starts, stops, pauses, ramps, pans and mutes at any frames, mono to three-channel sounds, on
    /// one to four output channels.
    #[test]
    fn a_performance_follows_the_sound_definitions(
        score in scores(),
        channels in 1..=4usize,
        shapes in prop::collection::vec((1..=3usize, 1..2_000usize), VOICES),
        sizes in prop::collection::vec(1..=700usize, 1..6),
    ) {
        let sounds: Vec<_> = shapes
            .iter()
            .enumerate()
            .map(|(seed, (width, frames))| noise(seed as u64, *width, *frames, 0.1))
            .collect();
        let config = EngineConfig { channels, ..small() };
        let blocks = cut(FRAMES as usize, &sizes);
        let (out, fates) = perform(&config, &sounds, &score, &blocks);
        let mixer = Mixer::new(&sounds, channels, TRACKS, RATE);
        let (expected, expected_fates) = mixer.perform(&score, FRAMES);
        prop_assert_eq!(out.len(), expected.len());
        for (index, (value, wanted)) in out.iter().zip(&expected).enumerate() {
            let difference = (f64::from(*value) - wanted).abs();
            prop_assert!(
                difference <= 1e-6,
                "frame {}: {value}, expected {wanted}", index / channels
            );
        }
        prop_assert_eq!(fates, expected_fates);
    }
}
