//! What is due takes effect.

use crate::command::{Action, Target, TrackKey};
use crate::ramp::{Change, Ramp};
use crate::renderer::Renderer;
use crate::schedule::Due;
use crate::voices::VoiceRamp;

impl Renderer {
    /// Applies everything that is due at the present frame, in order.
    pub(crate) fn apply_due(&mut self) {
        if self.transitions.take(self.frame) {
            self.settle();
        }
        let mut applied = 0;
        while let Some(mut due) = self.next_due() {
            if let Some(beat) = due.beat.take() {
                self.enqueue_beat(beat, due);
                continue;
            }
            let due = self.resolved(due);
            if self.defer(&due) {
                continue;
            }
            applied += u64::from(due.counted);
            self.apply(due);
        }
        self.update_graph();
        if applied > 0 {
            self.shared.count_done(applied);
        }
    }

    /// Lets changes of the graph come into effect.
    pub(crate) fn update_graph(&mut self) {
        if self.graph.update(&mut self.tracks) {
            self.transitions.begin(self.frame);
        }
    }

    /// The frame and the sequence number of the next action that waits for a beat, if the transport
    /// comes to it before its loop wraps.
    pub(crate) fn next_beat(&self) -> Option<(u64, u64)> {
        if !self.transport.is_playing() {
            return None;
        }
        let next = self.schedule.next_beat()?;
        if let Some((_, end)) = self.transport.active_loop()
            && next.at >= end
        {
            return None;
        }
        Some((self.transport.frame_of(next.at), next.seq))
    }

    fn next_due(&mut self) -> Option<Due> {
        loop {
            let now = self.frame;
            let by_frame = self.schedule.next_frame().filter(|next| next.at <= now);
            let by_beat = self.next_beat().filter(|(frame, _)| *frame <= now);
            match (by_frame, by_beat) {
                (Some(frame), Some((_, seq))) if frame.seq < seq => {
                    return self.schedule.pop_frame();
                }
                (_, Some(_)) => {
                    let due = self.schedule.pop_beat()?;
                    let due = self.resolved(due);
                    let begins = now;
                    if begins <= now {
                        return Some(due);
                    }
                    self.schedule.push(begins, due);
                }
                (by_frame, None) => {
                    if self
                        .transport
                        .wrap_frame()
                        .is_some_and(|frame| frame <= now)
                    {
                        self.wrap();
                        continue;
                    }
                    by_frame?;
                    return self.schedule.pop_frame();
                }
            }
        }
    }

    fn wrap(&mut self) {
        if let Some((start, _)) = self.transport.active_loop() {
            self.transport.wrap();
            self.schedule.bring_back(start);
        }
    }

    fn apply(&mut self, due: Due) {
        let frame = self.frame;
        let found = match due.action {
            Action::Start(voice) => {
                self.voices.start(voice, frame, &self.tracks, &self.shared);
                true
            }
            Action::Stop { voice, fade } => {
                self.voices.stop(voice, fade, frame, &self.shared);
                true
            }
            Action::StopTrack { track, fade } => self.stop_track(track, fade, due.seq),
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
                    initial: due.prompt && frames <= self.default_ramp,
                };
                self.set(target, change, due.compensated)
            }
            Action::Reach { .. } => true,
            Action::Cancel(target) => {
                self.aims.forget(target);
                self.schedule.drop_parked(|parked| {
                    parked.seq < due.seq
                        && matches!(parked.action, Action::Reach { target: of, .. } if of == target)
                });
                let held = self.param(target).map(|(ramp, _)| ramp.hold());
                held.is_some()
            }
            Action::Tempo(tempo) => {
                self.transport.set_tempo(tempo, frame);
                self.aim_anew();
                true
            }
            Action::StartTransport => {
                self.transport.start(frame);
                self.schedule.unpark(frame);
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
                self.voices.reports.marker(marker, Some(frame));
                true
            }
            structural => self.restructure(structural, &due),
        };
        if !found {
            self.shared.count_stale();
        }
    }

    fn stop_track(&mut self, track: TrackKey, fade: u32, seq: u64) -> bool {
        let strip = self.tracks.get_mut(track.index as usize);
        let Some(strip) = strip.filter(|strip| strip.is(track)) else {
            return false;
        };
        strip.stopped_before = strip.stopped_before.max(seq);
        self.voices.stop_track(track, fade, seq, self.frame);
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

    /// `compensated`: whether it is initial was found out before.
    fn set(&mut self, target: Target, mut change: Change, compensated: bool) -> bool {
        change.value = within(target, change.value);
        if !self.aims.is_empty() {
            self.aims.forget(target);
        }
        let Some((ramp, fresh)) = self.param(target) else {
            return false;
        };
        change.apply(ramp, fresh || compensated);
        true
    }

    /// The transport goes on in another way: ramps that end on a beat go on from where they are, to
    /// its new frame, and stand still while it does.
    fn aim_anew(&mut self) {
        let now = self.frame;
        let playing = self.transport.is_playing();
        let mut index = 0;
        while let Some(aim) = self.aims.get(index) {
            let end = self.transport.frame_of(aim.beat).saturating_add(aim.late);
            let ramp = self.param(aim.target).map(|(ramp, _)| ramp);
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
            self.aims.update(index, held);
            index += usize::from(held.is_some());
        }
    }

    /// Its beat will not come.
    fn skip(&mut self, due: Due) {
        match due.action {
            Action::Start(voice) => {
                // One that was stopped while it waited has ended.
                let frame = self.frame;
                if self.voices.ramp(VoiceRamp::Gain, voice, frame).is_some() {
                    self.voices.stop(voice, 0, frame, &self.shared);
                }
            }
            Action::Marker(marker) => self.voices.reports.marker(marker, None),
            action if action.is_structural() => self.apply(due),
            _ => {}
        }
    }

    fn seek_transport(&mut self, beat: f64) {
        if !beat.is_finite() {
            return;
        }
        let mut skipped = 0;
        while self.schedule.next_beat().is_some_and(|next| next.at < beat) {
            let Some(due) = self.schedule.pop_beat() else {
                break;
            };
            skipped += u64::from(due.counted);
            self.skip(due);
        }
        self.transport.seek(beat, self.frame);
        self.schedule.bring_back(beat);
        self.aim_anew();
        if skipped > 0 {
            self.shared.count_done(skipped);
        }
    }
}

/// The length of a ramp that stands on its value on frame `end`.
fn frames_to(end: u64, now: u64) -> u32 {
    let frames = end.saturating_add(1).saturating_sub(now);
    u32::try_from(frames).unwrap_or(u32::MAX)
}

/// A value that its parameter takes.
fn within(target: Target, value: f64) -> f64 {
    match target {
        Target::TrackPan(_) if value.is_finite() => value.clamp(-1.0, 1.0),
        Target::VoiceRate(_) if value.is_finite() => {
            let rates = crate::command::RATES;
            value.clamp(*rates.start(), *rates.end())
        }
        _ => value,
    }
}
