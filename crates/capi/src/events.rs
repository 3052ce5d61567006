//! What happened: taken in order, as plain numbers; sentences go to the log.

use crate::border::{call, output, room};
use crate::state::{State, lock};
use crate::status::Status;
use crate::types::{DeviceState, EndReason, Event, EventKind, LogLevel};
use noxrun_session::{DeviceState as Change, DeviceWarning, Reason, Report, Warning};

/// Takes at most `capacity` events, oldest first; `*count` says how many. What does not fit stays
/// for the next call. Logs what is to be logged.
///
/// # Safety
/// `state` is open, `events` has room for `capacity` of them, `count` for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_poll(
    state: *const State,
    events: *mut Event,
    capacity: usize,
    count: *mut usize,
) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let (state, count) = unsafe { (crate::border::state(state)?, output("count", count)?) };
        // SAFETY: the caller's promise.
        let room = unsafe { room("events", events, capacity) }?;
        let mut waiting = lock(&state.events);
        let outlets = [
            state.engine.as_ref().map(noxrun_session::Engine::outlet),
            state.capture.as_ref().map(noxrun_session::Capture::outlet),
        ];
        let mut said = Vec::new();
        for outlet in outlets.into_iter().flatten() {
            for report in outlet.take() {
                waiting.extend(event(&report, &mut said));
            }
        }
        *count = 0;
        for place in room {
            let Some(event) = waiting.pop_front() else {
                break;
            };
            place.write(event);
            *count += 1;
        }
        // A logger may call back into the library.
        drop(waiting);
        for (level, message) in said {
            state.log.say(level, &message);
        }
        Ok(())
    })
}

fn event(report: &Report, said: &mut Vec<(LogLevel, String)>) -> Option<Event> {
    let of = |kind: EventKind| Event {
        kind: kind as u32,
        detail: 0,
        id: 0,
        frame: 0,
        count: 0,
    };
    Some(match *report {
        Report::Started { voice, frame } => Event {
            id: voice,
            frame,
            ..of(EventKind::Started)
        },
        Report::Ended {
            voice,
            frame,
            reason,
        } => Event {
            id: voice,
            frame,
            detail: end_reason(reason) as i32,
            ..of(EventKind::Ended)
        },
        Report::Marker { marker, frame } => Event {
            id: marker,
            frame: frame.unwrap_or(0),
            detail: i32::from(frame.is_none()),
            ..of(EventKind::Marker)
        },
        Report::Xrun { frame, count } => Event {
            frame,
            count,
            ..of(EventKind::Xrun)
        },
        Report::Dropped { samples, frame } => Event {
            frame,
            count: samples,
            ..of(EventKind::Dropped)
        },
        Report::Device { state, ref device } => {
            let (number, what) = match state {
                Change::Lost => (DeviceState::Lost, "is gone or stands still"),
                Change::Restored => (DeviceState::Restored, "is back"),
                Change::Changed => (DeviceState::Changed, "has changed"),
            };
            said.push((LogLevel::Device, format!("{} {what}", device.name)));
            Event {
                detail: number as i32,
                ..of(EventKind::Device)
            }
        }
        Report::Warning(ref warning) => {
            said.push((LogLevel::Warning, sentence(warning)));
            of(EventKind::Warning)
        }
        Report::Failed(ref error) => {
            said.push((LogLevel::Error, error.message.clone()));
            Event {
                detail: Status::from(error.code) as i32,
                ..of(EventKind::Failed)
            }
        }
        Report::Readable => return None,
    })
}

fn end_reason(reason: Reason) -> EndReason {
    match reason {
        Reason::Finished => EndReason::Finished,
        Reason::Stopped => EndReason::Stopped,
        Reason::Stolen => EndReason::Stolen,
        Reason::Closed => EndReason::Closed,
    }
}

fn sentence(warning: &Warning) -> String {
    match warning {
        Warning::Device(warning) => device_warning(warning),
        Warning::Late { by } => format!("an event came {by} frames after its frame"),
        Warning::QueueOverflow { count } => {
            format!("the control queue was full for {count} messages; they wait, in order")
        }
        Warning::NonFinite { track } => {
            format!("a sample that is not finite came out of track {track}, which is muted now")
        }
    }
}

/// A warning of a device, for people.
pub(crate) fn device_warning(warning: &DeviceWarning) -> String {
    match warning {
        DeviceWarning::BufferSizeFallback { asked, granted } => {
            format!("the device refused {asked} frames a buffer and runs with {granted}")
        }
        DeviceWarning::SampleRateFallback { asked, granted } => {
            format!("the device refused {asked} Hz and runs at {granted} Hz; sound is converted")
        }
        DeviceWarning::VirtualDevice { reason } => {
            format!("running on the virtual device: {reason}")
        }
        DeviceWarning::NoRealtimePriority { reason } => {
            format!("the audio thread has no real-time priority: {reason}")
        }
    }
}
