//! Promises of work on threads of our own. Nothing of ours runs in libuv's pool.
//!
//! A promise keeps the process alive until it is settled. When its environment ends first (a worker
//! is terminated, the process exits), its work is asked to stop and nobody waits for it: the promise
//! is gone by then, and what the work comes to is dropped on the thread that did it.

use crate::control::{NativeControl, State};
use crate::error::to_napi;
use napi::bindgen_prelude::{PromiseRaw, ToNapiValue};
use napi::{Env, JsValue, Result};
use napi_derive::napi;
use noxrun_session::{Error, Work, contained, start_work};
use std::cell::RefCell;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How long an exit waits for renders to remove the files that they did not complete.
const PARTING: Duration = Duration::from_millis(100);

/// The promise of `work`, which may fail, and of what `convert` makes of its result on the
/// JavaScript thread.
pub fn promise<'env, T, J>(
    env: &'env Env,
    kind: Work,
    work: impl FnOnce() -> std::result::Result<T, Error> + Send + 'static,
    convert: impl FnOnce(T) -> J + Send + 'static,
) -> Result<PromiseRaw<'env, J>>
where
    T: Send + 'static,
    J: ToNapiValue + 'static,
{
    controlled(env, kind, &NativeControl::default(), work, convert)
}

/// [`promise`] of work that `control` aborts.
pub fn controlled<'env, T, J>(
    env: &'env Env,
    kind: Work,
    control: &NativeControl,
    work: impl FnOnce() -> std::result::Result<T, Error> + Send + 'static,
    convert: impl FnOnce(T) -> J + Send + 'static,
) -> Result<PromiseRaw<'env, J>>
where
    T: Send + 'static,
    J: ToNapiValue + 'static,
{
    let state = control.state();
    register(env, state)?;
    let held = state.begin();
    // Last of what can fail: a deferred that is not settled would keep the process alive.
    let (deferred, promise) = env.create_deferred()?;
    let job = move |turn: std::result::Result<(), Error>| {
        // A panic is an error here: the promise has to be settled, and the thread is needed.
        let outcome = contained(|| turn.and_then(|()| work()));
        drop(held);
        match outcome {
            Ok(output) => deferred.resolve(move |_| Ok(convert(output))),
            Err(error) => deferred.reject(to_napi(error)),
        }
    };
    state.started(start_work(kind, Box::new(job)));
    Ok(PromiseRaw::new(env.raw(), promise.raw()))
}

/// Aborts all work of this environment and waits, for a moment, until it has stopped and removed
/// what it did not complete. For a process that exits: nothing else ends its threads in order.
#[napi]
pub fn abandon_work(env: &Env) {
    let running = unfinished(env);
    for state in &running {
        state.abort();
    }
    let end = Instant::now() + PARTING;
    for state in &running {
        state.wait(end.saturating_duration_since(Instant::now()));
    }
}

/// Work of an environment that was begun and may not be over.
struct Home {
    /// Its address.
    env: usize,
    work: Vec<Weak<State>>,
}

thread_local! {
    /// The environments of this thread that have begun work: one, but for hosts that keep several.
    static HOMES: RefCell<Vec<Home>> = const { RefCell::new(Vec::new()) };
}

/// Lets `state` be aborted when its environment ends.
fn register(env: &Env, state: &Arc<State>) -> Result<()> {
    let address = env.raw() as usize;
    let is_new = HOMES.with_borrow_mut(|homes| {
        let work = Arc::downgrade(state);
        match homes.iter_mut().find(|home| home.env == address) {
            Some(home) => {
                home.work.retain(|one| one.strong_count() > 0);
                home.work.push(work);
                false
            }
            None => {
                let work = vec![work];
                homes.push(Home { env: address, work });
                true
            }
        }
    });
    if is_new {
        env.add_env_cleanup_hook(address, end)?;
    }
    Ok(())
}

fn unfinished(env: &Env) -> Vec<Arc<State>> {
    let address = env.raw() as usize;
    HOMES.with_borrow(|homes| {
        let home = homes.iter().find(|home| home.env == address);
        let work = home.map_or(&[][..], |home| &home.work);
        work.iter().filter_map(Weak::upgrade).collect()
    })
}

/// The environment at this address ends.
fn end(address: usize) {
    // Gone already when the whole thread is being torn down.
    let home = HOMES.try_with(|homes| {
        let mut homes = homes.try_borrow_mut().ok()?;
        let place = homes.iter().position(|home| home.env == address)?;
        Some(homes.swap_remove(place))
    });
    let Ok(Some(home)) = home else { return };
    for state in home.work.iter().filter_map(Weak::upgrade) {
        state.abort();
    }
}
