//! Reports, warnings and device descriptions as JavaScript objects.

use napi_derive::napi;
use noxrun_session::{DeviceInfo, DeviceState, DeviceWarning, Outlet, Reason, Report, Warning};
use std::sync::Arc;

#[napi(object)]
#[derive(Default)]
pub struct NativeReport {
    pub kind: String,
    /// Of a marker.
    pub id: Option<f64>,
    pub voice: Option<f64>,
    pub frame: Option<f64>,
    pub count: Option<f64>,
    pub reason: Option<String>,
    pub state: Option<String>,
    pub device: Option<NativeDeviceInfo>,
    pub warning: Option<NativeWarning>,
    pub message: Option<String>,
}

#[napi(object)]
#[derive(Default)]
pub struct NativeWarning {
    pub code: String,
    pub asked: Option<f64>,
    pub granted: Option<f64>,
    pub reason: Option<String>,
    pub by: Option<f64>,
    pub count: Option<f64>,
    pub track: Option<f64>,
}

#[napi(object)]
pub struct NativeDeviceInfo {
    pub id: String,
    pub name: String,
    pub backend: String,
    pub input_channels: u32,
    pub output_channels: u32,
    pub sample_rates: Vec<u32>,
    pub buffer_min: Option<u32>,
    pub buffer_max: Option<u32>,
    pub is_default_input: bool,
    pub is_default_output: bool,
}

pub fn device_info(info: &DeviceInfo) -> NativeDeviceInfo {
    NativeDeviceInfo {
        id: info.id.clone(),
        name: info.name.clone(),
        backend: info.backend.as_str().to_string(),
        input_channels: u32::from(info.input_channels),
        output_channels: u32::from(info.output_channels),
        sample_rates: info.sample_rates.clone(),
        buffer_min: info.buffer_size.map(|range| range.0),
        buffer_max: info.buffer_size.map(|range| range.1),
        is_default_input: info.is_default_input,
        is_default_output: info.is_default_output,
    }
}

pub fn device_warning(warning: &DeviceWarning) -> NativeWarning {
    let named = |code: &str| NativeWarning {
        code: code.to_string(),
        ..NativeWarning::default()
    };
    match warning {
        DeviceWarning::BufferSizeFallback { asked, granted } => NativeWarning {
            asked: Some(f64::from(*asked)),
            granted: Some(f64::from(*granted)),
            ..named("BUFFER_SIZE_FALLBACK")
        },
        DeviceWarning::SampleRateFallback { asked, granted } => NativeWarning {
            asked: Some(f64::from(*asked)),
            granted: Some(f64::from(*granted)),
            ..named("SAMPLE_RATE_FALLBACK")
        },
        DeviceWarning::VirtualDevice { reason } => NativeWarning {
            reason: Some(reason.clone()),
            ..named("VIRTUAL_DEVICE")
        },
        DeviceWarning::NoRealtimePriority { reason } => NativeWarning {
            reason: Some(reason.clone()),
            ..named("NO_REALTIME_PRIORITY")
        },
    }
}

fn warning(warning: &Warning) -> NativeWarning {
    let named = |code: &str| NativeWarning {
        code: code.to_string(),
        ..NativeWarning::default()
    };
    match warning {
        Warning::Device(inner) => device_warning(inner),
        Warning::Late { by } => NativeWarning {
            by: Some(*by as f64),
            ..named("LATE_EVENT")
        },
        Warning::QueueOverflow { count } => NativeWarning {
            count: Some(*count as f64),
            ..named("QUEUE_OVERFLOW")
        },
        Warning::NonFinite { track } => NativeWarning {
            track: Some(f64::from(*track)),
            ..named("NON_FINITE")
        },
    }
}

pub fn take(outlet: &Arc<Outlet>) -> Vec<NativeReport> {
    outlet.take().iter().map(report).collect()
}

fn report(report: &Report) -> NativeReport {
    let of = |kind: &str| NativeReport {
        kind: kind.to_string(),
        ..NativeReport::default()
    };
    match report {
        Report::Started { voice, frame } => NativeReport {
            voice: Some(*voice as f64),
            frame: Some(*frame as f64),
            ..of("started")
        },
        Report::Ended {
            voice,
            frame,
            reason,
        } => {
            let reason = match reason {
                Reason::Finished => "finished",
                Reason::Stopped => "stopped",
                Reason::Stolen => "stolen",
                Reason::Closed => "closed",
            };
            NativeReport {
                voice: Some(*voice as f64),
                frame: Some(*frame as f64),
                reason: Some(reason.to_string()),
                ..of("ended")
            }
        }
        // Without a frame the transport was sought past it.
        Report::Marker { marker, frame } => NativeReport {
            id: Some(*marker as f64),
            frame: frame.map(|frame| frame as f64),
            ..of("marker")
        },
        Report::Warning(inner) => NativeReport {
            warning: Some(warning(inner)),
            ..of("warning")
        },
        Report::Xrun { frame, count } => NativeReport {
            frame: Some(*frame as f64),
            count: Some(*count as f64),
            ..of("xrun")
        },
        Report::Device { state, device } => {
            let state = match state {
                DeviceState::Lost => "lost",
                DeviceState::Restored => "restored",
                DeviceState::Changed => "changed",
            };
            NativeReport {
                state: Some(state.to_string()),
                device: Some(device_info(device)),
                ..of("device")
            }
        }
        Report::Dropped { samples, frame } => NativeReport {
            count: Some(*samples as f64),
            frame: Some(*frame as f64),
            ..of("dropped")
        },
        Report::Readable => of("readable"),
        Report::Failed(error) => NativeReport {
            message: Some(format!("{}: {}", error.code.as_str(), error.message)),
            ..of("failed")
        },
    }
}
