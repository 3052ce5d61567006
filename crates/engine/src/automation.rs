//! The points of parameters: how they are taken in, what becomes of them when they are due, and
//! what a cancel drops.
//!
//! A `Set` or a hold takes effect at its time and is done. A `Reach` has a time on which it is
//! reached, and a way to it that begins earlier: one frame after the point before it, which keeps
//! its own frame. It stays in its list until its time has passed, so that what is added later is
//! reached from it.

use crate::command::{Action, Target, When};
use crate::ramp::Curve;
use crate::renderer::Renderer;
use crate::schedule::{Aim, Due, Item, Kind, NONE, ordered};
use crate::transport::sane;

/// From when on a cancel drops points.
#[derive(Debug, Clone, Copy)]
enum From {
    Everything,
    Frame(u64),
    Beat(f64),
}

impl Renderer {
    /// The list of a parameter's points, a new one where there is none; `None`: there is no such
    /// parameter.
    fn list_of(&mut self, target: Target) -> Option<u32> {
        let (owners, schedule) = self.owners();
        let list = owners.points(target)?;
        Some(schedule.list_of(list, target))
    }

    /// The list of a parameter's points, if there is one.
    pub(crate) fn list_in_use(&mut self, target: Target) -> Option<u32> {
        let (owners, _) = self.owners();
        owners.points(target).copied().filter(|list| *list != NONE)
    }

    /// Gives a parameter's list back if it has become empty.
    pub(crate) fn tidy(&mut self, target: Target) {
        let (owners, schedule) = self.owners();
        if let Some(list) = owners.points(target)
            && *list != NONE
            && schedule.give_back(*list)
        {
            *list = NONE;
        }
    }

    /// Takes in what is to happen to a parameter. `batch`: the time of the batch that it is in.
    pub(crate) fn take_point(&mut self, at: When, batch: When, target: Target, mut item: Item) {
        #[cfg(feature = "sabotage")]
        let target = self.mistaken(target, &mut item);
        let now = self.frame;
        let time = match at {
            When::Frame(frame) => Some((Kind::Frames, frame)),
            When::Beat(beat) if beat.is_finite() => Some((Kind::Beats, ordered(sane(beat)))),
            _ => None,
        };
        if let Action::Cancel(_) = item.action {
            self.drop_points(at, target);
            if let When::Frame(frame) = at
                && frame <= now
            {
                return self.enqueue(at, item);
            }
        }
        let Some((kind, time)) = time else {
            if let Action::Reach { value, .. } = item.action {
                item.action = jump(target, value);
            }
            return self.enqueue(When::Now, item);
        };
        let Some(list) = self.list_of(target) else {
            self.shared.count_stale();
            self.shared.count_done(u64::from(item.counted));
            return;
        };
        item.at = time;
        item.end = time;
        let is_reached = matches!(item.action, Action::Reach { .. });
        if is_reached {
            self.lead_to(list, kind, batch, &mut item);
        } else {
            self.wait_for(kind, at, &mut item);
        }
        let id = self.ends.schedule.add_point(list, kind, item);
        if is_reached {
            self.lead_on(id, kind);
        }
    }

    /// Something that happens to a parameter at its own time waits for it.
    fn wait_for(&self, kind: Kind, at: When, item: &mut Item) {
        item.due = match (kind, at) {
            (Kind::Frames, When::Frame(frame)) => self.due_on(frame, &item.action),
            (_, When::Beat(beat)) => {
                item.beat = Some(sane(beat));
                Due::Frame(self.frame)
            }
            _ => Due::Frame(self.frame),
        };
    }

    /// Finds out from where a point is reached, and so when the way to it begins.
    fn lead_to(&mut self, list: u32, kind: Kind, batch: When, item: &mut Item) {
        let Action::Reach {
            target,
            value,
            curve,
        } = item.action
        else {
            return;
        };
        let now = self.frame;
        let from = self.point_before(list, kind, item.at);
        item.prompt = false;
        item.is_automated = true;
        if curve == Curve::Step || from == Some(item.at) {
            // Nothing moves before its time.
            item.action = jump(target, value);
            return self.wait_for(kind, time_of(kind, item.at), item);
        }
        item.due = Due::Frame(now);
        match (kind, from, batch) {
            (Kind::Frames, ..) if item.at < now => self.shared.count_late(now - item.at),
            (Kind::Frames, Some(from), _) => {
                item.due = Due::Frame(from.saturating_add(1).min(item.at).max(now));
            }
            (Kind::Beats, Some(from), _) => item.beat = item_beat(kind, from),
            (Kind::Frames, None, When::Frame(batch)) if batch > item.at => {
                // The batch comes too late: from now on, which keeps its own frame.
                item.due = Due::Frame(now.saturating_add(1).min(item.at).max(now));
            }
            (_, None, When::Frame(batch)) => {
                item.due = Due::Frame(batch.max(now));
                item.prompt = true;
            }
            (_, None, When::Beat(batch)) if batch.is_finite() => {
                let batch = sane(batch);
                let is_too_late = item_beat(kind, item.at).is_some_and(|at| batch > at);
                item.beat = (!is_too_late).then_some(batch);
                item.prompt = true;
            }
            (_, None, _) => item.prompt = true,
        }
    }

