//! A rule of libjack that everything which may open a JACK client has to keep.
//!
//! When a client is opened after the server has died, libjack deletes all clients of the process
//! that are still there, whoever holds them; closing one of those later is a use of freed memory. So
//! nothing is opened through JACK, or through ALSA, whose default may lead to JACK, while a stream
//! of either is dead and not closed yet. A server's death shows within moments: JACK tells, and an
//! ALSA stream's callbacks stop.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::info::Backend;
use crate::status::StreamStatus;

/// Streams whose backend is not closed.
static STREAMS: Mutex<Vec<Arc<StreamStatus>>> = Mutex::new(Vec::new());

/// Callbacks that are late by more are looked at as if they never came again; nanoseconds.
const FRESH: u64 = 50_000_000;
/// How long somebody who wants to open waits for the others to show life or to be closed.
const PATIENCE: Duration = Duration::from_secs(1);

/// A stream that is open; dropped when its backend is closed.
#[derive(Debug)]
pub(crate) struct Registered(Arc<StreamStatus>);

/// Of a stream of such a backend, before it runs.
pub(crate) fn register(backend: Backend, status: &Arc<StreamStatus>) -> Option<Registered> {
    if !may_lead_to_jack(backend) {
        return None;
    }
    let mut streams = STREAMS.lock().unwrap_or_else(PoisonError::into_inner);
    streams.push(Arc::clone(status));
    Some(Registered(Arc::clone(status)))
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut streams = STREAMS.lock().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|other| !Arc::ptr_eq(other, &self.0));
    }
}

pub(crate) fn may_lead_to_jack(backend: Backend) -> bool {
    matches!(backend, Backend::Jack | Backend::Alsa)
}

/// Waits a moment for streams that may be dead. `false`: nothing may be opened yet.
pub(crate) fn may_open(backend: Backend) -> bool {
    if !may_lead_to_jack(backend) {
        return true;
    }
    let deadline = Instant::now() + PATIENCE;
    while !all_alive() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

fn all_alive() -> bool {
    let streams = STREAMS.lock().unwrap_or_else(PoisonError::into_inner);
    streams.iter().all(|status| {
        let health = status.health();
        let silence = status.now_ns().saturating_sub(health.last_sign_of_life_ns);
        let is_fresh = silence <= FRESH.max(4 * health.period_ns);
        health.lost.is_none() && (is_fresh || health.suspended)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::LossReason;

    #[test]
    fn nothing_is_opened_beside_a_dead_stream_until_it_is_closed() {
        assert!(may_open(Backend::PulseAudio));
        let status = Arc::new(StreamStatus::new(false));
        let registered = register(Backend::Jack, &status);
        assert!(may_open(Backend::Alsa));
        status.mark_lost(LossReason::DeviceGone);
        assert!(!may_open(Backend::Jack));
        assert!(!may_open(Backend::Alsa));
        assert!(may_open(Backend::PulseAudio));
        drop(registered);
        assert!(may_open(Backend::Jack));
        assert!(register(Backend::PulseAudio, &status).is_none());
    }
}
