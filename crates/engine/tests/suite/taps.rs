//! Listening in: taps on a track's sound, and meters of a caller's own.

use crate::rig;

use noxrun_engine::{Action, EngineConfig, MASTER, MeterTap, Target, TrackKey, TrackSetup, limit};
use rig::effects::Ear;
use rig::{NOW, Random, Rig, coarse, constant, cut, key, noise, ramp, small, sound};

fn lane(out: &[f32], channel: usize) -> Vec<f32> {
    out.chunks_exact(2).map(|pair| pair[channel]).collect()
}

#[test]
fn a_tap_hears_a_track_after_its_fader_frame_by_frame() {
    let mut rig = Rig::new(&small());
    let ear = Ear::new(2, 4_000);
    let tap = rig.tap(500, (0, key(1)), ear.clone());
    let content = noise(3, 2, 2_000, 0.5);
    rig.play(700, 1, &sound(content), 1.0);
    rig.set(900, Target::TrackVolume(key(1)), 0.3, 400);
    rig.set(1_000, Target::TrackPan(key(1)), -0.7, 400);
    let gate = Action::Gate {
        track: key(1),
        open: false,
    };
    rig.act(2_000, gate);
    rig.act(3_333, Action::DetachTap(tap));
    let out = rig.render_in(&cut(4_000, &[64, 1, 300]));
    // The track is all there is: from before its sound to after the gate it is the output.
    assert_eq!((ear.since(), ear.frames()), (500, 2_833));
    for channel in 0..2 {
        assert!(ear.heard(channel) == lane(&out, channel)[500..3_333]);
    }
    assert_eq!(rig.taps_back, [tap]);
}

#[test]
fn a_tap_on_the_master_hears_what_leaves_the_engine() {
    let mut rig = Rig::new(&EngineConfig {
        safety_limiter: true,
        ..small()
    });
    let ear = Ear::new(2, 3_000);
    rig.tap(NOW, (0, key(0)), ear.clone());
    let content = noise(4, 2, 1_000, 1.5);
    rig.play(500, 1, &sound(content.clone()), 1.0);
    let out = rig.render_in(&cut(3_000, &[256, 77]));
    for channel in 0..2 {
        assert!(ear.heard(channel) == lane(&out, channel));
        assert_eq!(out[2 * 600 + channel], limit(content[channel][100]));
    }
    let loudest = content.iter().flatten().fold(0.0f32, |m, x| m.max(x.abs()));
    assert_eq!(rig.renderer.peak(), loudest);
}

#[test]
fn every_tap_of_a_track_hears_the_same() {
    let mut rig = Rig::new(&small());
    let ears: Vec<_> = (0..3).map(|_| Ear::new(2, 1_000)).collect();
    for (index, ear) in ears.iter().enumerate() {
        rig.tap(10 * index as u64, (index as u32, key(1)), ear.clone());
    }
    let content = coarse(4, 2, 1_000);
    rig.play(0, 1, &sound(content.clone()), 1.0);
    rig.render_in(&cut(1_000, &[100]));
    for (index, ear) in ears.iter().enumerate() {
        assert_eq!(ear.since(), 10 * index as u64);
        assert!(ear.heard(1) == content[1][10 * index..]);
    }
}

#[test]
fn a_tap_for_a_track_that_is_not_there_comes_back() {
    let mut rig = Rig::new(&small());
    let ear = Ear::new(2, 10);
    let astray = rig.tap(NOW, (0, key(60)), ear.clone());
    let lost = rig.tap(NOW, (u32::MAX, key(1)), ear.clone());
    rig.controller_settles();
    assert_eq!(rig.taps_back, [lost, astray]);
    assert_eq!(rig.controller.shared.stale_commands(), 2);
    // One that was never attached can be ended, too; one that is cannot be attached again.
    let tap = rig.tap(1_000_000, (0, key(1)), ear.clone());
    rig.act(NOW, Action::DetachTap(tap));
    let second = rig.tap(NOW, (1, key(1)), ear.clone());
    let action = Action::AttachTap {
        tap: second,
        track: key(2),
    };
    rig.act(NOW, action);
    rig.render(100);
    assert_eq!(rig.taps_back, [lost, astray, tap]);
    assert_eq!(rig.controller.shared.stale_commands(), 3);
    assert_eq!(ear.frames(), 100);
}

