//! Counters.

use crate::border::{call, output};
use crate::state::State;
use crate::status::Status;
use crate::types::Stats;
use noxrun_session::{Capture, Engine};

/// Counters of playback and capture; what was not opened counts 0.
///
/// # Safety
/// `state` is open; `stats` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_get_stats(state: *const State, stats: *mut Stats) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let (state, place) = unsafe { (crate::border::state(state)?, output("stats", stats)?) };
        let mut all = Stats {
            callbacks: 0,
            frames: 0,
            xruns: 0,
            load: [0.0; 4],
            queue_overflows: 0,
            late_events: 0,
            stale_commands: 0,
            voices: 0,
            stolen_voices: 0,
            device_losses: 0,
            captured: 0,
            delivered: 0,
            dropped: 0,
            buffered: 0,
            missed: 0,
            lost_by_device: 0,
            capture_xruns: 0,
            allocations: 0,
            frees: 0,
        };
        if let Some(engine) = &state.engine {
            playback(engine, &mut all);
        }
        if let Some(capture) = &state.capture {
            captured(capture, &mut all);
            all.missed = state.reader()?.stats().dropped;
        }
        *place = all;
        Ok(())
    })
}

fn playback(engine: &Engine, all: &mut Stats) {
    let stats = engine.stats();
    all.callbacks = stats.callbacks;
    all.frames = stats.frames;
    all.xruns = stats.xruns;
    all.load = stats.load;
    all.queue_overflows = stats.queue_overflows;
    all.late_events = stats.late_events;
    all.stale_commands = stats.stale_commands;
    all.voices = stats.voices;
    all.stolen_voices = stats.stolen_voices;
    all.device_losses = stats.device_losses;
    all.allocations += stats.audio_thread.allocations;
    all.frees += stats.audio_thread.frees;
}

fn captured(capture: &Capture, all: &mut Stats) {
    let stats = capture.stats();
    all.captured = stats.pipeline.captured;
    all.delivered = stats.pipeline.delivered;
    all.dropped = stats.pipeline.dropped;
    all.buffered = stats.pipeline.buffered;
    all.lost_by_device = stats.pipeline.lost_by_device;
    all.capture_xruns = stats.xruns;
    all.allocations += stats.audio_thread.allocations;
    all.frees += stats.audio_thread.frees;
}
