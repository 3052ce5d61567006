//! The control queue, the schedule and batches: order is kept and nothing is lost.

use crate::rig;

use noxrun_engine::{Action, Curve, EndReason, EngineConfig, Target, VoiceKey};
use proptest::prelude::*;
use rig::{NOW, Rig, constant, cut, key, small};

fn step(target: Target, value: f64) -> Action {
    Action::Set {
        target,
        value,
        frames: 0,
        curve: Curve::Step,
    }
}

fn volume(value: f64) -> Action {
    step(Target::TrackVolume(key(1)), value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: rig::cases(200), failure_persistence: None, ..ProptestConfig::default() })]

    /// Values at any frames, several on one frame, through a queue that is nearly always full: on
    /// each frame the newest one that was sent for it, or for the latest frame before it, is heard.
    #[test]
    fn commands_of_one_frame_take_effect_in_the_order_in_which_they_were_sent(
        frames in prop::collection::vec(1_000..1_200u64, 1..200),
        capacity in 1..20usize,
    ) {
        let mut rig = Rig::new(&EngineConfig { control_capacity: capacity, ..small() });
        rig.play(0, 1, &constant(2, 3_000, 1.0), 1.0);
        for (index, frame) in frames.iter().enumerate() {
            rig.act(*frame, volume(index as f64 / 1_024.0));
        }
        // 250 callbacks of 4 frames carry everything across before frame 1,000.
        let out = rig.render_in(&cut(1_300, &[4]));
        prop_assert_eq!(rig.controller.shared.late_events(), 0);
        for frame in 0..1_300u64 {
            let heard = frames.iter().enumerate().filter(|(_, at)| **at <= frame);
            let newest = heard.max_by_key(|(index, at)| (**at, *index));
            let expected = newest.map_or(1.0, |(index, _)| index as f32 / 1_024.0);
            prop_assert_eq!(out[2 * frame as usize], expected, "frame {}", frame);
        }
    }
}

#[test]
fn a_full_queue_delays_and_loses_nothing() {
    let mut rig = Rig::new(&EngineConfig {
        control_capacity: 8,
        ..small()
    });
    let content = constant(2, 1, 0.5);
    let voices: Vec<_> = (0..200).map(|_| rig.play(NOW, 1, &content, 1.0)).collect();
    assert!(rig.controller.is_full());
    rig.render_in(&cut(300, &[10]));
    // Eight a block, in order.
    for (index, voice) in voices.iter().enumerate() {
        let block = index as u64 / 8;
        assert_eq!(rig.started(*voice), Some(10 * block), "voice {index}");
    }
    assert_eq!(rig.controller.shared.max_depth(), 8);
    assert_eq!(rig.reports.len(), 2 * voices.len());
}

#[test]
fn as_many_commands_as_anybody_sends_find_a_place() {
    let config = EngineConfig {
        max_events: 1,
        max_tracks: 1,
        max_voices: 1,
        control_capacity: 16,
        ..small()
    };
    let mut rig = Rig::new(&config);
    rig.play(NOW, 1, &constant(2, 20_000, 1.0), 1.0);
    let count = 5_000;
    for index in 0..count {
        rig.act(5_000 + 2 * index, volume(index as f64 / 8_192.0));
    }
    // 320 callbacks carry everything across.
    let out = rig.render_in(&cut(16_000, &[10]));
    assert_eq!(rig.controller.shared.late_events(), 0);
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        let expected = match frame.checked_sub(5_000) {
            None => 1.0,
            Some(past) => (past / 2).min(count as usize - 1) as f32 / 8_192.0,
        };
        assert_eq!(pair[0], expected, "frame {frame}");
    }
    assert!(rig.growths_back > 0);
}

