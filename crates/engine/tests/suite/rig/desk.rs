//! Tracks, buses and a send with effects that look ahead on all of them.

use super::effects::Ahead;
use super::{NOW, Rig, key, small};
use noxrun_engine::{DelayPlace, EdgeKey, EffectKey, EngineConfig};

/// Memory enough for anything, everywhere.
pub fn equip(rig: &mut Rig, tracks: u32, edges: &[EdgeKey]) {
    for track in 0..=tracks {
        rig.line(DelayPlace::Voices(key(track)), 2_000);
    }
    for edge in edges {
        rig.line(DelayPlace::Edge(*edge), 2_000);
    }
}

/// Tracks 1 and 2 end in bus 3, track 4 in the master, track 1 sends to bus 5.
pub struct Desk {
    pub rig: Rig,
    pub edges: Vec<EdgeKey>,
    pub effects: Vec<EffectKey>,
}

/// `latencies` of an effect on each track, the master first; 0: the same effect without a wait.
pub fn desk(latencies: [usize; 6]) -> Desk {
    // Voices for all: which one is stolen depends on the faders, and those are compensated.
    let mut rig = Rig::bare(&EngineConfig {
        max_tracks: 5,
        max_voices: 128,
        ..small()
    });
    for track in 1..=5 {
        rig.act(NOW, super::add_track(track));
    }
    let ways = [(1, 3), (2, 3), (3, 0), (4, 0), (1, 5), (5, 0)];
    let ways = ways.into_iter().enumerate();
    let edges: Vec<_> = ways
        .map(|(place, (from, to))| rig.connect(place as u32, key(from), key(to)))
        .collect();
    equip(&mut rig, 5, &edges);
    let effects = (0..6).map(|track| {
        let effect = Ahead::new(latencies[track as usize], 2);
        rig.add_effect(NOW, (track, track), effect, &[1.0])
    });
    let effects = effects.collect();
    Desk {
        rig,
        edges,
        effects,
    }
}

pub const LATENCIES: [[usize; 6]; 6] = [
    [0, 37, 0, 0, 0, 0],
    [0, 0, 0, 300, 0, 0],
    [5, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 1_000, 0],
    [11, 37, 64, 300, 1, 7],
    [1, 256, 255, 257, 512, 1_024],
];

/// Frames by which everything is later: the longest way.
pub fn longest(latencies: [usize; 6]) -> usize {
    let [master, one, two, three, four, five] = latencies;
    let bus = one.max(two) + three;
    bus.max(four).max(one + five) + master
}
