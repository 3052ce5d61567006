//! The output does not depend on how frames are cut into blocks: not one bit.

use crate::rig;

use noxrun_engine::{
    Action, Curve, DelayPlace, EdgeKey, EffectKey, EngineConfig, Event, MASTER, PlaySpec, TapKey,
    Target, TrackKey, TrackSetup, VoiceKey, When,
};
use proptest::prelude::*;
use rig::effects::{Affine, Ahead, Ear, OnePole, Square, Volume};
use rig::{NOW, RATE, Random, Rig, connect, cut, key, noise, small, sound};

const FRAMES: usize = 6_000;

/// What a performance leaves behind.
#[derive(Debug, PartialEq)]
struct Traces {
    reports: Vec<Event>,
    effects_back: Vec<EffectKey>,
    taps_back: Vec<TapKey>,
    heard: Vec<Vec<u32>>,
    stale: u64,
}

/// What may be named by a command, there or not.
struct Cast {
    random: Random,
    voices: Vec<VoiceKey>,
    edges: Vec<EdgeKey>,
    effects: Vec<EffectKey>,
    taps: Vec<TapKey>,
    tracks: Vec<TrackKey>,
}

impl Cast {
    fn any<T: Copy>(random: &mut Random, of: &[T]) -> T {
        of[random.below(of.len() as u64) as usize]
    }

    fn track(&mut self) -> TrackKey {
        Self::any(&mut self.random, &self.tracks)
    }

    fn effect(&mut self) -> EffectKey {
        Self::any(&mut self.random, &self.effects)
    }

    fn voice(&mut self) -> VoiceKey {
        Self::any(&mut self.random, &self.voices)
    }

    fn edge(&mut self) -> EdgeKey {
        Self::any(&mut self.random, &self.edges)
    }

    /// A frame, or a beat at 120 a minute.
    fn time(&mut self) -> When {
        let frame = self.random.below(FRAMES as u64);
        if self.random.below(3) > 0 {
            When::Frame(frame)
        } else {
            When::Beat(frame as f64 * 120.0 / (60.0 * f64::from(RATE)))
        }
    }

    fn unit(&mut self) -> f64 {
        f64::from(self.random.signed()).abs() + 0.01
    }

    fn curve(&mut self) -> Curve {
        [Curve::Linear, Curve::Exponential, Curve::Step][self.random.below(3) as usize]
    }

    fn target(&mut self) -> (Target, f64) {
        let unit = self.unit();
        match self.random.below(7) {
            0 | 1 => (Target::VoiceGain(self.voice()), unit),
            2 => (Target::TrackVolume(self.track()), unit),
            3 => (Target::TrackPan(self.track()), unit - 0.5),
            4 => (Target::EdgeGain(self.edge()), unit),
            5 => (Target::VoiceRate(self.voice()), unit * 2.0),
            _ => (Target::Effect(self.effect(), 0), unit),
        }
    }

    /// What concerns voices and values.
    fn playing(&mut self, length: u32) -> Action {
        match self.random.below(11) {
            0 => Action::Stop {
                voice: self.voice(),
                fade: length,
            },
            1 => Action::Pause(self.voice()),
            2 => Action::Resume(self.voice()),
            3 => Action::Seek {
                voice: self.voice(),
                position: self.random.below(3_000),
            },
            4 => Action::Gate {
                track: self.track(),
                open: self.random.below(3) > 0,
            },
            5 if self.random.below(4) == 0 => Action::StopTrack {
                track: self.track(),
                fade: length,
            },
            6 | 7 => {
                let (target, value) = self.target();
                Action::Reach {
                    target,
                    value,
                    curve: self.curve(),
                }
            }
            8 if self.random.below(4) == 0 => Action::Cancel(self.target().0),
            _ => {
                let (target, value) = self.target();
                Action::Set {
                    target,
                    value,
                    frames: length,
                    curve: self.curve(),
                }
            }
        }
    }

    /// What concerns the graph and the transport.
    fn building(&mut self) -> Action {
        let before = (self.random.below(2) == 0).then(|| self.effect());
        match self.random.below(19) {
            0..4 => Action::Bypass {
                effect: self.effect(),
                on: self.random.below(2) == 0,
            },
            4 | 5 => Action::MoveEffect {
                effect: self.effect(),
                before,
            },
            6 => Action::RemoveEffect(self.effect()),
            7..10 => Action::AddEffect {
                effect: self.effect(),
                track: self.track(),
                before,
                bypass: self.random.below(3) == 0,
            },
            10 => Action::RemoveTrack(self.track()),
            11 => Action::AddTrack(TrackSetup {
                track: self.track(),
                volume: self.unit(),
                pan: 0.0,
                open: true,
            }),
            12 => Action::Disconnect(self.edge()),
            13 => Action::Tempo(60.0 + self.random.below(300) as f64),
            14 => Action::SeekTransport(self.random.below(3_000) as f64 / 2_000.0),
            15 => {
                let start = self.random.below(1_000) as f64 / 1_000.0;
                Action::Loop((self.random.below(3) > 0).then_some((start, start + 0.3)))
            }
            16 => match self.random.below(4) {
                0 => Action::StopTransport,
                _ => Action::StartTransport,
            },
            17 => Action::Marker(self.random.below(1_000)),
            _ => Action::AttachTap {
                tap: Self::any(&mut self.random, &self.taps),
                track: self.track(),
            },
        }
    }
}

