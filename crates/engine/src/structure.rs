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
                strip.set_gate(open, due.prompt, &mut self.effects);
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
            Action::RemoveTrack(track) => self.remove_track(track),
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
                let prompt = due.prompt;
                self.in_chain(effect, |this, track, fresh| {
                    let chain = &mut this.tracks[track].chain;
                    chain.bypass(effect, on, fresh && prompt, &mut this.effects)
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
            if self.effects.track_of(effect).is_none() {
                self.effects.refuse(effect, reports);
            }
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
        for track in self.tracks.iter_mut().filter(|track| track.in_service) {
            track.measure_latency(&mut self.effects);
        }
        self.graph.touch();
    }

    fn remove_track(&mut self, key: TrackKey) -> bool {
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
            let frame = self.frame;
            self.finish_track(key, frame);
        } else {
            track.leave();
            self.transitions.begin(self.frame);
        }
        true
    }

    /// Takes a track out of service, which is silent from a frame on.
    fn finish_track(&mut self, key: TrackKey, silent: u64) {
        let index = key.index;
        self.voices.end_track(index, silent);
        let reports = &mut self.voices.reports;
        self.taps.end_track(index, &mut self.tracks, reports);
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
                let key = track.key;
                // The last frame of its fade is silent already.
                self.finish_track(key, self.frame - 1);
            } else if !track.chain.is_empty() {
                let reports = &mut self.voices.reports;
                fading |= track.chain.settle(&mut self.effects, reports);
            }
        }
        self.measure();
        self.begin(fading);
    }
}
