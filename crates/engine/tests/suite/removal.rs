//! Taking tracks out: the fade, what comes back, and that nothing of the old touches the new.

use crate::rig;

use noxrun_engine::{
    Action, Curve, EffectKey, EndReason, EngineConfig, Event, MASTER, PlaySpec, TapKey, Target,
    TrackKey, TrackSetup, When,
};
use rig::effects::{Affine, Ahead, Counter, Counts, Ear, OnePole};
use rig::{NOW, PAUSE, Random, Rig, connect, constant, cut, jump, key, ramp, small};
use std::sync::Arc;

/// Frames of a crossfade.
const FADE: usize = PAUSE as usize;

fn place(index: u32, generation: u32) -> TrackKey {
    TrackKey { index, generation }
}

fn setup(track: TrackKey) -> Action {
    Action::AddTrack(TrackSetup {
        track,
        volume: 1.0,
        pan: 0.0,
        open: true,
    })
}

fn count(rig: &Rig, event: Event) -> usize {
    rig.reports.iter().filter(|e| **e == event).count()
}

#[test]
fn a_track_fades_out_in_10_ms_and_then_everything_of_it_comes_back() {
    let mut rig = Rig::new(&small());
    let counts = Arc::<Counts>::default();
    let effects = [
        rig.add_effect(NOW, (0, 1), Affine(2.0, 0.0), &[]),
        rig.add_effect(NOW, (1, 1), Counter::new(&counts, false), &[]),
    ];
    let ear = Ear::new(2, 4_000);
    let tap = rig.tap(NOW, (0, key(1)), ear.clone());
    let send = rig.connect(10, key(1), key(2));
    let feed = rig.connect(11, key(3), key(1));
    let voice = rig.play(0, 1, &constant(2, 90_000, 0.25), 1.0);
    let paused = rig.play(0, 1, &constant(2, 90_000, 0.25), 1.0);
    rig.act(100, Action::Pause(paused));
    let elsewhere = rig.play(0, 4, &constant(2, 90_000, 0.0), 1.0);
    rig.act(1_000, Action::RemoveTrack(key(1)));
    // Neither the gate nor another removal changes its course.
    let gate = Action::Gate {
        track: key(1),
        open: true,
    };
    rig.act(1_010, gate);
    rig.act(1_020, Action::RemoveTrack(key(1)));
    let out = rig.render_in(&cut(2_000, &[300, 7]));
    for frame in 200..2_000 {
        // To the master and by the send.
        let expected = match frame {
            0..1_000 => 1.0,
            _ => ramp(1.0, 0.0, frame - 1_000, FADE) as f32,
        };
        assert_eq!(out[2 * frame], expected, "frame {frame}");
    }
    // The last frame of a fade is silent, and with it they end.
    let end = 1_000 + PAUSE - 1;
    assert_eq!(rig.ended(voice), Some((end, EndReason::Stopped)));
    assert_eq!(rig.ended(paused), Some((end, EndReason::Stopped)));
    assert_eq!(rig.ended(elsewhere), None);
    rig.effects_back.sort_by_key(|effect| effect.index);
    assert_eq!(rig.effects_back, effects);
    assert_eq!(rig.taps_back, [tap]);
    assert_eq!(ear.frames(), 1_000 + PAUSE);
    assert_eq!(counts.frames(), 1_000 + PAUSE);
    for edge in [rig.outputs[1], send, feed] {
        assert_eq!(count(&rig, Event::EdgeGone(edge)), 1);
    }
    assert_eq!(count(&rig, Event::TrackGone(key(1))), 1);
    assert_eq!(rig.reports.last(), Some(&Event::TrackGone(key(1))));
    assert_eq!(rig.returned, 2);
    assert_eq!(rig.controller.shared.stale_commands(), 0);
}

#[test]
fn a_track_that_has_not_sounded_goes_at_once() {
    let mut rig = Rig::new(&small());
    let effect = rig.add_effect(NOW, (0, 1), Affine(2.0, 0.0), &[]);
    rig.act(NOW, Action::RemoveTrack(key(1)));
    rig.controller_settles();
    assert_eq!(rig.effects_back, [effect]);
    assert!(rig.is_gone(rig.outputs[1]));
    assert_eq!(count(&rig, Event::TrackGone(key(1))), 1);
}

#[test]
fn a_bus_that_goes_fades_and_leaves_those_that_fed_it_without_a_way() {
    let mut rig = Rig::new(&small());
    rig.act(NOW, Action::Disconnect(rig.outputs[1]));
    let feed = rig.connect(10, key(1), key(2));
    rig.play(0, 1, &constant(2, 9_000, 0.5), 1.0);
    rig.act(500, Action::RemoveTrack(key(2)));
    let out = rig.render_channel(1_000, 0);
    for (frame, x) in out.iter().enumerate() {
        let expected = match frame {
            0..500 => 0.5,
            _ => 0.5 * ramp(1.0, 0.0, frame - 500, FADE) as f32,
        };
        assert_eq!(*x, expected, "frame {frame}");
    }
    assert!(rig.is_gone(feed) && rig.is_gone(rig.outputs[2]));
    // It is itself as it was.
    rig.connect(10, key(1), MASTER);
    rig.render(FADE);
    assert_eq!(rig.render_channel(10, 0), [0.5; 10]);
}

