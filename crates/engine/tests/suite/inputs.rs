//! Inputs: sound that comes into a track while it sounds.

use crate::rig;

use noxrun_engine::{Action, EngineConfig, InputSpec, InputWriter, Target, TrackKey};
use rig::{NOW, RATE, Random, Rig, coarse, constant, cut, key, noise, ramp, small};
use std::f64::consts::FRAC_1_SQRT_2;

const TARGET: u32 = 320;
/// 5 ms and 10 ms.
const SHORT: usize = 40;
const LONG: usize = 80;

fn spec(channels: usize) -> InputSpec {
    InputSpec {
        rate: RATE,
        channels,
        target: TARGET,
        surplus: 400,
        max_target: 2_000,
        gain: 1.0,
    }
}

/// Frames `range` of `lanes`, interleaved; silence beyond them.
fn frames(lanes: &[Vec<f32>], range: std::ops::Range<usize>) -> Vec<f32> {
    let sample = |frame: usize| {
        lanes
            .iter()
            .map(move |l| l.get(frame).copied().unwrap_or(0.0))
    };
    range.flat_map(sample).collect()
}

/// A device on one clock with the engine: each block is played, then what was recorded meanwhile
/// arrives.
fn duplex(
    rig: &mut Rig,
    writer: &mut InputWriter,
    lanes: &[Vec<f32>],
    blocks: &[usize],
) -> Vec<f32> {
    let mut out = Vec::new();
    let mut at = 0;
    for block in blocks {
        out.extend(rig.render(*block));
        writer.push(&frames(lanes, at..at + block));
        at += block;
    }
    out
}

fn lane(out: &[f32], channel: usize) -> Vec<f32> {
    out.chunks_exact(2).map(|pair| pair[channel]).collect()
}

fn greatest_step(lane: &[f32]) -> f32 {
    let steps = lane.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    steps.fold(0.0, f32::max)
}

fn tone(frames: usize) -> Vec<f32> {
    let phase = |n: usize| std::f64::consts::TAU * 200.0 * n as f64 / f64::from(RATE);
    (0..frames).map(|n| (0.5 * phase(n).sin()) as f32).collect()
}

/// The greatest step of the tone itself, and of a linear fade over it.
fn smooth(fade: usize) -> f32 {
    (0.5 * std::f64::consts::TAU * 200.0 / f64::from(RATE) + 0.5 / fade as f64) as f32
}

