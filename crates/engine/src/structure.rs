//! Actions that change what the graph is made of.

use crate::command::{Action, EffectKey, TrackKey};
use crate::config::MASTER;
use crate::renderer::Renderer;
use crate::schedule::Due;

impl Renderer {
    /// Applies such an action. Returns whether what it names was found.
    pub(crate) fn restructure(&mut self, action: Action, due: &Due) -> bool {
        match action {
            Action::Gate { track, open } => {
                let Some(strip) = self.tracks.get_mut(track.index as usize) else {
                    return false;
                };
                if !strip.is(track) {
                    return false;
                }
                let initial = due.prompt && (due.compensated || strip.is_fresh());
                strip.set_gate(open, initial, &mut self.effects);
                true
            }
            Action::AddTrack(setup) => {
                let strip = self.tracks.get_mut(setup.track.index as usize);
                match strip {
                    Some(strip) if !strip.in_service => {
                        strip.set_up(&setup);
                        self.graph.touch();
                        true
                    }
                    _ => false,
                }
            }
            Action::RemoveTrack(track) => self.remove_track(track, due.seq),
            Action::Connect {
                edge,
                from,
                to,
                gain,
            } => {
                let tracks = (from, to);
                let made = self
                    .graph
                    .connect(edge, tracks, gain, due.seq, &self.tracks);
                if made.is_none() {
                    self.voices.reports.edge_gone(edge);
                }
                made.is_some()
            }
            Action::Disconnect(edge) => {
                let fades = self.graph.disconnect(edge, &mut self.voices.reports);
                self.begin(fades == Some(true));
                fades.is_some()
            }
            Action::AddEffect {
                effect,
                track,
                before,
                bypass,
            } => self.add_effect((effect, before), track, bypass),
            Action::MoveEffect { effect, before } => self.in_chain(effect, |this, track, fresh| {
                let chain = &mut this.tracks[track].chain;
                chain.move_to(effect, before, fresh, &mut this.effects)
            }),
            // One that was never put into a chain goes back as well.
            Action::RemoveEffect(effect)
                if self.effects.refuse(effect, &mut self.voices.reports) =>
            {
                true
            }
            Action::RemoveEffect(effect) => {
                let found = self.in_chain(effect, |this, track, fresh| {
                    let reports = &mut this.voices.reports;
                    let chain = &mut this.tracks[track].chain;
                    chain.remove(effect, fresh, &mut this.effects, reports)
                });
                self.measure();
                found
            }
            Action::Bypass { effect, on } => {
                let Due {
                    prompt,
                    compensated,
                    ..
                } = *due;
                self.in_chain(effect, |this, track, fresh| {
                    let chain = &mut this.tracks[track].chain;
                    let initial = prompt && (compensated || fresh);
                    chain.bypass(effect, on, initial, &mut this.effects)
                })
            }
            Action::AttachTap { tap, track } => {
                let reports = &mut self.voices.reports;
                let attached = self.taps.attach(tap, track, &mut self.tracks, reports);
                attached.is_some()
            }
            Action::DetachTap(tap) => {
                let reports = &mut self.voices.reports;
                let detached = self.taps.detach(tap, &mut self.tracks, reports);
                detached.is_some()
            }
            Action::AddInput { input, track } => {
                let at = (track, self.frame);
                let reports = &mut self.voices.reports;
                let attached = self.inputs.attach(input, at, &self.tracks, reports);
                attached.is_some()
            }
            Action::RemoveInput(input) => {
                let reports = &mut self.voices.reports;
                self.inputs.detach(input, reports).is_some()
            }
            _ => true,
        }
    }

    fn begin(&mut self, fades: bool) {
        if fades {
            self.transitions.begin(self.frame);
        }
    }

    fn add_effect(
        &mut self,
        (effect, before): (EffectKey, Option<EffectKey>),
        track: TrackKey,
        bypass: bool,
    ) -> bool {
        let reports = &mut self.voices.reports;
        let strip = self.tracks.get_mut(track.index as usize);
        let Some(strip) = strip.filter(|strip| strip.is(track)) else {
            self.effects.refuse(effect, reports);
            return false;
        };
        let at_once = strip.is_fresh();
        let fades = strip.chain.add(
            (effect, before),
            (bypass, at_once),
            track.index,
            &mut self.effects,
            reports,
        );
        self.measure();
        self.begin(fades == Some(true));
        fades.is_some()
    }

    /// Does something to the chain that has an effect; what it returns says whether a crossfade
    /// began.
    fn in_chain(
        &mut self,
        effect: EffectKey,
        change: impl FnOnce(&mut Self, usize, bool) -> bool,
    ) -> bool {
        let Some(track) = self.effects.track_of(effect) else {
            return false;
        };
        let fresh = self.tracks[track as usize].is_fresh();
        let fades = change(self, track as usize, fresh);
        self.begin(fades);
        true
    }

    /// Chains have changed: so may have latencies.
    fn measure(&mut self) {
        self.latent = false;
        let mut changed = false;
        for track in self.tracks.iter_mut().filter(|track| track.in_service) {
            let before = track.latency();
            track.measure_latency(&mut self.effects);
            changed |= track.latency() != before;
            self.latent |= track.latency() > 0;
        }
        if changed {
            self.graph.touch();
        }
    }

    fn remove_track(&mut self, key: TrackKey, seq: u64) -> bool {
        if key == MASTER {
            return false;
        }
        let Some(track) = self.track(key) else {
            return false;
        };
        if track.leaving {
            return true;
        }
        if track.is_fresh() {
            self.finish_track(key);
        } else {
            track.leave();
            self.transitions.begin(self.frame);
        }
        self.voices.end_waiting(key, seq, self.frame);
        true
    }

    /// Takes a track that has faded out of service as soon as nothing of it is under way. Returns
    /// whether that is so.
    fn try_finish(&mut self, index: usize) -> bool {
        let track = &mut self.tracks[index];
        let key = track.key;
        let gone_at = match track.gone_at {
            Some(frame) => frame,
            None => {
                let delay = self.graph.longest_delay(key.index);
                let frame = self.frame + delay as u64;
                track.gone_at = Some(frame);
                // The last frame of a fade is silent already.
                let silent = self.frame - u64::from(track.fades());
                self.voices.end_track(key.index, silent);
                frame
            }
        };
        let gone = self.frame >= gone_at;
        if gone {
            self.finish_track(key);
        }
        gone
    }

    /// Takes a track out of service.
    fn finish_track(&mut self, key: TrackKey) {
        let index = key.index;
        self.voices.end_track(index, self.frame);
        let reports = &mut self.voices.reports;
        self.taps.end_track(index, &mut self.tracks, reports);
        self.inputs.end_track(index, reports);
        self.graph.cut_off(index, reports);
        let track = &mut self.tracks[index as usize];
        track.chain.clear(&mut self.effects, reports);
        track.measure_latency(&mut self.effects);
        track.in_service = false;
        reports.track_gone(key);
        self.measure();
    }

    /// Crossfades are over: what has faded out goes, what waited for that comes.
    pub(crate) fn settle(&mut self) {
        self.graph.settle(&mut self.voices.reports);
        let mut fading = false;
        for index in 0..self.tracks.len() {
            let track = &mut self.tracks[index];
            if !track.in_service {
                continue;
            }
            if track.has_left() {
                fading |= !self.try_finish(index);
            } else if !track.chain.is_empty() {
                let reports = &mut self.voices.reports;
                fading |= track.chain.settle(&mut self.effects, reports);
            }
        }
        self.measure();
        self.begin(fading);
    }
}
