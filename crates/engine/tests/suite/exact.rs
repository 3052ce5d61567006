//! What the sound definitions fix to the bit or to the frame.

use crate::rig;

use noxrun_engine::{Action, Curve, EndReason, EngineConfig, MASTER, Target, VoiceKey, pan_gains};
use rig::{NOW, PAUSE, RATE, Rig, add_track, constant, cut, key, noise, small, sound};

/// Two floats that a rounding may separate, but no more.
fn neighbours(a: f32, b: f32) -> bool {
    a == b || a.next_up() == b || a.next_down() == b
}

/// A stereo 1.0 on track 1, from frame 0.
fn unity(rig: &mut Rig) -> VoiceKey {
    rig.play(0, 1, &constant(2, 10_000, 1.0), 1.0)
}

#[test]
fn a_stereo_sound_at_unity_passes_bit_for_bit() {
    let content = noise(7, 2, 3_000, 0.98);
    let mut rig = Rig::new(&EngineConfig {
        safety_limiter: true,
        ..small()
    });
    rig.play(123, 2, &sound(content.clone()), 1.0);
    let out = rig.render_in(&cut(4_000, &[64, 1, 300]));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        for channel in 0..2 {
            let position = frame.checked_sub(123);
            let expected = position.and_then(|p| content[channel].get(p));
            let expected = expected.copied().unwrap_or(0.0);
            assert_eq!(pair[channel].to_bits(), expected.to_bits(), "{frame}");
        }
    }
}

#[test]
fn a_mono_sound_enters_both_channels_at_root_half() {
    let content = noise(8, 1, 500, 0.9);
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &sound(content.clone()), 1.0);
    for (pair, x) in rig.render(500).chunks_exact(2).zip(&content[0]) {
        let expected = x * std::f32::consts::FRAC_1_SQRT_2;
        assert_eq!(pair, [expected, expected]);
    }
}

#[test]
fn a_mono_sound_hard_left_is_at_unity() {
    let content = noise(9, 1, 500, 0.9);
    let mut rig = Rig::new(&small());
    rig.set(NOW, Target::TrackPan(key(1)), -1.0, 0);
    rig.play(0, 1, &sound(content.clone()), 1.0);
    for (pair, x) in rig.render(500).chunks_exact(2).zip(&content[0]) {
        assert!((pair[0] - x).abs() <= 1e-7 && pair[1] == 0.0);
    }
}

#[test]
fn a_mono_engine_takes_the_average_and_ignores_pan() {
    let content = noise(10, 2, 500, 0.9);
    let mut rig = Rig::new(&EngineConfig {
        channels: 1,
        ..small()
    });
    rig.set(NOW, Target::TrackPan(key(1)), 1.0, 0);
    rig.play(0, 1, &sound(content.clone()), 1.0);
    for (frame, x) in rig.render(500).iter().enumerate() {
        let expected = (content[0][frame] + content[1][frame]) / 2.0;
        assert!((x - expected).abs() < 1e-7);
    }
}

#[test]
fn beyond_two_channels_pan_acts_on_the_first_two() {
    let content = noise(11, 4, 300, 0.5);
    let mut rig = Rig::new(&EngineConfig {
        channels: 4,
        ..small()
    });
    rig.set(NOW, Target::TrackPan(key(1)), 1.0, 0);
    rig.play(0, 1, &sound(content.clone()), 1.0);
    for (frame, x) in rig.render(300).chunks_exact(4).enumerate() {
        assert!(x[0].abs() < 1e-7);
        assert_eq!(x[1], content[1][frame] * std::f32::consts::SQRT_2);
        assert_eq!((x[2], x[3]), (content[2][frame], content[3][frame]));
    }
}

