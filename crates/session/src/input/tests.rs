//! Two clocks, simulated: what a feeder makes of captured frames is played by an engine, for an
//! hour.

mod ear;

use self::ear::Ear;
use super::feeder::{Feeder, FeederSpec, Timing};
use noxrun_engine::{
    Action, BlockClock, Command, Controller, EngineConfig, InputKey, MASTER, Message, Renderer,
    When, build,
};
use std::f64::consts::TAU;

const RATE: u32 = 8_000;
const HERTZ: f64 = 440.0;
const LEVEL: f64 = 0.5;
/// 100 times the cent: 578 ppm.
const CENT: f64 = 577.8e-6;

fn spec(timing: Timing) -> FeederSpec {
    FeederSpec {
        in_rate: RATE,
        in_channels: 1,
        out_rate: RATE,
        out_channels: 1,
        target: 128 + 128 + 16,
        surplus: 320 + 256,
        max_target: 2_000,
        timing,
    }
}

struct Sim {
    feeder: Feeder,
    renderer: Renderer,
    _controller: Controller,
    random: u64,
}

impl Sim {
    fn new(spec: FeederSpec) -> Self {
        let (mut renderer, mut controller) = build(&EngineConfig {
            sample_rate: spec.out_rate,
            channels: spec.out_channels,
            max_events: 16,
            max_tracks: 1,
            max_voices: 1,
            safety_limiter: false,
            ..EngineConfig::default()
        });
        let (feeder, source) = Feeder::new(spec).unwrap();
        let input = InputKey {
            index: 0,
            generation: 1,
        };
        let add = Action::AddInput {
            input,
            track: MASTER,
        };
        let act = Message::One(Command::Do {
            at: When::Now,
            seq: 1,
            counted: false,
            action: add,
        });
        for message in [Message::Input(input, source), act] {
            assert!(controller.send(message).is_ok());
        }
        renderer.process(&mut [], BlockClock::default());
        Self {
            feeder,
            renderer,
            _controller: controller,
            random: 0x9e37_79b9,
        }
    }

