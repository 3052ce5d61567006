//! From the control queue into the schedule: in call order, times that have passed become the
//! present, what begins later reserves its place, memory that travels ahead is put in its place.

use crate::command::{Action, Command, DelayPlace, Message, Target, When};
use crate::growth::Growth;
use crate::renderer::Renderer;
use crate::schedule::{Due, Item};
use crate::track::Track;
use crate::transport::sane;
use crate::voices::VoiceRamp;

/// Commands that were taken in, by what they may need (the numbers wrap).
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub items: u32,
    pub lists: u32,
}

impl Renderer {
    /// Takes in what the queue holds at this moment; what arrives meanwhile is the next block's.
    pub(crate) fn drain(&mut self) {
        let waiting = self.messages.slots();
        let mut depth = waiting;
        for _ in 0..waiting {
            let Ok(next) = self.messages.peek() else {
                break;
            };
            // The controller sees to it that there is room. Should it ever fail to, the rest stays
            // in the queue and nothing is lost.
            if !self.has_room(next) {
                break;
            }
            depth -= usize::from(matches!(next, Message::Grow(_)));
            let Ok(message) = self.messages.pop() else {
                break;
            };
            self.take_in(message);
        }
        self.shared.note_depth(depth as u32);
    }

    fn has_room(&self, message: &Message) -> bool {
        let schedule = &self.ends.schedule;
        let commands = match message {
            Message::One(command) => std::slice::from_ref(command),
            Message::Batch(batch) => &batch.commands,
            _ => return true,
        };
        let fits = |count: usize| schedule.list_room() >= count;
        schedule.room() >= commands.iter().map(Command::places).sum()
            && (fits(commands.len()) || fits(commands.iter().filter(|c| c.is_point()).count()))
    }

    fn take_in(&mut self, message: Message) {
        match message {
            Message::One(command) => self.take_command(command, When::Now),
            Message::Batch(mut batch) => {
                let at = batch.at;
                for command in batch.commands.drain(..) {
                    self.take_command(command, at);
                }
                self.ends.reports.batch_done(batch);
            }
            Message::Effect(key, body) => self.effects.admit(key, body, &mut self.ends),
            Message::Line(place, memory) => {
                let old = match place {
                    DelayPlace::Edge(edge) => self.graph.equip(edge, memory, self.channels),
                    DelayPlace::Voices(track) => {
                        self.delays_voices = true;
                        let strip = self.tracks.get_mut(track.index as usize);
                        // It may travel ahead of the track.
                        let fits = |strip: &&mut Track| !strip.in_service || strip.is(track);
                        match strip.filter(fits) {
                            Some(strip) => strip.voices_delay.equip(memory, self.channels),
                            None => memory,
                        }
                    }
                };
                self.graph.touch();
                self.ends.reports.line_gone(old);
            }
            Message::Tap(key, sink) => self.taps.admit(key, sink, &mut self.ends),
            Message::Input(key, input) => self.inputs.admit(key, input, &mut self.ends),
            Message::Grow(growth) => self.grow(growth),
        }
    }

    /// Links in memory that was sent ahead.
    fn grow(&mut self, mut growth: Box<Growth>) {
        self.link(&mut growth);
        self.ends.reports.grow(growth);
    }

    /// Links in the memory that a new engine begins with.
    pub(crate) fn begin_with(&mut self, mut growth: Box<Growth>) {
        self.link(&mut growth);
    }

    fn link(&mut self, growth: &mut Growth) {
        let schedule = &mut self.ends.schedule;
        growth.items.drain(..).for_each(|one| schedule.grow(one));
        growth
            .lists
            .drain(..)
            .for_each(|one| schedule.grow_lists(one));
        growth
            .voices
            .drain(..)
            .for_each(|one| self.voices.grow(one));
    }

