//! What the device crate says, in the words of the session.

use crate::outlet::{DeviceState, Report, Warning};
use noxrun_device::{DeviceInfo, DeviceWarning, Fallback, StreamEvent, Supervised, Supervisor};

pub(crate) fn fallback(to_virtual: bool) -> Fallback {
    if to_virtual {
        Fallback::Virtual
    } else {
        Fallback::Error
    }
}

/// What the caller is told of what the device's supervisor tells. A panic is not among it: that is
/// told by whoever owns the gate behind which it happened, once.
pub(crate) fn device_trouble(supervised: Supervised, supervisor: &Supervisor) -> Option<Report> {
    let state = match supervised {
        Supervised::Lost => DeviceState::Lost,
        Supervised::Restored => DeviceState::Restored,
        Supervised::Changed => DeviceState::Changed,
        Supervised::Event(StreamEvent::RealtimeDenied) => {
            let reason = supervisor.status().realtime_refusal().unwrap_or_default();
            let warning = Warning::Device(DeviceWarning::NoRealtimePriority { reason });
            return Some(Report::Warning(warning));
        }
        Supervised::Event(
            StreamEvent::Panicked
            | StreamEvent::Xrun
            | StreamEvent::Lost { .. }
            | StreamEvent::RateChanged(_)
            | StreamEvent::Error(_),
        ) => return None,
    };
    let device = &supervisor.granted().device;
    Some(device_report(state, device))
}

/// Passes a device's loss on.
pub(crate) fn device_report(state: crate::DeviceState, device: &DeviceInfo) -> Report {
    let device = device.clone();
    Report::Device { state, device }
}
