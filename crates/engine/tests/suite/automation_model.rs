//! Random sets, automations, cancels, batches and a transport that goes where it likes, against a
//! plain reference that looks through one list on every frame; whatever the block size.

use crate::reference;
use crate::rig;

use noxrun_engine::{Action, Curve, Target, When};
use reference::Move;
use reference::automation::{Call, Desk, Step, Time};
use rig::{NOW, RATE, Random, Rig, cut, key, small};

const KNOBS: usize = 3;

/// The parameter of each track: one that has points at frames, one that has points at beats, and
/// one that is only set.
fn target(knob: usize) -> Target {
    Target::TrackVolume(key(1 + knob as u32))
}

fn when(time: Option<Time>) -> When {
    match time {
        None => When::Now,
        Some(Time::Frame(frame)) => When::Frame(frame),
        Some(Time::Beat(beat)) => When::Beat(beat),
    }
}

/// Sends a call as the directing side does.
fn send(rig: &mut Rig, call: &Call, staged: bool) {
    // An automation is told from another one by a gap in the order.
    rig.next_seq();
    let mut act = |at, action| match staged {
        true => rig.stage_at(at, action),
        false => rig.act_at(at, action),
    };
    match call {
        Call::Set(knob, at, to) => {
            let set = Action::Set {
                target: target(*knob),
                value: to.value,
                frames: to.frames as u32,
                curve: to.curve,
            };
            act(when(*at), set);
        }
        Call::Automate(knob, steps) => {
            for step in steps {
                let reach = Action::Reach {
                    target: target(*knob),
                    value: step.value,
                    curve: step.curve,
                };
                act(when(Some(step.at)), reach);
            }
        }
        Call::Cancel(knob, at) => act(when(*at), Action::Cancel(target(*knob))),
        Call::Tempo(at, bpm) => act(when(Some(*at)), Action::Tempo(*bpm)),
        Call::Start(at) => act(when(Some(*at)), Action::StartTransport),
        Call::Stop(at) => act(when(Some(*at)), Action::StopTransport),
        Call::Seek(at, beat) => act(when(Some(*at)), Action::SeekTransport(*beat)),
        Call::Loop(at, looped) => act(when(Some(*at)), Action::Loop(*looped)),
        Call::Batch(at, calls) => {
            for call in calls {
                send(rig, call, true);
            }
            rig.commit_at(when(*at));
        }
    }
}

/// Makes calls up.
struct Author {
    random: Random,
    now: u64,
    /// The transport jumps; then nothing is reached at a beat.
    jumps: bool,
}

impl Author {
    fn frame(&mut self) -> Time {
        Time::Frame(self.now + 1 + self.random.below(2_500))
    }

    fn beat(&mut self) -> Time {
        Time::Beat(self.random.unit() * 1.5)
    }

    fn any(&mut self) -> Time {
        match self.random.below(2) {
            0 => self.frame(),
            _ => self.beat(),
        }
    }

    /// A time as the points of this parameter have.
    fn time(&mut self, knob: usize) -> Time {
        match knob {
            0 => self.frame(),
            1 => self.beat(),
            _ => self.any(),
        }
    }

    fn value(&mut self) -> f64 {
        0.125 + self.random.below(96) as f64 / 64.0
    }

    fn curve(&mut self) -> Curve {
        [Curve::Linear, Curve::Exponential, Curve::Step][self.random.below(3) as usize]
    }

    fn automation(&mut self, knob: usize) -> Vec<Step> {
        let count = 1 + self.random.below(4);
        let mut times: Vec<Time> = (0..count).map(|_| self.time(knob)).collect();
        times.sort_by(|a, b| match (a, b) {
            (Time::Beat(a), Time::Beat(b)) => a.total_cmp(b),
            (Time::Frame(a), Time::Frame(b)) => a.cmp(b),
            _ => std::cmp::Ordering::Equal,
        });
        if self.random.below(4) == 0 && times.len() > 1 {
            times[1] = times[0];
        }
        let steps = times.into_iter();
        let step = |at| Step {
            at,
            value: self.value(),
            curve: self.curve(),
        };
        steps.map(step).collect()
    }

