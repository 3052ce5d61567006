//! A device that no hardware stands behind: for machines without sound, and for tests, which step
//! it by hand and let it fail on purpose.
//!
//! One code serves both: `device.rs` holds what is shared between threads, `block.rs` what happens
//! in one block, `attach.rs` how streams come and go, `registry.rs` the ids. A device has a thread
//! of its own: `run.rs` where it is stepped by hand, `realtime.rs` where it has a clock, with
//! `fed.rs` for what it records.

mod attach;
mod block;
mod device;
mod fed;
mod realtime;
mod registry;
mod run;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::error::DeviceError;
use crate::info::DeviceInfo;

pub(crate) use attach::{Attachment, attach_input, attach_output};
pub(crate) use device::Device;
pub(crate) use registry::{find, infos, shared};

/// Who says when a virtual device plays its next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// [`VirtualDevice::step`], and nobody else.
    #[default]
    Manual,
    /// Absolute deadlines, one block each, while a stream is attached.
    Realtime,
}

/// How a virtual device is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualOptions {
    /// Hz, default 48,000.
    pub sample_rate: u32,
    /// Both out and in, default 2.
    pub channels: u16,
    /// Frames a callback that it prefers, default 256.
    pub buffer_size: u32,
    /// Sizes of its callbacks, cycled, whatever was granted.
    pub block_sizes: Option<Vec<u32>>,
    /// Buffer sizes that it grants, default any; a stream that asks for another is granted
    /// `buffer_size`.
    pub accepted_buffer_sizes: Option<Vec<u32>>,
    /// Whether what it plays is also what it records: output frame n is input frame n.
    pub loopback: bool,
    /// Who drives it, default [`Clock::Manual`].
    pub clock: Clock,
}

impl Default for VirtualOptions {
    fn default() -> Self {
        Self {
            sample_rate: 48_000,
            channels: 2,
            buffer_size: 256,
            block_sizes: None,
            accepted_buffer_sizes: None,
            loopback: false,
            clock: Clock::Manual,
        }
    }
}

/// Ways in which a device fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It says that it is gone, then callbacks stop. It cannot be opened until it is restored.
    Lost,
    /// Callbacks stop without a word.
    Silent,
    /// It reports an xrun and goes on.
    Xrun,
    /// It reports 100,000 errors at once and goes on.
    Flood,
    /// It reports that it runs at this rate, Hz, and does. Streams that are open are not called any
    /// more on a device with a clock of its own; on one that is stepped by hand, with frames one to
    /// one. Opened again, they are resampled.
    Rate(u32),
}

impl Failure {
    fn stops_callbacks(self) -> bool {
        matches!(self, Self::Lost | Self::Silent)
    }
}

/// A virtual device, for as long as this lives; dropping it closes it.
///
/// All methods may be called from any thread, but from the callbacks and hooks of its streams.
#[derive(Debug)]
pub struct VirtualDevice {
    device: Arc<device::Device>,
}

impl VirtualDevice {
    /// Makes a device and enters it into the list of devices. A rate, channel count or block size
    /// of 0 counts as 1.
    #[must_use]
    pub fn create(options: VirtualOptions) -> Self {
        Self {
            device: registry::create(options),
        }
    }

    /// By which streams open it, like `"virtual:1"`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.device.id()
    }

    /// As [`list_devices`](crate::list_devices) shows it.
    #[must_use]
    pub fn info(&self) -> DeviceInfo {
        self.device.info()
    }

    /// Hz, now.
    #[must_use]
    pub fn sample_rate(&self) -> u32 {
        self.device.rate()
    }

    /// Runs callbacks of exactly `frames` frames in total and returns when the last block is over,
    /// hooks included. While the device has failed, time passes without callbacks. Calls from
    /// several threads follow one another.
    ///
    /// # Errors
    /// [`DeviceError::InvalidState`] when the device is closed, is driven by its own clock, or a
    /// hook panicked.
    pub fn step(&self, frames: u64) -> Result<(), DeviceError> {
        self.device.step(frames)
    }

    /// Appends to what the device records, one `Vec` a channel; silence follows it. A single
    /// channel goes to all of the device's, else channel i to channel i; shorter channels are
    /// filled with silence. The rate is the device's.
    pub fn feed(&self, channels: &[Vec<f32>]) {
        self.device.feed(channels);
    }

    /// Everything played since the last call, one `Vec` a channel. Recorded on manual devices
    /// only, block by block, silence included; not while the device has failed.
    #[must_use]
    pub fn output(&self) -> Vec<Vec<f32>> {
        self.device.take_output()
    }

    /// Fails before the next block.
    pub fn fail(&self, how: Failure) {
        self.device.fail(how);
    }

    /// Ends [`Failure::Lost`] and [`Failure::Silent`]: the streams that are still attached are
    /// called again.
    pub fn restore(&self) {
        self.device.restore();
    }

    /// Takes the device away for good: streams on it are lost, steps return an error.
    pub fn close(&self) {
        registry::remove(&self.device);
        self.device.close();
    }
}

impl Drop for VirtualDevice {
    fn drop(&mut self) {
        self.close();
    }
}
