//! Commands as a fuzzer makes them up: keys, values and times near those in use, and far from them.

use arbitrary::Arbitrary;
use noxrun_engine::fx::{EffectKind, build_effect};
use noxrun_engine::{
    Action, Batch, Command as Sent, Curve, DelayPlace, EdgeKey, EffectKey, EngineConfig, MASTER,
    Message, PlaySpec, SampleData, Sink, TapKey, Target, TrackKey, TrackSetup, VoiceKey, When,
    line_memory,
};
use std::sync::Arc;

/// A place in a table, mostly one that is in use.
#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Key {
    Near(u8, bool),
    Far(u32, u32),
}

impl Key {
    fn parts(self) -> (u32, u32) {
        match self {
            Self::Near(index, again) => (u32::from(index % 8), u32::from(again)),
            Self::Far(index, generation) => (index, generation),
        }
    }
}

macro_rules! keys {
    ($($name:ident: $key:ident;)*) => {
        $(fn $name(key: Key) -> $key {
            let (index, generation) = key.parts();
            $key { index, generation }
        })*
    };
}

keys! {
    voice: VoiceKey;
    edge: EdgeKey;
    effect: EffectKey;
    tap: TapKey;
    other_track: TrackKey;
}

fn track(key: Key) -> TrackKey {
    match key {
        Key::Near(0, _) => MASTER,
        key => other_track(key),
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Number {
    Unit(i16),
    Any(f64),
}

impl Number {
    fn value(self) -> f64 {
        match self {
            Self::Unit(n) => f64::from(n) / 8192.0,
            Self::Any(value) => value,
        }
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Time {
    Now,
    Soon(u16),
    Frame(u64),
    Eighth(u8),
    Beat(f64),
}

impl Time {
    fn when(self, now: u64) -> When {
        match self {
            Self::Now => When::Now,
            Self::Soon(frames) => When::Frame(now + u64::from(frames % 1024)),
            Self::Frame(frame) => When::Frame(frame),
            Self::Eighth(n) => When::Beat(f64::from(n) / 8.0),
            Self::Beat(beat) => When::Beat(beat),
        }
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Length {
    Short(u8),
    Any(u32),
}

impl Length {
    fn frames(self) -> u32 {
        match self {
            Self::Short(frames) => u32::from(frames),
            Self::Any(frames) => frames,
        }
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Shape {
    Linear,
    Exponential,
    Step,
}

impl Shape {
    fn curve(self) -> Curve {
        match self {
            Self::Linear => Curve::Linear,
            Self::Exponential => Curve::Exponential,
            Self::Step => Curve::Step,
        }
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Aim {
    Volume(Key),
    Pan(Key),
    VoiceGain(Key),
    VoiceRate(Key),
    Edge(Key),
    Effect(Key, u8),
}

impl Aim {
    fn target(self) -> Target {
        match self {
            Self::Volume(key) => Target::TrackVolume(track(key)),
            Self::Pan(key) => Target::TrackPan(track(key)),
            Self::VoiceGain(key) => Target::VoiceGain(voice(key)),
            Self::VoiceRate(key) => Target::VoiceRate(voice(key)),
            Self::Edge(key) => Target::EdgeGain(edge(key)),
            Self::Effect(key, param) => Target::Effect(effect(key), param % 5),
        }
    }
}

/// What is done, in the order of [`Action`].
#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Deed {
    Start(Key),
    Stop(Key, Length),
    StopTrack(Key, Length),
    Pause(Key),
    Resume(Key),
    Seek(Key, u64),
    Set(Aim, Number, Length, Shape),
    Reach(Aim, Number, Shape),
    Cancel(Aim),
    Gate(Key, bool),
    AddTrack(Key, Number, Number, bool),
    RemoveTrack(Key),
    Connect(Key, Key, Key, Number),
    Disconnect(Key),
    AddEffect(Key, Key, Option<Key>, bool),
    MoveEffect(Key, Option<Key>),
    RemoveEffect(Key),
    Bypass(Key, bool),
    Tempo(Number),
    StartTransport,
    StopTransport,
    SeekTransport(Number),
    Loop(Option<(Number, Number)>),
    Marker(u64),
    AttachTap(Key, Key),
    DetachTap(Key),
}

impl Deed {
    fn action(self) -> Action {
        match self {
            Self::Start(key) => Action::Start(voice(key)),
            Self::Stop(key, fade) => Action::Stop {
                voice: voice(key),
                fade: fade.frames(),
            },
            Self::StopTrack(key, fade) => Action::StopTrack {
                track: track(key),
                fade: fade.frames(),
            },
            Self::Pause(key) => Action::Pause(voice(key)),
            Self::Resume(key) => Action::Resume(voice(key)),
            Self::Seek(key, position) => Action::Seek {
                voice: voice(key),
                position,
            },
            Self::Set(aim, value, length, shape) => Action::Set {
                target: aim.target(),
                value: value.value(),
                frames: length.frames(),
                curve: shape.curve(),
            },
            Self::Reach(aim, value, shape) => Action::Reach {
                target: aim.target(),
                value: value.value(),
                curve: shape.curve(),
            },
            Self::Cancel(aim) => Action::Cancel(aim.target()),
            Self::Gate(key, open) => Action::Gate {
                track: track(key),
                open,
            },
            Self::AddTrack(key, volume, pan, open) => Action::AddTrack(TrackSetup {
                track: track(key),
                volume: volume.value(),
                pan: pan.value(),
                open,
            }),
            Self::RemoveTrack(key) => Action::RemoveTrack(track(key)),
            Self::Connect(key, from, to, gain) => Action::Connect {
                edge: edge(key),
                from: track(from),
                to: track(to),
                gain: gain.value(),
            },
            Self::Disconnect(key) => Action::Disconnect(edge(key)),
            Self::AddEffect(key, on, before, bypass) => Action::AddEffect {
                effect: effect(key),
                track: track(on),
                before: before.map(effect),
                bypass,
            },
            Self::MoveEffect(key, before) => Action::MoveEffect {
                effect: effect(key),
                before: before.map(effect),
            },
            Self::RemoveEffect(key) => Action::RemoveEffect(effect(key)),
            Self::Bypass(key, on) => Action::Bypass {
                effect: effect(key),
                on,
            },
            Self::Tempo(bpm) => Action::Tempo(bpm.value()),
            Self::StartTransport => Action::StartTransport,
            Self::StopTransport => Action::StopTransport,
            Self::SeekTransport(beat) => Action::SeekTransport(beat.value()),
            Self::Loop(ends) => Action::Loop(ends.map(|(from, to)| (from.value(), to.value()))),
            Self::Marker(id) => Action::Marker(id),
            Self::AttachTap(key, on) => Action::AttachTap {
                tap: tap(key),
                track: track(on),
            },
            Self::DetachTap(key) => Action::DetachTap(tap(key)),
        }
    }
}

/// What a voice plays.
#[derive(Arbitrary, Debug, Clone, Copy)]
pub struct Sound {
    sample: u8,
    track: Key,
    gain: Number,
    rate: Number,
    offset: u64,
    length: Option<u64>,
    repeat: Option<(u16, u16)>,
    fade_in: Length,
    fade_out: Length,
}

/// A command, alone or in a batch.
#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum One {
    Do(Time, bool, Deed),
    Play(Time, Key, Sound),
}

impl One {
    fn command(self, seq: u64, now: u64, samples: &[Arc<SampleData>]) -> Sent {
        match self {
            Self::Do(at, counted, deed) => Sent::Do {
                at: at.when(now),
                seq,
                counted,
                action: deed.action(),
            },
            Self::Play(at, key, sound) => Sent::Play {
                at: at.when(now),
                seq,
                voice: voice(key),
                spec: PlaySpec {
                    gain: sound.gain.value(),
                    rate: sound.rate.value(),
                    offset: sound.offset,
                    length: sound.length,
                    repeat: sound.repeat.map(|(from, to)| (from.into(), to.into())),
                    fade_in: sound.fade_in.frames(),
                    fade_out: sound.fade_out.frames(),
                    ..PlaySpec::new(
                        Arc::clone(&samples[usize::from(sound.sample) % samples.len()]),
                        track(sound.track),
                    )
                },
            },
        }
    }
}

/// A place of the control queue.
#[derive(Arbitrary, Debug, Clone)]
pub enum Command {
    One(One),
    Batch(Time, Vec<One>),
    Effect {
        key: Key,
        filter: bool,
        variant: u8,
        values: [Number; 3],
    },
    Line {
        edge: bool,
        key: Key,
        frames: u8,
    },
    Tap(Key),
}

/// A tap that hears only what is finite.
#[derive(Debug)]
struct Ear;

impl Sink for Ear {
    fn take(&mut self, lanes: &[&[f32]], _frame: u64) {
        assert!(lanes.iter().all(|lane| lane.iter().all(|x| x.is_finite())));
    }
}

impl Command {
    pub fn message(
        &self,
        seq: u64,
        now: u64,
        samples: &[Arc<SampleData>],
        config: &EngineConfig,
    ) -> Message {
        match self {
            Self::One(one) => Message::One(one.command(seq, now, samples)),
            Self::Batch(at, ones) => Message::Batch(Box::new(Batch {
                at: at.when(now),
                commands: ones
                    .iter()
                    .zip(seq..)
                    .map(|(one, seq)| one.command(seq, now, samples))
                    .collect(),
            })),
            Self::Effect {
                key,
                filter,
                variant,
                values,
            } => {
                let kind = if *filter {
                    EffectKind::Filter
                } else {
                    EffectKind::Gain
                };
                let values = values.map(Number::value);
                let (rate, channels) = (config.sample_rate, config.channels);
                let body = build_effect(kind, (*variant).into(), &values, rate, channels);
                Message::Effect(effect(*key), Box::new(body))
            }
            Self::Line {
                edge: on_edge,
                key,
                frames,
            } => {
                let place = if *on_edge {
                    DelayPlace::Edge(edge(*key))
                } else {
                    DelayPlace::Voices(track(*key))
                };
                Message::Line(place, line_memory((*frames).into(), config.channels))
            }
            Self::Tap(key) => Message::Tap(tap(*key), Box::new(Ear)),
        }
    }
}
