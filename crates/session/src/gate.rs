//! The one way into an engine's renderer.
//!
//! Four drive a renderer: a device's callback, the stand-in thread, the stand-in of a stepped device,
//! and an offline rendering. They all call [`RenderGate::render`]. Who finds another one inside
//! plays silence for this block. After a panic inside nobody is let in again: the engine is silent,
//! its time stands still, and [`RenderGate::has_failed`] tells whoever reports it.

use crate::error::{Error, ErrorCode};
use noxrun_device::{Gate, Pass, monotonic_ns};
use noxrun_engine::{BlockClock, Renderer};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// See the module's text.
pub(crate) struct RenderGate {
    gate: Gate<Renderer>,
    failed: AtomicBool,
}

impl RenderGate {
    pub fn new(renderer: Renderer) -> Self {
        Self {
            gate: Gate::holding(Box::new(renderer)),
            failed: AtomicBool::new(false),
        }
    }

    /// Renders a block that begins now. `false`: nobody was let in, or it panicked, and the block
    /// is silence.
    pub fn render(&self, out: &mut [f32]) -> bool {
        self.render_at(out, monotonic_ns())
    }

    /// As [`render`](Self::render), of a callback that knows when it began.
    pub fn render_at(&self, out: &mut [f32], now_ns: u64) -> bool {
        let block = BlockClock { now_ns };
        let passed = self.gate.pass(|renderer| renderer.process(out, block));
        match passed {
            Pass::Done(()) => return true,
            Pass::Shut => {}
            Pass::Panicked => self.failed.store(true, Ordering::Release),
        }
        out.fill(0.0);
        false
    }

    /// Greatest absolute sample before the safety stage; 0 when the renderer is gone.
    pub fn peak(&self) -> f32 {
        let peak = self.gate.pass(|renderer| renderer.peak());
        peak.done().unwrap_or(0.0)
    }

    /// Whether the renderer panicked, or its device's callback did around it.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// The device's callback panicked outside the renderer: it counts as a panic inside.
    pub fn fail(&self) {
        self.failed.store(true, Ordering::Release);
        self.close();
    }

    /// Drops the renderer, unless somebody is inside at this moment. Nobody renders afterwards.
    pub fn close(&self) {
        self.gate.close(Duration::ZERO);
    }
}

/// What a panic inside comes to: a fault of ours, contained, and the end of `what`.
pub(crate) fn panic_error(what: &str) -> Error {
    let message = format!(
        "the {what} failed by a fault inside the library and is silent; close it and open another"
    );
    Error::new(ErrorCode::Backend, message)
}
