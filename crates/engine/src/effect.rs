//! What every effect is: a processor, its parameters, and where their values are read.

use crate::block::MAX_BLOCK;
use crate::delay::line_memory;
use crate::ramp::Ramp;

/// One effect's work on a stretch of sound. Called in the audio callback: no allocation, no lock,
/// no system call. The output may not depend on how frames are cut into stretches: state that is
/// not per frame (grids, look-ahead) goes by the engine frame.
pub trait Processor: Send + std::fmt::Debug {
    /// Frames by which its output is later than its input.
    fn latency(&self) -> usize {
        0
    }

    /// Forgets the past. The next frame is the first.
    fn reset(&mut self);

    /// Whether silence would come out for as long as silence goes in: it need not be run then.
    fn is_at_rest(&self) -> bool {
        false
    }

    /// Works in place on `lanes`, one slice a channel, all of one length, from engine frame `frame`
    /// on. Every parameter moves on by as many frames ([`Ramp::fill`], [`Ramp::next_value`] or
    /// [`Ramp::advance`]).
    fn process(&mut self, lanes: &mut [&mut [f32]], frame: u64, params: &mut [Ramp]);
}

/// An effect on its way to the audio thread, and there.
#[derive(Debug)]
pub struct EffectBody {
    pub(crate) processor: Box<dyn Processor>,
    pub(crate) params: Box<[Ramp]>,
    /// Memory for keeping its input in time with its output; empty without latency.
    pub(crate) dry: Box<[f32]>,
    pub(crate) dry_channels: usize,
}

/// Parameters that an effect has at most.
pub const MAX_PARAMS: usize = 16;

/// Channels that an effect is given at most.
const MAX_CHANNELS: usize = 32;

impl EffectBody {
    /// An effect for `channels` channels whose parameters start on `values`, of which there are
    /// [`MAX_PARAMS`] at most.
    pub fn new(processor: Box<dyn Processor>, values: &[f64], channels: usize) -> Self {
        let dry = match processor.latency() {
            0 => Box::default(),
            latency => line_memory(latency, channels),
        };
        let values = &values[..values.len().min(MAX_PARAMS)];
        Self {
            processor,
            params: values.iter().map(|value| Ramp::at(*value)).collect(),
            dry,
            dry_channels: channels,
        }
    }

    /// A parameter's value now.
    pub fn value(&self, param: usize) -> Option<f64> {
        self.params.get(param).map(Ramp::current)
    }

    /// Frames by which its output is later than its input.
    pub fn latency(&self) -> usize {
        self.processor.latency()
    }

    /// Works in place on a stretch of a bus (planar, [`MAX_BLOCK`] frames a channel).
    pub(crate) fn process(&mut self, bus: &mut [f32], frame: u64, frames: usize) {
        let mut lanes: [&mut [f32]; MAX_CHANNELS] =
            std::array::from_fn(|_| <&mut [f32]>::default());
        let mut count = 0;
        for (lane, bus) in lanes.iter_mut().zip(bus.chunks_exact_mut(MAX_BLOCK)) {
            *lane = &mut bus[..frames];
            count += 1;
        }
        self.processor
            .process(&mut lanes[..count], frame, &mut self.params);
    }

    /// Frames pass without its being run.
    pub(crate) fn advance(&mut self, frames: usize) {
        for ramp in &mut self.params {
            ramp.advance(frames as u32);
        }
    }
}
