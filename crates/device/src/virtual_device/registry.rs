//! The virtual devices of this process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::device::Device;
use super::{Clock, VirtualOptions};
use crate::info::DeviceInfo;

/// The id of the one that everybody shares: real-time, with loopback.
const SHARED_ID: &str = "virtual";

static SHARED: LazyLock<Arc<Device>> = LazyLock::new(|| {
    let options = VirtualOptions {
        loopback: true,
        clock: Clock::Realtime,
        ..VirtualOptions::default()
    };
    Device::new(SHARED_ID.into(), "Virtual device".into(), options)
});

static CREATED: Mutex<Vec<Arc<Device>>> = Mutex::new(Vec::new());

static NEXT: AtomicU64 = AtomicU64::new(1);

/// The shared device.
pub(crate) fn shared() -> Arc<Device> {
    SHARED.clone()
}

/// The device of that id, shared or created.
pub(crate) fn find(id: &str) -> Option<Arc<Device>> {
    if id == SHARED_ID {
        return Some(shared());
    }
    created().iter().find(|device| device.id() == id).cloned()
}

/// What is to be listed: the shared one first. A device that is lost is not there.
pub(crate) fn infos() -> Vec<DeviceInfo> {
    let mut devices = vec![shared()];
    devices.extend(created().iter().cloned());
    devices
        .iter()
        .filter(|device| !device.is_lost())
        .map(|device| device.info())
        .collect()
}

pub(super) fn create(options: VirtualOptions) -> Arc<Device> {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let device = Device::new(
        format!("{SHARED_ID}:{number}"),
        format!("Virtual device {number}"),
        options,
    );
    created().push(device.clone());
    device
}

pub(super) fn remove(device: &Arc<Device>) {
    created().retain(|other| !Arc::ptr_eq(other, device));
}

fn created() -> std::sync::MutexGuard<'static, Vec<Arc<Device>>> {
    // A panic cannot leave the list half changed.
    CREATED.lock().unwrap_or_else(PoisonError::into_inner)
}
