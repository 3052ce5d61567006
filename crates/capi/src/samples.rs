//! Samples in memory.

use crate::border::{array, call, input, invalid, out_of_range, output, text};
use crate::state::{State, lock};
use crate::status::Status;
use noxrun_session::{Error, Pcm, Sample};
use std::ffi::c_char;
use std::ops::ControlFlow;
use std::path::Path;

/// Decodes a sound file whole, at the engine's rate. `*sample` becomes its number.
///
/// # Safety
/// `state` is open, `path` ends in a zero byte, `sample` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_load(
    state: *const State,
    path: *const c_char,
    sample: *mut u32,
) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let (state, place) = unsafe { (crate::border::state(state)?, output("sample", sample)?) };
        // SAFETY: the caller's promise.
        let path = unsafe { text("path", path) }?;
        let path = path.ok_or_else(|| invalid("path must not be null"))?;
        let rate = state.rate()?;
        let loaded = Sample::from_file(Path::new(path), rate, &mut |_| ControlFlow::Continue(()))?;
        *place = keep(state, loaded);
        Ok(())
    })
}

/// Takes in interleaved samples of any rate. They are copied. `*sample` becomes its number.
///
/// # Safety
/// `state` is open, `samples` holds `frames * channels` of them, `sample` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_load_pcm(
    state: *const State,
    samples: *const f32,
    frames: usize,
    channels: u32,
    rate: u32,
    sample: *mut u32,
) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let (state, place) = unsafe { (crate::border::state(state)?, output("sample", sample)?) };
        // SAFETY: the caller's promise; nothing is read of it.
        unsafe { input("samples", samples) }?;
        let own = state.rate()?;
        let pcm = {
            let channels = within("channels", channels, 1, 32)? as usize;
            let sample_rate = within("rate", rate, 1_000, 768_000)?;
            let count = frames
                .checked_mul(channels)
                .ok_or_else(|| out_of_range(format!("frames is too large: {frames}")))?;
            // SAFETY: the caller's promise.
            let samples = unsafe { array("samples", samples, count) }?;
            let lane = |n: usize| samples.iter().skip(n).step_by(channels).copied().collect();
            Pcm {
                channels: (0..channels).map(lane).collect(),
                sample_rate,
            }
        };
        *place = keep(state, Sample::from_pcm(pcm, own)?);
        Ok(())
    })
}

/// Forgets a sample. Voices that play it go on; its memory is freed when the last one has ended.
///
/// # Safety
/// `state` is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_unload(state: *const State, sample: u32) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let state = unsafe { crate::border::state(state) }?;
        let gone = lock(&state.samples).remove(&sample);
        gone.map(drop)
            .ok_or_else(|| invalid(format!("there is no sample {sample}")))
    })
}

fn keep(state: &State, sample: Sample) -> u32 {
    let id = sample.id();
    lock(&state.samples).insert(id, sample);
    id
}

fn within(name: &str, value: u32, least: u32, most: u32) -> Result<u32, Error> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(out_of_range(format!(
        "{name} must be from {least} to {most}, got {value}"
    )))
}
