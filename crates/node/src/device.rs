//! Devices: the list, and the virtual device that a test drives by hand.

use crate::error::{invalid, task};
use crate::pcm::Pcm;
use crate::report::{NativeDeviceInfo, device_info};
use napi::bindgen_prelude::{AsyncTask, Float32Array};
use napi::{Env, Result, Task};
use napi_derive::napi;
use noxrun_session::{DeviceInfo, Error, Failure, VirtualClock, VirtualDevice, VirtualOptions};
use std::sync::Arc;

pub struct ListDevices;

#[napi]
impl Task for ListDevices {
    type Output = Vec<DeviceInfo>;
    type JsValue = Vec<NativeDeviceInfo>;

    fn compute(&mut self) -> Result<Vec<DeviceInfo>> {
        task(|| Ok(noxrun_session::list_devices()))
    }

    fn resolve(&mut self, _env: Env, devices: Vec<DeviceInfo>) -> Result<Vec<NativeDeviceInfo>> {
        Ok(devices.iter().map(device_info).collect())
    }
}

#[napi]
pub fn list_devices() -> AsyncTask<ListDevices> {
    AsyncTask::new(ListDevices)
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

pub struct Step {
    device: Arc<VirtualDevice>,
    frames: u64,
}

#[napi]
impl Task for Step {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        task(|| self.device.step(self.frames).map_err(Error::from))
    }

    fn resolve(&mut self, _env: Env, (): ()) -> Result<()> {
        Ok(())
    }
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

    #[napi]
    pub fn step(&self, frames: f64) -> AsyncTask<Step> {
        AsyncTask::new(Step {
            device: Arc::clone(&self.device),
            frames: frames as u64,
        })
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