#[test]
fn a_linear_ramp_has_the_bits_of_its_formula() {
    // The last pair shows that it stands exactly on its target, not where rounding leaves it.
    let ramps = [
        (1.0, 0.0, 7u32),
        (1.0, 0.3, 1_000),
        (0.1, 0.7, 333),
        (1e9, 1e-3, 101),
    ];
    for (a, b, n) in ramps {
        let mut rig = Rig::new(&small());
        unity(&mut rig);
        rig.set(10, Target::TrackVolume(key(1)), a, 0);
        rig.set(777, Target::TrackVolume(key(1)), b, n);
        let out = rig.render_in(&cut(3_000, &[101]));
        for (frame, pair) in out.chunks_exact(2).enumerate() {
            let expected = match frame {
                0..10 => 1.0,
                10..777 => a,
                _ => {
                    let k = (frame - 777) as f64;
                    let n = f64::from(n);
                    if k + 1.0 < n {
                        a + (b - a) * (k + 1.0) / n
                    } else {
                        b
                    }
                }
            };
            assert_eq!(pair, [expected as f32; 2], "frame {frame} of {a} to {b}");
        }
    }
}

#[test]
fn an_exponential_ramp_follows_its_formula_to_the_last_bit_but_one() {
    let (a, b, n) = (0.01f64, 0.9f64, 450);
    let mut rig = Rig::new(&small());
    unity(&mut rig);
    rig.set(0, Target::TrackVolume(key(1)), a, 0);
    rig.act(
        100,
        Action::Set {
            target: Target::TrackVolume(key(1)),
            value: b,
            frames: n,
            curve: Curve::Exponential,
        },
    );
    let out = rig.render_channel(1_000, 0);
    assert_eq!(out[99], a as f32);
    for k in 0..n {
        let expected = a * (b / a).powf(f64::from(k + 1) / f64::from(n));
        let value = out[100 + k as usize];
        assert!(
            neighbours(value, expected as f32),
            "{k}: {value}, expected {expected}"
        );
    }
    assert_eq!(out[100 + n as usize - 1], b as f32);
    assert_eq!(out[999], b as f32);
}

#[test]
fn a_step_jumps_on_its_frame_whatever_its_length() {
    let mut rig = Rig::new(&small());
    unity(&mut rig);
    rig.act(
        50,
        Action::Set {
            target: Target::TrackVolume(key(1)),
            value: 0.25,
            frames: 500,
            curve: Curve::Step,
        },
    );
    let out = rig.render_channel(60, 0);
    assert_eq!((out[49], out[50], out[59]), (1.0, 0.25, 0.25));
}

#[test]
fn the_pan_law_is_computed_on_every_frame_of_a_move() {
    let mut rig = Rig::new(&small());
    unity(&mut rig);
    rig.set(20, Target::TrackPan(key(1)), -0.75, 300);
    let out = rig.render_in(&cut(600, &[77]));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        let k = frame.saturating_sub(19).min(300) as f64;
        let theta = (-0.75 * k / 300.0 + 1.0) * std::f64::consts::FRAC_PI_4;
        let law = |x: f64| (std::f64::consts::SQRT_2 * x) as f32;
        assert!(neighbours(pair[0], law(theta.cos())), "frame {frame}");
        assert!(neighbours(pair[1], law(theta.sin())), "frame {frame}");
    }
    assert_eq!(pan_gains(0.0), (1.0, 1.0));
}

#[test]
fn the_safety_stage_follows_its_formula() {
    let content: Vec<f32> = (0..2_000).map(|i| (i - 1_000) as f32 / 400.0).collect();
    let mut rig = Rig::new(&EngineConfig {
        safety_limiter: true,
        ..small()
    });
    rig.play(0, 0, &sound(vec![content.clone(), content.clone()]), 1.0);
    let t = 10f64.powf(-0.1 / 20.0);
    for (value, x) in rig.render_channel(2_000, 1).iter().zip(&content) {
        let over = f64::from(x.abs()) - t;
        if over <= 0.0 {
            assert_eq!(value.to_bits(), x.to_bits());
        } else {
            let expected = f64::from(x.signum()) * (t + (1.0 - t) * (over / (1.0 - t)).tanh());
            assert!(neighbours(*value, expected as f32), "{x}: {value}");
        }
    }
}