#[test]
fn a_batch_takes_effect_on_one_frame_however_much_is_in_front_of_it() {
    for at in [NOW, 777] {
        let mut rig = Rig::new(&EngineConfig {
            control_capacity: 7,
            ..small()
        });
        let content = constant(2, 9_000, 0.125);
        for track in 1..=4 {
            rig.play(0, track, &content, 1.0);
        }
        rig.controller_settles();
        for round in 0..60 {
            for track in 1..=4 {
                let value = if round == 59 { 2.0 } else { 0.0 };
                rig.stage(NOW, step(Target::TrackVolume(key(track)), value));
            }
        }
        let staged_play = rig.play_as(NOW, true, 1, &content, 1.0);
        for _ in 0..238 {
            rig.act(NOW, step(Target::TrackPan(key(1)), 0.0));
        }
        rig.commit(at);
        let out = rig.render_in(&cut(1_000, &[10]));
        let frames: Vec<_> = out.chunks_exact(2).map(|pair| pair[0]).collect();
        // 239 messages, 7 a block: the batch is drained in block 34.
        let frame = if at == NOW { 340 } else { 777 };
        assert_eq!(frames[..frame], vec![0.5; frame]);
        assert_eq!(frames[frame..], vec![1.25; 1_000 - frame]);
        assert_eq!(rig.started(staged_play), Some(frame as u64));
        assert_eq!(rig.batches_back, 1);
    }
}

#[test]
fn a_batch_keeps_the_frames_that_its_commands_have() {
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &constant(2, 9_000, 1.0), 1.0);
    rig.stage(300, volume(0.25));
    rig.stage(NOW, volume(0.5));
    rig.act(NOW, step(Target::TrackPan(key(1)), 0.0));
    rig.commit(100);
    let out = rig.render_channel(400, 0);
    assert_eq!(
        (out[99], out[100], out[299], out[300]),
        (1.0, 0.5, 0.5, 0.25)
    );
}

#[test]
fn a_batch_of_any_size_is_taken_in_at_once() {
    let mut rig = Rig::new(&EngineConfig {
        max_events: 2,
        max_voices: 1,
        ..small()
    });
    rig.play(NOW, 1, &constant(2, 9_000, 1.0), 1.0);
    for index in 0..40_000 {
        rig.stage(NOW, volume(f64::from(index) / 65_536.0));
        rig.stage(100, volume(f64::from(index) / 32_768.0));
    }
    rig.commit(NOW);
    let out = rig.render_channel(200, 0);
    assert_eq!(out[..100], [39_999.0 / 65_536.0; 100]);
    assert_eq!(out[100..], [39_999.0 / 32_768.0; 100]);
    assert_eq!(rig.batches_back, 1);
}

#[test]
fn what_comes_late_takes_effect_at_once_in_order_and_is_counted() {
    let mut rig = Rig::new(&small());
    rig.render(1_000);
    let voice = rig.play(900, 1, &constant(2, 50, 0.5), 1.0);
    let out = rig.render_channel(100, 0);
    // From its beginning.
    assert_eq!((out[0], out[49], out[50]), (0.5, 0.5, 0.0));
    assert_eq!(rig.started(voice), Some(1_000));
    assert_eq!(rig.ended(voice), Some((1_050, EndReason::Finished)));
    assert_eq!(rig.controller.shared.late_events(), 1);
    assert_eq!(rig.controller.shared.late_by(), 100);

    let voice = rig.play(NOW, 1, &constant(2, 500, 0.5), 1.0);
    rig.act(NOW, volume(0.5));
    rig.act(1_090, volume(1.0));
    rig.act(1_080, volume(0.25));
    // It was asked to end after it was asked to start.
    rig.stop(1_085, voice, 80);
    let out = rig.render_channel(100, 0);
    assert_eq!(out[0], (0.125 * (1.0 - 1.0 / 80.0)) as f32);
    assert_eq!(rig.ended(voice), Some((1_179, EndReason::Stopped)));
    assert_eq!(rig.controller.shared.late_events(), 4);
    assert_eq!(rig.controller.shared.late_by(), 15);
}

