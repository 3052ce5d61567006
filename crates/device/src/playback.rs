//! The output callback, the same for every device.

use std::sync::Arc;

use crate::audit::CallbackScope;
use crate::channels::map_channels;
use crate::cycle::Cycle;
use crate::edge::Edge;
use crate::event::Reporter;
use crate::format::SampleFormat;
use crate::gate::{Gate, Pass};
use crate::request::{BlockTime, Render};
use crate::status::StreamStatus;

/// Larger blocks are converted in slices of this many frames.
const SLICE_FRAMES: usize = 1024;

/// A device's buffer, interleaved in the device's channels.
pub(crate) enum OutputBlock<'a> {
    /// 32-bit floats, which are rendered in place where nothing else is to be done.
    Float(&'a mut [f32]),
    /// Any format, native byte order.
    Raw(SampleFormat, &'a mut [u8]),
}

/// Everything between a renderer and a device's buffer.
pub(crate) struct Playback {
    gate: Arc<Gate<dyn Render>>,
    status: Arc<StreamStatus>,
    cycle: Cycle,
    path: Path,
}

/// How rendered frames become the device's.
struct Path {
    edge: Option<Edge>,
    render_channels: usize,
    device_channels: usize,
    device_rate: f64,
    /// One slice in the renderer's channels, and one in the device's.
    rendered: Vec<f32>,
    mapped: Vec<f32>,
}

impl Playback {
    /// `edge`: where the device runs at another rate than the renderer. Channel counts are at
    /// least 1.
    pub(crate) fn new(
        gate: Arc<Gate<dyn Render>>,
        status: Arc<StreamStatus>,
        cycle: Cycle,
        edge: Option<Edge>,
        (render_channels, device_channels): (u16, u16),
        device_rate: u32,
    ) -> Self {
        let (render_channels, device_channels) =
            (usize::from(render_channels), usize::from(device_channels));
        Self {
            gate,
            status,
            cycle,
            path: Path {
                edge,
                render_channels,
                device_channels,
                device_rate: f64::from(device_rate),
                rendered: vec![0.0; SLICE_FRAMES * render_channels],
                mapped: vec![0.0; SLICE_FRAMES * device_channels],
            },
        }
    }

    pub(crate) fn reporter(&mut self) -> &mut Reporter {
        &mut self.cycle.reporter
    }

    /// Whether its stream still exists.
    pub(crate) fn is_open(&self) -> bool {
        !self.gate.is_closed()
    }

    /// Runs one callback: fills the whole block, with silence where there is nothing to be heard.
    /// `latency_seconds`: until its first frame is heard.
    pub(crate) fn run(&mut self, mut block: OutputBlock<'_>, latency_seconds: f64) {
        let _scope = CallbackScope::enter(&self.status, self.cycle.is_counted());
        let frames = block.samples() / self.path.device_channels;
        let now_ns = self.cycle.begin(frames as u32, latency_seconds);
        #[cfg(feature = "sabotage")]
        crate::plant::in_output_callback(self.cycle.is_counted());
        let time = BlockTime {
            now_ns,
            device_latency_seconds: latency_seconds,
            device_ns: now_ns,
        };
        // What a panic may leave half done is the renderer's own, which is never called again, and
        // buffers that are overwritten before they are read.
        let passed = if self.status.suspended() {
            Pass::Shut
        } else {
            self.gate
                .pass(|render| self.path.fill(render, &mut block, &time))
        };
        match passed {
            Pass::Done(()) => {}
            Pass::Shut => block.silence(),
            Pass::Panicked => {
                block.silence();
                self.cycle.reporter.panicked();
            }
        }
        self.cycle.end(now_ns, frames as u32);
    }
}

impl Path {
    fn fill(&mut self, render: &mut dyn Render, block: &mut OutputBlock<'_>, time: &BlockTime) {
        if let OutputBlock::Float(samples) = block
            && self.render_channels == self.device_channels
        {
            pull(&mut self.edge, render, samples, time);
            return;
        }
        let mut done = 0;
        let frames = block.samples() / self.device_channels;
        while done < frames {
            let count = (frames - done).min(SLICE_FRAMES);
            // The edge keeps count of the whole callback by itself.
            let offset = if self.edge.is_some() {
                0.0
            } else {
                done as f64 / self.device_rate
            };
            let time = BlockTime {
                now_ns: time.now_ns,
                device_latency_seconds: time.device_latency_seconds + offset,
                device_ns: time.device_ns,
            };
            let rendered = &mut self.rendered[..count * self.render_channels];
            pull(&mut self.edge, render, rendered, &time);
            let slice = done * self.device_channels..(done + count) * self.device_channels;
            match block {
                OutputBlock::Float(samples) => map_channels(
                    rendered,
                    self.render_channels,
                    &mut samples[slice],
                    self.device_channels,
                ),
                OutputBlock::Raw(format, bytes) => {
                    let mapped = &mut self.mapped[..count * self.device_channels];
                    map_channels(rendered, self.render_channels, mapped, self.device_channels);
                    let size = format.bytes();
                    format.write(mapped, &mut bytes[slice.start * size..slice.end * size]);
                }
            }
            done += count;
        }
    }
}

fn pull(edge: &mut Option<Edge>, render: &mut dyn Render, out: &mut [f32], time: &BlockTime) {
    match edge {
        Some(edge) => edge.fill(render, out, time),
        None => render.render(out, time),
    }
}

impl OutputBlock<'_> {
    fn samples(&self) -> usize {
        match self {
            Self::Float(samples) => samples.len(),
            Self::Raw(format, bytes) => bytes.len() / format.bytes(),
        }
    }

    fn silence(&mut self) {
        match self {
            Self::Float(samples) => samples.fill(0.0),
            Self::Raw(format, bytes) => format.silence(bytes),
        }
    }
}
