//! What JavaScript calls often, as plain functions on a number: a method of a class costs a
//! multiple of a function, for the class has to be unwrapped.

use crate::error::{invalid, to_napi};
use crate::meter::{NativeMeter, NativeMeterTap, meter};
use napi::bindgen_prelude::{Float64Array, Float64ArraySlice};
use napi::{Env, Result};
use napi_derive::napi;
use noxrun_session::{Engine, Operation, ParamKey, When};
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

/// Takes an array for the records of `submitShared`: its last number is the engine's handle. False when
/// this thread has one already, of another copy of the library.
#[napi]
pub fn share_record(env: Env, record: Float64Array, is_first: bool) -> Result<bool> {
    let taken = RECORD.with_borrow_mut(|shared| {
        let taken = shared.is_none() || !is_first;
        if taken {
            *shared = Some(record);
        }
        taken
    });
    if taken && is_first {
        // A thread may outlive what runs JavaScript on it.
        env.add_env_cleanup_hook((), |()| drop(RECORD.take()))?;
    }
    Ok(taken)
}

/// Submits the shared record; the key of what it makes becomes its first number. Without arguments a
/// call costs a fraction of what any argument does: nothing has to be guarded, and a typed array need
/// not be looked at.
#[napi]
pub fn submit_shared() -> Result<()> {
    RECORD.with_borrow_mut(|record| {
        let record = record
            .as_mut()
            .ok_or_else(|| invalid("no record is shared"))?;
        // SAFETY: JavaScript, the only other one that knows this memory, is in this very call.
        let record = unsafe { record.as_mut() };
        let Some((handle, record)) = record.split_last_mut() else {
            return Err(invalid("the shared record is empty"));
        };
        with(*handle as u32, |engine| submit_to(engine, record))
    })
}

/// Submits one record, as `submitShared` does.
#[napi]
pub fn submit(engine: u32, mut record: Float64ArraySlice) -> Result<()> {
    // SAFETY: as in `submit_shared`.
    let record = unsafe { record.as_mut() };
    with(engine, |engine| submit_to(engine, record))
}

fn submit_to(engine: &Engine, record: &mut [f64]) -> Result<()> {
    let operation = Operation::decode(record).map_err(to_napi)?;
    let key = engine.submit_strictly(operation).map_err(to_napi)?;
    if let Some(first) = record.first_mut() {
        *first = key as f64;
    }
    Ok(())
}

/// Opens a batch: what is submitted until it is committed takes effect on one frame. `kind`: 0 the first
/// frame of the next block, 1 frame `at`, 2 beat `at`.
#[napi]
pub fn begin_batch(engine: u32, at: f64, kind: u32) -> Result<()> {
    let at = match kind {
        0 => When::Now,
        1 => When::Frame(at as u64),
        _ => When::Beat(at),
    };
    with(engine, |engine| engine.begin_batch(at).map_err(to_napi))
}

#[napi]
pub fn commit_batch(engine: u32) -> Result<()> {
    with(engine, |engine| {
        engine.commit_batch();
        Ok(())
    })
}

/// As if nothing of the batch had been called.
#[napi]
pub fn abort_batch(engine: u32) -> Result<()> {
    with(engine, |engine| {
        engine.abort_batch();
        Ok(())
    })
}

#[napi]
pub fn current_frame(engine: u32) -> Result<f64> {
    with(engine, |engine| Ok(engine.current_frame() as f64))
}

/// A parameter's value as it sounds; `null` for what does not sound, or is gone. By the kind of
/// parameter, the key of what it belongs to and its place among an effect's.
#[napi]
pub fn param_current(engine: u32, kind: u32, key: f64, index: u32) -> Result<Option<f64>> {
    let key = key as u64;
    let param = match kind {
        0 => ParamKey::TrackVolume(key),
        1 => ParamKey::TrackPan(key),
        2 => ParamKey::VoiceGain(key),
        3 => ParamKey::VoiceRate(key),
        4 => ParamKey::SendGain(key),
        // An input's gain is read at the input.
        5 => return Ok(None),
        6 => ParamKey::Effect(key, index as usize),
        kind => return Err(invalid(format!("there is no parameter of kind {kind}"))),
    };
    with(engine, |engine| Ok(engine.param_current(param)))
}

/// Frames of its sound, extrapolated; `null` for a voice that waits or is over.
#[napi]
pub fn voice_position(engine: u32, key: f64) -> Result<Option<f64>> {
    with(engine, |engine| Ok(engine.voice_position(key as u64)))
}

/// Whether it runs (0 or 1), its beat now, and its tempo.
#[napi]
pub fn transport_state(engine: u32) -> Result<Vec<f64>> {
    with(engine, |engine| {
        let state = engine.transport_state();
        let playing = f64::from(u8::from(state.playing));
        Ok(vec![playing, state.beat, state.tempo])
    })
}

#[napi]
pub fn graph_latency(engine: u32) -> Result<u32> {
    with(engine, |engine| Ok(engine.graph_latency()))
}

#[napi]
pub fn track_meter(engine: u32, key: f64) -> Result<NativeMeter> {
    with(engine, |engine| Ok(meter(engine.meter(key as u64))))
}

#[napi]
pub fn open_meter(engine: u32, key: f64) -> Result<NativeMeterTap> {
    with(engine, |engine| {
        let tap = engine.open_meter(key as u64).map_err(to_napi)?;
        Ok(NativeMeterTap::new(tap))
    })
}

/// The track that a track feeds; `null` when it is not there.
#[napi]
pub fn track_output(engine: u32, track: u32) -> Result<Option<u32>> {
    with(engine, |engine| Ok(engine.track_output(track)))
}

/// Every track but the master.
#[napi]
pub fn track_ids(engine: u32) -> Result<Vec<u32>> {
    with(engine, |engine| Ok(engine.tracks()))
}

/// A track's effects in the order of the sound.
#[napi]
pub fn chain(engine: u32, track: u32) -> Result<Vec<f64>> {
    with(engine, |engine| {
        let chain = engine.chain(track).into_iter();
        Ok(chain.map(|effect| effect as f64).collect())
    })
}

#[napi]
pub fn has_send(engine: u32, send: f64) -> Result<bool> {
    with(engine, |engine| Ok(engine.has_send(send as u64)))
}

#[napi]
pub fn has_input(engine: u32, input: f64) -> Result<bool> {
    with(engine, |engine| Ok(engine.has_input(input as u64)))
}
