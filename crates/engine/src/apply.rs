//! What is due takes effect.

use crate::command::{Action, Target};
use crate::key::TrackKey;
use crate::ramp::{Change, Ramp};
use crate::renderer::Renderer;
use crate::schedule::{Due, Item, Next};
use crate::voices::VoiceRamp;

impl Renderer {
    /// Applies everything that is due at the present frame, in order.
    pub(crate) fn apply_due(&mut self) {
        if self.transitions.take(self.frame) {
            self.settle();
        }
        let mut applied = 0;
        while let Some((id, by_beat)) = self.next_due() {
            let item = *self.ends.schedule.item(id);
            if item.is_point() {
                applied += self.pass_point(id, by_beat);
            } else if let Some(beat) = item.beat {
                self.judge(id, beat);
            } else if let Some(late) = self.latency_before(&item) {
                let fresh = item.prompt && self.is_fresh(&item.action);
                let waiting = self.ends.schedule.item_mut(id);
                waiting.compensated = true;
                waiting.prompt = fresh;
                let due = self.frame.saturating_add(u64::from(late));
                self.ends.schedule.set_due(id, Due::Frame(due));
            } else {
                self.take_out(id);
                applied += u64::from(item.counted);
                self.apply(&item);
            }
        }
        self.update_graph();
        self.count_done(applied);
    }

    /// Counts what has taken effect, and what has been dropped.
    pub(crate) fn count_done(&mut self, applied: u64) {
        let done = applied + self.ends.schedule.take_dropped();
        if done > 0 {
            self.shared.count_done(done);
        }
    }

    /// Takes an action that stands for itself out of the schedule.
    fn take_out(&mut self, id: u32) -> Item {
        let action = self.ends.schedule.item(id).action;
        let (owners, schedule) = self.owners();
        if let Some(head) = owners.planned(&action) {
            schedule.disown(id, head);
        }
        schedule.take(id)
    }

    /// Lets changes of the graph come into effect.
    pub(crate) fn update_graph(&mut self) {
        if self.graph.update(&mut self.tracks) {
            self.transitions.begin(self.frame);
        }
    }

    /// The next item that waits for a beat, with the frame of that, if the transport comes to it
    /// before its loop wraps.
    pub(crate) fn next_beat(&self) -> Option<Next<u64>> {
        if !self.transport.is_playing() {
            return None;
        }
        let next = self.ends.schedule.next_beat()?;
        if let Some((_, end)) = self.transport.active_loop()
            && next.at >= end
        {
            return None;
        }
        let Next { at, seq, id } = next;
        let at = self.transport.frame_of(at);
        Some(Next { at, seq, id })
    }

    /// The next item that is due, and whether that is so because of its beat.
    fn next_due(&mut self) -> Option<(u32, bool)> {
        loop {
            let now = self.frame;
            let by_frame = self
                .ends
                .schedule
                .next_frame()
                .filter(|next| next.at <= now);
            let by_beat = self.next_beat().filter(|next| next.at <= now);
            match (by_frame, by_beat) {
                (Some(frame), Some(beat)) if frame.seq < beat.seq => {
                    return Some((frame.id, false));
                }
                (_, Some(beat)) => return Some((beat.id, true)),
                (by_frame, None) => {
                    let wraps = self.transport.wrap_frame();
                    if wraps.is_some_and(|frame| frame <= now) {
                        self.wrap();
                        continue;
                    }
                    return by_frame.map(|frame| (frame.id, false));
                }
            }
        }
    }

    fn wrap(&mut self) {
        if let Some((start, _)) = self.transport.active_loop() {
            self.transport.wrap();
            self.ends.schedule.bring_back(start);
        }
    }

    /// An action takes effect.
    fn apply(&mut self, item: &Item) {
        if !self.change(item.action, item) {
            self.shared.count_stale();
        }
    }

