//! What JavaScript calls often, as plain functions on a number: a method of a class costs a
//! multiple of a function, for the class has to be unwrapped.

use crate::error::{invalid, to_napi};
use crate::meter::{NativeMeter, NativeMeterTap, meter};
use crate::records::{STRIDE, decode, param, when};
use napi::Result;
use napi::bindgen_prelude::Float64ArraySlice;
use napi_derive::napi;
use noxrun_session::{Engine, Intent};
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    /// The engines of this JavaScript thread by their handles.
    static ENGINES: RefCell<Vec<Option<Arc<Engine>>>> = const { RefCell::new(Vec::new()) };
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
    let intents = records.chunks_exact(STRIDE).map(decode);
    let intents: std::result::Result<Vec<_>, _> = intents.collect();
    intents.map_err(to_napi)
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
