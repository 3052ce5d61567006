//! The dispatch thread: fetches reports, sends what found the control queue full, and looks after the
//! device. A call needs it only when something has to wait.

use crate::core::Core;
use crate::error::{Error, ErrorCode};
use crate::lock::lock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the queue is looked at while something waits for room in it.
const WAITING: Duration = Duration::from_millis(1);
/// How often reports are fetched while voices are alive.
const BUSY: Duration = Duration::from_millis(10);
/// How often the device is looked after otherwise.
const IDLE: Duration = Duration::from_millis(50);
/// Messages that are sent under one taking of the lock: a call that comes meanwhile waits for these.
const MOST: usize = 32;

/// Wakes the dispatch thread from its longest sleep.
#[derive(Default)]
pub(crate) struct Alarm {
    idle: AtomicBool,
    rung: Mutex<bool>,
    wake: Condvar,
}

impl Alarm {
    /// Wakes the thread if it sleeps for long. One load where it does not.
    pub fn ring_if_idle(&self) {
        if self.idle.load(Ordering::SeqCst) {
            self.ring();
        }
    }

    /// Wakes the thread.
    pub fn ring(&self) {
        *lock(&self.rung) = true;
        self.wake.notify_one();
    }

    /// Sleeps until somebody rings or `pause` has passed.
    fn sleep(&self, pause: Duration) {
        let rung = lock(&self.rung);
        let (mut rung, _) = self
            .wake
            .wait_timeout_while(rung, pause, |rung| !*rung)
            .unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}

pub(crate) fn spawn(core: Arc<Core>) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name("noxrun-dispatch".into())
        .spawn(move || run(&core))
        .map_err(|error| {
            let message = format!("the dispatch thread could not be started: {error}");
            Error::new(ErrorCode::Backend, message)
        })
}

fn run(core: &Core) {
    while !core.closing.load(Ordering::SeqCst) {
        core.serve(MOST);
        if let Some(driver) = &core.driver {
            lock(driver).supervise(core);
        }
        let pause = pause(core);
        let is_idle = pause == IDLE;
        core.alarm.idle.store(is_idle, Ordering::SeqCst);
        // A call that came before it could see this flag is seen here.
        if !is_idle || self::pause(core) == IDLE {
            core.alarm.sleep(pause);
        }
        core.alarm.idle.store(false, Ordering::SeqCst);
    }
}

fn pause(core: &Core) -> Duration {
    let dispatcher = lock(&core.dispatcher);
    if dispatcher.is_waiting() {
        WAITING
    } else if dispatcher.is_busy() {
        BUSY
    } else {
        IDLE
    }
}
