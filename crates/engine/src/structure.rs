//! Actions that change what the graph is made of.

use crate::command::TrackSetup;
use crate::key::{EdgeKey, EffectKey, MASTER, TrackKey};
use crate::renderer::Renderer;
use crate::schedule::Item;

impl Renderer {
    pub(crate) fn set_gate(&mut self, track: TrackKey, open: bool, item: &Item) -> bool {
        let Some(strip) = self.tracks.get_mut(track.index as usize) else {
            return false;
        };
        if !strip.is(track) {
            return false;
        }
        let initial = item.prompt && (item.compensated || strip.is_fresh());
        strip.set_gate(open, initial, &mut self.effects);
        true
    }

    pub(crate) fn add_track(&mut self, setup: &TrackSetup) -> bool {
        match self.tracks.get_mut(setup.track.index as usize) {
            Some(strip) if !strip.in_service => {
                if strip.claimed != Some(setup.track) {
                    strip.drop_points(&mut self.ends);
                }
                strip.set_up(setup);
                self.graph.touch();
                true
            }
            _ => false,
        }
    }

    pub(crate) fn connect(
        &mut self,
        edge: EdgeKey,
        tracks: (TrackKey, TrackKey),
        gain: f64,
        seq: u64,
    ) -> bool {
        // Where its place was taken when it came, it may be free by now.
        if !self.graph.is_planned(edge) && !self.graph.plan(edge, tracks, gain) {
            self.ends.reports.edge_gone(edge);
            return false;
        }
        let ends = &mut self.ends;
        let made = self.graph.connect(edge, tracks, seq, &self.tracks, ends);
        made.is_some()
    }

    pub(crate) fn move_effect(
        &mut self,
        effect: EffectKey,
        before: Option<EffectKey>,
        seq: u64,
    ) -> bool {
        if let Some(track) = self.effects.planned_on(effect) {
            let chain = &mut self.tracks[track as usize].chain;
            chain.move_to((effect, before), (seq, true), &mut self.effects);
            return true;
        }
        self.in_chain(effect, |this, track, fresh| {
            let chain = &mut this.tracks[track].chain;
            chain.move_to((effect, before), (seq, fresh), &mut this.effects)
        })
    }

    pub(crate) fn remove_effect(&mut self, effect: EffectKey) -> bool {
        if let Some(track) = self.effects.planned_on(effect) {
            self.tracks[track as usize].chain.unplan(effect.index);
        }
        // One that was never put into a chain goes back as well.
        if self.effects.refuse(effect, &mut self.ends) {
            return true;
        }
        let found = self.in_chain(effect, |this, track, fresh| {
            let chain = &mut this.tracks[track].chain;
            chain.remove(effect, fresh, &mut this.effects, &mut this.ends)
        });
        self.measure();
        found
    }

    pub(crate) fn bypass(&mut self, effect: EffectKey, on: bool, item: &Item) -> bool {
        // One that comes in later begins as it is said now.
        if item.prompt
            && let Some(track) = self.effects.planned_on(effect)
        {
            let chain = &mut self.tracks[track as usize].chain;
            chain.bypass(effect, on, true, &mut self.effects);
            return true;
        }
        let (prompt, compensated) = (item.prompt, item.compensated);
        self.in_chain(effect, |this, track, fresh| {
            let chain = &mut this.tracks[track].chain;
            let initial = prompt && (compensated || fresh);
            chain.bypass(effect, on, initial, &mut this.effects)
        })
    }

    pub(crate) fn begin(&mut self, fades: bool) {
        if fades {
            self.transitions.begin(self.frame);
        }
    }

    pub(crate) fn add_effect(
        &mut self,
        (effect, before): (EffectKey, Option<EffectKey>),
        track: TrackKey,
        bypass: bool,
    ) -> bool {
        let ends = &mut self.ends;
        let strip = self.tracks.get_mut(track.index as usize);
        let Some(strip) = strip.filter(|strip| strip.is(track)) else {
            self.effects.refuse(effect, ends);
            return false;
        };
        let at_once = strip.is_fresh();
        let fades = strip.chain.add(
            (effect, before),
            (bypass, at_once),
            track.index,
            &mut self.effects,
            ends,
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

    pub(crate) fn remove_track(&mut self, key: TrackKey, seq: u64) -> bool {
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
        self.voices
            .stop_waiting(key, (seq, self.frame), &mut self.ends);
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
                self.voices.end_track(key.index, silent, &mut self.ends);
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
        let ends = &mut self.ends;
        self.voices.end_track(index, self.frame, ends);
        self.taps.end_track(index, &mut self.tracks, ends);
        self.inputs.end_track(index, ends);
        self.graph.cut_off(index, ends);
        let track = &mut self.tracks[index as usize];
        track.chain.clear(&mut self.effects, ends);
        track.measure_latency(&mut self.effects);
        track.in_service = false;
        track.drop_points(ends);
        ends.reports.track_gone(key);
        self.measure();
    }

    /// Crossfades are over: what has faded out goes, what waited for that comes.
    pub(crate) fn settle(&mut self) {
        self.graph.settle(&mut self.ends);
        let mut fading = false;
        for index in 0..self.tracks.len() {
            let track = &mut self.tracks[index];
            if !track.in_service {
                continue;
            }
            if track.has_left() {
                fading |= !self.try_finish(index);
            } else if !track.chain.is_empty() {
                fading |= track.chain.settle(&mut self.effects, &mut self.ends);
            }
        }
        self.measure();
        self.begin(fading);
    }
}