    /// The time of the latest point at `at` or before it that has not passed.
    fn point_before(&self, list: u32, kind: Kind, at: u64) -> Option<u64> {
        let schedule = &self.ends.schedule;
        let item = schedule.item(schedule.point_at(list, kind, at)?);
        let counts = match item.at_beat() {
            None => item.at >= self.frame || !(item.begun || item.compensated),
            Some(beat) if self.transport.is_playing() => {
                self.transport.next_frame_of(beat, self.frame) >= self.frame
            }
            // What a stopped transport stands behind of is not what it comes from.
            Some(beat) => beat >= self.transport.beat_at(self.frame),
        };
        counts.then_some(item.at)
    }

    /// The next point of an automation is reached from this new one from now on. Until then the
    /// value moves as it did, so that is a second way. Points that were sent one after the other
    /// make one way to what follows them.
    fn lead_on(&mut self, id: u32, kind: Kind) {
        let (transport, now) = (&self.transport, self.frame);
        let schedule = &mut self.ends.schedule;
        // One that a cancel has cut short is reached no more, nor one that has just passed.
        let is_over = |id: &u32| {
            let item = schedule.item(*id);
            let has_passed = match item.at_beat() {
                None => item.at < now,
                Some(beat) => transport.is_playing() && transport.next_frame_of(beat, now) < now,
            };
            item.is_cut || (item.begun && has_passed)
        };
        let mut points =
            std::iter::successors(schedule.next_point(id), |id| schedule.next_point(*id));
        let Some(next) = points.find(|id| !is_over(id)) else {
            return;
        };
        let Item { at, seq, .. } = *schedule.item(id);
        let mut item = *schedule.item(next);
        if !item.is_automated {
            return;
        }
        let mut way = next;
        while let Some(other) = schedule.next_point(way) {
            let found = schedule.item(other);
            if found.at != item.at {
                break;
            }
            if found.is_second && found.seq + 1 == seq {
                schedule.remove_point(other);
                break;
            }
            way = other;
        }
        // What a stopped transport stands behind of is not what it comes from.
        let position = self.transport.beat_at(self.frame);
        let playing = self.transport.is_playing();
        let from = item_beat(kind, at).filter(|beat| playing || *beat >= position);
        item = item.led_from(from, seq);
        item.prompt = kind == Kind::Beats && from.is_none();
        if matches!(item.action, Action::Reach { .. }) {
            item.due = Due::Frame(match kind {
                Kind::Frames => at.saturating_add(1).min(item.at).max(self.frame),
                Kind::Beats => self.frame,
            });
        } else {
            self.wait_for(kind, time_of(kind, item.at), &mut item);
        }
        self.ends.schedule.add_point(item.list(), kind, item);
    }

