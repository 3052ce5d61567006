//! Rendering without a device: the dispatcher, the control queue and the renderer of a live engine,
//! driven by the calling thread.

use crate::engine::Engine;
use crate::error::{Error, ErrorCode};
use crate::output::{Destination, Output};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

/// Is told the fraction done, and says whether to go on.
pub type Progress<'a> = &'a mut dyn FnMut(f64) -> ControlFlow<()>;

/// What a rendering came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The sound, one vector a channel; empty when it went to a file.
    pub channel_data: Vec<Vec<f32>>,
    /// Frames.
    pub frames: u64,
    /// Greatest absolute sample before the safety stage.
    pub peak: f32,
    /// Integrated loudness, LUFS (EBU R 128); −∞ for silence.
    pub loudness: f64,
}

/// Renders `frames` frames of an engine that was made with [`Engine::offline`], from its frame 0
/// on. Everything that was submitted before is in effect from the first frame. What effects that
/// look ahead delay at the beginning is left out. Reports wait in the engine's outlet.
///
/// # Errors
/// `ERR_CLOSED`; `ERR_INVALID_STATE` for an engine that has a device or has rendered before, and
/// when `progress` breaks off; `ERR_BACKEND` when the renderer panicked; those of the file that it writes. One that cannot be made leaves the
/// engine as it was.
pub fn render(
    engine: &Engine,
    frames: u64,
    block: usize,
    destination: &Destination,
    progress: Progress<'_>,
) -> Result<Rendered, Error> {
    let core = engine.core();
    engine.ensure_open()?;
    if core.is_live() || core.rendered.swap(true, Ordering::SeqCst) {
        let message = "only an offline engine can be rendered, and only once";
        return Err(Error::new(ErrorCode::InvalidState, message));
    }
    let channels = engine.config().channels;
    let rate = engine.config().sample_rate;
    let mut output = Output::create(destination, rate, channels, 0, frames)
        // Nothing has been rendered: it can still be, to somewhere else.
        .inspect_err(|_| core.rendered.store(false, Ordering::SeqCst))?;
    let mut out = vec![0.0; block.max(1) * channels];
    // The graph as it is on frame 0: only then is its latency known.
    step(engine, &mut [])?;
    let latency = u64::from(core.shared.graph_latency());
    output.skip(latency);
    let total = frames.saturating_add(latency);
    let mut done = 0;
    while done < total {
        let count = (total - done).min(block.max(1) as u64) as usize;
        let out = &mut out[..count * channels];
        step(engine, out)?;
        core.blocks.fetch_add(1, Ordering::Relaxed);
        output.write(out)?;
        done += count as u64;
        if progress(done as f64 / total as f64).is_break() {
            let message = "the rendering was broken off";
            return Err(Error::new(ErrorCode::InvalidState, message));
        }
    }
    let peak = core.gate.peak();
    let sound = output.finish()?;
    Ok(Rendered {
        channel_data: sound.channel_data,
        frames: sound.frames,
        peak,
        loudness: sound.loudness,
    })
}

/// Renders one block, of any length, with all that is due.
fn step(engine: &Engine, out: &mut [f32]) -> Result<(), Error> {
    let core = engine.core();
    let frames = out.len() / engine.config().channels;
    engine.ensure_open()?;
    core.before_block(frames as u64);
    if !core.gate.render(out) {
        return Err(if core.gate.has_failed() {
            let message = "the rendering failed by a fault inside the library";
            Error::new(ErrorCode::Backend, message)
        } else {
            Error::closed("engine")
        });
    }
    core.collect();
    Ok(())
}
