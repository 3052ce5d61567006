//! What an operation that was accepted makes of the model, and which commands it becomes.

use super::{Dispatcher, Made};
use crate::key::pack;
use crate::operation::{Operation, VoiceId};
use noxrun_engine::{Action, Command, PlaySpec, TrackKey, VoiceKey, When};

impl Dispatcher {
    /// Returns the key, packed, of what it makes; 0 where it makes nothing.
    pub(super) fn perform(&mut self, operation: Operation, made: Made) -> u64 {
        match operation {
            Operation::AddTrack {
                track,
                output,
                volume,
                pan,
            } => return self.add_track(track, output, volume, pan),
            Operation::RemoveTrack { track } => self.remove_track(track),
            Operation::Route { track, to } => self.route(track, to),
            Operation::AddSend {
                send,
                from,
                to,
                gain,
            } => return self.add_send(send, (from, to), gain),
            Operation::RemoveSend { send } => self.remove_send(send),
            Operation::AddEffect {
                effect,
                track,
                index,
                bypass,
                kind,
                ..
            } => return self.add_effect(effect, (track, kind), (index, bypass), made),
            Operation::MoveEffect { effect, index } => self.move_effect(effect, index),
            Operation::RemoveEffect { effect } => self.remove_effect(effect),
            Operation::ClearEffects { track } => self.clear_effects(track),
            Operation::Bypass { effect, on, at } => self.bypass(effect, on, at),
            Operation::AddInput { input, track, gain } => {
                return self.add_input(input, track, gain);
            }
            Operation::RemoveInput { input } => self.remove_input(input),
            Operation::Mute { track, on } => self.mute(track, on),
            Operation::Solo { track, on } => self.solo(track, on),
            Operation::Play {
                voice,
                track,
                sample,
                gain,
                rate,
                offset,
                length,
                repeat,
                fade_in,
                fade_out,
                at,
            } => {
                let Some(track) = self.model.tracks.get(&track) else {
                    return 0;
                };
                let spec = PlaySpec {
                    gain,
                    rate,
                    offset,
                    length,
                    repeat,
                    fade_in,
                    fade_out,
                    ..PlaySpec::new(sample, track.key)
                };
                return self.play(voice, spec, at);
            }
            Operation::Stop { voice, fade, at } => {
                self.command_voice(voice, at, |voice| Action::Stop { voice, fade });
            }
            Operation::StopTrack { track, fade, at } => {
                if let Some(track) = self.track_key(track) {
                    self.counted(at, Action::StopTrack { track, fade });
                }
            }
            Operation::Pause { voice, at } => self.command_voice(voice, at, Action::Pause),
            Operation::Resume { voice, at } => self.command_voice(voice, at, Action::Resume),
            Operation::SeekVoice {
                voice,
                position,
                at,
            } => self.command_voice(voice, at, |voice| Action::Seek { voice, position }),
            Operation::Set {
                param,
                value,
                ramp,
                curve,
                at,
            } => self.set(param, value, (ramp, curve), at),
            Operation::Automate { param, points } => self.automate(param, &points),
            Operation::Cancel { param, from } => self.cancel(param, from),
            Operation::Tempo { bpm, at } => self.counted(at, Action::Tempo(bpm)),
            Operation::StartTransport { at } => self.counted(at, Action::StartTransport),
            Operation::StopTransport { at } => self.counted(at, Action::StopTransport),
            Operation::SeekTransport { beat } => {
                self.counted(When::Now, Action::SeekTransport(beat));
            }
            Operation::Loop { range } => self.counted(When::Now, Action::Loop(range)),
            Operation::Marker { marker, at } => self.counted(at, Action::Marker(marker)),
        }
        0
    }

    pub(super) fn track_key(&self, track: u32) -> Option<TrackKey> {
        self.model.tracks.get(&track).map(|track| track.key)
    }

    fn play(&mut self, id: VoiceId, spec: PlaySpec, at: When) -> u64 {
        let never = |_, _| false;
        if self.voice_keys.available() == 0 {
            // Voices that have ended still hold their places until that is read.
            let trash = self.collect();
            drop(trash);
        }
        let Some((index, generation)) = self.voice_keys.take(id, never) else {
            // There are as many places as events and sounding voices, so one is free.
            self.settle(1);
            self.report_stopped(id);
            return 0;
        };
        let voice = VoiceKey { index, generation };
        self.voices.insert(id, voice);
        if let Some(batch) = &mut self.batch {
            batch.voices.push(id);
        }
        let seq = self.next_seq();
        self.emit(Command::Play {
            at,
            seq,
            voice,
            spec,
        });
        pack(index, generation)
    }

    fn command_voice(&mut self, id: VoiceId, at: When, action: impl FnOnce(VoiceKey) -> Action) {
        match self.voices.get(&id) {
            Some(voice) => {
                let action = action(*voice);
                self.counted(at, action);
            }
            None => self.stale(1),
        }
    }

    /// A voice that never crossed.
    pub(super) fn forget_voice(&mut self, id: VoiceId) {
        if let Some(voice) = self.voices.remove(&id) {
            self.voice_keys.gone(voice.index, voice.generation);
        }
    }

    /// What was meant has ended: its events come to nothing.
    pub(super) fn stale(&mut self, events: u64) {
        self.count_stale();
        self.settle(events);
    }
}