/// Root of the mean square.
fn rms(samples: &[f32]) -> f64 {
    let squares = samples.iter().map(|x| f64::from(*x) * f64::from(*x));
    (squares.sum::<f64>() / samples.len().max(1) as f64).sqrt()
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

/// Read at any times, two meters of one track and one of the master: each shows what passed since it
/// was read itself.
#[test]
fn a_meter_shows_peak_and_rms_since_it_was_last_read() {
    let mut random = Random::new(3);
    let mut rig = Rig::new(&small());
    let shared = rig.controller.shared.clone();
    let content = noise(5, 2, 30_000, 0.9);
    rig.play(0, 1, &sound(content.clone()), 1.0);
    rig.set(NOW, Target::TrackVolume(key(1)), 0.5, 0);
    let level: Vec<Vec<f32>> = content
        .iter()
        .map(|lane| lane.iter().map(|x| x * 0.5).collect())
        .collect();
    rig.render(100);
    let open = |track| (MeterTap::open(&shared, track).expect("a place"), 100);
    let mut meters = [open(key(1)), open(key(1)), open(MASTER)];
    let mut frame = 100;
    while frame < 25_000 {
        let frames = random.below(1_200) as usize;
        rig.render(frames);
        frame += frames;
        for (meter, since) in &mut meters {
            if random.below(3) == 0 {
                let reading = meter.read();
                for (channel, level) in level.iter().enumerate() {
                    let passed = &level[*since..frame];
                    assert_eq!(reading.peak[channel], peak(passed));
                    let error = f64::from(reading.rms[channel]) - rms(passed);
                    assert!(error.abs() < 1e-5, "{error}");
                }
                *since = frame;
            }
        }
    }
    // Nothing passes between two readings.
    let reading = meters[0].0.read();
    assert!(reading.peak[0] > 0.0 || meters[0].1 == frame);
    let reading = meters[0].0.read();
    assert_eq!((reading.peak, reading.rms), (vec![0.0; 2], vec![0.0; 2]));
}

#[test]
fn a_meter_of_constant_sound_is_exact() {
    let mut rig = Rig::new(&small());
    let shared = rig.controller.shared.clone();
    let mut meter = MeterTap::open(&shared, key(1)).expect("a place");
    rig.play(100, 1, &constant(2, 300, -0.5), 1.0);
    rig.render(400);
    let reading = meter.read();
    assert_eq!(reading.peak, [0.5; 2]);
    // A quarter of it was silent.
    assert_eq!(reading.rms, [(0.25f64 * 0.75).sqrt() as f32; 2]);
    rig.render(400);
    assert_eq!(meter.read().peak, [0.0; 2]);
}

#[test]
fn meters_give_their_places_back() {
    let config = small();
    let rig = Rig::new(&config);
    let shared = rig.controller.shared.clone();
    for _ in 0..3 {
        let open = || MeterTap::open(&shared, key(1));
        let meters: Vec<_> = (0..config.meter_taps()).map_while(|_| open()).collect();
        assert_eq!(meters.len(), config.meter_taps());
        assert!(open().is_none());
    }
    assert!(MeterTap::open(&shared, key(4_000_000)).is_none());
}

/// One opened for a track that is about to be made in a place that was used before.
#[test]
fn a_meter_shows_nothing_of_another_track_in_its_place() {
    let mut rig = Rig::new(&small());
    let shared = rig.controller.shared.clone();
    rig.play(0, 1, &constant(2, 1_000, 0.5), 1.0);
    rig.render(2_000);
    let mut old = MeterTap::open(&shared, key(1)).expect("a place");
    rig.act(NOW, Action::RemoveTrack(key(1)));
    rig.render(200);
    let next = TrackKey {
        index: 1,
        generation: 1,
    };
    let mut new = MeterTap::open(&shared, next).expect("a place");
    let setup = TrackSetup {
        track: next,
        volume: 1.0,
        pan: 0.0,
        open: true,
    };
    rig.act(NOW, Action::AddTrack(setup));
    rig.connect(1, next, MASTER);
    rig.set(NOW, Target::TrackPan(next), 1.0, 0);
    rig.render(100);
    assert_eq!(new.read().rms, [0.0; 2]);
    let spec = noxrun_engine::PlaySpec::new(constant(2, 1_000, 0.25), next);
    rig.play_spec(noxrun_engine::When::Now, false, spec);
    rig.render(500);
    let reading = new.read();
    let right = 0.25 * std::f32::consts::SQRT_2;
    assert!(reading.peak[0] < 1e-7 && (reading.rms[1] - right).abs() < 1e-6);
    let reading = old.read();
    assert_eq!((reading.peak, reading.rms), (vec![0.0; 2], vec![0.0; 2]));
}

#[test]
fn a_meter_follows_the_fader() {
    let mut rig = Rig::new(&small());
    let shared = rig.controller.shared.clone();
    rig.play(0, 1, &constant(2, 5_000, 1.0), 1.0);
    rig.render(10);
    let mut meter = MeterTap::open(&shared, key(1)).expect("a place");
    rig.set(NOW, Target::TrackVolume(key(1)), 0.25, 400);
    rig.render(200);
    let reading = meter.read();
    assert_eq!(reading.peak, [ramp(1.0, 0.25, 0, 400) as f32; 2]);
    rig.render(200);
    assert_eq!(meter.read().peak, [ramp(1.0, 0.25, 200, 400) as f32; 2]);
}