    /// A point is due. Returns how many counted ones that were has taken effect.
    pub(crate) fn pass_point(&mut self, id: u32, by_beat: bool) -> u64 {
        let now = self.frame;
        let item = *self.ends.schedule.item(id);
        if let Some(beat) = item.beat {
            self.judge(id, beat);
            return 0;
        }
        if item.begun {
            self.arrive(id);
            return 0;
        }
        if matches!(item.action, Action::Reach { .. }) {
            let reached = self.frame_reached(id);
            if by_beat && let Some(reached) = reached {
                let begins = now.saturating_add(u64::from(!item.prompt)).min(reached);
                if begins > now {
                    self.ends.schedule.set_due(id, Due::Frame(begins));
                    return 0;
                }
            }
        }
        if let Some(late) = self.latency_before(&item) {
            let fresh = item.prompt && self.is_fresh(&item.action);
            let waiting = self.ends.schedule.item_mut(id);
            waiting.compensated = true;
            waiting.prompt = fresh;
            let due = now.saturating_add(u64::from(late));
            self.ends.schedule.set_due(id, Due::Frame(due));
            return 0;
        }
        self.ends.schedule.item_mut(id).counted = false;
        let found = match item.action {
            Action::Reach {
                target,
                value,
                curve,
            } => self.begin_way(id, target, value, curve),
            action => {
                let schedule = &mut self.ends.schedule;
                let target = schedule.target(item.list());
                // A cancel's time has come: what it cut short ends.
                while let Action::Cancel(_) = action
                    && let Some(cut) = schedule.previous_point(id)
                    && schedule.item(cut).at == item.at
                    && schedule.item(cut).is_cut
                {
                    schedule.drop_point(cut);
                }
                schedule.remove_point(id);
                let found = self.change(action, &item);
                self.tidy(target);
                found
            }
        };
        if !found {
            self.shared.count_stale();
        }
        u64::from(item.counted)
    }

    /// The frame on which a point is reached; `None` while nobody knows it.
    fn frame_reached(&mut self, id: u32) -> Option<u64> {
        let now = self.frame;
        let playing = self.transport.is_playing();
        let item = self.ends.schedule.item_mut(id);
        let Some(beat) = item.end_beat() else {
            return Some(item.end);
        };
        if item.reached.is_none() && playing {
            let reached = self.transport.next_frame_of(beat, now);
            if item.counted && reached < now {
                self.shared.count_late(now - reached);
            }
            item.reached = Some(reached);
        }
        item.reached
    }

    /// The way to a point begins. Returns whether there is such a parameter.
    fn begin_way(&mut self, id: u32, target: Target, value: f64, curve: Curve) -> bool {
        let now = self.frame;
        let item = *self.ends.schedule.item(id);
        let list = item.list();
        // Behind effects that look ahead everything has its time that much later.
        let late = match item.compensated {
            true => u64::from(self.lateness(&item.action)),
            false => 0,
        };
        let Some(reached) = self.frame_reached(id) else {
            self.stand(id, target, value);
            return true;
        };
        let end = reached.saturating_add(late);
        let value = within(target, value);
        let Some((ramp, _)) = self.param(target) else {
            self.ends.schedule.remove_point(id);
            self.tidy(target);
            return false;
        };
        // What the point moves from is where the ramp under way ends, if that is before it.
        let free = now + u64::from(ramp.remaining());
        if free > now && free <= end {
            self.ends.schedule.item_mut(id).prompt = false;
            self.ends.schedule.set_delayed(id, true);
            self.ends.schedule.set_due(id, Due::Frame(free));
            return true;
        }
        ramp.set(value, frames_to(end, now), curve);
        let schedule = &mut self.ends.schedule;
        schedule.forget_aim(list);
        schedule.set_delayed(id, false);
        schedule.item_mut(id).begun = true;
        if let Some(beat) = item.end_beat() {
            schedule.set_aim(
                list,
                Aim {
                    value,
                    beat,
                    curve,
                    late,
                    held: false,
                    point: id,
                },
            );
        }
        self.await_passing(id);
        true
    }

    /// A point to which the way has begun stays until its time has passed.
    fn await_passing(&mut self, id: u32) {
        let now = self.frame;
        let item = self.ends.schedule.item(id);
        let list = item.list();
        let due = match item.end_beat() {
            None if item.at > now => Some(Due::Frame(item.at.saturating_add(1))),
            None => None,
            Some(beat) if self.transport.frame_of(beat) > now => Some(Due::Ahead(beat)),
            Some(beat) if self.transport.next_frame_of(beat, now) > now => Some(Due::Behind(beat)),
            Some(_) => None,
        };
        match due {
            Some(due) => self.ends.schedule.set_due(id, due),
            None => {
                let target = self.ends.schedule.target(list);
                self.ends.schedule.remove_point(id);
                self.drop_finished_aim(list);
                self.tidy(target);
            }
        }
    }

    /// A ramp that has to end on a beat may have ended with its point.
    fn drop_finished_aim(&mut self, list: u32) {
        let target = self.ends.schedule.target(list);
        let moving = self.param(target).is_some_and(|(ramp, _)| ramp.is_moving());
        let held = self.ends.schedule.aim(list).is_some_and(|aim| aim.held);
        if !moving && !held {
            self.ends.schedule.forget_aim(list);
        }
    }

