//! The dispatch thread: fetches reports, sends what found the control queue full, and looks after the
//! device. A call needs it only when something has to wait.

use crate::core::Core;
use crate::driver::Driver;
use crate::error::{Error, ErrorCode};
use crate::lock::lock;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
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

pub(crate) fn spawn(core: Arc<Core>, driver: Arc<Mutex<Driver>>) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name("noxrun-dispatch".into())
        .spawn(move || run(&core, &driver))
        .map_err(|error| {
            let message = format!("the dispatch thread could not be started: {error}");
            Error::new(ErrorCode::Backend, message)
        })
}

fn run(core: &Core, driver: &Mutex<Driver>) {
    while !core.closing.load(Ordering::SeqCst) {
        core.serve(MOST);
        lock(driver).supervise(core);
        let pause = pause(core);
        let is_idle = pause == IDLE;
        core.alarm.set_idle(is_idle);
        // A call that came before it could see this flag is seen here.
        if !is_idle || self::pause(core) == IDLE {
            core.alarm.sleep(pause);
        }
        core.alarm.set_idle(false);
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
