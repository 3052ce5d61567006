//! What is refused, and what a removal takes along.

use super::{MASTER, MAX_CHAIN, MAX_SENDS, Wiring};
use crate::error::{Error, ErrorCode};
use crate::intent::{EffectSetup, Intent, ParamId, SendId, TrackId};
use noxrun_engine::{Curve, EngineConfig, When};
use std::collections::BTreeSet;

fn config() -> EngineConfig {
    EngineConfig {
        max_tracks: 4,
        ..EngineConfig::default()
    }
}

fn add(track: TrackId, output: TrackId) -> Intent {
    let (volume, pan) = (1.0, 0.0);
    Intent::AddTrack {
        track,
        output,
        volume,
        pan,
    }
}

fn send(send: SendId, from: TrackId, to: TrackId) -> Intent {
    Intent::AddSend {
        send,
        from,
        to,
        gain: 1.0,
    }
}

fn route(track: TrackId, to: TrackId) -> Intent {
    Intent::Route { track, to }
}

fn effect(effect: u64, track: TrackId, index: u32) -> Intent {
    Intent::AddEffect {
        effect,
        track,
        index: Some(index),
        bypass: false,
        setup: EffectSetup {
            kind: 0,
            variant: 0,
            values: vec![0.0],
        },
    }
}

fn submit(wiring: &mut Wiring, intent: &Intent) -> Result<(), Error> {
    wiring.check(intent)?;
    wiring.accept(intent);
    Ok(())
}

fn wired(intents: &[Intent]) -> Wiring {
    let mut wiring = Wiring::new(&config());
    for intent in intents {
        submit(&mut wiring, intent).unwrap();
    }
    wiring
}

fn code(wiring: &Wiring, intent: &Intent) -> Option<ErrorCode> {
    wiring.check(intent).err().map(|error| error.code)
}

#[test]
fn circles_are_refused_by_outputs_and_by_sends() {
    let wiring = wired(&[add(1, 0), add(2, 0), add(3, 2), send(1, 1, 3)]);
    let refused = Some(ErrorCode::InvalidArg);
    // 1 sends to 3, which feeds 2.
    for circle in [
        route(2, 1),
        route(3, 1),
        send(2, 2, 1),
        send(2, 3, 3),
        route(2, 3),
    ] {
        assert_eq!(code(&wiring, &circle), refused, "{circle:?}");
    }
    for fine in [route(1, 2), route(3, 0), send(2, 1, 2), send(2, 3, 0)] {
        assert_eq!(code(&wiring, &fine), None, "{fine:?}");
    }
    assert_eq!(code(&wiring, &route(MASTER, 1)), refused);
    assert_eq!(code(&wiring, &send(2, MASTER, 1)), refused);
}

#[test]
fn what_closed_a_circle_may_be_made_once_the_other_way_is_gone() {
    let mut wiring = wired(&[add(1, 0), add(2, 0), send(1, 1, 2)]);
    assert!(submit(&mut wiring, &send(2, 2, 1)).is_err());
    submit(&mut wiring, &Intent::RemoveSend(1)).unwrap();
    submit(&mut wiring, &send(2, 2, 1)).unwrap();
}

#[test]
fn tracks_that_are_not_there_are_refused() {
    let mut wiring = wired(&[add(1, 0), add(2, 1)]);
    submit(&mut wiring, &Intent::RemoveTrack(1)).unwrap();
    let refused = Some(ErrorCode::InvalidArg);
    for gone in [
        route(2, 1),
        route(1, 0),
        send(1, 2, 1),
        add(3, 1),
        add(2, 0),
        effect(1, 1, 0),
        Intent::RemoveTrack(1),
        Intent::RemoveTrack(MASTER),
        Intent::ClearEffects(1),
    ] {
        assert_eq!(code(&wiring, &gone), refused, "{gone:?}");
    }
}

#[test]
fn a_removed_track_hands_its_feeders_on_and_takes_its_sends_and_effects_along() {
    let mut wiring = wired(&[
        add(1, 0),
        add(2, 1),
        add(3, 2),
        send(1, 3, 2),
        send(2, 2, 1),
        effect(1, 2, 0),
        effect(2, 2, 0),
    ]);
    let removed = wiring.remove_track(2).unwrap();
    assert_eq!(removed.output, 1);
    assert_eq!(removed.children, [3]);
    assert_eq!(removed.sends, [1, 2]);
    assert_eq!(removed.effects, [2, 1]);
    assert!(wiring.reaches(3, 1));
    assert_eq!(wiring.remove_send(1), None);
    assert_eq!(wiring.effect_kind(1), None);
}