#[test]
fn what_comes_in_sounds_exactly_the_target_later_whatever_the_blocks() {
    let content = noise(1, 2, 5_000, 0.5);
    for sizes in [&[320][..], &[1], &[17, 300, 64, 319], &[128], &[5, 5, 310]] {
        let mut rig = Rig::new(&small());
        let (_, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
        let out = duplex(&mut rig, &mut writer, &content, &cut(5_000, sizes));
        for (channel, came) in content.iter().enumerate() {
            let mut expected = vec![0.0; TARGET as usize];
            expected.extend_from_slice(&came[..5_000 - TARGET as usize]);
            assert!(lane(&out, channel) == expected, "blocks {sizes:?}");
        }
        assert_eq!(writer.flow().underruns() + writer.flow().overruns(), 0);
    }
}

#[test]
fn an_input_that_comes_in_the_middle_of_a_block_is_as_late_and_fades_in_over_10_ms() {
    let content = noise(2, 2, 4_000, 0.5);
    for sizes in [&[250][..], &[64, 100], &[319, 2]] {
        let mut rig = Rig::new(&small());
        // The track has sounded before.
        rig.play(0, 1, &constant(2, 10, 0.0), 1.0);
        let (_, mut writer) = rig.input(1_111, (3, key(1)), &spec(2));
        let out = duplex(&mut rig, &mut writer, &content, &cut(4_000, sizes));
        let left = lane(&out, 0);
        assert!(left[..1_111].iter().all(|x| *x == 0.0));
        for n in 1_111..4_000 {
            let came = content[0][n - TARGET as usize];
            let here = ramp(0.0, 1.0, n - 1_111, LONG) as f32;
            assert!((left[n] - came * here).abs() < 1e-7, "frame {n}, {sizes:?}");
        }
    }
}

#[test]
fn channels_enter_as_those_of_a_voice_do() {
    let content = coarse(3, 3, 2_000);
    let hear = |channels: usize, width: usize| {
        let mut rig = Rig::new(&EngineConfig {
            channels: width,
            ..small()
        });
        let (_, mut writer) = rig.input(NOW, (0, key(1)), &spec(channels));
        let blocks = cut(2_000, &[256]);
        let out = duplex(&mut rig, &mut writer, &content[..channels], &blocks);
        out[width * 1_000..width * 1_001].to_vec()
    };
    let came: Vec<f32> = content
        .iter()
        .map(|lane| lane[1_000 - TARGET as usize])
        .collect();
    let half = (f64::from(came[0]) * FRAC_1_SQRT_2) as f32;
    for side in hear(1, 2) {
        assert!((side - half).abs() < 1e-7);
    }
    assert_eq!(hear(3, 2), came[..2]);
    assert_eq!(hear(2, 4), [came[0], came[1], 0.0, 0.0]);
    assert_eq!(hear(2, 1), [(came[0] + came[1]) / 2.0]);
}

#[test]
fn the_gain_of_an_input_is_a_parameter_and_volume_comes_behind_it() {
    let mut rig = Rig::new(&small());
    let (input, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
    let content = vec![vec![0.5; 3_000]; 2];
    rig.set(1_000, Target::InputGain(input), 3.0, 400);
    rig.set(2_000, Target::TrackVolume(key(1)), 0.5, 0);
    let out = lane(
        &duplex(&mut rig, &mut writer, &content, &cut(3_000, &[99, 256])),
        1,
    );
    for (k, sample) in out[1_000..1_400].iter().enumerate() {
        let expected = 0.5 * ramp(1.0, 3.0, k, 400);
        assert!((f64::from(*sample) - expected).abs() < 1e-6, "frame {k}");
    }
    assert_eq!((out[999], out[1_999], out[2_000]), (0.5, 1.5, 0.75));
    assert_eq!(writer.flow().gain(), 3.0);
}

#[test]
fn missing_frames_fade_out_are_counted_and_fade_in_again_at_a_larger_target() {
    let mut rig = Rig::new(&small());
    let (_, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
    let content = vec![tone(9_000); 2];
    let mut out = Vec::new();
    let mut sent = 0;
    for block in 0..90 {
        out.extend(rig.render(100));
        // A thread that is held up for 80 ms, and what it would have sent is lost.
        if !(30..36).contains(&block) {
            writer.push(&frames(&content, sent..sent + 100));
        }
        sent += 100;
    }
    let left = lane(&out, 0);
    assert_eq!(
        (writer.flow().underruns(), writer.flow().overruns()),
        (1, 0)
    );
    assert!(writer.flow().target() > TARGET);
    assert!(
        greatest_step(&left) <= smooth(SHORT),
        "{}",
        greatest_step(&left)
    );
    // The last frame that came left at 3,000 + 320; 5 ms later it is silent.
    let silent = 3_320 + SHORT;
    assert!(left[silent..silent + 200].iter().all(|x| *x == 0.0));
    let late = writer.flow().target() as usize;
    assert!(left[6_000..] == content[0][6_000 - late..9_000 - late]);
}

#[test]
fn a_hole_that_was_told_is_as_late_behind_as_before_however_long_and_often() {
    // Blocks that do not come, from less than the target on to 375 ms.
    for missing in [1, 3, 4, 6, 10, 15, 30] {
        let mut rig = Rig::new(&small());
        let (_, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
        let content = vec![tone(30_000); 2];
        let mut out = Vec::new();
        let mut holes = 0;
        for block in 0..300 {
            out.extend(rig.render(100));
            let phase = block % 60;
            if !(20..20 + missing).contains(&phase) {
                if phase == 20 + missing {
                    writer.tell_hole();
                    holes += 1;
                    // As a feeder does it: silence as far as it could be in time.
                    writer.push(&vec![0.0; 2 * (100 * missing).min(TARGET as usize)]);
                }
                writer.push(&frames(&content, 100 * block..100 * block + 100));
            }
            let late = writer.flow().target();
            assert_eq!(late, TARGET, "{missing} blocks, {holes} holes");
        }
        assert_eq!(holes, 5);
        let (left, target) = (lane(&out, 0), TARGET as usize);
        // Behind each hole, the fade-in and the way to a block's beginning.
        for from in (0..5).map(|n| 6_000 * n + 100 * (21 + missing) + target + SHORT + 100) {
            let to = (from / 6_000 + 1) * 6_000;
            assert!(left[from..to] == content[0][from - target..to - target]);
        }
        assert_eq!(writer.flow().overruns(), 0);
    }
}

#[test]
fn frames_that_are_late_raise_the_target_also_behind_a_hole() {
    let mut rig = Rig::new(&small());
    let (_, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
    for block in 0..120 {
        rig.render(100);
        // A hole, and a second later a thread that is held up.
        if block == 10 {
            writer.tell_hole();
        }
        if !(90..96).contains(&block) {
            writer.push(&[0.5; 200]);
        }
    }
    assert_eq!(writer.flow().underruns(), 1);
    assert_eq!(writer.flow().target(), TARGET + TARGET / 4);
}

#[test]
fn too_many_waiting_frames_are_skipped_in_a_crossfade_and_counted() {
    let mut rig = Rig::new(&small());
    let (_, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
    let content = vec![tone(9_000); 2];
    let mut out = Vec::new();
    let mut sent = 0;
    for block in 0..60 {
        out.extend(rig.render(100));
        // At once 500 frames more than were played.
        let more = if block == 20 { 600 } else { 100 };
        writer.push(&frames(&content, sent..sent + more));
        sent += more;
    }
    let left = lane(&out, 0);
    assert_eq!(
        (writer.flow().underruns(), writer.flow().overruns()),
        (0, 1)
    );
    assert!(greatest_step(&left) <= 2.0 * smooth(SHORT));
    // 500 frames on, and as late as before.
    let target = TARGET as usize;
    assert!(left[3_000..6_000] == content[0][3_500 - target..6_500 - target]);
}

#[test]
fn a_ring_that_nobody_empties_is_begun_anew_without_a_click() {
    let mut rig = Rig::new(&small());
    let (_, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
    let content = vec![tone(60_000); 2];
    let mut out = duplex(&mut rig, &mut writer, &content, &cut(4_000, &[100]));
    let mut sent = 4_000;
    while writer.push(&frames(&content, sent..sent + 100)) {
        sent += 100;
    }
    assert!(
        !writer.push(&[0.0; 2]),
        "nothing is taken until it was emptied"
    );
    for _ in 0..40 {
        out.extend(rig.render(100));
        writer.push(&frames(&content, sent..sent + 100));
        sent += 100;
    }
    let left = lane(&out, 0);
    assert!(greatest_step(&left) <= smooth(SHORT));
    let (end, late) = (left.len(), writer.flow().target() as usize);
    assert_eq!(late, TARGET as usize);
    let newest = &content[0][..sent - 100];
    assert!(
        left[end - 1_000..] == newest[newest.len() + 100 - late - 1_000..newest.len() + 100 - late]
    );
}

#[test]
fn a_removed_input_fades_out_over_10_ms_and_comes_back() {
    let mut rig = Rig::new(&small());
    let (input, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
    rig.act(2_000, Action::RemoveInput(input));
    let content = vec![vec![0.5; 3_000]; 2];
    let out = lane(
        &duplex(&mut rig, &mut writer, &content, &cut(3_000, &[70])),
        0,
    );
    for (k, sample) in out[2_000..2_000 + LONG].iter().enumerate() {
        let expected = 0.5 * ramp(1.0, 0.0, k, LONG) as f32;
        assert!((sample - expected).abs() < 1e-7, "frame {k}");
    }
    assert!(out[2_000 + LONG..].iter().all(|x| *x == 0.0));
    assert_eq!(rig.inputs_back, [input]);
    assert!(writer.is_gone());
}

#[test]
fn an_input_that_ended_plays_what_waits_fades_and_comes_back() {
    let mut rig = Rig::new(&small());
    let (input, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
    let content = vec![tone(2_000); 2];
    let mut out = duplex(&mut rig, &mut writer, &content, &cut(2_000, &[100]));
    writer.end();
    out.extend(rig.render_in(&cut(1_000, &[100])));
    let left = lane(&out, 0);
    let target = TARGET as usize;
    assert!(left[target..2_000 + target] == content[0]);
    assert!(greatest_step(&left) <= smooth(SHORT));
    assert!(left[2_000 + target + SHORT..].iter().all(|x| *x == 0.0));
    assert_eq!(
        (rig.inputs_back.as_slice(), writer.flow().underruns()),
        (&[input][..], 0)
    );
}

#[test]
fn inputs_go_with_their_track_and_come_back_when_they_are_astray() {
    let mut rig = Rig::new(&small());
    let (with, mut writer) = rig.input(NOW, (0, key(1)), &spec(2));
    let (astray, _) = rig.input(NOW, (1, key(60)), &spec(2));
    let (lost, _) = rig.input(NOW, (u32::MAX, key(1)), &spec(2));
    rig.act(1_000, Action::RemoveTrack(key(1)));
    let content = vec![vec![0.5; 2_000]; 2];
    let out = lane(
        &duplex(&mut rig, &mut writer, &content, &cut(2_000, &[100])),
        0,
    );
    assert!(out[1_000 + LONG..].iter().all(|x| *x == 0.0));
    assert_eq!(rig.inputs_back, [lost, astray, with]);
    let stale = rig.controller.shared.stale_commands();
    rig.act(NOW, Action::RemoveInput(with));
    rig.render(10);
    assert_eq!(rig.controller.shared.stale_commands(), stale + 1);
}

#[test]
fn several_inputs_of_a_track_add_up() {
    let mut rig = Rig::new(&small());
    let content = coarse(5, 2, 2_000);
    let other = coarse(6, 2, 2_000);
    let (_, mut one) = rig.input(NOW, (0, key(1)), &spec(2));
    let (_, mut two) = rig.input(NOW, (1, key(1)), &spec(2));
    let mut out = Vec::new();
    for at in (0..2_000).step_by(100) {
        out.extend(rig.render(100));
        one.push(&frames(&content, at..at + 100));
        two.push(&frames(&other, at..at + 100));
    }
    let n = 1_234;
    let came = n - TARGET as usize;
    assert_eq!(out[2 * n], content[0][came] + other[0][came]);
}

#[test]
fn nothing_goes_wrong_whatever_comes_and_is_called() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut rig = Rig::new(&small());
        let mut inputs = Vec::new();
        for _ in 0..300 {
            match random.below(12) {
                0 if inputs.len() < 6 => {
                    let track: TrackKey = key(1 + random.below(4) as u32);
                    let spec = InputSpec {
                        target: 1 + random.below(400) as u32,
                        surplus: random.below(300) as u32,
                        ..spec(1 + random.below(2) as usize)
                    };
                    let at = rig.renderer.frame() + random.below(300);
                    let channels = spec.channels;
                    let index = inputs.len() as u32;
                    let (input, writer) = rig.input(at, (index, track), &spec);
                    inputs.push((input, writer, channels));
                }
                1 => {
                    if let Some((input, ..)) = inputs.get(random.below(6) as usize) {
                        rig.act(NOW, Action::RemoveInput(*input));
                    }
                }
                2 => {
                    if let Some((_, writer, _)) = inputs.get_mut(random.below(6) as usize) {
                        writer.end();
                    }
                }
                3..=7 => {
                    for (_, writer, channels) in &mut inputs {
                        let count = random.below(500) as usize * *channels;
                        writer.push(&vec![0.25; count]);
                    }
                }
                _ => {
                    let out = rig.render(random.below(400) as usize);
                    assert!(out.iter().all(|x| x.abs() <= 2.0), "seed {seed}");
                }
            }
        }
    }
}
