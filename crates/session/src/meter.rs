//! Meters of a caller's own.

use crate::core::Core;
use crate::error::{Error, ErrorCode};
use noxrun_engine::{EngineConfig, MeterReading, MeterTap, TrackKey};

/// A meter on a track that shows levels since it was last read. Dropping it gives its place back.
pub struct TrackMeter(MeterTap);

impl TrackMeter {
    pub(crate) fn open(core: &Core, config: &EngineConfig, track: TrackKey) -> Result<Self, Error> {
        let tap = MeterTap::open(&core.shared, track);
        tap.map(Self).ok_or_else(|| no_room(config))
    }

    /// Levels since the last call, or since it was opened.
    pub fn read(&mut self) -> MeterReading {
        self.0.read()
    }
}

fn no_room(config: &EngineConfig) -> Error {
    let message = format!(
        "{} meters are open, as many as the engine has room for with its maxTracks; close one",
        config.meter_taps()
    );
    Error::new(ErrorCode::Limit, message)
}
