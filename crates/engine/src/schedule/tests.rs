//! Against plain lists, whatever is added, moved and taken out.

use super::item::ordered;
use super::*;
use crate::command::Target;
use crate::key::TrackKey;

fn schedule() -> Schedule {
    let mut schedule = Schedule::new();
    schedule.grow(ItemSegment::make(0));
    schedule.grow_lists(ListSegment::make(0));
    schedule
}

fn item(seq: u64, due: Due) -> Item {
    Item {
        due,
        ..Item::new(crate::command::Action::StopTransport, seq, true, false)
    }
}

#[test]
fn order_is_by_frame_then_by_sequence() {
    let mut schedule = schedule();
    for (frame, seq) in [(5, 3), (1, 4), (5, 1), (9, 0), (1, 2)] {
        schedule.push(item(seq, Due::Frame(frame)));
    }
    let mut order = Vec::new();
    while let Some(next) = schedule.next_frame().filter(|next| next.at <= 5) {
        order.push((next.at, schedule.take(next.id).seq));
    }
    assert_eq!(order, [(1, 2), (1, 4), (5, 1), (5, 3)]);
    assert_eq!(schedule.next_frame().map(|next| next.at), Some(9));
}

#[test]
fn beats_that_were_passed_come_back_in_order_from_where_the_transport_goes() {
    let mut schedule = schedule();
    for (beat, seq) in [(1.0, 0), (3.0, 1), (2.0, 2)] {
        schedule.push(item(seq, Due::Behind(beat)));
    }
    schedule.push(item(3, Due::Ahead(8.0)));
    schedule.bring_back(2.0);
    let mut order = Vec::new();
    while let Some(next) = schedule.next_beat() {
        order.push((next.at, schedule.take(next.id).seq));
    }
    assert_eq!(order, [(2.0, 2), (3.0, 1), (8.0, 3)]);
    schedule.bring_back(0.0);
    assert_eq!(schedule.next_beat().map(|next| next.at), Some(1.0));
}

#[test]
fn what_is_dropped_with_its_owner_gives_its_room_back() {
    let mut schedule = schedule();
    let (mut one, mut other) = (NONE, NONE);
    let ids: Vec<u32> = (0..6)
        .map(|n| schedule.push(item(n, Due::Frame(n))))
        .collect();
    for (n, id) in ids.iter().enumerate() {
        schedule.own(*id, if n % 2 == 0 { &mut one } else { &mut other });
    }
    schedule.disown(ids[2], &mut one);
    schedule.drop_owned(&mut one);
    assert_eq!(
        (one, schedule.held().0, schedule.take_dropped()),
        (NONE, 4, 2)
    );
    let mut left = Vec::new();
    while let Some(next) = schedule.next_frame() {
        let head = if next.at == 2 { &mut one } else { &mut other };
        schedule.disown(next.id, head);
        left.push(schedule.take(next.id).seq);
    }
    assert_eq!((left, other), (vec![1, 2, 3, 5], NONE));
    assert_eq!(schedule.held().0, 0);
}

/// What a point is known by.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Known {
    id: u32,
    list: usize,
    kind: Kind,
    at: u64,
    age: u64,
    seq: u64,
    due: Due,
}

#[test]
fn lists_of_points_keep_their_orders_and_the_heaps_know_the_first() {
    let mut random = 7u64;
    let mut below = |end: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005) + 1;
        (random >> 33) % end
    };
    let mut schedule = schedule();
    let mut owners = [NONE; 3];
    let mut known: Vec<Known> = Vec::new();
    let mut age = 0;
    for round in 0..20_000 {
        age += 1;
        let due = match below(4) {
            0 => Due::Frame(below(50)),
            1 => Due::Ahead(below(50) as f64),
            2 => Due::Behind(below(50) as f64),
            _ => Due::Parked,
        };
        let target = |list: usize| {
            Target::TrackVolume(TrackKey {
                index: list as u32,
                generation: 0,
            })
        };
        match below(8) {
            0..3 if known.len() < 400 => {
                let list = below(3) as usize;
                let kind = [Kind::Frames, Kind::Beats][below(2) as usize];
                let at = if below(3) == 0 { age } else { below(60) };
                let point = Item {
                    at,
                    ..item(age, due)
                };
                let name = schedule.list_of(&mut owners[list], target(list));
                let id = schedule.add_point(name, kind, point);
                let seq = age;
                known.push(Known {
                    id,
                    list,
                    kind,
                    at,
                    age,
                    seq,
                    due,
                });
            }
            3 if !known.is_empty() => {
                let place = below(known.len() as u64) as usize;
                known[place].due = due;
                // Several may have one order.
                let seq = age - below(3).min(age);
                known[place].seq = seq;
                schedule.change_due(known[place].id, seq, due);
            }
            4 if !known.is_empty() => {
                let place = below(known.len() as u64) as usize;
                known[place].at = below(60);
                schedule.move_point(known[place].id, known[place].at);
            }
            5 if below(300) == 0 => {
                let list = below(3) as usize;
                known.retain(|point| point.list != list);
                schedule.drop_list(&mut owners[list]);
            }
            6 if below(40) == 0 => {
                schedule.bring_back(25.0);
                for point in &mut known {
                    if let Due::Behind(beat) = point.due
                        && beat >= 25.0
                    {
                        point.due = Due::Ahead(beat);
                    }
                }
            }
            _ if !known.is_empty() => {
                let gone = known.swap_remove(below(known.len() as u64) as usize);
                schedule.remove_point(gone.id);
                if schedule.give_back(owners[gone.list]) {
                    owners[gone.list] = NONE;
                }
            }
            _ => {}
        }
        let held = owners.iter().filter(|list| **list != NONE).count() as u32;
        assert_eq!(schedule.held(), (known.len() as u32, held), "{round}");
        let frames = known.iter().filter_map(|point| match point.due {
            Due::Frame(at) => Some((at, point.seq, point.id)),
            _ => None,
        });
        let first = schedule.next_frame().map(|n| (n.at, n.seq, n.id));
        assert_eq!(first, frames.min(), "round {round}");
        let beats = known.iter().filter_map(|point| match point.due {
            Due::Ahead(at) => Some((ordered(at), point.seq, point.id)),
            _ => None,
        });
        let first = schedule.next_beat().map(|n| (ordered(n.at), n.seq, n.id));
        assert_eq!(first, beats.min(), "round {round}");
        for (list, owner) in owners.iter().enumerate().filter(|(_, o)| **o != NONE) {
            for kind in [Kind::Frames, Kind::Beats] {
                let mut points: Vec<_> = known
                    .iter()
                    .filter(|point| point.list == list && point.kind == kind)
                    .collect();
                points.sort_by_key(|point| (point.at, point.age));
                let expected: Vec<u32> = points.iter().map(|point| point.id).collect();
                let first = schedule.first_point(*owner, kind);
                let walked: Vec<u32> =
                    std::iter::successors(first, |id| schedule.next_point(*id)).collect();
                assert_eq!(walked, expected, "round {round}");
                let last = schedule.last_point(*owner, kind);
                assert_eq!(last, expected.last().copied(), "round {round}");
                let latest = points.iter().rfind(|point| point.at <= 30);
                let found = schedule.point_at(*owner, kind, 30);
                assert_eq!(found, latest.map(|point| point.id), "round {round}");
                let mut own = known.iter().filter(|point| point.list == list);
                let parked = own.any(|point| point.due == Due::Parked);
                assert_eq!(schedule.parked_of(*owner).is_some(), parked);
            }
        }
    }
}
