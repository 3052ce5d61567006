//! The memory of what delays: it comes from outside, in time or not, and keeps and forgets what it
//! should.

use crate::rig;

use noxrun_engine::{
    Action, DelayPlace, Event, MASTER, PlaySpec, Target, TrackKey, TrackSetup, When,
};
use rig::desk::equip;
use rig::effects::{Ahead, Ear};
use rig::{NOW, Rig, coarse, connect, constant, cut, key, small, sound};

#[test]
fn without_memory_nothing_is_delayed_and_with_too_little_only_so_far() {
    for (memory, delay) in [(None, 0), (Some(20), 20), (Some(100), 100)] {
        let mut rig = Rig::new(&small());
        if let Some(frames) = memory {
            rig.line(DelayPlace::Edge(rig.outputs[2]), frames);
        }
        rig.add_effect(NOW, (0, 1), Ahead::new(100, 2), &[1.0]);
        rig.play(50, 1, &constant(2, 1, 0.5), 1.0);
        rig.play(50, 2, &constant(2, 1, 0.25), 1.0);
        rig.set(50, Target::EdgeGain(rig.outputs[2]), 2.0, 0);
        let out = rig.render_channel(300, 0);
        assert_eq!(rig.controller.shared.graph_latency(), 100);
        let mut expected = [0.0; 300];
        expected[150] += 0.5;
        expected[50 + delay] += 0.5;
        assert_eq!(out, expected, "{memory:?}");
    }
}

#[test]
fn memory_comes_ahead_of_what_it_is_for_and_what_is_not_needed_goes_back() {
    let mut rig = Rig::bare(&small());
    let edges = [rig.edge(1), rig.edge(2)];
    equip(&mut rig, 2, &edges);
    for track in [1, 2] {
        rig.act(NOW, rig::add_track(track));
        let edge = edges[track as usize - 1];
        rig.act(NOW, connect(edge, key(track), MASTER, 1.0));
    }
    rig.add_effect(NOW, (0, 1), Ahead::new(70, 2), &[1.0]);
    rig.play(0, 1, &constant(2, 1, 0.5), 1.0);
    rig.play(0, 2, &constant(2, 1, 0.5), 1.0);
    rig.play(0, 0, &constant(2, 1, 0.5), 1.0);
    let out = rig.render_channel(100, 0);
    let expected: Vec<f32> = (0..100).map(|n| if n == 70 { 1.5 } else { 0.0 }).collect();
    assert_eq!(out, expected);
    assert_eq!(rig.lines_back, 0);
    // Less than there is, for nobody, and more, for which the old comes back.
    rig.line(DelayPlace::Edge(edges[0]), 50);
    let stranger = rig.edge(1);
    rig.line(DelayPlace::Edge(stranger), 4_000);
    rig.line(DelayPlace::Voices(key(4_000_000)), 4_000);
    rig.render(1);
    assert_eq!(rig.lines_back, 3);
    rig.line(DelayPlace::Edge(edges[1]), 4_000);
    rig.render(1);
    assert_eq!(rig.lines_back, 4);
}

#[test]
fn more_memory_keeps_what_is_under_way() {
    let mut rig = Rig::new(&small());
    let edge = rig.outputs[2];
    rig.line(DelayPlace::Edge(edge), 120);
    rig.add_effect(NOW, (0, 1), Ahead::new(100, 2), &[1.0]);
    let content = coarse(6, 2, 2_000);
    rig.play(0, 2, &sound(content.clone()), 1.0);
    let mut out = rig.render_in(&cut(777, &[64]));
    rig.line(DelayPlace::Edge(edge), 3_000);
    out.extend(rig.render_in(&cut(777, &[64])));
    for (frame, pair) in out.chunks_exact(2).enumerate() {
        let expected = frame.checked_sub(100).map_or(0.0, |p| content[0][p]);
        assert_eq!(pair[0], expected, "frame {frame}");
    }
}

/// The places of a connection and of a track are used again: nothing of what went through them
/// before is heard.
#[test]
fn a_line_that_is_used_again_has_forgotten() {
    let mut rig = Rig::new(&small());
    let output = rig.outputs[2];
    rig.line(DelayPlace::Edge(output), 500);
    rig.line(DelayPlace::Voices(key(3)), 500);
    rig.add_effect(NOW, (0, 1), Ahead::new(400, 2), &[1.0]);
    rig.connect(10, key(1), key(3));
    // Both lines are full when what they belong to ends.
    rig.play(0, 2, &constant(2, 1_080, 0.5), 1.0);
    rig.play(0, 3, &constant(2, 1_080, 0.5), 1.0);
    rig.act(1_000, Action::Disconnect(output));
    rig.act(1_000, Action::RemoveTrack(key(3)));
    rig.render(1_081);
    assert!(rig.is_gone(output) && rig.reports.contains(&Event::TrackGone(key(3))));
    let again = TrackKey {
        index: 3,
        generation: 1,
    };
    for (track, place) in [(key(5), output.index), (again, 20)] {
        let setup = TrackSetup {
            track,
            volume: 1.0,
            pan: 0.0,
            open: true,
        };
        rig.act(NOW, Action::AddTrack(setup));
        rig.connect(place, track, MASTER);
    }
    // Track 5 is delayed behind itself, track 3 within.
    rig.connect(30, key(1), again);
    for track in [key(5), again] {
        let spec = PlaySpec::new(constant(2, 5_000, 0.25), track);
        rig.play_spec(When::Now, false, spec);
    }
    let out = rig.render_channel(2_000, 0);
    assert!(out[..400] == [0.0; 400] && out[400..] == [0.5; 1_600]);
}

/// Once nothing is under way, a chain that looks ahead costs nothing in silence.
#[test]
fn a_line_does_not_keep_a_silent_track_awake() {
    let mut rig = Rig::new(&small());
    let ear = Ear::new(2, 4_000);
    rig.tap(NOW, (0, key(1)), ear.clone());
    let counts = std::sync::Arc::default();
    let counter = rig::effects::Counter::new(&counts, true);
    rig.add_effect(NOW, (0, 1), Ahead::new(200, 2), &[1.0]);
    rig.add_effect(NOW, (1, 1), counter, &[]);
    rig.play(0, 1, &constant(2, 100, 0.5), 1.0);
    rig.render_in(&cut(3_000, &[100]));
    let heard = ear.heard(0);
    assert!(
        heard
            .iter()
            .enumerate()
            .all(|(n, x)| (*x == 0.5) == (200..300).contains(&n))
    );
    // It was run while the sound was on its way, and not much longer.
    assert!(
        (300..=700).contains(&counts.frames()),
        "{}",
        counts.frames()
    );
}
