//! What a voice plays of its sound: offset, length, repetition and fades, against a direct
//! computation, to the bit.

use crate::player;

use noxrun_engine::{EndReason, MASTER, PlaySpec, TrackKey};
use player::{Player, Random, cut, mono, ramp, sound, spec};

/// The frames that a voice comes by at speed 1, by walking, at most `most` of them.
fn walk(frames: usize, spec: &PlaySpec, most: usize) -> Vec<usize> {
    let repeat = spec.repeat.map(|(a, b)| (a as usize, b as usize));
    let repeat = repeat.filter(|(_, end)| (spec.offset as usize) < *end);
    let mut at = spec.offset as usize;
    let mut places = Vec::new();
    while places.len() < spec.length.map_or(most, |length| most.min(length as usize)) {
        if let Some((start, end)) = repeat
            && at == end
        {
            at = start;
        }
        if at >= frames {
            break;
        }
        places.push(at);
        at += 1;
    }
    places
}

#[test]
fn offset_length_and_repetition_play_exactly_the_frames_that_they_name() {
    let frames = 1_000;
    let mut random = Random::new(1);
    let content = vec![random.noise(frames), random.noise(frames)];
    let sound = sound(content.clone());
    let cases = [
        (0, None, None),
        (999, None, None),
        (333, Some(101), None),
        (333, Some(5_000), None),
        (0, None, Some((0, 1_000))),
        (0, Some(2_345), Some((0, 1_000))),
        (17, Some(1_777), Some((400, 401))),
        (450, None, Some((400, 463))),
        (400, Some(1), Some((400, 463))),
        // Behind the region it is not repeated.
        (463, None, Some((400, 463))),
        (700, Some(200), Some((400, 463))),
    ];
    for (offset, length, repeat) in cases {
        for blocks in [&[256][..], &[1, 63, 300], &[2_000]] {
            let spec = PlaySpec {
                offset,
                length,
                repeat,
                ..spec(&sound)
            };
            let mut player = Player::new(2);
            let places = walk(frames, &spec, 2_900);
            let voice = player.play(77, spec);
            let out = player.render(&cut(2_977, blocks));
            for (frame, pair) in out.chunks_exact(2).enumerate() {
                let place = frame.checked_sub(77).and_then(|k| places.get(k));
                let expected = place.map_or([0.0; 2], |p| [content[0][*p], content[1][*p]]);
                assert_eq!(
                    pair, expected,
                    "frame {frame} of {offset} {length:?} {repeat:?}"
                );
            }
            let end =
                (places.len() < 2_900).then_some((77 + places.len() as u64, EndReason::Finished));
            assert_eq!(player.started(voice), Some(77));
            assert_eq!(player.ended(voice), end, "{offset} {length:?} {repeat:?}");
        }
    }
}

#[test]
fn nothing_is_played_of_an_offset_beyond_the_end_or_a_length_of_nothing() {
    for (offset, length) in [(100, None), (u64::MAX, None), (0, Some(0)), (3, Some(0))] {
        let mut player = Player::new(1);
        let voice = player.play(
            50,
            PlaySpec {
                offset,
                length,
                ..spec(&mono(100, |_| 0.5))
            },
        );
        assert_eq!(player.render(&[200]), [0.0; 200]);
        assert_eq!(player.started(voice), None);
        assert_eq!(player.ended(voice), Some((50, EndReason::Finished)));
    }
}

#[test]
fn fades_follow_the_ramp_formula_to_the_bit_and_end_on_the_first_silent_frame() {
    let frames = 900;
    let content = Random::new(2).noise(frames);
    let sound = sound(vec![content.clone()]);
    for (fade_in, fade_out, length) in [
        (0, 0, 900),
        (1, 0, 900),
        (300, 0, 900),
        (0, 1, 900),
        (0, 2, 900),
        (0, 777, 900),
        (100, 200, 850),
        (333, 333, 333),
        (0, 5_000, 900),
        (5_000, 0, 900),
        (640, 640, 800),
    ] {
        for blocks in [&[256][..], &[1, 63, 300]] {
            let mut player = Player::new(1);
            let voice = player.play(
                10,
                PlaySpec {
                    fade_in,
                    fade_out,
                    length: Some(length as u64),
                    ..spec(&sound)
                },
            );
            let out = player.render(&cut(1_000, blocks));
            for k in 0..990 {
                let mut expected = content
                    .get(k)
                    .copied()
                    .filter(|_| k < length)
                    .unwrap_or(0.0);
                let (rise, fall) = (fade_in as usize, fade_out as usize);
                let mut level = 1.0;
                if k < rise {
                    level *= ramp(0.0, 1.0, k, rise);
                }
                if k < length && k + fall >= length {
                    level *= ramp(1.0, 0.0, k + fall - length, fall);
                }
                expected *= level;
                let value = out[10 + k];
                assert_eq!(
                    value, expected,
                    "frame {k} of {fade_in}, {fade_out}, {length}"
                );
            }
            let silent = 10 + length as u64 - u64::from(fade_out > 0);
            let ended = Some((silent, EndReason::Finished));
            assert_eq!(
                player.ended(voice),
                ended,
                "{fade_in}, {fade_out}, {length}"
            );
        }
    }
}

#[test]
fn what_repeats_for_ever_never_falls() {
    let mut player = Player::new(1);
    let voice = player.play(
        0,
        PlaySpec {
            repeat: Some((0, 64)),
            fade_out: 500,
            ..spec(&mono(64, |_| 0.5))
        },
    );
    assert_eq!(player.render(&[3_000]), [0.5; 3_000]);
    assert_eq!(player.ended(voice), None);
}

#[test]
fn pieces_played_back_to_back_are_the_whole_to_the_bit() {
    let mut random = Random::new(3);
    for round in 0..20 {
        let frames = 4_000;
        let content = random.noise(frames);
        let whole = sound(vec![content.clone()]);
        let mut player = Player::new(1);
        let mut at = 0;
        let mut begins = Vec::new();
        while at < frames {
            let length = (1 + random.below(500) as usize).min(frames - at);
            // Every other piece is a sound of its own.
            let voice = if random.below(2) == 0 {
                let piece = sound(vec![content[at..at + length].to_vec()]);
                player.play(100 + at as u64, spec(&piece))
            } else {
                player.play(
                    100 + at as u64,
                    PlaySpec {
                        offset: at as u64,
                        length: Some(length as u64),
                        ..spec(&whole)
                    },
                )
            };
            begins.push((voice, 100 + at as u64, 100 + (at + length) as u64));
            at += length;
        }
        let sizes: Vec<_> = (0..7).map(|_| 1 + random.below(400) as usize).collect();
        let out = player.render(&cut(4_200, &sizes));
        assert_eq!(
            out[100..4_100],
            content[..],
            "round {round}, blocks {sizes:?}"
        );
        for (voice, start, end) in begins {
            assert_eq!(player.started(voice), Some(start));
            assert_eq!(player.ended(voice), Some((end, EndReason::Finished)));
        }
    }
}

#[test]
fn a_voice_for_a_track_of_another_generation_ends_without_a_sound() {
    let mut player = Player::new(1);
    let key = TrackKey {
        generation: MASTER.generation + 1,
        ..MASTER
    };
    let voice = player.play(30, PlaySpec::new(mono(100, |_| 0.5), key));
    assert_eq!(player.render(&[200]), [0.0; 200]);
    assert_eq!(player.ended(voice), Some((30, EndReason::Stopped)));
}
