//! The dispatch thread: sleeps until there is something to do, then drives the dispatcher and looks
//! after the device.

use crate::core::Core;
use crate::error::{Error, ErrorCode};
use crate::outlet::lock;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long it goes on looking after it was woken: calls in this time pay for no wake-up.
const LINGER: Duration = Duration::from_micros(200);
/// How often reports are fetched while voices are alive.
const BUSY: Duration = Duration::from_millis(10);
/// How often the device is looked after otherwise.
const IDLE: Duration = Duration::from_millis(50);

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
        let (had_some, busy) = {
            let mut dispatcher = lock(&core.dispatcher);
            let until = core.horizon();
            let had_some = dispatcher.take_in(&core.inbox, until);
            dispatcher.pump(until);
            dispatcher.collect();
            let busy = dispatcher.is_waiting() || dispatcher.is_busy();
            (had_some, busy)
        };
        if let Some(driver) = &core.driver {
            lock(driver).supervise(core);
        }
        if had_some {
            std::thread::sleep(LINGER);
            continue;
        }
        let pause = if busy { BUSY } else { IDLE };
        core.inbox.wait(pause);
    }
}