    fn take_command(&mut self, command: Command, batch: When) {
        self.taken.items = self.taken.items.wrapping_add(command.places() as u32);
        let own = |at: When| if at == When::Now { batch } else { at };
        match command {
            Command::Do {
                at,
                seq,
                counted,
                action,
            } => {
                let item = Item::new(action, seq, counted, at == When::Now);
                match action {
                    Action::Set { target, .. }
                    | Action::Reach { target, .. }
                    | Action::Cancel(target) => {
                        self.taken.lists = self.taken.lists.wrapping_add(1);
                        self.take_point(own(at), batch, target, item);
                    }
                    _ => {
                        self.reserve(&action, seq);
                        self.enqueue(own(at), item);
                    }
                }
            }
            Command::Play {
                at,
                seq,
                voice,
                spec,
            } => {
                self.voices
                    .admit(voice, spec, seq, self.frame, &mut self.ends);
                let item = Item::new(Action::Start(voice), seq, true, at == When::Now);
                self.enqueue(own(at), item);
            }
        }
    }

    /// What begins later has its place from now on, among all that was called before.
    fn reserve(&mut self, action: &Action, seq: u64) {
        match *action {
            Action::AddTrack(setup) => {
                let strip = self.tracks.get_mut(setup.track.index as usize);
                if let Some(strip) =
                    strip.filter(|strip| !strip.in_service && strip.claimed.is_none())
                {
                    strip.claimed = Some(setup.track);
                }
            }
            Action::Connect {
                edge,
                from,
                to,
                gain,
            } => {
                self.graph.plan(edge, (from, to), gain);
            }
            Action::AddEffect {
                effect,
                track,
                before,
                bypass,
            } => {
                let strip = self.tracks.get_mut(track.index as usize);
                if let Some(strip) = strip.filter(|strip| strip.expects(track)) {
                    let place = (effect, before);
                    let effects = &mut self.effects;
                    strip
                        .chain
                        .plan_add(place, (bypass, seq), track.index, effects);
                }
            }
            Action::MoveEffect { effect, before } => {
                let track = self.effects.track_of(effect);
                if let Some(track) = track.or_else(|| self.effects.planned_on(effect)) {
                    let chain = &mut self.tracks[track as usize].chain;
                    chain.plan_move((effect, before), seq, &mut self.effects);
                }
            }
            _ => {}
        }
    }

    /// Lets an action that stands for itself wait for its time.
    pub(crate) fn enqueue(&mut self, at: When, mut item: Item) {
        item.due = match at {
            // Where it lies is judged in its turn: what was said of the transport before holds.
            When::Beat(beat) if beat.is_finite() => {
                item.beat = Some(sane(beat));
                Due::Frame(self.frame)
            }
            When::Frame(frame) => self.due_on(frame, &item.action),
            _ => self.due_on(self.frame, &item.action),
        };
        let id = self.ends.schedule.push(item);
        let (owners, schedule) = self.owners();
        if let Some(head) = owners.planned(&item.action) {
            schedule.own(id, head);
        }
    }

    /// When something is due that is meant for a frame.
    pub(crate) fn due_on(&self, frame: u64, action: &Action) -> Due {
        let mut due = frame;
        if frame < self.frame {
            self.shared.count_late(self.frame - frame);
            // Its order is that of the commands that came with it, not that of a time long past.
            due = self.frame;
        }
        #[cfg(feature = "sabotage")]
        if noxrun_sabotage::is(noxrun_sabotage::Fault::LateStart)
            && matches!(action, Action::Start(_))
        {
            due += 1;
        }
        #[cfg(not(feature = "sabotage"))]
        let _ = action;
        Due::Frame(due)
    }

