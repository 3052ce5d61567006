//! One callback: drain the queue, apply what is due, render up to the next event, publish.

use crate::block::MAX_BLOCK;
use crate::chain::{Effects, Scratch};
use crate::command::Message;
use crate::ends::Ends;
use crate::graph::Graph;
use crate::inputs::Inputs;
use crate::intake::Taken;
use crate::key::MASTER;
use crate::safety;
use crate::shared::{ClockReading, Shared};
use crate::taps::Taps;
use crate::track::Track;
use crate::transitions::Transitions;
use crate::transport::Transport;
use crate::voices::Voices;
use noxrun_kernels as kernels;
use std::sync::Arc;

/// When a block runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockClock {
    /// Monotonic nanoseconds at the start of the callback.
    pub now_ns: u64,
}

/// The audio thread's end of an engine.
///
/// ```
/// use noxrun_engine::{BlockClock, EngineConfig, build};
/// let (mut renderer, _controller) = build(&EngineConfig::default());
/// let mut out = [1.0; 2 * 64];
/// renderer.process(&mut out, BlockClock::default());
/// assert_eq!(out, [0.0; 128]);
/// ```
pub struct Renderer {
    pub(crate) channels: usize,
    pub(crate) frame: u64,
    pub(crate) messages: rtrb::Consumer<Message>,
    pub(crate) ends: Ends,
    pub(crate) taken: Taken,
    pub(crate) transport: Transport,
    pub(crate) tracks: Vec<Track>,
    pub(crate) graph: Graph,
    pub(crate) effects: Effects,
    pub(crate) taps: Taps,
    pub(crate) inputs: Inputs,
    pub(crate) transitions: Transitions,
    pub(crate) voices: Voices,
    pub(crate) scratch: Scratch,
    /// Whether any chain makes sound later.
    pub(crate) latent: bool,
    /// Whether memory came to delay voices with; without any there is nothing to do.
    pub(crate) delays_voices: bool,
    /// Frames of a ramp whose length nobody chose.
    pub(crate) default_ramp: u32,
    pub(crate) safety: bool,
    pub(crate) shared: Arc<Shared>,
}

impl Renderer {
    /// Renders one block of any length into `out` (interleaved; samples beyond the last whole frame
    /// become 0). A block of no frames drains the queue and applies what is due.
    pub fn process(&mut self, out: &mut [f32], clock: BlockClock) {
        let block = out.len() / self.channels;
        let (mut rest, beyond) = out.split_at_mut(block * self.channels);
        beyond.fill(0.0);
        self.drain();
        self.inputs.begin(self.frame, block, clock.now_ns);
        self.apply_due();
        while !rest.is_empty() {
            let frames = (rest.len() / self.channels).min(self.stretch());
            let (now, later) = rest.split_at_mut(frames * self.channels);
            self.render(now, frames);
            self.frame += frames as u64;
            rest = later;
            if !rest.is_empty() {
                self.apply_due();
            }
        }
        self.publish(block, clock);
    }

    /// The next frame to be rendered.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// What it publishes.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Greatest absolute sample that reached the safety stage since the engine was built.
    pub fn peak(&self) -> f32 {
        self.tracks[MASTER.index as usize].meter.top()
    }

    /// Frames until the next event, transition or loop's end.
    fn stretch(&self) -> usize {
        let by_frame = self.ends.schedule.next_frame().map(|next| next.at);
        let by_beat = self.next_beat().map(|next| next.at);
        let candidates = [
            by_frame,
            by_beat,
            self.transport.wrap_frame(),
            self.transitions.next(),
        ];
        let next = candidates.into_iter().flatten().min();
        let frames = next.map_or(u64::MAX, |next| next.saturating_sub(self.frame));
        usize::try_from(frames)
            .unwrap_or(usize::MAX)
            .clamp(1, MAX_BLOCK)
    }

    fn publish(&mut self, block: usize, clock: BlockClock) {
        self.count_done(0);
        let (items, lists) = self.ends.schedule.held();
        self.shared.usage.items.publish(items, self.taken.items);
        self.shared.usage.lists.publish(lists, self.taken.lists);
        let tracks = &self.tracks;
        self.shared.raise_taps(|key| {
            let track = tracks.get(key.index as usize)?;
            track.is(key).then_some(&track.meter)
        });
        let mut next = 0;
        while let Some(index) = self.graph.order(next) {
            next += 1;
            self.tracks[index].publish(&self.shared, &mut self.effects);
        }
        self.graph.publish(&self.shared);
        self.voices.publish(&self.shared);
        let clock = ClockReading {
            frame: self.frame,
            block: block as u64,
            at_ns: clock.now_ns,
        };
        let transport = self.transport.reading(self.frame);
        self.shared.publish_clock(clock, &transport);
    }

    /// Renders a stretch without events.
    fn render(&mut self, out: &mut [f32], frames: usize) {
        let ends = &mut self.ends;
        self.voices
            .render(self.frame, frames, &mut self.tracks, ends);
        self.inputs.render(frames, &mut self.tracks, ends);
        if self.delays_voices {
            for track in self.tracks.iter_mut().filter(|track| track.in_service) {
                track.hold_voices(frames);
            }
        }
        self.graph.pass(frames);
        let mut next = 0;
        while let Some(index) = self.graph.order(next) {
            next += 1;
            let track = &mut self.tracks[index];
            let span = (self.frame, frames);
            if track.process(span, &mut self.effects, &mut self.scratch) {
                self.shared.note_poisoned(index);
            }
            if index == MASTER.index as usize {
                self.finish(out, frames);
            } else {
                self.show(index, frames);
            }
            self.graph
                .feed(index, frames, &mut self.tracks, &mut self.scratch.curve);
            self.tracks[index].clear(frames);
        }
    }

    fn show(&mut self, index: usize, frames: usize) {
        let track = &self.tracks[index];
        if track.taps > 0 {
            self.taps.show(track, index as u32, self.frame, frames);
        }
    }

    /// What leaves the engine.
    fn finish(&mut self, out: &mut [f32], frames: usize) {
        let master = &mut self.tracks[MASTER.index as usize];
        if master.sounding {
            if self.safety {
                for lane in master.bus.chunks_exact_mut(MAX_BLOCK) {
                    safety::limit_all(&mut lane[..frames]);
                }
            }
            interleave(out, &master.bus, self.channels);
        } else {
            out.fill(0.0);
        }
        self.show(MASTER.index as usize, frames);
    }
}

fn interleave(out: &mut [f32], bus: &[f32], channels: usize) {
    if channels == 2 {
        let (left, right) = bus.split_at(MAX_BLOCK);
        let frames = out.len() / 2;
        kernels::interleave2(out, &left[..frames], &right[..frames]);
        return;
    }
    for (channel, lane) in bus.chunks_exact(MAX_BLOCK).enumerate() {
        for (frame, sample) in out.chunks_exact_mut(channels).zip(lane) {
            frame[channel] = *sample;
        }
    }
}
