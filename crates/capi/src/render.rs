//! Rendering without a device.

use crate::border::{call, invalid, out_of_range, output, room, text};
use crate::state::State;
use crate::status::Status;
use crate::types::RenderInfo;
use noxrun_session::{Destination, render};
use std::ffi::c_char;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Frames a block. The sound does not depend on it.
const BLOCK: usize = 256;

/// Renders `frames` frames of a state opened with `NOXRUN_OFFLINE`, once: into `samples`,
/// interleaved, or, where `path` is not null, into a `.wav` or `.flac` file, in pieces. `info` may
/// be null. A file that cannot be made leaves the state as it was; one that cannot be written to
/// its end (a full disk) does not: then it has rendered.
///
/// # Safety
/// `state` is open; `path` is null or ends in a zero byte; `samples` is null, or has room for
/// `frames` frames of the engine's channels; `info` is null or has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_render(
    state: *const State,
    frames: u64,
    path: *const c_char,
    samples: *mut f32,
    info: *mut RenderInfo,
) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let (state, path) = unsafe { (crate::border::state(state)?, text("path", path)?) };
        let engine = state.engine()?;
        let channels = engine.config().channels;
        let destination = match path {
            Some(path) => Destination::File {
                path: PathBuf::from(path),
                format: None,
            },
            None => Destination::Memory,
        };
        if path.is_none() && samples.is_null() {
            return Err(invalid("path and samples must not both be null"));
        }
        let count = usize::try_from(frames)
            .ok()
            .and_then(|frames| frames.checked_mul(channels))
            .ok_or_else(|| out_of_range(format!("frames is too large: {frames}")))?;
        if path.is_none() {
            // SAFETY: the caller's promise. Checked before anything is rendered.
            unsafe { room("samples", samples, count) }?;
        }
        let mut progress = |_| ControlFlow::Continue(());
        let rendered = render(engine, frames, BLOCK, &destination, &mut progress)?;
        if path.is_none() {
            // SAFETY: the caller's promise.
            let room = unsafe { room("samples", samples, count) }?;
            for (frame, place) in room.chunks_exact_mut(channels).enumerate() {
                for (place, lane) in place.iter_mut().zip(&rendered.channel_data) {
                    place.write(lane.get(frame).copied().unwrap_or(0.0));
                }
            }
        }
        // SAFETY: the caller's promise.
        if let Ok(info) = unsafe { output("info", info) } {
            *info = RenderInfo {
                frames: rendered.frames,
                peak: f64::from(rendered.peak),
                loudness: rendered.loudness,
            };
        }
        Ok(())
    })
}