#[test]
fn the_master_stays() {
    let mut rig = Rig::new(&small());
    rig.play(0, 0, &constant(2, 9_000, 0.5), 1.0);
    rig.act(NOW, Action::RemoveTrack(MASTER));
    assert_eq!(rig.render_channel(500, 0), [0.5; 500]);
    assert_eq!(rig.controller.shared.stale_commands(), 1);
}

#[test]
fn nothing_that_was_meant_for_the_old_track_touches_the_new_one() {
    let mut rig = Rig::new(&small());
    let old = key(1);
    rig.render(10);
    rig.act(100, Action::RemoveTrack(old));
    // All of it comes when the place has another track.
    let effect = rig.effect(0, Affine(0.0, 1.0), &[]);
    let waiting = rig.play(1_000, 1, &constant(2, 9_000, 0.5), 1.0);
    let ear = Ear::new(2, 10);
    let tap = rig.tap(1_000, (0, key(1)), ear.clone());
    let edges = [rig.edge(20), rig.edge(21)];
    let target = Target::TrackVolume(old);
    let reach = Action::Reach {
        target,
        value: 0.0,
        curve: Curve::Linear,
    };
    for action in [
        Action::Cancel(Target::TrackPan(old)),
        jump(target, 0.0),
        jump(Target::TrackPan(old), -1.0),
        jump(Target::EdgeGain(rig.outputs[1]), 0.0),
        reach,
        Action::Gate {
            track: old,
            open: false,
        },
        Action::StopTrack {
            track: old,
            fade: 0,
        },
        Action::RemoveTrack(old),
        Action::Disconnect(rig.outputs[1]),
        connect(edges[0], old, MASTER, 1.0),
        connect(edges[1], key(2), old, 1.0),
        Action::AddEffect {
            effect,
            track: old,
            before: None,
            bypass: false,
        },
    ] {
        rig.act(1_000, action);
    }
    rig.render(200);
    assert_eq!(count(&rig, Event::TrackGone(old)), 1);
    let new = place(1, 1);
    rig.act(NOW, setup(new));
    rig.connect(1, new, MASTER);
    let spec = PlaySpec::new(constant(2, 9_000, 0.25), new);
    let voice = rig.play_spec(When::Now, false, spec);
    let out = rig.render_in(&cut(2_000, &[128]));
    assert!(out == [0.25; 4_000]);
    // What named the track itself, and the tap; the rest went with what it was planned for.
    assert_eq!(rig.controller.shared.stale_commands(), 4);
    assert_eq!(rig.ended(waiting), Some((1_000, EndReason::Stopped)));
    assert_eq!((rig.started(waiting), rig.ended(voice)), (None, None));
    assert_eq!(
        (rig.effects_back.as_slice(), rig.taps_back.as_slice()),
        (&[effect][..], &[tap][..])
    );
    assert!(rig.is_gone(edges[0]) && rig.is_gone(edges[1]));
    assert_eq!(
        (ear.frames(), rig.controller.shared.track_volume(new)),
        (0, Some(1.0))
    );
}

#[test]
fn a_track_in_a_place_that_is_taken_is_refused() {
    let mut rig = Rig::new(&small());
    rig.play(0, 1, &constant(2, 9_000, 0.5), 1.0);
    rig.act(NOW, setup(place(1, 1)));
    rig.act(NOW, setup(place(4_000_000, 0)));
    assert_eq!(rig.render_channel(100, 0), [0.5; 100]);
    assert_eq!(rig.controller.shared.stale_commands(), 2);
}