    /// Finds out where a beat lies that something is for. One that the running transport has passed
    /// is late, unless a loop brings it by again. A stopped transport has no past: it may be put
    /// anywhere before it starts.
    pub(crate) fn judge(&mut self, id: u32, beat: f64) {
        let now = self.frame;
        let action = self.ends.schedule.item(id).action;
        let transport = &self.transport;
        let due = if !transport.is_playing() {
            if beat >= transport.beat_at(now) {
                Due::Ahead(beat)
            } else {
                Due::Behind(beat)
            }
        } else {
            let frame = transport.frame_of(beat);
            let late = transport.lateness(beat, now);
            if late == 0 {
                Due::Ahead(beat)
            } else if transport.next_frame_of(beat, now) > now {
                Due::Behind(beat)
            } else if matches!(action, Action::Reach { .. }) {
                // It is late when its point is, whatever came of the one before.
                Due::Frame(now)
            } else if frame < now {
                self.due_on(frame, &action)
            } else {
                // Before the engine's first frame.
                self.shared.count_late(late);
                self.due_on(frame, &action)
            }
        };
        self.ends.schedule.item_mut(id).beat = None;
        self.ends.schedule.set_due(id, due);
    }

    /// Everything that has something scheduled for it, beside the schedule.
    pub(crate) fn owners(&mut self) -> (Owners<'_>, &mut crate::schedule::Schedule) {
        let owners = Owners {
            tracks: &mut self.tracks,
            voices: &mut self.voices,
            graph: &mut self.graph,
            effects: &mut self.effects,
            inputs: &mut self.inputs,
            taps: &mut self.taps,
        };
        (owners, &mut self.ends.schedule)
    }
}

/// Everything that has something scheduled for it.
pub(crate) struct Owners<'a> {
    tracks: &'a mut [Track],
    voices: &'a mut crate::voices::Voices,
    graph: &'a mut crate::graph::Graph,
    effects: &'a mut crate::chain::Effects,
    inputs: &'a mut crate::inputs::Inputs,
    taps: &'a mut crate::taps::Taps,
}

impl<'a> Owners<'a> {
    /// Where what is scheduled for the thing that an action names is listed, if that is there and
    /// has such a list.
    pub fn planned(self, action: &Action) -> Option<&'a mut u32> {
        match *action {
            Action::Start(voice)
            | Action::Stop { voice, .. }
            | Action::Pause(voice)
            | Action::Resume(voice)
            | Action::Seek { voice, .. } => self.voices.planned(voice),
            Action::Connect { edge, .. } | Action::Disconnect(edge) => self.graph.planned(edge),
            Action::AddEffect { effect, .. }
            | Action::MoveEffect { effect, .. }
            | Action::RemoveEffect(effect)
            | Action::Bypass { effect, .. } => self.effects.planned(effect),
            Action::AddInput { input, .. } | Action::RemoveInput(input) => {
                self.inputs.planned(input)
            }
            Action::AttachTap { tap, .. } | Action::DetachTap(tap) => self.taps.planned(tap),
            Action::StopTrack { .. }
            | Action::Set { .. }
            | Action::Reach { .. }
            | Action::Cancel(_)
            | Action::Gate { .. }
            | Action::AddTrack(_)
            | Action::RemoveTrack(_)
            | Action::Tempo(_)
            | Action::StartTransport
            | Action::StopTransport
            | Action::SeekTransport(_)
            | Action::Loop(_)
            | Action::Marker(_) => None,
        }
    }

    /// Which list of points a parameter has; `None` when there is no such parameter.
    pub fn points(self, target: Target) -> Option<&'a mut u32> {
        let track = |key: crate::key::TrackKey, tracks: &'a mut [Track], which: usize| {
            let track = tracks.get_mut(key.index as usize)?;
            track.expects(key).then_some(&mut track.points[which])
        };
        match target {
            Target::TrackVolume(key) => track(key, self.tracks, 0),
            Target::TrackPan(key) => track(key, self.tracks, 1),
            Target::VoiceGain(voice) => self.voices.points(VoiceRamp::Gain, voice),
            Target::VoiceRate(voice) => self.voices.points(VoiceRamp::Rate, voice),
            Target::EdgeGain(edge) => self.graph.points(edge),
            Target::InputGain(input) => self.inputs.points(input),
            Target::Effect(effect, param) => self.effects.points(effect, param),
        }
    }
}
