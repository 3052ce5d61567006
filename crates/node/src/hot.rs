//! What JavaScript calls often, as plain functions on a number: a method of a class costs a
//! multiple of a function, for the class has to be unwrapped.

use crate::error::{invalid, to_napi};
use crate::meter::{NativeMeter, NativeMeterTap, meter};
use crate::records::{STRIDE, decode, param, when};
use napi::bindgen_prelude::{Float64Array, Float64ArraySlice};
use napi::{Env, Result};
use napi_derive::napi;
use noxrun_session::{Engine, Intent};
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    /// The engines of this JavaScript thread by their handles.
    static ENGINES: RefCell<Vec<Option<Arc<Engine>>>> = const { RefCell::new(Vec::new()) };
    /// What `share_record` was given: a record, and behind it the engine that it is for.
    static RECORD: RefCell<Option<Float64Array>> = const { RefCell::new(None) };
}

/// Gives an engine a handle.
pub fn enter(engine: Arc<Engine>) -> u32 {
    ENGINES.with_borrow_mut(|engines| {
        let free = engines.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            engines.push(None);
            engines.len() - 1
        });
        engines[index] = Some(engine);
        index as u32
    })
}

/// Takes a handle back.
pub fn leave(handle: u32) {
    // Gone already when the whole thread is being torn down.
    let engine = ENGINES.try_with(|engines| {
        let mut engines = engines.try_borrow_mut().ok()?;
        engines.get_mut(handle as usize)?.take()
    });
    // Dropped here, outside the borrow: closing an engine takes a while.
    drop(engine);
}

fn with<T>(handle: u32, call: impl FnOnce(&Engine) -> Result<T>) -> Result<T> {
    ENGINES.with_borrow(|engines| match engines.get(handle as usize) {
        Some(Some(engine)) => call(engine),
        _ => Err(invalid(format!("there is no engine {handle}"))),
    })
}

/// Takes an array for the records of `submitShared`: a record, and behind it the engine's handle.
/// False when this thread has one already, of another copy of the library.
#[napi]
pub fn share_record(env: Env, record: Float64Array) -> Result<bool> {
    if record.len() != STRIDE + 1 {
        return Err(invalid("a shared record has seventeen numbers"));
    }
    let is_first = RECORD.with_borrow_mut(|shared| {
        let is_first = shared.is_none();
        if is_first {
            *shared = Some(record);
        }
        is_first
    });
    if is_first {
        // A thread may outlive what runs JavaScript on it.
        env.add_env_cleanup_hook((), |()| drop(RECORD.take()))?;
    }
    Ok(is_first)
}

/// Submits the shared record. Without arguments a call costs a fraction of what any argument does:
/// nothing has to be guarded, and a typed array need not be looked at.
#[napi]
pub fn submit_shared() -> Result<()> {
    RECORD.with_borrow(|record| {
        let Some((handle, record)) = record.as_ref().and_then(|all| all.split_last()) else {
            return Err(invalid("no record is shared"));
        };
        with(*handle as u32, |engine| {
            let intent = decode(record).map_err(to_napi)?;
            engine.submit(intent).map_err(to_napi)
        })
    })
}

/// Submits one record.
#[napi]
pub fn submit(engine: u32, record: Float64ArraySlice) -> Result<()> {
    with(engine, |engine| {
        let record = record
            .get(..STRIDE)
            .ok_or_else(|| invalid("a record has sixteen numbers"))?;
        let intent = decode(record).map_err(to_napi)?;
        engine.submit(intent).map_err(to_napi)
    })
}

fn decode_all(records: &[f64], count: u32) -> Result<Vec<Intent>> {
    let records = records
        .get(..count as usize * STRIDE)
        .ok_or_else(|| invalid("fewer records than their count"))?;
    let mut intents = Vec::with_capacity(count as usize);
    for record in records.chunks_exact(STRIDE) {
        intents.push(decode(record).map_err(to_napi)?);
    }
    Ok(intents)
}

/// Submits `count` records, each with its own time: all of them or none.
#[napi]
pub fn submit_many(engine: u32, records: Float64ArraySlice, count: u32) -> Result<()> {
    with(engine, |engine| {
        let intents = decode_all(&records, count)?;
        engine.submit_many(intents).map_err(to_napi)
    })
}

/// Submits `count` records as a batch for a frame or a beat `at` (−1: the first frame of the next
/// block).
#[napi]
pub fn submit_batch(
    engine: u32,
    records: Float64ArraySlice,
    count: u32,
    at: f64,
    at_is_beat: bool,
) -> Result<()> {
    with(engine, |engine| {
        let intents = decode_all(&records, count)?;
        let at = when(at, at_is_beat);
        engine.submit_batch(intents, at).map_err(to_napi)
    })
}

#[napi]
pub fn current_frame(engine: u32) -> Result<f64> {
    with(engine, |engine| Ok(engine.current_frame() as f64))
}

/// A parameter's value as it sounds; `null` for what does not sound, or is gone. `index` is its
/// place among an effect's.
#[napi]
pub fn param_current(engine: u32, kind: u32, owner: f64, index: u32) -> Result<Option<f64>> {
    with(engine, |engine| {
        let param = param(kind, owner, index).map_err(to_napi)?;
        Ok(engine.param_current(param))
    })
}

/// Frames of its sound, extrapolated; `null` for a voice that is over.
#[napi]
pub fn voice_position(engine: u32, voice: f64) -> Result<Option<f64>> {
    with(engine, |engine| Ok(engine.voice_position(voice as u64)))
}

/// Whether it runs (0 or 1), and its beat now.
#[napi]
pub fn transport_state(engine: u32) -> Result<Vec<f64>> {
    with(engine, |engine| {
        let state = engine.transport_state();
        Ok(vec![f64::from(u8::from(state.playing)), state.beat])
    })
}

#[napi]
pub fn graph_latency(engine: u32) -> Result<u32> {
    with(engine, |engine| Ok(engine.graph_latency()))
}

#[napi]
pub fn track_meter(engine: u32, track: u32) -> Result<NativeMeter> {
    with(engine, |engine| Ok(meter(engine.meter(track))))
}

#[napi]
pub fn open_meter(engine: u32, track: u32) -> Result<NativeMeterTap> {
    with(engine, |engine| {
        let tap = engine.open_meter(track).map_err(to_napi)?;
        Ok(NativeMeterTap::new(tap))
    })
}
