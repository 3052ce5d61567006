//! What is refused, and what a removal takes along: through an engine that renders nothing.

use super::{MASTER, MAX_CHAIN, MAX_SENDS};
use crate::error::{Error, ErrorCode};
use crate::lock::lock;
use crate::operation::{Operation, ParamId, SendId, TrackId};
use crate::{Engine, OfflineOptions};
use noxrun_engine::{Curve, EngineConfig, When};

fn config() -> EngineConfig {
    EngineConfig {
        max_tracks: 4,
        ..EngineConfig::default()
    }
}

fn add(track: TrackId, output: TrackId) -> Operation {
    let (volume, pan) = (1.0, 0.0);
    Operation::AddTrack {
        track,
        output,
        volume,
        pan,
    }
}

fn send(send: SendId, from: TrackId, to: TrackId) -> Operation {
    Operation::AddSend {
        send,
        from,
        to,
        gain: 1.0,
    }
}

fn route(track: TrackId, to: TrackId) -> Operation {
    Operation::Route { track, to }
}

fn effect(effect: u64, track: TrackId, index: u32) -> Operation {
    Operation::AddEffect {
        effect,
        track,
        index: Some(index),
        bypass: false,
        kind: 0,
        variant: 0,
        values: vec![0.0],
    }
}

fn wired(operations: &[Operation]) -> Engine {
    let engine = Engine::offline(&OfflineOptions { engine: config() });
    for operation in operations {
        engine.submit(operation.clone()).unwrap();
    }
    engine
}

/// How an operation fares that comes to nothing afterwards.
fn code(engine: &Engine, operation: &Operation) -> Option<ErrorCode> {
    engine.begin_batch(When::Now).unwrap();
    let result = engine.submit(operation.clone());
    engine.abort_batch();
    result.err().map(|error| error.code)
}

fn batch(engine: &Engine, operations: &[Operation]) -> Result<(), Error> {
    let result = engine.submit_batch(operations.to_vec(), When::Now);
    result.map_err(|(_, error)| error)
}

#[test]
fn circles_are_refused_by_outputs_and_by_sends() {
    let engine = wired(&[add(1, 0), add(2, 0), add(3, 2), send(1, 1, 3)]);
    let refused = Some(ErrorCode::InvalidArg);
    // 1 sends to 3, which feeds 2.
    for circle in [
        route(2, 1),
        route(3, 1),
        send(2, 2, 1),
        send(2, 3, 3),
        route(2, 3),
    ] {
        assert_eq!(code(&engine, &circle), refused, "{circle:?}");
    }
    for fine in [route(1, 2), route(3, 0), send(2, 1, 2), send(2, 3, 0)] {
        assert_eq!(code(&engine, &fine), None, "{fine:?}");
    }
    assert_eq!(code(&engine, &route(MASTER, 1)), refused);
    assert_eq!(code(&engine, &send(2, MASTER, 1)), refused);
}

#[test]
fn what_closed_a_circle_may_be_made_once_the_other_way_is_gone() {
    let engine = wired(&[add(1, 0), add(2, 0), send(1, 1, 2)]);
    assert!(engine.submit(send(2, 2, 1)).is_err());
    engine.submit(Operation::RemoveSend { send: 1 }).unwrap();
    engine.submit(send(2, 2, 1)).unwrap();
}

#[test]
fn tracks_that_are_not_there_are_refused() {
    let engine = wired(&[add(1, 0), add(2, 1)]);
    engine.submit(Operation::RemoveTrack { track: 1 }).unwrap();
    let refused = Some(ErrorCode::InvalidArg);
    for gone in [
        route(2, 1),
        route(1, 0),
        send(1, 2, 1),
        add(3, 1),
        add(2, 0),
        effect(1, 1, 0),
        Operation::RemoveTrack { track: 1 },
        Operation::RemoveTrack { track: MASTER },
        Operation::ClearEffects { track: 1 },
    ] {
        assert_eq!(code(&engine, &gone), refused, "{gone:?}");
    }
}

#[test]
fn a_removed_track_hands_its_feeders_on_and_takes_its_sends_and_effects_along() {
    let engine = wired(&[
        add(1, 0),
        add(2, 1),
        add(3, 2),
        send(1, 3, 2),
        send(2, 2, 1),
        effect(1, 2, 0),
        effect(2, 2, 0),
    ]);
    engine.submit(Operation::RemoveTrack { track: 2 }).unwrap();
    assert_eq!(engine.tracks(), [1, 3]);
    assert_eq!(engine.track_output(3), Some(1));
    assert!(!engine.has_send(1) && !engine.has_send(2));
    assert_eq!((engine.effect_kind(1), engine.effect_kind(2)), (None, None));
    // 3 feeds 1 now.
    assert_eq!(code(&engine, &route(1, 3)), Some(ErrorCode::InvalidArg));
}

#[test]
fn limits_count_what_lives() {
    let engine = wired(&[add(1, 0), add(2, 0), add(3, 0), add(4, 0)]);
    let limit = Some(ErrorCode::Limit);
    assert_eq!(code(&engine, &add(5, 0)), limit);
    engine.submit(Operation::RemoveTrack { track: 4 }).unwrap();
    engine.submit(add(5, 0)).unwrap();
    for id in 0..MAX_SENDS as u64 {
        engine.submit(send(id, 1, 2)).unwrap();
    }
    assert_eq!(code(&engine, &send(99, 1, 2)), limit);
    for id in 0..MAX_CHAIN as u64 {
        engine.submit(effect(id, 1, 0)).unwrap();
    }
    assert_eq!(code(&engine, &effect(99, 1, 0)), limit);
    engine
        .submit(Operation::RemoveEffect { effect: 7 })
        .unwrap();
    engine.submit(effect(99, 1, 31)).unwrap();
}