    fn call(&mut self, in_batch: bool) -> Call {
        let knob = self.random.below(KNOBS as u64) as usize;
        let reaches = knob == 0 || (knob == 1 && !self.jumps);
        match self.random.below(12) {
            0..3 => {
                let own = in_batch || self.random.below(4) > 0;
                let at = own.then(|| self.time(knob));
                let frames = [0, 1, 40, 300][self.random.below(4) as usize];
                let (value, curve) = (self.value(), self.curve());
                let to = Move {
                    value,
                    frames,
                    curve,
                };
                Call::Set(knob, at, to)
            }
            // What becomes of a way to a beat that begins on the frame of a batch is left open.
            3..6 if reaches && !(in_batch && knob == 1) => {
                Call::Automate(knob, self.automation(knob))
            }
            6 if knob < 2 => {
                let own = in_batch || self.random.below(2) == 0;
                Call::Cancel(knob, own.then(|| self.time(knob)))
            }
            7 if !in_batch => {
                let at = (self.random.below(3) > 0).then(|| self.frame());
                let calls = 1 + self.random.below(4);
                Call::Batch(at, (0..calls).map(|_| self.call(true)).collect())
            }
            8 => Call::Tempo(self.any(), 60.0 + self.random.below(200) as f64),
            9 => Call::Start(self.frame()),
            10 if self.random.below(2) == 0 => Call::Stop(self.any()),
            11 if self.jumps && self.random.below(2) == 0 => {
                let beat = self.random.unit() * 1.5;
                Call::Seek(self.frame(), beat)
            }
            11 if self.jumps => {
                let start = self.random.unit();
                let length = 0.1 + self.random.unit();
                let looped = (self.random.below(4) > 0).then_some((start, start + length));
                Call::Loop(self.frame(), looped)
            }
            _ => self.call(in_batch),
        }
    }
}

/// A session: blocks of calls, each before as many frames.
fn session(seed: u64, live: bool) -> Vec<(Vec<Call>, usize)> {
    let mut author = Author {
        random: Random::new(seed),
        now: 1,
        jumps: seed.is_multiple_of(2),
    };
    let mut parts = Vec::new();
    for part in 0..if live { 4 } else { 1 } {
        let mut calls = Vec::new();
        if part == 0 {
            calls.push(Call::Start(Time::Frame(author.random.below(600))));
        }
        for _ in 0..4 + author.random.below(14) {
            calls.push(author.call(false));
        }
        let frames = if live { 700 } else { 2_800 };
        author.now += frames as u64;
        parts.push((calls, frames));
    }
    parts
}

/// What the parameters are after every block.
fn values(parts: &[(Vec<Call>, usize)], sizes: &[usize]) -> Vec<Vec<f32>> {
    let mut rig = Rig::new(&small());
    for knob in 0..KNOBS {
        rig.set(NOW, target(knob), 1.0, 0);
    }
    // What has sounded takes no ramp at once.
    rig.render(1);
    let mut shown = vec![Vec::new(); KNOBS];
    for (calls, frames) in parts {
        for call in calls {
            send(&mut rig, call, false);
        }
        for block in cut(*frames, sizes) {
            rig.render(block);
            for (knob, shown) in shown.iter_mut().enumerate() {
                let volume = rig.controller.shared.track_volume(key(1 + knob as u32));
                shown.push(volume.unwrap_or(f64::NAN) as f32);
            }
        }
    }
    shown
}

/// More of them where the code is optimised.
fn seeds() -> u64 {
    let full = if cfg!(debug_assertions) { 120 } else { 2_000 };
    u64::from(rig::cases(full))
}

#[test]
fn parameters_move_as_the_plain_reference_says() {
    for seed in 0..seeds() {
        let parts = session(seed, seed % 3 > 0);
        let shown = values(&parts, &[1]);
        let mut desk = Desk::new(KNOBS, RATE);
        desk.next_frame();
        let mut frame = 0;
        for (calls, frames) in &parts {
            calls.iter().for_each(|call| desk.call(call));
            for _ in 0..*frames {
                for (knob, expected) in desk.next_frame().into_iter().enumerate() {
                    let is = shown[knob][frame];
                    let error = (f64::from(is) - expected).abs();
                    let place = (seed, frame + 1, knob);
                    assert!(error < 1e-5, "{place:?}: {is}, not {expected}");
                }
                frame += 1;
            }
        }
    }
}

#[test]
fn block_sizes_change_no_value() {
    for seed in 0..seeds() {
        let parts = session(seed, true);
        let size = 2 + (seed * 37 % 400) as usize;
        let one = values(&parts, &[1]);
        let other = values(&parts, &[size]);
        let (mut frame, mut block) = (0, 0);
        for (_, frames) in &parts {
            for length in cut(*frames, &[size]) {
                frame += length;
                for knob in 0..KNOBS {
                    let (a, b) = (one[knob][frame - 1], other[knob][block]);
                    assert_eq!(a.to_bits(), b.to_bits(), "{seed}: {frame}, {knob}");
                }
                block += 1;
            }
        }
    }
}