/// Tracks with voices, effects, taps, sends and latency, made and removed in any order, some while
/// they are still fading in: every key comes back exactly once and silence is silence.
#[test]
fn a_thousand_tracks_come_and_go_and_leave_nothing_behind() {
    let mut random = Random::new(17);
    let mut rig = Rig::bare(&EngineConfig {
        max_voices: 32,
        max_events: 2_000,
        ..small()
    });
    let sample = constant(2, 5_000, 0.01);
    let mut free: Vec<u32> = (1..=6).collect();
    let mut generation = 0;
    let mut tracks: Vec<TrackKey> = Vec::new();
    let mut effects: Vec<EffectKey> = Vec::new();
    let mut taps: Vec<TapKey> = Vec::new();
    let (mut edges, mut voices, mut made) = (0, 0, 0);
    let mut slots: [Vec<u32>; 3] = [(0..90).collect(), (0..60).collect(), (0..30).collect()];
    let mut seen = 0;
    while made < 1_000 || !tracks.is_empty() {
        if made < 1_000 && !free.is_empty() && random.below(3) > 0 {
            generation += 1;
            made += 1;
            let track = place(free.remove(0), generation);
            rig.act(NOW, setup(track));
            let ways = 1 + random.below(3);
            for way in 0..ways {
                let to = match tracks.len() as u64 {
                    0 => MASTER,
                    _ if way == 0 => MASTER,
                    count => tracks[random.below(count) as usize],
                };
                if let Some(slot) = slots[0].pop() {
                    let edge = rig.edge(slot);
                    rig.act(NOW, connect(edge, track, to, 1.0));
                    edges += 1;
                }
            }
            for _ in 0..random.below(4) {
                if let Some(slot) = slots[1].pop() {
                    let effect = match random.below(3) {
                        0 => rig.effect(slot, Affine(0.9, 0.0), &[]),
                        1 => rig.effect(slot, OnePole::default(), &[]),
                        _ => rig.effect(slot, Ahead::new(20, 2), &[1.0]),
                    };
                    let bypass = random.below(3) == 0;
                    let action = Action::AddEffect {
                        effect,
                        track,
                        before: None,
                        bypass,
                    };
                    rig.act(NOW, action);
                    effects.push(effect);
                }
            }
            if let Some(slot) = slots[2].pop() {
                generation += 1;
                let tap = TapKey {
                    index: slot,
                    generation,
                };
                rig.send(noxrun_engine::Message::Tap(tap, Box::new(Ear::new(2, 0))));
                rig.act(NOW, Action::AttachTap { tap, track });
                taps.push(tap);
            }
            for _ in 0..random.below(3) {
                let at = When::Frame(rig.renderer.frame() + random.below(100));
                rig.play_spec(at, false, PlaySpec::new(Arc::clone(&sample), track));
                voices += 1;
            }
            tracks.push(track);
        }
        for _ in 0..random.below(3) {
            let pick =
                |random: &mut Random, count: usize| random.below(count.max(1) as u64) as usize;
            match random.below(5) {
                0 if !tracks.is_empty() => {
                    let track = tracks.remove(pick(&mut random, tracks.len()));
                    rig.act(NOW, Action::RemoveTrack(track));
                }
                1 if !effects.is_empty() => {
                    let effect = effects[pick(&mut random, effects.len())];
                    rig.act(NOW, Action::RemoveEffect(effect));
                }
                2 if !effects.is_empty() => {
                    let effect = effects[pick(&mut random, effects.len())];
                    rig.act(
                        NOW,
                        Action::MoveEffect {
                            effect,
                            before: None,
                        },
                    );
                }
                3 if !taps.is_empty() => {
                    let tap = taps[pick(&mut random, taps.len())];
                    rig.act(NOW, Action::DetachTap(tap));
                }
                _ if !effects.is_empty() => {
                    let effect = effects[pick(&mut random, effects.len())];
                    let on = random.below(2) == 0;
                    rig.act(NOW, Action::Bypass { effect, on });
                }
                _ => {}
            }
        }
        rig.render(random.below(120) as usize);
        // What came back may be used again.
        for event in &rig.reports[seen..] {
            match event {
                Event::TrackGone(track) => free.push(track.index),
                Event::EdgeGone(edge) => {
                    assert!(!slots[0].contains(&edge.index), "{edge:?} twice");
                    slots[0].push(edge.index);
                    edges -= 1;
                }
                Event::Ended { .. } => voices -= 1,
                _ => {}
            }
        }
        seen = rig.reports.len();
        for effect in rig.effects_back.drain(..) {
            assert!(effects.contains(&effect), "{effect:?} twice");
            effects.retain(|other| *other != effect);
            slots[1].push(effect.index);
        }
        for tap in rig.taps_back.drain(..) {
            assert!(taps.contains(&tap), "{tap:?} twice");
            taps.retain(|other| *other != tap);
            slots[2].push(tap.index);
        }
    }
    rig.render(500);
    for event in &rig.reports[seen..] {
        match event {
            Event::TrackGone(track) => free.push(track.index),
            Event::EdgeGone(_) => edges -= 1,
            Event::Ended { .. } => voices -= 1,
            _ => {}
        }
    }
    effects.retain(|effect| !rig.effects_back.contains(effect));
    taps.retain(|tap| !rig.taps_back.contains(tap));
    assert_eq!((effects.as_slice(), taps.as_slice()), (&[][..], &[][..]));
    assert_eq!((edges, voices, free.len()), (0, 0, 6));
    assert_eq!(Arc::strong_count(&sample), 1);
    assert!(rig.render(2_000) == [0.0; 4_000]);
    assert_eq!(rig.controller.shared.graph_latency(), 0);
}

#[test]
fn what_waits_for_a_track_ends_with_it() {
    let mut rig = Rig::new(&small());
    let content = constant(2, 100, 0.5);
    let by_frame = rig.play(5_000, 1, &content, 1.0);
    // The transport stands, and will go on standing.
    let spec = PlaySpec::new(content.clone(), key(1));
    let by_beat = rig.play_spec(When::Beat(1.0), false, spec);
    let elsewhere = rig.play(5_000, 2, &content, 1.0);
    rig.act(100, Action::RemoveTrack(key(1)));
    rig.render(101);
    for voice in [by_frame, by_beat] {
        assert_eq!(rig.started(voice), None);
        assert_eq!(rig.ended(voice), Some((100, EndReason::Stopped)));
    }
    assert_eq!(rig.ended(elsewhere), None);
}
