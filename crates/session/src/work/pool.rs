//! Threads for one kind of work: started when work waits, ended when there was none for a while.
//!
//! The hand-off is a mutex and a condition variable. Whoever adds a job wakes an idle thread or
//! starts a new one under the same lock, and a thread looks for a job under it before it sleeps, so
//! no wake can be lost.

use super::Job;
use crate::error::{Error, ErrorCode, contained};
use crate::lock::lock;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long a thread without work stays.
const LINGER: Duration = Duration::from_secs(30);

pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    name: &'static str,
    /// Threads at most.
    limit: usize,
    linger: Duration,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    /// In the order in which they were started.
    waiting: VecDeque<(u64, Job)>,
    next_id: u64,
    threads: usize,
    /// Threads that sleep, those included that were woken and did not run yet.
    idle: usize,
}

/// Takes a job back while it waits.
pub struct Ticket {
    shared: Arc<Shared>,
    id: u64,
}

impl Pool {
    pub fn new(name: &'static str, limit: usize) -> Self {
        Self::lingering(name, limit, LINGER)
    }

    pub fn lingering(name: &'static str, limit: usize, linger: Duration) -> Self {
        Self {
            shared: Arc::new(Shared {
                name,
                limit,
                linger,
                state: Mutex::default(),
                wake: Condvar::new(),
            }),
        }
    }

    /// Begins `job` now, when a thread is idle or there may be one more, else in its turn.
    pub fn start(&self, job: Job) -> Ticket {
        let mut state = lock(&self.shared.state);
        let id = state.next_id;
        state.next_id += 1;
        state.waiting.push_back((id, job));
        let mut refused = None;
        if state.waiting.len() <= state.idle {
            self.wake_one();
        } else if state.threads < self.shared.limit {
            state.threads += 1;
            if let Err(error) = spawn(&self.shared) {
                state.threads -= 1;
                // The threads that are there come to it in its turn.
                if state.threads == 0 {
                    refused = state.take(id).map(|job| (job, error));
                }
            }
        }
        drop(state);
        if let Some((job, error)) = refused {
            let message = format!("a thread could not be started: {error}");
            perform(job, Err(Error::new(ErrorCode::Backend, message)));
        }
        Ticket {
            shared: Arc::clone(&self.shared),
            id,
        }
    }

    fn wake_one(&self) {
        #[cfg(feature = "sabotage")]
        if self.shared.name == "noxrun-render"
            && noxrun_sabotage::is(noxrun_sabotage::Fault::LostRenderWake)
        {
            return;
        }
        self.shared.wake.notify_one();
    }

    #[cfg(test)]
    pub fn threads(&self) -> usize {
        lock(&self.shared.state).threads
    }
}

impl State {
    fn take(&mut self, id: u64) -> Option<Job> {
        let place = self.waiting.iter().position(|(other, _)| *other == id)?;
        self.waiting.remove(place).map(|(_, job)| job)
    }
}

impl Ticket {
    /// Takes the job back when its turn has not come: it is called here, with an error. Nothing
    /// happens once it has begun.
    pub fn withdraw(&self) {
        let job = lock(&self.shared.state).take(self.id);
        if let Some(job) = job {
            let message = "the work was broken off before it began";
            perform(job, Err(Error::new(ErrorCode::InvalidState, message)));
        }
    }
}

fn spawn(shared: &Arc<Shared>) -> io::Result<()> {
    let thread = std::thread::Builder::new().name(shared.name.into());
    let shared = Arc::clone(shared);
    // Nobody joins it: whoever waits for work waits for its promise.
    thread.spawn(move || run(&shared)).map(drop)
}

fn run(shared: &Shared) {
    let mut state = lock(&shared.state);
    loop {
        if let Some((_, job)) = state.waiting.pop_front() {
            drop(state);
            perform(job, Ok(()));
            state = lock(&shared.state);
            continue;
        }
        state.idle += 1;
        let (woken, waited) = shared
            .wake
            .wait_timeout(state, shared.linger)
            .unwrap_or_else(PoisonError::into_inner);
        state = woken;
        state.idle -= 1;
        if waited.timed_out() && state.waiting.is_empty() {
            state.threads -= 1;
            return;
        }
    }
}

/// A panic of a job ends here: its hook has reported it, and the thread is needed for the next one.
fn perform(job: Job, turn: Result<(), Error>) {
    let _ = contained(|| {
        job(turn);
        Ok(())
    });
}
