//! A capture that sounds on a track while it is captured.
//!
//! Its reader is served on the capture thread, which brings what came to the engine's rate and
//! pushes it into the engine's ring at once: no thread more, and a stepped device is in step by
//! itself. On one clock nothing is converted; between two clocks an adaptive resampler holds the
//! delay. `input/bridge.rs` joins the two ends, `input/feeder.rs` is what lies between them.

mod bridge;
mod feeder;
#[cfg(test)]
mod tests;

pub(crate) use bridge::{Bridge, Hold};

use crate::capture::Capture;
use crate::core::Core;
use crate::engine::Engine;
use crate::error::{Error, ErrorCode};
use crate::lock::lock;
use crate::operation::InputId;
use feeder::{FeederSpec, Timing};
use noxrun_device::{Backend, Granted};
use std::sync::{Arc, Weak};

/// What a real-time device's threads may be late by without a frame missing, seconds.
const MARGIN: f64 = 0.002;
/// Most that the target grows to, and what may wait beyond it, seconds.
const MAX_TARGET: f64 = 0.25;
const SURPLUS: f64 = 0.04;

/// An input of a track, as its holder sees it. Dropping it changes nothing: the input sounds until
/// [`Operation::RemoveInput`](crate::Operation::RemoveInput), or until its track, its capture or its
/// engine has gone.
pub struct TrackInput {
    core: Weak<Core>,
    id: InputId,
    bridge: Arc<Bridge>,
}

impl TrackInput {
    /// Seconds from a sample at the device's input to that sample at the engine's output, as they
    /// are now. From there to the device's output it is the engine's latency.
    pub fn latency(&self) -> f64 {
        self.bridge.latency()
    }

    /// The gain that sounds now, linear.
    pub fn gain(&self) -> f64 {
        self.bridge.flow().gain()
    }

    /// How often frames were missing, and how often there were too many.
    pub fn interruptions(&self) -> (u64, u64) {
        let flow = self.bridge.flow();
        (flow.underruns(), flow.overruns())
    }

    /// How much faster the capture's clock is taken to be than the engine's: 1e-6 is 1 ppm.
    pub fn correction(&self) -> f64 {
        self.bridge.correction()
    }

    /// Takes it back, if it was never put on a track; removes it otherwise.
    pub fn close(&self) {
        if let Some(core) = self.core.upgrade() {
            lock(&core.dispatcher).end_input(self.id);
        }
    }
}

impl Engine {
    /// Makes an input of a capture, from now on, for [`Operation::AddInput`](crate::Operation::AddInput).
    /// `id` is unique for the life of the engine.
    ///
    /// # Errors
    /// `ERR_CLOSED` (engine or capture), `ERR_INVALID_STATE` offline, `ERR_LIMIT`,
    /// `ERR_UNSUPPORTED_CONFIG` for rates that cannot be converted.
    pub fn open_input(&self, id: InputId, capture: &Capture) -> Result<TrackInput, Error> {
        self.ensure_open()?;
        let core = self.core();
        if !core.is_live() {
            let message = "an offline rendering has no time in which a capture could be heard";
            return Err(Error::new(ErrorCode::InvalidState, message));
        }
        let limit = self.config().input_keys();
        let hold = Hold::take(&core.counters, limit).ok_or_else(|| {
            let message = format!(
                "the engine has {limit} inputs already, as many as it has room for with its \
                 maxTracks"
            );
            Error::new(ErrorCode::Limit, message)
        })?;
        let spec = self.feeder_spec(capture);
        let (bridge, source) = Bridge::open(capture, &spec)?;
        let hold = hold.of(&bridge);
        lock(&core.dispatcher).keep_input(id, hold, source);
        Ok(TrackInput {
            core: Arc::downgrade(core),
            id,
            bridge,
        })
    }

    fn feeder_spec(&self, capture: &Capture) -> FeederSpec {
        let core = self.core();
        let (mine, theirs) = (&core.granted, capture.granted());
        let rate = mine.sample_rate;
        let stepped = core.manual || capture.is_manual();
        let timing = match (stepped, same_clock(mine, theirs)) {
            (true, _) => Timing::Stepped,
            (false, true) => Timing::SameClock,
            (false, false) => Timing::TwoClocks,
        };
        let frames = |block: u32, device: u32| {
            let scaled = u64::from(block) * u64::from(rate);
            scaled.div_ceil(u64::from(device.max(1))) as u32
        };
        let seconds = |seconds: f64| (seconds * f64::from(rate)).round() as u32;
        let newest = core.shared.clock().block.min(u64::from(rate)) as u32;
        let out_block = frames(mine.buffer_size, mine.device_rate).max(newest);
        let in_block = frames(theirs.buffer_size, theirs.device_rate);
        let target = match timing {
            // Nothing is late there.
            Timing::Stepped => out_block.max(in_block),
            Timing::SameClock | Timing::TwoClocks => out_block + in_block + seconds(MARGIN),
        };
        FeederSpec {
            in_rate: capture.sample_rate(),
            in_channels: capture.channels(),
            out_rate: rate,
            out_channels: self.config().channels,
            target,
            surplus: seconds(SURPLUS) + 2 * in_block,
            max_target: seconds(MAX_TARGET).max(target),
            timing,
        }
    }
}

/// Whether two streams run by one clock, as far as we can know: one JACK server, one virtual
/// device. The two directions of other devices may have clocks of their own.
fn same_clock(engine: &Granted, capture: &Granted) -> bool {
    match (engine.device.backend, capture.device.backend) {
        (Backend::Jack, Backend::Jack) => true,
        (Backend::Virtual, Backend::Virtual) => engine.device.id == capture.device.id,
        _ => false,
    }
}
