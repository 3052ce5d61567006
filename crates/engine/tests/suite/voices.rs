//! Who gives way when voices run out, and where their memory goes.

use crate::rig;

use noxrun_engine::{Action, EndReason, EngineConfig, Target};
use rig::{NOW, Random, Rig, STEAL, constant, cut, key, small};
use std::sync::Arc;

fn three_voices() -> EngineConfig {
    EngineConfig {
        max_voices: 3,
        ..small()
    }
}

#[test]
fn the_quietest_voice_is_stolen_and_fades_over_five_milliseconds() {
    let mut rig = Rig::new(&three_voices());
    let content = constant(2, 5_000, 1.0);
    rig.set(NOW, Target::TrackVolume(key(2)), 0.25, 0);
    let loud = rig.play(0, 1, &content, 0.5);
    // A gain of 0.8 behind a fader at 0.25 is quieter than 0.5 and 0.3.
    let quiet = rig.play(0, 2, &content, 0.8);
    let middle = rig.play(0, 1, &content, 0.3);
    let newest = rig.play(100, 1, &content, 0.01);
    let out = rig.render_in(&cut(300, &[64]));
    assert_eq!(rig.ended(quiet), Some((100 + STEAL - 1, EndReason::Stolen)));
    for voice in [loud, middle, newest] {
        assert_eq!(rig.ended(voice), None);
    }
    assert_eq!(rig.started(newest), Some(100));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        let (others, level) = match frame as u64 {
            0..100 => (0.8, 1.0),
            frame => {
                let k = (frame - 100 + 1).min(STEAL);
                (0.81, 1.0 - k as f64 / STEAL as f64)
            }
        };
        let expected = others + 0.8 * 0.25 * level;
        assert!(
            (f64::from(pair[0]) - expected).abs() < 1e-6,
            "frame {frame}"
        );
    }
    assert_eq!(rig.controller.shared.stolen_voices(), 1);
    assert_eq!(rig.controller.shared.voices(), 3);
}

#[test]
fn among_equals_the_oldest_is_stolen() {
    let mut rig = Rig::new(&three_voices());
    let content = constant(2, 5_000, 0.1);
    let voices: Vec<_> = (0..6).map(|n| rig.play(10 * n, 1, &content, 1.0)).collect();
    rig.render(200);
    for (index, voice) in voices.iter().enumerate() {
        let stolen = (10 * (index as u64 + 3) + STEAL - 1, EndReason::Stolen);
        let expected = (index < 3).then_some(stolen);
        assert_eq!(rig.ended(*voice), expected, "voice {index}");
    }
}

#[test]
fn a_voice_on_a_muted_track_or_paused_gives_way_before_one_that_is_heard() {
    let mut rig = Rig::new(&three_voices());
    let content = constant(2, 5_000, 0.1);
    let soft = rig.play(0, 1, &content, 0.01);
    let muted = rig.play(0, 2, &content, 1.0);
    let paused = rig.play(0, 1, &content, 1.0);
    let gate = Action::Gate {
        track: key(2),
        open: false,
    };
    rig.act(100, gate);
    rig.act(100, Action::Pause(paused));
    let first = rig.play(400, 1, &content, 1.0);
    let second = rig.play(500, 1, &content, 1.0);
    rig.render(1_000);
    assert_eq!(rig.ended(muted).map(|e| e.1), Some(EndReason::Stolen));
    // It had nothing left to fade.
    assert_eq!(rig.ended(paused), Some((500, EndReason::Stolen)));
    for voice in [soft, first, second] {
        assert_eq!(rig.ended(voice), None);
    }
}

#[test]
fn a_voice_that_is_cut_makes_room_on_the_same_frame() {
    let mut rig = Rig::new(&three_voices());
    let content = constant(2, 5_000, 0.1);
    let old: Vec<_> = (0..3).map(|_| rig.play(0, 1, &content, 1.0)).collect();
    for voice in &old {
        rig.stop(100, *voice, 0);
    }
    let new: Vec<_> = (0..3).map(|_| rig.play(100, 1, &content, 1.0)).collect();
    rig.render(200);
    assert_eq!(rig.controller.shared.stolen_voices(), 0);
    for voice in old {
        assert_eq!(rig.ended(voice), Some((100, EndReason::Stopped)));
    }
    for voice in new {
        assert_eq!(rig.started(voice), Some(100));
    }
}

