//! Intents into items: which voice and which parameter each means, and what becomes of those that
//! come too late or are taken back.

use super::Dispatcher;
use super::state::{Span, VoiceRecord};
use super::store::{Place, Waiting, played_before};
use crate::batch::{Act, Item, Subject};
use crate::intent::{Intent, Playback, TrackId, VoiceId};
use crate::outlet::{Reason, Report};
use noxrun_engine::{Action, PlaySpec, VoiceKey, When};
use std::sync::atomic::Ordering;

impl Dispatcher {
    pub(super) fn translate(&mut self, intent: Intent, until: u64) {
        match intent {
            Intent::AddTrack {
                track,
                output,
                volume,
                pan,
            } => self.add_track(track, output, volume, pan),
            Intent::RemoveTrack(track) => self.remove_track(track, until),
            Intent::Route { track, to } => self.route(track, to),
            Intent::AddSend {
                send,
                from,
                to,
                gain,
            } => self.add_send(send, (from, to), gain),
            Intent::RemoveSend(send) => self.remove_send(send, until),
            Intent::AddInput { input, track, gain } => self.add_input(input, track, gain),
            Intent::RemoveInput(input) => self.remove_input(input, until),
            Intent::AddEffect {
                effect,
                track,
                index,
                bypass,
                setup,
            } => self.add_effect(effect, track, (index, bypass), &setup),
            Intent::MoveEffect { effect, index } => self.move_effect(effect, index),
            Intent::RemoveEffect(effect) => self.remove_effect(effect, until),
            Intent::ClearEffects(track) => self.clear_effects(track, until),
            Intent::Bypass { effect, on, at } => self.bypass(effect, on, at),
            Intent::Mute { track, on } => self.mute(track, on),
            Intent::Solo { track, on } => self.solo(track, on),
            Intent::Play {
                voice,
                track,
                playback,
                at,
            } => self.play(voice, track, *playback, at),
            Intent::Stop { voice, fade, at } => {
                if at == When::Now && self.cancel_play(voice, until) {
                    return;
                }
                self.command_voice(voice, at, |voice| Action::Stop { voice, fade });
            }
            Intent::Pause { voice, at } => self.command_voice(voice, at, Action::Pause),
            Intent::Resume { voice, at } => self.command_voice(voice, at, Action::Resume),
            Intent::SeekVoice {
                voice,
                position,
                at,
            } => self.seek_voice(voice, position, at),
            Intent::StopTrack { track, fade, at } => match self.track_key(track) {
                Some(key) => {
                    let act = Act::new(at, Action::StopTrack { track: key, fade }).counted();
                    self.insert(Item::Do(act.of(Subject::Track(track))));
                }
                None => self.stale(true),
            },
            Intent::Set {
                param,
                value,
                ramp,
                curve,
                at,
            } => self.set(param, value, (ramp, curve), at, until),
            Intent::Reach {
                param,
                value,
                curve,
                at,
                from,
            } => self.reach(param, value, curve, (from, at)),
            Intent::Cancel { param, from } => self.cancel_points(param, from),
            Intent::Tempo { bpm, at } => self.tempo(bpm, at),
            Intent::StartTransport(at) => self.counted(at, Action::StartTransport),
            Intent::StopTransport(at) => self.counted(at, Action::StopTransport),
            Intent::SeekTransport(beat) => self.seek_transport(beat),
            Intent::Loop(looped) => self.counted(When::Now, Action::Loop(looped)),
            Intent::Marker { marker, at } => self.counted(at, Action::Marker(marker)),
        }
    }

    /// A counted action that names nothing which could be waiting.
    pub(super) fn counted(&mut self, at: When, action: Action) {
        self.insert(Item::Do(Act::new(at, action).counted()));
    }

    fn play(&mut self, id: VoiceId, track: TrackId, playback: Playback, at: When) {
        let Some(track_key) = self.track_key(track) else {
            // Removed since: it ends as if it had been stopped while it waited.
            self.stale(true);
            return self.report_stopped(id);
        };
        let Some(key) = self.tables.voice(id) else {
            // The caller made sure of the place.
            return self.stale(true);
        };
        let Playback {
            sample,
            gain,
            rate,
            offset,
            length,
            repeat,
            fade_in,
            fade_out,
        } = playback;
        let span = Span {
            offset,
            repeat,
            frames: sample.frames() as u64,
        };
        let spec = PlaySpec {
            sample,
            track: track_key,
            gain,
            rate,
            offset,
            length,
            repeat,
            fade_in,
            fade_out,
        };
        let waiting = self.insert(Item::Play {
            at,
            voice: id,
            track,
            spec,
        });
        let record = VoiceRecord { key, waiting, span };
        self.voices.insert(id, record);
    }