#[test]
fn limits_count_what_lives() {
    let mut wiring = wired(&[add(1, 0), add(2, 0), add(3, 0), add(4, 0)]);
    let limit = Some(ErrorCode::Limit);
    assert_eq!(code(&wiring, &add(5, 0)), limit);
    submit(&mut wiring, &Intent::RemoveTrack(4)).unwrap();
    submit(&mut wiring, &add(5, 0)).unwrap();
    for id in 0..MAX_SENDS as u64 {
        submit(&mut wiring, &send(id, 1, 2)).unwrap();
    }
    assert_eq!(code(&wiring, &send(99, 1, 2)), limit);
    for id in 0..MAX_CHAIN as u64 {
        submit(&mut wiring, &effect(id, 1, 0)).unwrap();
    }
    assert_eq!(code(&wiring, &effect(99, 1, 0)), limit);
    submit(&mut wiring, &Intent::RemoveEffect(7)).unwrap();
    submit(&mut wiring, &effect(99, 1, 31)).unwrap();
}

#[test]
fn a_batch_that_fails_changes_nothing() {
    let wiring = wired(&[add(1, 0), add(2, 0)]);
    let batch = [add(3, 1), send(1, 3, 2), route(2, 1), route(1, 3)];
    assert_eq!(
        wiring.try_all(&batch).unwrap_err().code,
        ErrorCode::InvalidArg
    );
    assert!(!wiring.has_track(3));
    // Without the circle, and only in this order.
    let after = wiring.try_all(&batch[..3]).unwrap().unwrap();
    assert!(after.has_track(3) && after.reaches(3, 2) && after.reaches(2, 1));
    assert!(wiring.try_all(&[send(1, 3, 2), add(3, 1)]).is_err());
}

#[test]
fn a_batch_may_exchange_as_much_as_there_is_room_for_beside_what_goes() {
    let wiring = wired(&[add(1, 0)]);
    let exchange = |count: u32| -> Vec<Intent> {
        let pairs = (0..count).flat_map(|i| [Intent::RemoveTrack(1 + i), add(2 + i, 0)]);
        pairs.collect()
    };
    // One of 1 + 4 + 64 places is the master's, one is that of the first track.
    let most = config().track_keys() as u32 - 2;
    assert!(wiring.try_all(&exchange(most)).is_ok());
    let error = wiring.try_all(&exchange(most + 1)).unwrap_err();
    assert_eq!(error.code, ErrorCode::Limit);
    // Apart from batches there is no end to it.
    let mut wiring = wiring;
    for intent in exchange(1_000) {
        submit(&mut wiring, &intent).unwrap();
    }
}

#[test]
fn places_in_a_chain_and_values_of_effects_are_checked() {
    let mut wiring = wired(&[add(1, 0), effect(1, 1, 0), effect(2, 1, 0)]);
    let index = |index| Intent::MoveEffect { effect: 1, index };
    assert_eq!(code(&wiring, &effect(3, 1, 3)), Some(ErrorCode::OutOfRange));
    assert_eq!(code(&wiring, &index(2)), Some(ErrorCode::OutOfRange));
    assert_eq!(code(&wiring, &index(1)), None);
    let set = |param, value| Intent::Set {
        param: ParamId::Effect(1, param),
        value,
        ramp: 0,
        curve: Curve::Linear,
        at: When::Now,
    };
    assert_eq!(code(&wiring, &set(0, 24.0)), None);
    assert_eq!(code(&wiring, &set(0, 24.1)), Some(ErrorCode::OutOfRange));
    assert_eq!(code(&wiring, &set(1, 0.0)), Some(ErrorCode::InvalidArg));
    // 2 stands before 1; afterwards 1 stands before 2.
    assert_eq!(wiring.move_effect(1, 0), Some((1, Some(2))));
    submit(&mut wiring, &Intent::RemoveEffect(1)).unwrap();
    assert_eq!(code(&wiring, &set(0, 99.0)), None);
}

#[test]
fn solo_lets_hear_what_the_soloed_feeds_and_what_feeds_it_by_outputs() {
    // 2 → 1 → master, 3 ⇢ 1 (a send), 1 ⇢ 4.
    let wiring = wired(&[
        add(1, 0),
        add(2, 1),
        add(3, 0),
        add(4, 0),
        send(1, 3, 1),
        send(2, 1, 4),
    ]);
    let heard = |soloed: &[TrackId]| -> Vec<TrackId> {
        let soloed: BTreeSet<TrackId> = soloed.iter().copied().collect();
        wiring.heard(&soloed).into_iter().collect()
    };
    assert_eq!(heard(&[]), [0, 1, 2, 3, 4]);
    assert_eq!(heard(&[1]), [0, 1, 2, 4]);
    assert_eq!(heard(&[2]), [0, 1, 2, 4]);
    assert_eq!(heard(&[3]), [0, 1, 3, 4]);
    assert_eq!(heard(&[4]), [0, 4]);
    assert_eq!(heard(&[3, 2]), [0, 1, 2, 3, 4]);
}