#[test]
fn every_voice_can_be_replaced_at_once_and_none_clicks() {
    let config = EngineConfig {
        max_voices: 100,
        ..small()
    };
    let mut rig = Rig::new(&config);
    let content = constant(2, 5_000, 1.0 / 128.0);
    let old: Vec<_> = (0..100).map(|_| rig.play(0, 1, &content, 1.0)).collect();
    for _ in 0..100 {
        rig.play(1_000, 1, &constant(2, 5_000, 0.0), 1.0);
    }
    let out = rig.render_channel(1_500, 0);
    for voice in old {
        assert_eq!(
            rig.ended(voice),
            Some((1_000 + STEAL - 1, EndReason::Stolen))
        );
    }
    for k in 0..STEAL as usize {
        let expected = (100.0 / 128.0) * (1.0 - (k + 1) as f64 / STEAL as f64);
        assert!((f64::from(out[1_000 + k]) - expected).abs() < 1e-5, "{k}");
    }
}

#[test]
fn more_thefts_than_places_still_leave_the_newest_voices() {
    let mut rig = Rig::new(&three_voices());
    let content = constant(2, 5_000, 0.01);
    let heard: Vec<_> = (0..3).map(|_| rig.play(0, 1, &content, 0.5)).collect();
    let voices: Vec<_> = (0..200).map(|_| rig.play(50, 1, &content, 1.0)).collect();
    rig.render(500);
    // What has been heard fades in full; what has not is cut to make room, and no click is heard.
    for voice in heard {
        let expected = (50 + STEAL - 1, EndReason::Stolen);
        assert_eq!(rig.ended(voice), Some(expected));
    }
    let (gone, left) = voices.split_at(197);
    for voice in left {
        assert_eq!((rig.started(*voice), rig.ended(*voice)), (Some(50), None));
    }
    for voice in gone {
        assert_eq!(rig.ended(*voice).map(|e| e.1), Some(EndReason::Stolen));
    }
    assert_eq!(rig.controller.shared.stolen_voices(), 200);
    assert_eq!(rig.returned, 200);
}

#[test]
fn a_second_stop_may_only_shorten_the_first() {
    let mut rig = Rig::new(&small());
    let content = constant(2, 5_000, 1.0);
    let a = rig.play(0, 1, &content, 1.0);
    rig.stop(100, a, 400);
    rig.stop(200, a, 1_000);
    let b = rig.play(0, 2, &content, 1.0);
    rig.stop(100, b, 1_000);
    rig.stop(200, b, 40);
    rig.render(1_000);
    assert_eq!(rig.ended(a), Some((499, EndReason::Stopped)));
    assert_eq!(rig.ended(b), Some((239, EndReason::Stopped)));
}

#[test]
fn every_share_of_every_sample_comes_back_and_is_freed_elsewhere() {
    let config = EngineConfig {
        max_voices: 8,
        ..small()
    };
    let mut rig = Rig::new(&config);
    let mut random = Random::new(5);
    let samples: Vec<_> = (0..5).map(|n| constant(2, 50 + 300 * n, 0.1)).collect();
    let mut plays = 0;
    for _ in 0..400 {
        for _ in 0..random.below(6) {
            let delay = random.below(300);
            // Some on a track that does not exist.
            let track = random.below(6) as u32;
            let sample = &samples[random.below(5) as usize];
            let at = rig.renderer.frame() + delay;
            let voice = rig.play(at, track, sample, 1.0);
            plays += 1;
            match random.below(4) {
                0 => rig.stop(at + random.below(100), voice, random.below(50) as u32),
                1 => rig.act(at + 20, Action::Pause(voice)),
                2 => rig.act(
                    at,
                    Action::StopTrack {
                        track: key(track),
                        fade: 9,
                    },
                ),
                _ => {}
            }
        }
        rig.render(random.below(200) as usize);
    }
    for track in 0..5 {
        rig.act(
            NOW,
            Action::StopTrack {
                track: key(track),
                fade: 0,
            },
        );
    }
    rig.render(500);
    assert_eq!(rig.returned, plays);
    for sample in &samples {
        assert_eq!(Arc::strong_count(sample), 1);
    }
    assert_eq!(rig.controller.shared.voices(), 0);
    let ended = |e: &&noxrun_engine::Event| matches!(e, noxrun_engine::Event::Ended { .. });
    assert_eq!(rig.reports.iter().filter(ended).count(), plays);
}