    fn command_voice(&mut self, id: VoiceId, at: When, action: impl FnOnce(VoiceKey) -> Action) {
        match self.voices.get(&id) {
            Some(record) => {
                let act = Act::new(at, action(record.key)).counted();
                self.insert(Item::Do(act.of(Subject::Voice(id))));
            }
            None => self.stale(true),
        }
    }

    fn seek_voice(&mut self, id: VoiceId, position: u64, at: When) {
        // One that waits will begin there.
        if self.later(at) == When::Now
            && let Some(record) = self.voices.get_mut(&id)
        {
            record.span.offset = position.min(record.span.frames);
        }
        self.command_voice(id, at, |voice| Action::Seek { voice, position });
    }

    /// The play of a voice that waits here for a later frame than `until` or for a beat, outside of
    /// batches.
    pub(super) fn distant(&mut self, id: VoiceId, until: u64) -> Option<&mut PlaySpec> {
        let place = self.voices.get(&id)?.waiting?;
        let is_near = matches!(place, Place::Frame(frame, _) if frame <= until);
        if self.batch.is_some() || is_near {
            return None;
        }
        match self.store.get_mut(place) {
            Some(Waiting::One(Item::Play { spec, .. })) => Some(spec),
            _ => None,
        }
    }

    /// Ends a voice whose start is far away. Nothing of it remains, so that whoever plans ahead and
    /// changes his mind does not run out of events.
    fn cancel_play(&mut self, id: VoiceId, until: u64) -> bool {
        if self.distant(id, until).is_none() {
            return false;
        }
        if let Some(place) = self.voices.get(&id).and_then(|record| record.waiting) {
            self.store.remove(place);
        }
        self.forget_voice(id);
        // The play and its stop.
        self.settle(true);
        self.settle(true);
        true
    }

    /// Ends a voice that never crossed.
    pub(super) fn forget_voice(&mut self, id: VoiceId) {
        if let Some(VoiceRecord { key, .. }) = self.voices.remove(&id) {
            self.tables.voices.give_back(key.index, key.generation);
            self.report_stopped(id);
            self.drop_planned(Subject::Voice(id), None);
        }
    }

    /// Something is taken out now: what waits for it here is in vain. What is due up to `until` is
    /// as good as there, and what goes with a time goes later: see [`Self::drop_planned`].
    pub(super) fn abandon(&mut self, subject: Subject, until: u64) {
        if self.batch_time() == When::Now {
            self.drop_planned(subject, Some(until));
        }
    }

    /// Drops what waits here for something that is gone; with a frame, only what waits for a later
    /// one.
    pub(super) fn drop_planned(&mut self, subject: Subject, after: Option<u64>) {
        let is_meant = |place, _: &Item| match place {
            Place::Frame(frame, _) => after.is_none_or(|after| frame > after),
            Place::Beat(..) => true,
        };
        for (place, item) in self.store.take_of(subject, is_meant) {
            if let Some((slot, _)) = item.value() {
                self.newest.leave(slot, place);
            }
            if let Item::Play { voice, .. } = item {
                self.forget_voice(voice);
                self.settle(true);
            } else {
                self.stale(item.is_counted());
            }
        }
    }

    /// A track is stopped now: what was played on it before, and waits here, has ended.
    pub(super) fn end_plays(&mut self, track: TrackId, seq: u64) {
        let plays = self
            .store
            .take_of(Subject::Track(track), played_before(seq));
        for (_, item) in plays {
            if let Item::Play { voice, .. } = item {
                self.forget_voice(voice);
                self.settle(true);
            }
        }
    }

    fn report_stopped(&self, voice: VoiceId) {
        self.outlet.push(Report::Ended {
            voice,
            frame: self.controller.shared.clock().frame,
            reason: Reason::Stopped,
        });
    }

    pub(super) fn stale(&mut self, counted: bool) {
        self.counters.stale.fetch_add(1, Ordering::Relaxed);
        self.settle(counted);
    }

    /// A counted event came to nothing here.
    pub(super) fn settle(&self, counted: bool) {
        if counted {
            self.counters.settled_here.fetch_add(1, Ordering::Release);
        }
    }
}