#[test]
fn commands_for_voices_that_have_ended_are_counted_and_change_nothing() {
    let mut rig = Rig::new(&small());
    let old = rig.play(NOW, 1, &constant(2, 10, 0.5), 1.0);
    rig.render(100);
    let newer = VoiceKey {
        generation: old.generation + 1,
        ..old
    };
    let never = VoiceKey {
        index: u32::MAX,
        generation: 0,
    };
    let commands = |voice| {
        [
            Action::Stop { voice, fade: 0 },
            Action::Pause(voice),
            Action::Resume(voice),
            step(Target::VoiceGain(voice), 0.0),
        ]
    };
    for voice in [old, newer, never] {
        for action in commands(voice) {
            rig.act(NOW, action);
        }
    }
    rig.render(10);
    assert_eq!(rig.controller.shared.stale_commands(), 12);

    // The place is used again: the old key does not reach the new voice.
    let indices = EngineConfig { ..small() }.voice_keys();
    let content = constant(2, 5, 0.5);
    let mut voice = rig.play(NOW, 1, &content, 1.0);
    for _ in 0..indices {
        if voice.index == old.index {
            break;
        }
        rig.render(10);
        voice = rig.play(NOW, 1, &content, 1.0);
    }
    assert_eq!(voice.index, old.index);
    for action in commands(old) {
        rig.act(NOW, action);
    }
    assert_eq!(rig.render_channel(6, 0), [0.5, 0.5, 0.5, 0.5, 0.5, 0.0]);
    assert_eq!(rig.controller.shared.stale_commands(), 16);
}

#[test]
fn a_voice_that_was_stopped_while_it_waited_leaves_no_stale_command() {
    let mut rig = Rig::new(&small());
    let voice = rig.play(500, 1, &constant(2, 10, 0.5), 1.0);
    rig.stop(NOW, voice, 0);
    rig.render(1_000);
    assert_eq!(rig.controller.shared.stale_commands(), 0);
    assert_eq!(rig.returned, 1);
}

#[test]
fn counted_events_are_done_when_they_have_taken_effect() {
    let mut rig = Rig::new(&small());
    rig.controller_settles();
    let before = rig.controller.shared.events_done();
    rig.play(NOW, 1, &constant(2, 10, 0.5), 1.0);
    rig.act(50, volume(0.5));
    rig.act(100, volume(0.5));
    rig.render(100);
    assert_eq!(rig.controller.shared.events_done() - before, 2);
    rig.render(1);
    assert_eq!(rig.controller.shared.events_done() - before, 3);
}

#[test]
fn a_stopped_track_ends_what_was_played_before_and_nothing_else() {
    let mut rig = Rig::new(&small());
    let content = constant(2, 3_000, 0.25);
    let sounding = rig.play(0, 1, &content, 1.0);
    let waiting = rig.play(700, 1, &content, 1.0);
    let elsewhere = rig.play(0, 2, &content, 1.0);
    rig.act(
        500,
        Action::StopTrack {
            track: key(1),
            fade: 0,
        },
    );
    let later = rig.play(800, 1, &content, 1.0);
    let earlier_but_played_later = rig.play(400, 1, &content, 1.0);
    rig.render(1_000);
    assert_eq!(rig.ended(sounding), Some((500, EndReason::Stopped)));
    assert_eq!(rig.ended(waiting), Some((500, EndReason::Stopped)));
    assert_eq!(rig.started(waiting), None);
    assert_eq!(rig.ended(elsewhere), None);
    for (voice, frame) in [(later, 800), (earlier_but_played_later, 400)] {
        assert_eq!((rig.started(voice), rig.ended(voice)), (Some(frame), None));
    }
}

#[test]
fn published_gains_belong_to_the_voice_that_was_asked_for() {
    let mut rig = Rig::new(&small());
    let content = constant(2, 3_000, 0.25);
    let a = rig.play(NOW, 1, &content, 0.5);
    let b = rig.play(NOW, 1, &content, 0.75);
    let waiting = rig.play(100, 1, &content, 0.5);
    rig.render(10);
    let shared = rig.controller.shared.clone();
    assert_eq!(shared.voices(), 2);
    assert_eq!(shared.voice(a).map(|v| v.gain), Some(0.5));
    assert_eq!(shared.voice(b).map(|v| v.gain), Some(0.75));
    assert_eq!(shared.voice(waiting).map(|v| v.gain), None);
    let nobody = VoiceKey {
        index: u32::MAX,
        generation: u32::MAX,
    };
    assert_eq!(shared.voice(nobody).map(|v| v.gain), None);
    rig.stop(NOW, a, 0);
    rig.render(10);
    assert_eq!(
        (shared.voices(), shared.voice(a).map(|v| v.gain)),
        (1, None)
    );
    assert_eq!(shared.clock().frame, 20);
    assert_eq!(shared.clock().block, 10);
}