/// A performance that uses everything at once: more voices than may sound, tails, moves of every
/// kind, a sound with a sample that is not a number, tracks, effects and connections that come and
/// go, some of which look ahead, beats, loops and batches.
fn perform(seed: u64, blocks: &[usize]) -> (Vec<f32>, Traces) {
    let mut rig = Rig::new(&EngineConfig {
        max_voices: 4,
        max_events: 1_000,
        control_capacity: 2_000,
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
    // Every second seed has effects that look ahead.
    let latent = (seed / 2).is_multiple_of(2);
    let effects = (0..14).map(|index| match index {
        0..4 => rig.effect(index, Affine(0.7, 0.0), &[]),
        4..7 => rig.effect(index, OnePole::default(), &[]),
        7..9 => rig.effect(index, Volume, &[0.5]),
        9 => rig.effect(index, Square, &[]),
        _ if latent => {
            let latency = 1 + random.below(400) as usize;
            rig.effect(index, Ahead::new(latency, 2), &[0.8])
        }
        _ => rig.effect(index, Ahead::new(0, 2), &[0.8]),
    });
    let effects: Vec<_> = effects.collect();
    for effect in &effects[..6] {
        let at = [NOW, random.below(2_000)][random.below(2) as usize];
        rig.act(at, rig::add_effect(*effect, random.below(5) as u32));
    }
    let again = |index| TrackKey {
        index,
        generation: 1,
    };
    let ears: Vec<_> = (0..3).map(|_| Ear::new(2, FRAMES)).collect();
    let taps = ears.iter().enumerate();
    let taps =
        taps.map(|(n, ear)| rig.tap(random.below(500), (n as u32, key(n as u32)), ear.clone()));
    let mut cast = Cast {
        taps: taps.collect(),
        voices: Vec::new(),
        edges: rig.outputs[1..].to_vec(),
        effects,
        tracks: vec![MASTER, key(1), key(2), key(3), key(4), again(2), again(3)],
        random,
    };
    for place in 0..60 {
        let edge = match rig.outputs.get(place as usize) {
            Some(output) if place > 0 => *output,
            _ => rig.edge(place),
        };
        rig.line(DelayPlace::Edge(edge), 700);
        if place < 5 {
            rig.line(DelayPlace::Voices(key(place)), 700);
        }
    }
    rig.act(cast.random.below(1_000), Action::StartTransport);
    for n in 0..160 {
        let at = cast.time();
        let length = [0, 1, 40, 1_000][cast.random.below(4) as usize];
        let staged = cast.random.below(8) == 0;
        let kind = if n < 3 { 0 } else { cast.random.below(10) };
        let action = match kind {
            0 | 1 => {
                let poisoned = cast.random.below(8) == 0;
                let content = match poisoned {
                    true => 3,
                    false => cast.random.below(3) as usize,
                };
                let spec = PlaySpec {
                    gain: cast.unit(),
                    rate: [1.0, 1.0, 0.7, 1.9][cast.random.below(4) as usize],
                    ..PlaySpec::new(sounds[content].clone(), cast.track())
                };
                cast.voices.push(rig.play_spec(at, staged, spec));
                continue;
            }
            2 => {
                let place = 10 + cast.random.below(50) as u32;
                let edge = rig.edge(place);
                cast.edges.push(edge);
                connect(edge, cast.track(), cast.track(), cast.unit())
            }
            3 => {
                rig.commit_at(at);
                continue;
            }
            4 | 5 => cast.building(),
            _ => cast.playing(length),
        };
        if staged {
            rig.stage_at([at, When::Now][n % 2], action);
        } else {
            rig.act_at(at, action);
        }
    }
    rig.commit(NOW);
    let out = rig.render_in(blocks);
    let mut traces = Traces {
        reports: std::mem::take(&mut rig.reports),
        effects_back: rig.effects_back,
        taps_back: rig.taps_back,
        heard: Vec::new(),
        stale: rig.controller.shared.stale_commands(),
    };
    for ear in &ears {
        traces.heard.push(bits(&ear.heard(0)));
        traces
            .heard
            .push(vec![ear.since() as u32, ear.frames() as u32]);
    }
    // Their order within a block is not promised.
    traces.reports.sort_by_key(|event| format!("{event:?}"));
    traces.effects_back.sort_by_key(|effect| effect.index);
    traces.taps_back.sort_by_key(|tap| tap.index);
    (out, traces)
}

/// Where two traces differ.
fn difference(a: &Traces, b: &Traces) -> String {
    let mut only: Vec<_> = a
        .reports
        .iter()
        .filter(|e| !b.reports.contains(e))
        .collect();
    only.extend(b.reports.iter().filter(|e| !a.reports.contains(e)));
    let heard = a.heard == b.heard;
    let counts = ((a.reports.len(), b.reports.len()), (a.stale, b.stale));
    format!("{only:?}, heard alike: {heard}, reports and stale commands: {counts:?}")
}

fn bits(out: &[f32]) -> Vec<u32> {
    out.iter().map(|x| x.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: rig::cases(400), failure_persistence: None, ..ProptestConfig::default() })]

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
        prop_assert!(first == second, "{:?}", difference(&first, &second));
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