#[test]
fn ended_names_the_first_silent_frame_of_every_kind_of_stop() {
    let cases = [(0u32, 500), (1, 500), (2, 501), (80, 579)];
    for (fade, silent) in cases {
        let mut rig = Rig::new(&small());
        let voice = unity(&mut rig);
        rig.stop(500, voice, fade);
        let out = rig.render_in(&cut(1_000, &[33, 250]));
        assert_eq!(rig.started(voice), Some(0));
        assert_eq!(
            rig.ended(voice),
            Some((silent, EndReason::Stopped)),
            "fade {fade}"
        );
        for (frame, pair) in out.chunks_exact(2).enumerate() {
            let expected = match frame as u64 {
                frame if frame >= silent => 0.0,
                0..500 => 1.0,
                frame => 1.0 - (frame - 500 + 1) as f64 / f64::from(fade),
            };
            assert_eq!(pair, [expected as f32; 2], "frame {frame}, fade {fade}");
        }
    }
}

#[test]
fn a_natural_end_is_not_faded_and_ends_one_after_the_last_frame() {
    let mut rig = Rig::new(&small());
    let voice = rig.play(256, 1, &constant(2, 256, 0.5), 1.0);
    let out = rig.render_channel(512, 0);
    assert_eq!((out[255], out[256], out[511]), (0.0, 0.5, 0.5));
    // The report is there in the callback that rendered the last frame.
    assert_eq!(rig.ended(voice), Some((512, EndReason::Finished)));
    assert_eq!(rig.render_channel(10, 0), [0.0; 10]);
}

#[test]
fn a_voice_that_is_stopped_before_it_sounds_never_starts() {
    let mut rig = Rig::new(&small());
    let content = constant(2, 1_000, 0.5);
    let waiting = rig.play(500, 1, &content, 1.0);
    rig.stop(200, waiting, 80);
    let together = rig.play(300, 1, &content, 1.0);
    rig.stop(300, together, 0);
    let empty = rig.play(400, 1, &constant(1, 0, 0.0), 1.0);
    assert!(rig.render(1_000).iter().all(|x| *x == 0.0));
    assert_eq!(rig.ended(waiting), Some((200, EndReason::Stopped)));
    assert_eq!(rig.ended(together), Some((300, EndReason::Stopped)));
    assert_eq!(rig.ended(empty), Some((400, EndReason::Finished)));
    for voice in [waiting, together, empty] {
        assert_eq!(rig.started(voice), None);
    }
}

#[test]
fn a_resume_goes_on_from_the_frame_at_which_the_pause_was_asked_for() {
    // Exact in f32, and every frame tells its place.
    let place = |frame: u64| frame as f32 / 8_192.0;
    let content: Vec<f32> = (0..4_000).map(place).collect();
    let mut rig = Rig::new(&small());
    let voice = rig.play(0, 1, &sound(vec![content.clone(), content]), 1.0);
    rig.act(1_000, Action::Pause(voice));
    rig.act(2_000, Action::Resume(voice));
    let out = rig.render_in(&cut(3_000, &[160]));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        let frame = frame as u64;
        let expected = match frame {
            0..1_000 => place(frame),
            1_000..2_000 => {
                let left = (1_000 + PAUSE - 1).saturating_sub(frame);
                place(frame) * (left as f32 / PAUSE as f32)
            }
            _ => {
                let level = (frame - 2_000 + 1).min(PAUSE) as f32 / PAUSE as f32;
                place(frame - 1_000) * level
            }
        };
        assert!(
            (pair[0] - expected).abs() <= 1e-7,
            "frame {frame}: {} {expected}",
            pair[0]
        );
    }
}

#[test]
fn a_voice_that_is_paused_as_it_starts_is_silent_until_it_is_resumed_and_then_unfaded() {
    let mut rig = Rig::new(&small());
    let voice = rig.play(NOW, 1, &constant(2, 500, 0.5), 1.0);
    rig.act(NOW, Action::Pause(voice));
    assert_eq!(rig.render_channel(200, 0), [0.0; 200]);
    assert_eq!(rig.started(voice), None);
    rig.act(NOW, Action::Resume(voice));
    let out = rig.render_channel(600, 0);
    assert_eq!((out[0], out[499], out[500]), (0.5, 0.5, 0.0));
    assert_eq!(rig.started(voice), Some(200));
    assert_eq!(rig.ended(voice), Some((700, EndReason::Finished)));
}

