//! Progress and abort of work on another thread.

use napi_derive::napi;
use noxrun_session::Ticket;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub struct State {
    aborted: AtomicBool,
    /// Bits of the fraction done.
    fraction: AtomicU32,
    /// Takes the work back while it waits for its turn.
    ticket: Mutex<Option<Ticket>>,
    /// Hangs up when the work has removed what it did not complete. `None`: there is nothing.
    tidy: Mutex<Option<Receiver<()>>>,
}

/// Progress and abort of one load or rendering, shared with the thread that works.
#[napi]
#[derive(Clone, Default)]
pub struct NativeControl {
    state: Arc<State>,
}

#[napi]
impl NativeControl {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the work soon; work that waits for its turn ends here.
    #[napi]
    pub fn abort(&self) {
        self.state.abort();
    }

    /// Fraction done, 0…1; 0 until the work begins.
    #[napi]
    pub fn fraction(&self) -> f64 {
        f64::from(f32::from_bits(self.state.fraction.load(Ordering::Relaxed)))
    }
}

impl NativeControl {
    /// Takes the fraction done, and says whether to go on.
    pub fn report(&self, fraction: f64) -> ControlFlow<()> {
        let bits = (fraction as f32).to_bits();
        self.state.fraction.store(bits, Ordering::Relaxed);
        if self.state.aborted.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    pub fn state(&self) -> &Arc<State> {
        &self.state
    }
}

impl State {
    pub fn abort(&self) {
        self.aborted.store(true, Ordering::Relaxed);
        let ticket = lock(&self.ticket).take();
        if let Some(ticket) = ticket {
            ticket.withdraw();
        }
    }

    /// The work has been started.
    pub fn started(&self, ticket: Ticket) {
        *lock(&self.ticket) = Some(ticket);
    }

    /// What work that makes a file holds until the file is complete or removed.
    pub fn hold(&self) -> Sender<()> {
        let (held, tidy) = channel();
        *lock(&self.tidy) = Some(tidy);
        held
    }

    /// Waits until nothing incomplete is left behind, `most` at most.
    pub fn wait_until_tidy(&self, most: Duration) {
        if let Some(tidy) = lock(&self.tidy).take() {
            // Nothing is ever sent: it hangs up, or the time is over.
            let _ = tidy.recv_timeout(most);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