    /// The time of a point has passed to which the way had begun.
    fn arrive(&mut self, id: u32) {
        let now = self.frame;
        let list = self.ends.schedule.item(id).list();
        let target = self.ends.schedule.target(list);
        if let Some(aim) = self.ends.schedule.aim(list)
            && aim.point == id
        {
            let left = self.param(target).map_or(0, |(ramp, _)| ramp.remaining());
            if aim.held {
                return self.ends.schedule.set_due(id, Due::Ahead(aim.beat));
            }
            if left > 0 {
                let due = now + u64::from(left);
                return self.ends.schedule.set_due(id, Due::Frame(due));
            }
            self.ends.schedule.forget_aim(list);
        }
        self.ends.schedule.remove_point(id);
        self.tidy(target);
    }

    /// A point at a beat, of which nobody knows when it comes while the transport stands.
    fn stand(&mut self, id: u32, target: Target, value: f64) {
        let position = self.transport.beat_at(self.frame);
        let schedule = &mut self.ends.schedule;
        let item = schedule.item_mut(id);
        item.prompt = false;
        item.compensated = false;
        let Some(beat) = item.end_beat() else {
            return;
        };
        if beat >= position {
            // The way there begins when the transport starts.
            schedule.set_due(id, Due::Parked);
        } else {
            // Behind it: a seek or a loop may bring it to that beat, and then it is there at once.
            item.action = jump(target, value);
            schedule.set_due(id, Due::Behind(beat));
        }
    }

    /// The transport goes on in another way: ramps that end on a beat go on from where they are, to
    /// its new frame, and stand still while it does.
    pub(crate) fn aim_anew(&mut self) {
        let now = self.frame;
        let playing = self.transport.is_playing();
        let mut next = self.ends.schedule.next_aiming(None);
        while let Some(list) = next {
            next = self.ends.schedule.next_aiming(Some(list));
            let Some(aim) = self.ends.schedule.aim(list) else {
                continue;
            };
            let target = self.ends.schedule.target(list);
            let end = self.transport.frame_of(aim.beat).saturating_add(aim.late);
            let ramp = self.param(target).map(|(ramp, _)| ramp);
            let ahead = ramp.filter(|ramp| aim.held || ramp.is_moving());
            let held = match ahead {
                Some(ramp) if !playing => {
                    ramp.hold();
                    Some(true)
                }
                Some(ramp) if end >= now => {
                    ramp.set(aim.value, frames_to(end, now), aim.curve);
                    Some(false)
                }
                // It has been sought past: the value stays where it is.
                Some(ramp) => {
                    ramp.hold();
                    None
                }
                None => None,
            };
            match held {
                Some(held) => self.ends.schedule.set_aim(list, Aim { held, ..aim }),
                None => {
                    self.ends.schedule.forget_aim(list);
                    self.tidy(target);
                }
            }
        }
    }

    /// The parameter is moved by something else than the ramp that has to end on a beat.
    pub(crate) fn forget_aim(&mut self, target: Target) {
        if self.ends.schedule.next_aiming(None).is_some()
            && let Some(list) = self.list_in_use(target)
        {
            self.ends.schedule.forget_aim(list);
            self.tidy(target);
        }
    }

    /// Holds a parameter where it is. Returns whether there is such a parameter.
    pub(crate) fn hold(&mut self, target: Target, seq: u64) -> bool {
        self.forget_aim(target);
        if let Some(list) = self.list_in_use(target) {
            while let Some(id) = self.ends.schedule.parked_of(list) {
                if self.ends.schedule.item(id).age >= seq {
                    break;
                }
                self.ends.schedule.drop_point(id);
            }
            // What waits for the end of the ramp under way would have begun before.
            self.ends.schedule.drop_delayed(list, seq);
            self.tidy(target);
        }
        let held = self.param(target).map(|(ramp, _)| ramp.hold());
        held.is_some()
    }

