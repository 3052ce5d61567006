//! Many voices at once: what they report, who gives way, and that block sizes change nothing.

use crate::player;

use noxrun_engine::{Action, EndReason, EngineConfig, Event, PlaySpec, When};
use player::{Player, RATE, Random, cut, mono, sound, spec};

#[test]
fn reports_come_in_the_order_of_their_frames() {
    let mut random = Random::new(6);
    let mut player = Player::new(1);
    for _ in 0..30 {
        let length = 1 + random.below(2_000) as usize;
        player.play(0, spec(&mono(length, |_| 0.01)));
    }
    player.render(&[2_100]);
    let frames: Vec<_> = player.reports.iter().map(frame_of).collect();
    assert_eq!(frames.len(), 60);
    assert!(frames.is_sorted(), "{frames:?}");
}

fn frame_of(event: &Event) -> u64 {
    match event {
        Event::Started { frame, .. } | Event::Ended { frame, .. } => *frame,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_voice_that_falls_gives_way_and_one_that_rises_does_not() {
    let mut player = Player::with(&EngineConfig {
        sample_rate: RATE,
        channels: 1,
        max_voices: 3,
        ..EngineConfig::default()
    });
    let constant = mono(2_000, |_| 0.1);
    let played = |fade_in, fade_out, gain| PlaySpec {
        fade_in,
        fade_out,
        gain,
        ..spec(&constant)
    };
    let falling = player.play(0, played(0, 1_800, 1.0));
    let rising = player.play(0, played(5_000, 0, 0.9));
    let plain = player.play(0, played(0, 0, 0.8));
    // 1,000 of its 1,800 frames: it has come down to 0.44.
    let next = player.play(1_200, played(5_000, 0, 0.7));
    player.render(&[1_300]);
    let reason = |voice| player.ended(voice).map(|(_, reason)| reason);
    assert_eq!(reason(falling), Some(EndReason::Stolen));
    assert_eq!([rising, plain, next].map(reason), [None; 3]);
}

/// Anything at any time, the same for every cut.
fn session(seed: u64, blocks: &[usize]) -> (Vec<u32>, Vec<Event>) {
    let mut random = Random::new(seed);
    let sounds: Vec<_> = (0..6)
        .map(|n| {
            let frames = [1, 40, 300, 2_000, 9_000, 20_000][n];
            let channels = 1 + random.below(3) as usize;
            sound((0..channels).map(|_| random.noise(frames)).collect())
        })
        .collect();
    let mut player = Player::new(2);
    let mut voices = Vec::new();
    let some = |random: &mut Random, most: u64| {
        let wide = random.below(3) == 0;
        wide.then(|| random.below(most))
    };
    let speed = |random: &mut Random| match random.below(4) {
        0 => 1.0,
        1 => [0.5, 2.0, 4.0, 16.0, 0.0625][random.below(5) as usize],
        _ => 0.25 + random.unit() * 3.0,
    };
    for _ in 0..60 {
        let at = random.below(8_000);
        let start = random.below(2_000);
        let played = PlaySpec {
            gain: 0.1,
            rate: speed(&mut random),
            offset: some(&mut random, 3_000).unwrap_or(0),
            length: some(&mut random, 6_000),
            repeat: some(&mut random, 700).map(|length| (start, start + length)),
            fade_in: some(&mut random, 900).unwrap_or(0) as u32,
            fade_out: some(&mut random, 900).unwrap_or(0) as u32,
            ..spec(&sounds[random.below(6) as usize])
        };
        voices.push(player.play(at, played));
        for _ in 0..random.below(5) {
            let voice = voices[random.below(voices.len() as u64) as usize];
            let at = random.below(9_000);
            match random.below(6) {
                0 => player.seek(at, voice, random.below(4_000)),
                1 => player.pause(at, voice),
                2 => player.resume(at, voice),
                3 => {
                    let fade = random.below(300) as u32;
                    player.act(When::Frame(at), Action::Stop { voice, fade });
                }
                _ => {
                    let value = speed(&mut random);
                    player.rate(at, voice, value, random.below(1_500) as u32);
                }
            }
        }
    }
    let out = player.render(&cut(9_000, blocks));
    (out.iter().map(|x| x.to_bits()).collect(), player.reports)
}

#[test]
fn block_sizes_change_neither_the_sound_nor_the_reports() {
    for seed in 0..12 {
        let (sound, reports) = session(seed, &[256]);
        assert!(sound.iter().filter(|bits| **bits != 0).count() > 8_000);
        assert!(reports.iter().map(frame_of).is_sorted());
        for blocks in [&[1][..], &[64], &[9_000], &[300, 1, 17, 128]] {
            let (same, again) = session(seed, blocks);
            let differs = sound.iter().zip(&same).position(|(a, b)| a != b);
            assert_eq!(differs, None, "seed {seed}, blocks {blocks:?}");
            assert_eq!(reports, again, "seed {seed}, blocks {blocks:?}");
        }
    }
}
