//! Behind effects that look ahead, sound is later than the clock: what changes it waits.

use crate::command::{Action, Target};
use crate::key::EffectKey;
use crate::renderer::Renderer;
use crate::schedule::Item;

impl Renderer {
    /// How long what changes a track behind effects that look ahead waits for the sound that it is
    /// meant for; `None`: it does not, or has waited.
    pub(crate) fn latency_before(&mut self, item: &Item) -> Option<u32> {
        if !self.latent || item.compensated {
            return None;
        }
        Some(self.lateness(&item.action)).filter(|late| *late > 0)
    }

    /// Whether what an action changes has not sounded yet.
    pub(crate) fn is_fresh(&mut self, action: &Action) -> bool {
        match action {
            Action::Gate { track, .. } => self.track(*track).is_some_and(|track| track.is_fresh()),
            Action::Set { target, .. } => self.param(*target).is_some_and(|(_, fresh)| fresh),
            Action::Bypass { effect, .. } => {
                let track = self.effects.track_of(*effect);
                track.is_some_and(|track| self.tracks[track as usize].is_fresh())
            }
            _ => false,
        }
    }

    pub(crate) fn lateness(&mut self, action: &Action) -> u32 {
        let target = match action {
            Action::Gate { track, .. } => Target::TrackVolume(*track),
            Action::Set { target, .. } | Action::Reach { target, .. } | Action::Cancel(target) => {
                *target
            }
            Action::Bypass { effect, on } => {
                self.update_graph();
                return self.in_chain_of(*effect, Some(*on));
            }
            _ => return 0,
        };
        // What was made on this frame has its latency too.
        self.update_graph();
        match target {
            Target::TrackVolume(track) | Target::TrackPan(track) => {
                let track = self.track(track);
                track.map_or(0, |track| track.arrival() + track.latency())
            }
            Target::EdgeGain(edge) => self.graph.lateness(edge, &self.tracks),
            Target::Effect(effect, _) => self.in_chain_of(effect, None),
            Target::VoiceGain(_) | Target::VoiceRate(_) | Target::InputGain(_) => 0,
        }
    }

    /// How late the sound comes to an effect, or where it is bypassed to where it leaves it. One
    /// that sleeps is woken when the sound comes in.
    fn in_chain_of(&mut self, effect: EffectKey, bypass: Option<bool>) -> u32 {
        let Some(track) = self.effects.track_of(effect) else {
            return 0;
        };
        let track = &self.tracks[track as usize];
        let goes_out = bypass.is_some_and(|on| on || !track.chain.is_asleep(effect));
        track.arrival() + track.chain.lateness(effect, goes_out, &mut self.effects)
    }
}
