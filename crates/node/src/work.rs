//! Promises of work on threads of our own. Nothing of ours runs in libuv's pool.
//!
//! A promise keeps the process alive until it is settled. When its environment ends first (a worker
//! is terminated, the process exits), its work is asked to stop and nobody waits for it, but for a
//! moment where a file that is not complete has to go. The promise is gone by then, and what the
//! work comes to is dropped on the thread that did it.

use crate::control::{NativeControl, State};
use crate::error::to_napi;
use napi::bindgen_prelude::{PromiseRaw, ToNapiValue};
use napi::{Env, JsValue, Result};
use napi_derive::napi;
use noxrun_session::{Error, Work, contained, start_work};
use std::cell::RefCell;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How long an end waits for renders to remove the files that they did not complete.
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
    // Last of what can fail: a deferred that is not settled would keep the process alive.
    let (deferred, promise) = env.create_deferred()?;
    let job = move |turn: std::result::Result<(), Error>| {
        // A panic is an error here: the promise has to be settled, and the thread is needed.
        let outcome = contained(|| turn.and_then(|()| work()));
        match outcome {
            Ok(output) => deferred.resolve(move |_| Ok(convert(output))),
            Err(error) => deferred.reject(to_napi(error)),
        }
    };
    state.started(start_work(kind, Box::new(job)));
    Ok(PromiseRaw::new(env.raw(), promise.raw()))
}

/// Aborts all work of this environment and waits, for a moment, until no incomplete file is left.
/// For a process that exits: it runs no clean-up hook.
#[napi]
pub fn abandon_work(env: &Env) {
    end(env.raw() as usize);
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
        env.add_env_cleanup_hook(address, |address| {
            end(address);
            // Another environment may get this address.
            let forget = |homes: &mut Vec<Home>| homes.retain(|home| home.env != address);
            let _ =
                HOMES.try_with(|homes| homes.try_borrow_mut().map(|mut homes| forget(&mut homes)));
        })?;
    }
    Ok(())
}

/// Asks the work of the environment at this address to stop.
fn end(address: usize) {
    // Gone already when the whole thread is being torn down.
    let work = HOMES.try_with(|homes| {
        let mut homes = homes.try_borrow_mut().ok()?;
        let home = homes.iter_mut().find(|home| home.env == address)?;
        Some(std::mem::take(&mut home.work))
    });
    let Ok(Some(work)) = work else { return };
    let work: Vec<_> = work.iter().filter_map(Weak::upgrade).collect();
    for state in &work {
        state.abort();
    }
    let end = Instant::now() + PARTING;
    for state in &work {
        state.wait_until_tidy(end.saturating_duration_since(Instant::now()));
    }
}