    /// Does what an action says. Returns whether what it names was found.
    pub(crate) fn change(&mut self, action: Action, item: &Item) -> bool {
        let frame = self.frame;
        let ends = &mut self.ends;
        match action {
            Action::Start(voice) => {
                self.voices
                    .start(voice, frame, &self.tracks, &self.shared, ends);
                true
            }
            Action::Stop { voice, fade } => {
                self.voices.stop(voice, fade, frame, &self.shared, ends);
                true
            }
            Action::StopTrack { track, fade } => self.stop_track(track, fade, item.seq),
            Action::Pause(voice) => {
                self.voices.pause(voice, true, &self.shared);
                true
            }
            Action::Resume(voice) => {
                self.voices.pause(voice, false, &self.shared);
                true
            }
            Action::Seek { voice, position } => {
                self.voices.seek(voice, position, &self.shared);
                true
            }
            Action::Set {
                target,
                value,
                frames,
                curve,
            } => {
                let change = Change {
                    value,
                    frames,
                    curve,
                    initial: item.prompt && frames <= self.default_ramp,
                };
                self.set(target, change, item)
            }
            // Points are led to and not applied.
            Action::Reach { .. } => false,
            Action::Cancel(target) => self.hold(target, item.age),
            Action::Gate { track, open } => self.set_gate(track, open, item),
            Action::AddTrack(setup) => self.add_track(&setup),
            Action::RemoveTrack(track) => self.remove_track(track, item.seq),
            Action::Connect {
                edge,
                from,
                to,
                gain,
            } => self.connect(edge, (from, to), gain, item.seq),
            Action::Disconnect(edge) => {
                let fades = self.graph.disconnect(edge, ends);
                self.begin(fades == Some(true));
                true
            }
            Action::AddEffect {
                effect,
                track,
                before,
                bypass,
            } => self.add_effect((effect, before), track, bypass),
            Action::MoveEffect { effect, before } => self.move_effect(effect, before, item.seq),
            Action::RemoveEffect(effect) => self.remove_effect(effect),
            Action::Bypass { effect, on } => self.bypass(effect, on, item),
            Action::Tempo(tempo) => {
                self.transport.set_tempo(tempo, frame);
                self.aim_anew();
                true
            }
            Action::StartTransport => {
                self.transport.start(frame);
                ends.schedule.unpark(frame);
                self.aim_anew();
                true
            }
            Action::StopTransport => {
                self.transport.stop(frame);
                self.aim_anew();
                true
            }
            Action::SeekTransport(beat) => {
                self.seek_transport(beat);
                true
            }
            Action::Loop(looped) => {
                self.transport.set_loop(looped, frame);
                true
            }
            Action::Marker(marker) => {
                ends.reports.marker(marker, Some(frame));
                true
            }
            Action::AttachTap { tap, track } => self
                .taps
                .attach(tap, track, &mut self.tracks, ends)
                .is_some(),
            Action::DetachTap(tap) => self.taps.detach(tap, &mut self.tracks, ends).is_some(),
            Action::AddInput { input, track } => {
                let at = (track, frame);
                self.inputs.attach(input, at, &self.tracks, ends).is_some()
            }
            Action::RemoveInput(input) => self.inputs.detach(input, ends).is_some(),
        }
    }

    fn stop_track(&mut self, track: TrackKey, fade: u32, seq: u64) -> bool {
        let Some(strip) = self.track(track) else {
            return false;
        };
        strip.stopped_before = strip.stopped_before.max(seq);
        let at = (seq, self.frame);
        self.voices.stop_track(track, fade, at, &mut self.ends);
        true
    }

    /// A parameter, and whether its object has not sounded yet.
    pub(crate) fn param(&mut self, target: Target) -> Option<(&mut Ramp, bool)> {
        let frame = self.frame;
        match target {
            Target::TrackVolume(track) => {
                let track = self.track(track)?;
                let fresh = track.is_fresh();
                Some((&mut track.volume, fresh))
            }
            Target::TrackPan(track) => {
                let track = self.track(track)?;
                let fresh = track.is_fresh();
                Some((track.pan(), fresh))
            }
            Target::VoiceGain(voice) => self.voices.ramp(VoiceRamp::Gain, voice, frame),
            Target::VoiceRate(voice) => self.voices.ramp(VoiceRamp::Rate, voice, frame),
            Target::EdgeGain(edge) => self.graph.gain(edge),
            Target::InputGain(input) => self.inputs.gain(input),
            Target::Effect(effect, param) => {
                let track = self.effects.track_of(effect);
                let fresh = track.is_none_or(|track| self.tracks[track as usize].is_fresh())
                    || self.effects.is_fresh(effect);
                Some((self.effects.param(effect, param)?, fresh))
            }
        }
    }

    pub(crate) fn track(&mut self, key: TrackKey) -> Option<&mut crate::track::Track> {
        let track = self.tracks.get_mut(key.index as usize)?;
        track.is(key).then_some(track)
    }

    fn set(&mut self, target: Target, mut change: Change, item: &Item) -> bool {
        change.value = crate::automation::within(target, change.value);
        self.forget_aim(target);
        if let Target::EdgeGain(edge) = target
            && item.prompt
            && let Some(gain) = self.graph.planned_gain(edge)
        {
            change.apply(gain, true);
            return true;
        }
        let Some((ramp, fresh)) = self.param(target) else {
            return false;
        };
        // Of what waited for its sound it was found out before whether it is initial.
        change.apply(ramp, fresh || item.compensated);
        true
    }

    /// Its beat will not come.
    fn skip(&mut self, item: &Item) {
        match item.action {
            Action::Start(voice) => {
                self.voices
                    .stop(voice, 0, self.frame, &self.shared, &mut self.ends);
            }
            Action::Marker(marker) => self.ends.reports.marker(marker, None),
            action if action.is_structural() => self.apply(item),
            _ => {}
        }
    }

    fn seek_transport(&mut self, beat: f64) {
        if !beat.is_finite() {
            return;
        }
        let mut skipped = 0;
        while let Some(next) = self.ends.schedule.next_beat().filter(|next| next.at < beat) {
            if self.ends.schedule.item(next.id).is_point() {
                self.skip_point(next.id);
            } else {
                let item = self.take_out(next.id);
                skipped += u64::from(item.counted);
                self.skip(&item);
            }
        }
        self.transport.seek(beat, self.frame);
        self.ends.schedule.bring_back(beat);
        self.ends.schedule.drop_parked_before(beat);
        self.aim_anew();
        self.count_done(skipped);
    }
}
