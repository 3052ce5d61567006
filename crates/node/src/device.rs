//! Devices: the list, and the virtual device that a test drives by hand.

use crate::error::invalid;
use crate::pcm::Pcm;
use crate::report::{NativeDeviceInfo, device_info};
use crate::work::promise;
use napi::bindgen_prelude::{Float32Array, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;
use noxrun_session::{Error, Failure, VirtualClock, VirtualDevice, VirtualOptions, Work};
use std::sync::Arc;

#[napi]
pub fn list_devices(env: &Env) -> Result<PromiseRaw<'_, Vec<NativeDeviceInfo>>> {
    let list = || {
        let devices = noxrun_session::list_devices();
        Ok(devices.iter().map(device_info).collect())
    };
    promise(env, Work::Call, list, |devices| devices)
}

#[napi(object)]
pub struct NativeMissingBackend {
    pub backend: String,
    pub problem: String,
    pub remedy: String,
}

/// The backends whose library is missing or cannot be used, and why.
#[napi]
pub fn missing_backends() -> Vec<NativeMissingBackend> {
    let missing = noxrun_session::missing_backends();
    missing
        .into_iter()
        .map(|one| NativeMissingBackend {
            backend: one.backend.to_string(),
            problem: one.fault.problem,
            remedy: one.fault.remedy,
        })
        .collect()
}

#[napi(object)]
pub struct NativeVirtualOptions {
    pub sample_rate: u32,
    pub channels: u32,
    pub buffer_size: u32,
    pub block_sizes: Option<Vec<u32>>,
    pub accepted_buffer_sizes: Option<Vec<u32>>,
    pub loopback: bool,
    pub manual: bool,
}

#[napi]
pub struct NativeVirtualDevice {
    device: Arc<VirtualDevice>,
}

#[napi]
impl NativeVirtualDevice {
    #[napi(constructor)]
    pub fn new(options: NativeVirtualOptions) -> Self {
        let device = VirtualDevice::create(VirtualOptions {
            sample_rate: options.sample_rate,
            channels: options.channels as u16,
            buffer_size: options.buffer_size,
            block_sizes: options.block_sizes,
            accepted_buffer_sizes: options.accepted_buffer_sizes,
            loopback: options.loopback,
            clock: if options.manual {
                VirtualClock::Manual
            } else {
                VirtualClock::Realtime
            },
        });
        Self {
            device: Arc::new(device),
        }
    }

    #[napi(getter)]
    pub fn id(&self) -> String {
        self.device.id().to_string()
    }

    #[napi(ts_return_type = "Promise<void>")]
    pub fn step<'env>(&self, env: &'env Env, frames: f64) -> Result<PromiseRaw<'env, ()>> {
        let device = Arc::clone(&self.device);
        let step = move || device.step(frames as u64).map_err(Error::from);
        promise(env, Work::Call, step, |()| ())
    }

    #[napi]
    pub fn feed(&self, channels: Vec<Float32Array>) {
        let channels: Vec<Vec<f32>> = channels.iter().map(|channel| channel.to_vec()).collect();
        self.device.feed(&channels);
    }

    #[napi(ts_return_type = "Array<Float32Array>")]
    pub fn output(&self) -> Vec<Pcm> {
        let output = self.device.output();
        output.into_iter().map(Pcm).collect()
    }

    #[napi]
    pub fn fail(&self, how: String, sample_rate: Option<u32>) -> Result<()> {
        let failure = match (how.as_str(), sample_rate) {
            ("lost", _) => Failure::Lost,
            ("silent", _) => Failure::Silent,
            ("xrun", _) => Failure::Xrun,
            ("flood", _) => Failure::Flood,
            ("rate", Some(rate)) => Failure::Rate(rate),
            _ => return Err(invalid(format!("there is no failure {how:?}"))),
        };
        self.device.fail(failure);
        Ok(())
    }

    #[napi]
    pub fn restore(&self) {
        self.device.restore();
    }

    #[napi]
    pub fn close(&self) {
        self.device.close();
    }
}
