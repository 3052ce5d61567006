//! Parameters that are set, automated and cancelled, and a transport, written from what the contract
//! says of them: one list of everything that waits, looked through on every frame.

use super::Move;
use super::param::Param;
use noxrun_engine::Curve;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Time {
    Frame(u64),
    Beat(f64),
}

impl Time {
    fn number(self) -> f64 {
        match self {
            Self::Frame(frame) => frame as f64,
            Self::Beat(beat) => beat,
        }
    }

    fn is_beat(self) -> bool {
        matches!(self, Self::Beat(_))
    }
}

/// A point of an automation.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub at: Time,
    pub value: f64,
    pub curve: Curve,
}

#[derive(Debug, Clone)]
pub enum Call {
    Set(usize, Option<Time>, Move),
    Automate(usize, Vec<Step>),
    Cancel(usize, Option<Time>),
    Tempo(Time, f64),
    Start(Time),
    Stop(Time),
    Seek(Time, f64),
    Loop(Time, Option<(f64, f64)>),
    /// The calls inside without a time of their own have this one.
    Batch(Option<Time>, Vec<Call>),
}

#[derive(Debug, Clone, Copy)]
enum What {
    Set(Move),
    /// A way to a point. `after`: it begins one frame later than it is due.
    Way {
        to: Step,
        after: bool,
    },
    Hold,
    Tempo(f64),
    Start,
    Stop,
    Seek(f64),
    Loop(Option<(f64, f64)>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Due {
    Time(Time),
    /// A beat that was passed, and may come again.
    Again(f64),
    /// The transport's start.
    Start,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    order: u64,
    due: Due,
    what: What,
    /// The parameter, for what moves one.
    param: usize,
    /// Where a beat lies has been looked at.
    judged: bool,
    /// The frame on which a way ends, once known.
    end: Option<u64>,
    /// It waits for the end of a ramp.
    delayed: bool,
    /// The point that it is for, where it has a time of its own.
    point: Option<u64>,
}

/// A time at which a parameter has a value, as whoever adds points sees it.
#[derive(Debug, Clone, Copy)]
struct Point {
    id: u64,
    step: Step,
    is_reached: bool,
    /// Ways to it, and jumps, that have not begun.
    open: usize,
    /// A ramp leads, or has led, to it.
    has_way: bool,
}

struct Knob {
    value: Param,
    /// One after the last frame of the ramp under way.
    busy_until: u64,
    points: Vec<Point>,
    /// The ramp under way ends on a beat; it may stand still with the transport.
    aim: Option<(Step, bool)>,
}

struct Clock {
    playing: bool,
    beat: f64,
    frame: f64,
    beat_frames: f64,
    rate: f64,
    looped: Option<(f64, f64)>,
    /// It is before the loop's end, and will run into it.
    inside: bool,
}

pub struct Desk {
    now: u64,
    order: u64,
    knobs: Vec<Knob>,
    waiting: Vec<Waiting>,
    clock: Clock,
}

impl Clock {
    fn frame_of(&self, beat: f64) -> u64 {
        let frame = self.frame + (beat - self.beat) * self.beat_frames;
        frame.round() as u64
    }

    fn active(&self) -> Option<(f64, f64)> {
        let (start, end) = self.looped.filter(|_| self.inside)?;
        ((end - start) * self.beat_frames >= 1.0).then_some((start, end))
    }

    fn next_frame_of(&self, beat: f64, now: u64) -> u64 {
        let frame = self.frame_of(beat);
        match self.active() {
            Some((start, end)) if frame < now && beat >= start && beat < end => {
                self.frame_of(beat + (end - start))
            }
            _ => frame,
        }
    }

    fn position(&self, frame: u64) -> f64 {
        if self.playing {
            self.beat + (frame as f64 - self.frame) / self.beat_frames
        } else {
            self.beat
        }
    }

    fn stand_at(&mut self, frame: u64) {
        self.beat = self.position(frame);
        self.frame = frame as f64;
    }

    fn look(&mut self, frame: u64) {
        let beat = self.position(frame);
        self.inside = self.looped.is_some_and(|(_, end)| beat < end);
    }
}

impl Desk {
    /// Parameters that begin on 1.
    pub fn new(knobs: usize, rate: u32) -> Self {
        let knob = || Knob {
            value: Param::at_rest(1.0),
            busy_until: 0,
            points: Vec::new(),
            aim: None,
        };
        Self {
            now: 0,
            order: 0,
            knobs: (0..knobs).map(|_| knob()).collect(),
            waiting: Vec::new(),
            clock: Clock {
                playing: false,
                beat: 0.0,
                frame: 0.0,
                beat_frames: 60.0 * f64::from(rate) / 120.0,
                rate: f64::from(rate),
                looped: None,
                inside: false,
            },
        }
    }

    pub fn call(&mut self, call: &Call) {
        self.call_in(call, None);
    }

    fn call_in(&mut self, call: &Call, batch: Option<Time>) {
        let (at, param, what) = match call {
            Call::Batch(at, calls) => {
                for call in calls {
                    self.call_in(call, *at);
                }
                return;
            }
            Call::Automate(param, steps) => return self.automate(*param, steps, batch),
            Call::Cancel(param, at) => {
                let at = at.or(batch);
                self.cancel(*param, at);
                (at, *param, What::Hold)
            }
            Call::Set(param, at, to) => (at.or(batch), *param, What::Set(*to)),
            Call::Tempo(at, bpm) => (Some(*at), 0, What::Tempo(*bpm)),
            Call::Start(at) => (Some(*at), 0, What::Start),
            Call::Stop(at) => (Some(*at), 0, What::Stop),
            Call::Seek(at, beat) => (Some(*at), 0, What::Seek(*beat)),
            Call::Loop(at, looped) => (Some(*at), 0, What::Loop(*looped)),
        };
        let is_point = matches!(what, What::Set(_) | What::Hold);
        let at = match at {
            Some(Time::Frame(frame)) if frame <= self.now && matches!(what, What::Hold) => None,
            at => at,
        };
        let point = at
            .filter(|_| is_point)
            .map(|at| self.add_point(param, at, 1));
        self.wait(at.unwrap_or(Time::Frame(self.now)), param, what, point);
    }

    fn wait(&mut self, at: Time, param: usize, what: What, point: Option<u64>) {
        self.order += 1;
        self.waiting.push(Waiting {
            order: self.order,
            due: Due::Time(at),
            what,
            param,
            judged: false,
            end: None,
            delayed: false,
            point,
        });
    }

    fn add_point(&mut self, param: usize, at: Time, open: usize) -> u64 {
        let step = Step {
            at,
            value: 0.0,
            curve: Curve::Step,
        };
        self.order += 1;
        let id = self.order;
        self.insert(param, id, step, (open, false));
        id
    }

    fn insert(&mut self, param: usize, id: u64, step: Step, (open, is_reached): (usize, bool)) {
        let points = &mut self.knobs[param].points;
        points.push(Point {
            id,
            step,
            is_reached,
            open,
            has_way: false,
        });
        // Those of one time stay in the order of their calls.
        points.sort_by(|a, b| a.step.at.number().total_cmp(&b.step.at.number()));
    }

    /// What was planned for a point begins.
    fn begin(&mut self, param: usize, point: Option<u64>, is_way: bool) {
        let points = &mut self.knobs[param].points;
        if let Some(point) = points.iter_mut().find(|p| Some(p.id) == point) {
            point.open -= 1;
            point.has_way |= is_way;
        }
        self.forget_passed(param);
    }

    /// Forgets the points that have had their time.
    fn forget_passed(&mut self, param: usize) {
        let (now, clock) = (self.now, &self.clock);
        let has_come = |at: Time| match at {
            Time::Frame(frame) => frame <= now,
            Time::Beat(beat) => clock.playing && clock.next_frame_of(beat, now) <= now,
        };
        let points = &mut self.knobs[param].points;
        points.retain(|point| point.open > 0 || (point.has_way && !has_come(point.step.at)));
    }

    /// Whether a point may be what another one is reached from: not one that has passed.
    fn may_lead(&self, at: Time) -> bool {
        let (now, clock) = (self.now, &self.clock);
        match at {
            // One that is late takes effect on this frame.
            Time::Frame(_) => true,
            Time::Beat(beat) if clock.playing => clock.next_frame_of(beat, now) >= now,
            Time::Beat(beat) => beat >= clock.position(now),
        }
    }

    /// Where the way to an old point begins that follows a new one.
    fn lead_on_from(&self, at: Time) -> Option<Time> {
        match at {
            Time::Beat(beat) if !self.clock.playing && beat < self.clock.position(self.now) => None,
            _ => Some(at),
        }
    }

    /// Each point is reached from the one before it, old or new; an old one that follows a new one
    /// is reached from that as well.
    fn automate(&mut self, param: usize, steps: &[Step], batch: Option<Time>) {
        let first = steps[0].at.number();
        let beats = steps[0].at.is_beat();
        let points = self.knobs[param].points.iter();
        let old: Vec<Point> = points
            .filter(|point| point.step.at.is_beat() == beats)
            .copied()
            .collect();
        let before = old.iter().rfind(|point| point.step.at.number() <= first);
        let may_lead = |this: &Self, at: Time| Some(at).filter(|at| this.may_lead(*at));
        let mut from = before.and_then(|point| may_lead(self, point.step.at));
        let mut later = old
            .into_iter()
            .filter(|point| point.step.at.number() > first)
            .peekable();
        let (mut from_new, mut newest) = (true, None);
        for step in steps {
            let number = step.at.number();
            while let Some(point) = later.next_if(|point| point.step.at.number() <= number) {
                if point.is_reached && from_new {
                    let from = newest.and_then(|at| self.lead_on_from(at)).or(from);
                    self.lead(param, from, (point.id, point.step), batch);
                }
                (from, from_new) = (may_lead(self, point.step.at), false);
            }
            self.order += 1;
            let id = self.order;
            self.insert(param, id, *step, (0, true));
            self.lead(param, from, (id, *step), batch);
            (from, from_new) = (may_lead(self, step.at), true);
            newest = Some(step.at);
        }
        if let Some(point) = later.next()
            && point.is_reached
            && from_new
        {
            let from = newest.and_then(|at| self.lead_on_from(at)).or(from);
            self.lead(param, from, (point.id, point.step), batch);
        }
    }

    fn lead(
        &mut self,
        param: usize,
        from: Option<Time>,
        (id, to): (u64, Step),
        batch: Option<Time>,
    ) {
        let mut points = self.knobs[param].points.iter_mut();
        if let Some(point) = points.find(|point| point.id == id) {
            point.open += 1;
        }
        let (value, frames, curve) = (to.value, 0, Curve::Step);
        if to.curve == Curve::Step || from == Some(to.at) {
            let jump = Move {
                value,
                frames,
                curve,
            };
            return self.wait(to.at, param, What::Set(jump), Some(id));
        }
        let now = Time::Frame(self.now);
        let (begin, after) = match (from, batch) {
            (Some(from), _) => (from, true),
            (None, None) => (now, false),
            (None, Some(batch)) if batch.is_beat() == to.at.is_beat() => {
                let late = batch.number() > to.at.number();
                (if late { now } else { batch }, late)
            }
            (None, Some(batch)) => (batch, false),
        };
        let begin = match (begin, to.at) {
            (Time::Frame(begin), Time::Frame(end)) => {
                Time::Frame((begin + u64::from(after)).min(end))
            }
            _ => begin,
        };
        self.wait(begin, param, What::Way { to, after }, Some(id));
    }

    fn drop_waiting(&mut self, is_meant: impl Fn(&Waiting) -> bool) {
        for index in (0..self.waiting.len()).rev() {
            if is_meant(&self.waiting[index]) {
                let Waiting { param, point, .. } = self.waiting.swap_remove(index);
                self.begin(param, point, false);
            }
        }
    }

    /// Of parameters whose points are all of one kind.
    fn cancel(&mut self, param: usize, from: Option<Time>) {
        let clock = &self.clock;
        let now = self.now;
        let is_late = match from {
            None => true,
            Some(Time::Frame(frame)) => frame <= now,
            Some(Time::Beat(_)) => false,
        };
        let is_meant = |due: Due| match (from, due) {
            _ if is_late => true,
            (Some(Time::Frame(from)), Due::Time(Time::Frame(due))) => due >= from,
            (Some(Time::Beat(from)), Due::Time(Time::Beat(due)) | Due::Again(due)) => due >= from,
            (Some(Time::Beat(from)), Due::Time(Time::Frame(due))) => {
                clock.playing && due >= clock.frame_of(from)
            }
            _ => false,
        };
        let points = self.knobs[param].points.clone();
        self.waiting.retain(|waiting| {
            // What was said without a time is not taken back.
            let has_time = waiting.point.is_some();
            let is_point = matches!(waiting.what, What::Set(_) | What::Way { .. } | What::Hold);
            let of_it = waiting.param == param && is_point && has_time;
            // A point of an earlier time stays, however late it is.
            let time = points.iter().find(|point| Some(point.id) == waiting.point);
            let is_earlier = match (from, time) {
                (Some(from), Some(point)) if !is_late => point.step.at.number() < from.number(),
                _ => false,
            };
            !(of_it && !is_earlier && is_meant(waiting.due))
        });
        let points = &mut self.knobs[param].points;
        match from.filter(|_| !is_late) {
            None => points.clear(),
            Some(from) => points.retain(|point| point.step.at.number() < from.number()),
        }
    }

    /// The values on the next frame.
    pub fn next_frame(&mut self) -> Vec<f64> {
        while let Some(index) = self.next_due() {
            self.take(index);
        }
        for param in 0..self.knobs.len() {
            self.forget_passed(param);
        }
        let now = self.now;
        self.now += 1;
        self.knobs.iter().map(|knob| knob.value.on(now)).collect()
    }

    /// What is due first; the loop wraps when no beat is.
    fn next_due(&mut self) -> Option<usize> {
        loop {
            let now = self.now;
            let clock = &self.clock;
            let is_due = |waiting: &Waiting| match waiting.due {
                Due::Time(Time::Frame(frame)) => frame <= now,
                Due::Time(Time::Beat(_)) if !waiting.judged => true,
                Due::Time(Time::Beat(beat)) => {
                    let before_end = clock.active().is_none_or(|(_, end)| beat < end);
                    clock.playing && before_end && clock.frame_of(beat) <= now
                }
                Due::Again(_) | Due::Start => false,
            };
            // Of frames, the first that was called; of beats, the first of them.
            let (mut frame, mut beat) = (None, None);
            for (index, waiting) in self.waiting.iter().enumerate() {
                if !is_due(waiting) {
                    continue;
                }
                match waiting.due {
                    Due::Time(Time::Beat(at)) if waiting.judged => {
                        let place = (at, waiting.order);
                        if beat.is_none_or(|(first, _)| place < first) {
                            beat = Some((place, index));
                        }
                    }
                    _ if frame.is_none_or(|(first, _)| waiting.order < first) => {
                        frame = Some((waiting.order, index));
                    }
                    _ => {}
                }
            }
            let wraps = clock.active().filter(|_| clock.playing);
            let wraps = wraps.filter(|(_, end)| clock.frame_of(*end) <= now);
            match (frame, beat, wraps) {
                (Some((order, index)), Some(((_, by_beat), _)), _) if order < by_beat => {
                    return Some(index);
                }
                (_, Some((_, index)), _) => return Some(index),
                (_, None, Some((start, end))) => {
                    self.clock.frame += (end - self.clock.beat) * self.clock.beat_frames;
                    self.clock.beat = start;
                    self.bring_back(start);
                }
                (frame, None, None) => return frame.map(|(_, index)| index),
            }
        }
    }

    fn bring_back(&mut self, beat: f64) {
        for waiting in &mut self.waiting {
            if let Due::Again(again) = waiting.due
                && again >= beat
            {
                waiting.due = Due::Time(Time::Beat(again));
            }
        }
    }

    fn take(&mut self, index: usize) {
        let now = self.now;
        if let Due::Time(Time::Beat(beat)) = self.waiting[index].due
            && !self.waiting[index].judged
        {
            return self.judge(index, beat);
        }
        let mut waiting = self.waiting.swap_remove(index);
        let param = waiting.param;
        match waiting.what {
            What::Set(to) => {
                self.begin(param, waiting.point, false);
                self.knobs[param].aim = None;
                self.write(param, to);
            }
            What::Way { to, after } => {
                if let Time::Beat(beat) = to.at
                    && waiting.end.is_none()
                {
                    if !self.clock.playing {
                        return self.stand(waiting, beat);
                    }
                    waiting.end = Some(self.clock.next_frame_of(beat, now));
                }
                let end = match to.at {
                    Time::Frame(frame) => frame,
                    Time::Beat(_) => waiting.end.unwrap_or(now),
                };
                let by_beat = matches!(waiting.due, Due::Time(Time::Beat(_)));
                if by_beat && after && end > now {
                    waiting.due = Due::Time(Time::Frame((now + 1).min(end)));
                    self.waiting.push(waiting);
                    return;
                }
                let busy_until = self.knobs[param].busy_until;
                if busy_until > now && busy_until <= end {
                    waiting.due = Due::Time(Time::Frame(busy_until));
                    waiting.delayed = true;
                    self.waiting.push(waiting);
                    return;
                }
                self.knobs[param].aim = to.at.is_beat().then_some((to, false));
                self.go_to(param, to, end);
                self.begin(param, waiting.point, true);
            }
            What::Hold => {
                self.begin(param, waiting.point, false);
                let order = waiting.order;
                self.drop_waiting(|other| {
                    let way = matches!(other.what, What::Way { .. });
                    let waits = other.delayed || other.due == Due::Start;
                    other.param == param && way && waits && other.order < order
                });
                self.knobs[param].aim = None;
                self.hold(param);
            }
            What::Tempo(bpm) => {
                if self.clock.active().is_none() {
                    self.clock.look(now);
                }
                self.clock.stand_at(now);
                self.clock.beat_frames = 60.0 * self.clock.rate / bpm;
                self.aim_anew();
            }
            What::Start => {
                if !self.clock.playing {
                    self.clock.frame = now as f64;
                    self.clock.playing = true;
                }
                for waiting in &mut self.waiting {
                    if waiting.due == Due::Start {
                        waiting.due = Due::Time(Time::Frame(now));
                    }
                }
                self.aim_anew();
            }
            What::Stop => {
                self.clock.stand_at(now);
                self.clock.playing = false;
                self.aim_anew();
            }
            What::Seek(beat) => self.seek(beat),
            What::Loop(looped) => {
                self.clock.looped = looped;
                self.clock.look(now);
            }
        }
    }

    fn judge(&mut self, index: usize, beat: f64) {
        let (now, clock) = (self.now, &self.clock);
        let due = if !clock.playing {
            match beat >= clock.position(now) {
                true => Due::Time(Time::Beat(beat)),
                false => Due::Again(beat),
            }
        } else if clock.frame_of(beat) >= now {
            Due::Time(Time::Beat(beat))
        } else if clock.next_frame_of(beat, now) > now {
            Due::Again(beat)
        } else {
            Due::Time(Time::Frame(now))
        };
        self.waiting[index].due = due;
        self.waiting[index].judged = true;
    }

    /// The transport stands: nobody knows when it comes to the beat of a point.
    fn stand(&mut self, mut waiting: Waiting, beat: f64) {
        let What::Way { to, .. } = waiting.what else {
            return;
        };
        waiting.what = What::Way { to, after: false };
        waiting.due = Due::Start;
        if beat < self.clock.position(self.now) {
            let (value, frames, curve) = (to.value, 0, Curve::Step);
            waiting.due = Due::Again(beat);
            waiting.what = What::Set(Move {
                value,
                frames,
                curve,
            });
        }
        self.waiting.push(waiting);
    }

    fn write(&mut self, param: usize, to: Move) {
        let now = self.now;
        let knob = &mut self.knobs[param];
        knob.value.write(now, to);
        let lasts = to.frames > 0 && to.curve != Curve::Step;
        knob.busy_until = if lasts { now + to.frames } else { now };
    }

    fn go_to(&mut self, param: usize, to: Step, end: u64) {
        let frames = (end + 1).saturating_sub(self.now);
        let (value, curve) = (to.value, to.curve);
        self.write(
            param,
            Move {
                value,
                frames,
                curve,
            },
        );
    }

    fn hold(&mut self, param: usize) {
        let value = self.knobs[param].value.before(self.now);
        let (frames, curve) = (0, Curve::Step);
        self.write(
            param,
            Move {
                value,
                frames,
                curve,
            },
        );
    }

    fn aim_anew(&mut self) {
        for param in 0..self.knobs.len() {
            let Some((to, held)) = self.knobs[param].aim else {
                continue;
            };
            let end = self.clock.frame_of(to.at.number());
            self.knobs[param].aim = None;
            if !held && self.knobs[param].busy_until <= self.now {
                continue;
            }
            if !self.clock.playing {
                self.hold(param);
                self.knobs[param].aim = Some((to, true));
            } else if end >= self.now {
                self.go_to(param, to, end);
                self.knobs[param].aim = Some((to, false));
            } else {
                self.hold(param);
            }
        }
    }

    /// What waits for a beat that is skipped is dropped.
    fn seek(&mut self, beat: f64) {
        self.drop_waiting(|waiting| match waiting.due {
            Due::Time(Time::Beat(due)) => waiting.judged && due < beat,
            Due::Start => match waiting.what {
                What::Way { to, .. } => to.at.number() < beat,
                _ => false,
            },
            _ => false,
        });
        self.clock.beat = beat;
        self.clock.frame = self.now as f64;
        self.clock.look(self.now);
        self.bring_back(beat);
        self.aim_anew();
    }
}