    /// 0…1.
    fn chance(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// What came of an hour.
struct Heard {
    /// The greatest deviation of the pitch, as a ratio, over windows of a quarter of a second.
    pitch: f64,
    /// The greatest sample that a tone of this pitch cannot have after those before it.
    click: f64,
    interruptions: u64,
    correction: f64,
    /// Shortest and longest delay, seconds, by what was played.
    delay: (f64, f64),
}

/// Plays `seconds` of a tone that is captured by a clock that is `drift` faster than the engine's,
/// wanders by 20 ppm, and whose callbacks, like the engine's, come late at random and in changing
/// sizes.
fn play(drift: f64, seconds: f64) -> Heard {
    let mut sim = Sim::new(spec(Timing::TwoClocks));
    let rate = f64::from(RATE);
    let wander = |t: f64| drift + 20e-6 * (TAU * t / 1_200.0).sin();
    // The capture's frame at time t: the wandering integrated.
    let frames_at = |t: f64| {
        let wandered = 20e-6 * 1_200.0 / TAU * (1.0 - (TAU * t / 1_200.0).cos());
        rate * (t + drift * t + wandered)
    };
    let size = |t: f64, of: usize| [128, 64, 37, 100][((t / 300.0) as usize + of) % 4];
    let mut ear = Ear::new();
    let (mut captured, mut played) = (0u64, 0u64);
    let mut delay = (f64::MAX, 0.0f64);
    let mut block = vec![0f32; 128];
    let mut arrives = 0.0f64;
    // Far from zero, as a monotonic clock is.
    let epoch = 1_000.0;
    while (played as f64) < seconds * rate {
        let starts = played as f64 / rate;
        let count = size(starts, 0);
        let now = starts + 0.0005 * sim.chance();
        // What was captured before the engine's callback runs.
        loop {
            let frames = size(arrives, 1);
            let end = captured + frames as u64;
            // The time at which the last frame of the block was there: two steps of Newton's.
            let mut at = end as f64 / (rate * (1.0 + drift));
            for _ in 0..2 {
                at += (end as f64 - frames_at(at)) / rate;
            }
            if at + 0.001 > now {
                break;
            }
            arrives = at;
            let callback = at + 0.0005 * sim.chance();
            let samples: Vec<f32> = (captured..end)
                .map(|n| (LEVEL * (TAU * (HERTZ / rate * n as f64).fract()).sin()) as f32)
                .collect();
            // The device tells that the first frame is a block old.
            let time = epoch + callback - frames as f64 / rate;
            sim.feeder.take_in(&samples, captured, time);
            captured = end;
        }
        let now_ns = ((epoch + now) * 1e9) as u64;
        let out = &mut block[..count];
        sim.renderer.process(out, BlockClock { now_ns });
        ear.expect(TAU * HERTZ * (1.0 + wander(starts)) / rate);
        for x in out.iter() {
            ear.listen(f64::from(*x));
        }
        played += count as u64;
        if starts > 5.0
            && let Some(measured) = sim.feeder.measured()
        {
            delay = (delay.0.min(measured), delay.1.max(measured));
        }
    }
    let flow = sim.feeder.writer().flow();
    Heard {
        pitch: ear.pitch,
        click: ear.click,
        interruptions: flow.underruns() + flow.overruns(),
        correction: sim.feeder.correction() - wander(seconds),
        delay,
    }
}

fn is_steady_for_an_hour(drift: f64) {
    let heard = play(drift, 3_600.0);
    println!(
        "{drift:e}: pitch {:.1} ppm, click {:.2e}, delay {:.3} to {:.3} ms, correction off by {:.2} ppm",
        1e6 * heard.pitch,
        heard.click,
        1e3 * heard.delay.0,
        1e3 * heard.delay.1,
        1e6 * heard.correction,
    );
    assert_eq!(heard.interruptions, 0);
    assert!(heard.pitch < CENT, "{}", heard.pitch);
    // A step of −60 dB of the tone would be one.
    assert!(heard.click < 1e-3 * LEVEL, "{}", heard.click);
    assert!(heard.correction.abs() < 20e-6, "{}", heard.correction);
    assert!(heard.delay.1 - heard.delay.0 < 0.003, "{:?}", heard.delay);
}

#[test]
fn a_capture_200_ppm_fast_is_heard_for_an_hour_without_a_click_within_a_cent() {
    is_steady_for_an_hour(200e-6);
}

#[test]
fn a_capture_200_ppm_slow_is_heard_for_an_hour_without_a_click_within_a_cent() {
    is_steady_for_an_hour(-200e-6);
}

/// A duplex on one clock: blocks of 64 frames, `gap` of them never come. What was heard, and what
/// waits when all is over.
fn on_one_clock(content: &[f32], gap: std::ops::Range<usize>) -> (Vec<f32>, Sim) {
    let mut sim = Sim::new(spec(Timing::SameClock));
    let mut heard = vec![0.0; content.len()];
    for (block, out) in heard.chunks_exact_mut(64).enumerate() {
        let at = 64 * block;
        let now_ns = 1_000_000_000 + (at as u64 * 1_000_000_000) / u64::from(RATE);
        sim.renderer.process(out, BlockClock { now_ns });
        let came = |range: std::ops::Range<usize>| {
            let time = 1.0 + range.start as f64 / f64::from(RATE);
            (range.start as u64, time, content[range].to_vec())
        };
        let before = came(at..gap.start.clamp(at, at + 64));
        let after = came(gap.end.clamp(at, at + 64)..at + 64);
        // Without a gap in this block one of the two is all of it.
        for (frame, time, samples) in [before, after] {
            if !samples.is_empty() {
                sim.feeder.take_in(&samples, frame, time);
            }
        }
    }
    (heard, sim)
}

fn noise(frames: usize) -> Vec<f32> {
    let mut state = 1u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..frames).map(|_| next()).collect()
}

#[test]
fn on_one_clock_nothing_is_converted_and_the_measured_delay_is_the_true_one() {
    let content = noise(64_000);
    let (heard, sim) = on_one_clock(&content, 64_000..64_000);
    let target = spec(Timing::SameClock).target as usize;
    assert!(heard[target..] == content[..64_000 - target]);
    let measured = sim.feeder.measured().unwrap();
    assert!((measured - target as f64 / f64::from(RATE)).abs() < 1e-6);
    assert!((sim.feeder.planned() - measured).abs() < 1e-6);
}

#[test]
fn a_short_gap_is_silence_between_two_fades_and_moves_nothing_behind_it() {
    let target = spec(Timing::SameClock).target as usize;
    let fade = (0.002 * f64::from(RATE)) as usize;
    let gap = 6_400 + 10..6_400 + 110;
    let (heard, _) = on_one_clock(&vec![0.5; 12_800], gap.clone());
    let steps = heard[target + 100..].windows(2);
    let steps = steps.map(|pair| (pair[1] - pair[0]).abs());
    assert!(steps.fold(0.0, f32::max) <= 0.5 / fade as f32 + 1e-6);
    let silent = gap.start + target + fade..gap.end + target;
    assert!(heard[silent].iter().all(|x| *x == 0.0));
    let content = noise(12_800);
    let (heard, mut sim) = on_one_clock(&content, gap.clone());
    let behind = gap.end + fade;
    assert!(heard[behind + target..] == content[behind..12_800 - target]);
    assert!(heard[target..gap.start + target] == content[..gap.start]);
    assert_eq!(sim.feeder.writer().flow().underruns(), 0);
}

#[test]
fn a_long_gap_fades_out_and_comes_back_as_late_as_before() {
    let target = spec(Timing::SameClock).target as usize;
    let content = noise(32_000);
    let (heard, mut sim) = on_one_clock(&content, 6_400..16_000);
    assert_eq!(sim.feeder.writer().flow().underruns(), 1);
    assert_eq!(sim.feeder.writer().flow().target() as usize, target);
    assert!(heard[24_000..] == content[24_000 - target..32_000 - target]);
    assert!(heard[7_000..16_000].iter().all(|x| *x == 0.0));
}

#[test]
fn a_gap_that_is_not_in_time_comes_back_as_late_as_before() {
    let target = spec(Timing::SameClock).target as usize;
    let content = noise(32_000);
    // 50 ms and 190 ms: shorter than what a paused capture is taken for.
    for frames in [400, 1_520] {
        let (heard, mut sim) = on_one_clock(&content, 6_400..6_400 + frames);
        let flow = sim.feeder.writer().flow();
        assert_eq!((flow.underruns(), flow.overruns()), (1, 0));
        assert_eq!(flow.target() as usize, target);
        assert!(heard[12_000..] == content[12_000 - target..32_000 - target]);
        let quiet = 6_400 + target + 40..6_400 + frames;
        assert!(heard[quiet].iter().all(|x| *x == 0.0));
    }
}

#[test]
fn a_mono_engine_hears_all_channels_and_a_stereo_engine_the_first_two() {
    for (width, kept) in [(1, 3), (2, 2), (4, 3)] {
        let (feeder, _) = Feeder::new(FeederSpec {
            in_channels: 3,
            out_channels: width,
            ..spec(Timing::SameClock)
        })
        .unwrap();
        assert_eq!(feeder.channels, kept);
    }
}