    /// Drops the points that a cancel means, as soon as it arrives.
    fn drop_points(&mut self, at: When, target: Target) {
        let Some(list) = self.list_in_use(target) else {
            return;
        };
        let from = match at {
            When::Frame(frame) if frame > self.frame => From::Frame(frame),
            When::Beat(beat) if beat.is_finite() => From::Beat(sane(beat)),
            _ => From::Everything,
        };
        #[cfg(feature = "sabotage")]
        let mut missed = noxrun_sabotage::is(noxrun_sabotage::Fault::CancelMissesPoint);
        for kind in [Kind::Frames, Kind::Beats] {
            // Of its own kind, only what is later can be meant.
            let (least, own) = match (from, kind) {
                (From::Frame(frame), Kind::Frames) => (frame, Some(frame)),
                (From::Beat(beat), Kind::Beats) => (ordered(beat), Some(ordered(beat))),
                _ => (0, None),
            };
            let mut next = self.ends.schedule.last_point(list, kind);
            while let Some(id) = next {
                let item = *self.ends.schedule.item(id);
                if item.at < least {
                    break;
                }
                next = self.ends.schedule.previous_point(id);
                // What has had its time and waits for its sound is not taken back.
                if item.compensated {
                    continue;
                }
                if self.is_meant(&item, from) {
                    #[cfg(feature = "sabotage")]
                    if std::mem::take(&mut missed) {
                        continue;
                    }
                    self.ends.schedule.drop_point(id);
                } else if let Some(time) = own
                    && matches!(item.action, Action::Reach { .. })
                {
                    // Its way begins before: it runs until then and is not reached.
                    self.ends.schedule.item_mut(id).is_cut = true;
                    if item.at != time {
                        self.ends.schedule.move_point(id, time);
                    }
                }
            }
        }
        self.tidy(target);
    }

    /// Whether what a point waits for comes as late as a cancel drops.
    fn is_meant(&self, item: &Item, from: From) -> bool {
        let transport = &self.transport;
        let playing = transport.is_playing();
        if let From::Everything = from {
            return true;
        }
        if item.begun {
            return false;
        }
        let beat = match (item.beat, item.due) {
            (Some(beat), _) => Some(beat),
            (None, Due::Ahead(beat) | Due::Behind(beat)) => Some(beat),
            _ => None,
        };
        match (from, beat, item.due) {
            // Where a stopped transport's beats will fall is not known: they are later.
            (From::Frame(from), Some(beat), _) => {
                !playing || transport.next_frame_of(beat, self.frame) >= from
            }
            (From::Beat(from), Some(beat), _) => beat >= from,
            (From::Frame(from), None, Due::Frame(frame)) => frame >= from,
            (From::Beat(from), None, Due::Frame(frame)) => {
                playing && frame >= transport.frame_of(from)
            }
            // It is as good as under way.
            (_, None, _) => false,
            (From::Everything, ..) => true,
        }
    }

    /// The beat of a point has been sought past.
    pub(crate) fn skip_point(&mut self, id: u32) {
        let list = self.ends.schedule.item(id).list();
        let target = self.ends.schedule.target(list);
        self.ends.schedule.drop_point(id);
        self.tidy(target);
    }

    #[cfg(feature = "sabotage")]
    fn mistaken(&mut self, target: Target, item: &mut Item) -> Target {
        let (Target::TrackVolume(track), true) = (
            target,
            noxrun_sabotage::is(noxrun_sabotage::Fault::PointOfOther),
        ) else {
            return target;
        };
        let other = Target::TrackPan(track);
        match &mut item.action {
            Action::Reach { target, .. } | Action::Cancel(target) => *target = other,
            _ => return target,
        }
        other
    }
}

/// The beat of a time of that kind.
fn item_beat(kind: Kind, at: u64) -> Option<f64> {
    (kind == Kind::Beats).then(|| crate::schedule::beat_of(at))
}

/// The time that the number says.
fn time_of(kind: Kind, at: u64) -> When {
    match item_beat(kind, at) {
        Some(beat) => When::Beat(beat),
        None => When::Frame(at),
    }
}

/// A value at once.
fn jump(target: Target, value: f64) -> Action {
    Action::Set {
        target,
        value,
        frames: 0,
        curve: Curve::Step,
    }
}

/// The length of a ramp that stands on its value on frame `end`.
fn frames_to(end: u64, now: u64) -> u32 {
    let frames = end.saturating_add(1).saturating_sub(now);
    u32::try_from(frames).unwrap_or(u32::MAX)
}

/// A value that its parameter takes.
pub(crate) fn within(target: Target, value: f64) -> f64 {
    match target {
        Target::TrackPan(_) if value.is_finite() => value.clamp(-1.0, 1.0),
        Target::VoiceRate(_) if value.is_finite() => {
            let rates = crate::command::RATES;
            value.clamp(*rates.start(), *rates.end())
        }
        _ => value,
    }
}
