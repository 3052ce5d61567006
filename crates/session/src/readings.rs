//! The numbers of an engine's device, published for getters.
//!
//! Whoever works on the device holds the driver's mutex, for seconds if a backend is slow. So
//! `stats()` and `outputLatency` never take that mutex: they read what the driver published last.
//! Counters in it are live, because they are read from the stream's own atomics.

use crate::lock::lock;
use noxrun_device::Readout;
use std::sync::{Arc, Mutex};

/// Where the numbers of the device are read.
#[derive(Debug)]
pub(crate) struct DeviceReadings {
    pub readout: Readout,
    /// Times the device was lost.
    pub losses: u64,
}

/// The newest [`DeviceReadings`].
#[derive(Debug)]
pub(crate) struct Published {
    /// Held for the copy of a pointer, and never longer.
    newest: Mutex<Arc<DeviceReadings>>,
}

impl Published {
    pub fn new(readings: DeviceReadings) -> Self {
        Self {
            newest: Mutex::new(Arc::new(readings)),
        }
    }

    pub fn publish(&self, readings: DeviceReadings) {
        let newest = Arc::new(readings);
        let before = std::mem::replace(&mut *lock(&self.newest), newest);
        // Freed without the lock.
        drop(before);
    }

    pub fn read(&self) -> Arc<DeviceReadings> {
        Arc::clone(&lock(&self.newest))
    }
}