#[test]
fn a_batch_that_fails_changes_nothing() {
    let engine = wired(&[add(1, 0), add(2, 0), effect(1, 1, 0)]);
    let operations = [
        add(3, 1),
        Operation::RemoveEffect { effect: 1 },
        send(1, 3, 2),
        route(2, 1),
        route(1, 3),
    ];
    let (index, error) = engine
        .submit_batch(operations.to_vec(), When::Now)
        .unwrap_err();
    assert_eq!((index, error.code), (4, ErrorCode::InvalidArg));
    assert_eq!(engine.tracks(), [1, 2]);
    assert_eq!(
        (engine.track_output(2), engine.chain(1)),
        (Some(0), vec![1])
    );
    assert!(!engine.has_send(1));
    // Without the circle, and only in this order.
    assert!(batch(&engine, &[send(1, 3, 2), add(3, 1)]).is_err());
    batch(&engine, &operations[..4]).unwrap();
    assert_eq!(engine.tracks(), [1, 2, 3]);
    assert_eq!((engine.track_output(2), engine.chain(1)), (Some(1), vec![]));
}

#[test]
fn what_a_failed_batch_counted_in_is_counted_out() {
    let engine = wired(&[add(1, 0)]);
    for _ in 0..2 * engine.config().max_events as u64 / 1_000 {
        engine.begin_batch(When::Frame(1)).unwrap();
        for marker in 0..1_000 {
            engine
                .submit(Operation::Marker {
                    marker,
                    at: When::Now,
                })
                .unwrap();
        }
        engine.abort_batch();
    }
}

#[test]
fn a_batch_may_exchange_as_much_as_there_is_room_for_beside_what_goes() {
    let exchange = |count: u32| -> Vec<Operation> {
        let pairs =
            (0..count).flat_map(|i| [Operation::RemoveTrack { track: 1 + i }, add(2 + i, 0)]);
        pairs.collect()
    };
    // One of 1 + 4 + 64 places is the master's, one is that of the first track.
    let most = config().track_keys() as u32 - 2;
    let engine = wired(&[add(1, 0)]);
    assert_eq!(
        batch(&engine, &exchange(most + 1)).unwrap_err().code,
        ErrorCode::Limit
    );
    batch(&engine, &exchange(most)).unwrap();
    // Apart from batches there is no end to it.
    let engine = wired(&[add(1, 0)]);
    for operation in exchange(1_000) {
        engine.submit(operation).unwrap();
    }
}

#[test]
fn places_in_a_chain_and_values_of_effects_are_checked() {
    let engine = wired(&[add(1, 0), effect(1, 1, 0), effect(2, 1, 0)]);
    let index = |index| Operation::MoveEffect { effect: 1, index };
    assert_eq!(code(&engine, &effect(3, 1, 3)), Some(ErrorCode::OutOfRange));
    assert_eq!(code(&engine, &index(2)), Some(ErrorCode::OutOfRange));
    assert_eq!(code(&engine, &index(1)), None);
    let set = |param, value| Operation::Set {
        param: ParamId::Effect(1, param),
        value,
        ramp: 0,
        curve: Curve::Linear,
        at: When::Now,
    };
    assert_eq!(code(&engine, &set(0, 24.0)), None);
    assert_eq!(code(&engine, &set(0, 24.1)), Some(ErrorCode::OutOfRange));
    assert_eq!(code(&engine, &set(1, 0.0)), Some(ErrorCode::InvalidArg));
    // Each was put in front.
    assert_eq!(engine.chain(1), [2, 1]);
    engine.submit(index(0)).unwrap();
    assert_eq!(engine.chain(1), [1, 2]);
    engine
        .submit(Operation::RemoveEffect { effect: 1 })
        .unwrap();
    assert_eq!(code(&engine, &set(0, 99.0)), None);
}

#[test]
fn solo_lets_hear_what_the_soloed_feeds_and_what_feeds_it_by_outputs() {
    // 2 → 1 → master, 3 ⇢ 1 (a send), 1 ⇢ 4.
    let engine = wired(&[
        add(1, 0),
        add(2, 1),
        add(3, 0),
        add(4, 0),
        send(1, 3, 1),
        send(2, 1, 4),
    ]);
    let heard = |soloed: &[TrackId]| -> Vec<TrackId> {
        for track in 1..=4 {
            let on = soloed.contains(&track);
            engine.submit(Operation::Solo { track, on }).unwrap();
        }
        lock(&engine.core().dispatcher)
            .model
            .heard()
            .into_iter()
            .collect()
    };
    assert_eq!(heard(&[]), [0, 1, 2, 3, 4]);
    assert_eq!(heard(&[1]), [0, 1, 2, 4]);
    assert_eq!(heard(&[2]), [0, 1, 2, 4]);
    assert_eq!(heard(&[3]), [0, 1, 3, 4]);
    assert_eq!(heard(&[4]), [0, 4]);
    assert_eq!(heard(&[3, 2]), [0, 1, 2, 3, 4]);
}
