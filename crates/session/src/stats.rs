//! The counters of an engine, put together from the threads that write them.

use crate::core::Core;
use crate::readings::DeviceReadings;
use noxrun_device::AudioThreadStats;
use noxrun_engine::EngineConfig;
use std::sync::atomic::Ordering;

/// Counters and load of an engine.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineStats {
    /// Callbacks run; blocks, offline.
    pub callbacks: u64,
    /// Frames rendered.
    pub frames: u64,
    /// Deadlines missed.
    pub xruns: u64,
    /// Callback time as a share of its deadline: mean, p50, p99, max.
    pub load: [f64; 4],
    /// Capacity of the control queue.
    pub queue_capacity: u64,
    /// Messages that entered it.
    pub queue_pushed: u64,
    /// Messages that found it full and waited.
    pub queue_overflows: u64,
    /// Most messages a block found in it.
    pub queue_max_depth: u64,
    /// Events that came after their frame.
    pub late_events: u64,
    /// Commands for voices that had ended.
    pub stale_commands: u64,
    /// Voices that sound now.
    pub voices: u64,
    /// Voices that newer ones replaced.
    pub stolen_voices: u64,
    /// Times the device was lost.
    pub device_losses: u64,
    /// What happened inside callbacks.
    pub audio_thread: AudioThreadStats,
}

impl EngineStats {
    pub(crate) fn read(core: &Core, config: &EngineConfig) -> Self {
        let counters = &core.counters;
        let shared = &core.shared;
        let stats = Self {
            callbacks: core.blocks.load(Ordering::Relaxed),
            frames: shared.clock().frame,
            xruns: 0,
            load: [0.0; 4],
            queue_capacity: config.control_capacity as u64,
            queue_pushed: counters.pushed.load(Ordering::Relaxed),
            queue_overflows: counters.overflows.load(Ordering::Relaxed),
            queue_max_depth: u64::from(shared.max_depth()),
            late_events: shared.late_events(),
            stale_commands: counters.stale.load(Ordering::Relaxed) + shared.stale_commands(),
            voices: u64::from(shared.voices()),
            stolen_voices: shared.stolen_voices(),
            device_losses: 0,
            audio_thread: AudioThreadStats::default(),
        };
        match &core.readings {
            Some(published) => stats.with_device(&published.read()),
            None => stats,
        }
    }

    /// What only the device knows.
    fn with_device(self, device: &DeviceReadings) -> Self {
        let totals = device.readout.totals();
        let load = device.readout.load();
        Self {
            callbacks: totals.callbacks,
            xruns: totals.xruns,
            load: [load.mean, load.p50, load.p99, load.max],
            device_losses: device.losses,
            audio_thread: totals.audio_thread,
            ..self
        }
    }
}
