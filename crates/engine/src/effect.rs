//! What every effect is: a processor, its parameters, and where their values are read.

use crate::ramp::Ramp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    pub(crate) readout: Arc<Readout>,
}

impl EffectBody {
    /// An effect whose parameters start on `values`.
    pub fn new(processor: Box<dyn Processor>, values: &[f64]) -> Self {
        let readout = Readout(values.iter().map(|v| AtomicU64::new(v.to_bits())).collect());
        Self {
            processor,
            params: values.iter().map(|value| Ramp::at(*value)).collect(),
            readout: Arc::new(readout),
        }
    }

    /// Where the values are read that sound now.
    pub fn readout(&self) -> &Arc<Readout> {
        &self.readout
    }

    /// Frames by which its output is later than its input.
    pub fn latency(&self) -> usize {
        self.processor.latency()
    }

    /// Shows the values of the newest frame.
    pub(crate) fn publish(&self) {
        for (cell, ramp) in self.readout.0.iter().zip(&self.params) {
            cell.store(ramp.current().to_bits(), Ordering::Relaxed);
        }
    }
}

/// An effect's parameters as they sound now, readable from any thread.
#[derive(Debug)]
pub struct Readout(Box<[AtomicU64]>);

impl Readout {
    /// A parameter's value as of the newest callback.
    pub fn value(&self, param: u8) -> Option<f64> {
        let cell = self.0.get(usize::from(param))?;
        Some(f64::from_bits(cell.load(Ordering::Relaxed)))
    }
}
