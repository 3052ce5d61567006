//! The input callback, the same for every device.

use std::sync::Arc;

use crate::audit::CallbackScope;
use crate::cycle::Cycle;
use crate::event::Reporter;
use crate::format::SampleFormat;
use crate::gate::{Gate, Pass};
use crate::request::{BlockTime, CaptureSink};
use crate::status::StreamStatus;

/// Larger blocks are converted in slices of this many frames.
const SLICE_FRAMES: usize = 1024;

/// A device's buffer, interleaved.
pub(crate) enum InputBlock<'a> {
    /// 32-bit floats, which are handed on as they are.
    Float(&'a [f32]),
    /// Any format, native byte order.
    Raw(SampleFormat, &'a [u8]),
}

/// Everything between a device's buffer and a sink.
pub(crate) struct Recording {
    gate: Arc<Gate<dyn CaptureSink>>,
    status: Arc<StreamStatus>,
    cycle: Cycle,
    channels: usize,
    rate: f64,
    scratch: Vec<f32>,
}

impl Recording {
    /// `channels` is at least 1.
    pub(crate) fn new(
        gate: Arc<Gate<dyn CaptureSink>>,
        status: Arc<StreamStatus>,
        cycle: Cycle,
        channels: u16,
        rate: u32,
    ) -> Self {
        let channels = usize::from(channels);
        Self {
            gate,
            status,
            cycle,
            channels,
            rate: f64::from(rate),
            scratch: vec![0.0; SLICE_FRAMES * channels],
        }
    }

    pub(crate) fn reporter(&mut self) -> &mut Reporter {
        &mut self.cycle.reporter
    }

    /// Whether its stream still exists.
    pub(crate) fn is_open(&self) -> bool {
        !self.gate.is_closed()
    }

    /// Runs one callback. `latency_seconds`: the age of its first frame.
    pub(crate) fn run(&mut self, block: &InputBlock<'_>, latency_seconds: f64) {
        self.run_at(block, latency_seconds, None);
    }

    /// The same, of a device that knows when its first frame was, in its own time.
    pub(crate) fn run_at(
        &mut self,
        block: &InputBlock<'_>,
        latency_seconds: f64,
        device_ns: Option<u64>,
    ) {
        let _scope = CallbackScope::enter(&self.status, self.cycle.is_counted());
        let samples = match block {
            InputBlock::Float(samples) => samples.len(),
            InputBlock::Raw(format, bytes) => bytes.len() / format.bytes(),
        };
        let frames = (samples / self.channels) as u32;
        let now_ns = self.cycle.begin(frames, latency_seconds);
        // Without the latency: it changes with connections, and then no frame is missing.
        let device_ns = device_ns.unwrap_or(now_ns);
        let time = BlockTime {
            now_ns,
            device_latency_seconds: latency_seconds,
            device_ns,
        };
        // As in the output callback: a panic leaves nothing of ours half done.
        let passed = if self.status.suspended() {
            Pass::Shut
        } else {
            self.gate.pass(|sink| match block {
                InputBlock::Float(samples) => sink.capture(samples, &time),
                InputBlock::Raw(format, bytes) => {
                    let slice_bytes = SLICE_FRAMES * self.channels * format.bytes();
                    for (n, slice) in bytes.chunks(slice_bytes).enumerate() {
                        let scratch = &mut self.scratch[..slice.len() / format.bytes()];
                        format.read(slice, scratch);
                        let younger = (n * SLICE_FRAMES) as f64 / self.rate;
                        let time = BlockTime {
                            now_ns,
                            device_latency_seconds: latency_seconds - younger,
                            device_ns: device_ns + (younger * 1e9) as u64,
                        };
                        sink.capture(scratch, &time);
                    }
                }
            })
        };
        match passed {
            Pass::Done(()) | Pass::Shut => {}
            Pass::Panicked => self.cycle.reporter.panicked(),
        }
        self.cycle.end(now_ns, frames);
    }
}