#[test]
fn a_mute_takes_five_milliseconds() {
    let mut rig = Rig::new(&small());
    unity(&mut rig);
    let gate = |open| Action::Gate {
        track: key(1),
        open,
    };
    rig.act(100, gate(false));
    rig.act(200, gate(true));
    let out = rig.render_channel(400, 0);
    let n = f64::from(RATE) * 0.005;
    for (frame, x) in out.iter().enumerate() {
        let k = |since: usize| ((frame - since) as f64 + 1.0).min(n) / n;
        let expected = match frame {
            0..100 => 1.0,
            100..200 => 1.0 - k(100),
            _ => k(200),
        };
        assert!((f64::from(*x) - expected).abs() < 1e-7, "frame {frame}");
    }
}

#[test]
fn what_is_set_with_its_objects_creation_is_immediate() {
    let short = RATE / 200;
    let mut rig = Rig::new(&EngineConfig {
        max_tracks: 1,
        ..small()
    });
    rig.render(100);
    rig.act(NOW, add_track(2));
    rig.connect(2, key(2), MASTER);
    rig.set(NOW, Target::TrackVolume(key(2)), 0.5, short);
    let voice = rig.play(NOW, 2, &constant(2, 5_000, 1.0), 1.0);
    rig.set(NOW, Target::VoiceGain(voice), 0.5, short);
    let out = rig.render_channel(100, 0);
    assert_eq!(out, [0.25; 100]);
    // Later it moves, and so does what was given a frame or a length.
    rig.set(NOW, Target::TrackVolume(key(2)), 1.0, short);
    let out = rig.render_channel(50, 0);
    assert_eq!(out[0], 0.5 * (0.5 + 0.5 / short as f32));
    let faded_in = rig.play(300, 1, &constant(2, 5_000, 1.0), 0.0);
    rig.set(300, Target::VoiceGain(faded_in), 1.0, short);
    let slow = rig.play(NOW, 1, &constant(2, 5_000, 1.0), 0.0);
    rig.set(NOW, Target::VoiceGain(slow), 1.0, 1_000);
    rig.stop(NOW, voice, 0);
    let out = rig.render_channel(100, 0);
    assert_eq!(out[9], 0.01);
    assert_eq!(out[50], 0.051 + 1.0 / short as f32);
}

#[test]
fn a_gain_that_moves_before_its_voice_starts_moves_in_engine_time() {
    let mut rig = Rig::new(&small());
    let voice = rig.play(600, 1, &constant(2, 5_000, 1.0), 1.0);
    rig.set(100, Target::VoiceGain(voice), 0.0, 1_000);
    let out = rig.render_channel(1_200, 0);
    assert_eq!(out[599], 0.0);
    assert_eq!(out[600], (1.0 - 501.0 / 1_000.0) as f32);
    assert_eq!(out[1_099], 0.0);
}

#[test]
fn meters_show_what_leaves_the_fader() {
    let mut rig = Rig::new(&small());
    rig.set(NOW, Target::TrackVolume(key(1)), 0.5, 0);
    rig.play(0, 1, &constant(2, 2_000, 0.5), 1.0);
    rig.play(0, 2, &constant(2, 2_000, -0.25), 1.0);
    rig.render(1_000);
    let shared = &rig.controller.shared;
    let close = |values: &[f32], wanted: f32| values.iter().all(|x| (x - wanted).abs() < 1e-6);
    for (track, level) in [(1, 0.25), (2, 0.25), (3, 0.0), (0, 0.0)] {
        let meter = shared.meter(key(track));
        assert_eq!(meter.peak, [level; 2], "track {track}");
        assert!(close(&meter.rms, level), "track {track}: {:?}", meter.rms);
    }
    assert_eq!(
        (shared.track_volume(key(1)), shared.track_pan(key(1))),
        (Some(0.5), Some(0.0))
    );
}
