//! Meters of a caller's own.

use crate::core::Core;
use crate::error::{Error, ErrorCode};
use crate::intent::TrackId;
use crate::outlet::lock;
use noxrun_engine::{EngineConfig, MeterReading, MeterTap};
use std::sync::{Arc, Weak};

/// A meter on a track that shows levels since it was last read. Dropping it gives its place back.
pub struct TrackMeter {
    core: Weak<Core>,
    track: TrackId,
    channels: usize,
    /// `None` until the track is known to the engine.
    tap: Option<MeterTap>,
}

impl TrackMeter {
    pub(crate) fn open(
        core: &Arc<Core>,
        config: &EngineConfig,
        track: TrackId,
    ) -> Result<Self, Error> {
        // The call that made the track may still be on its way.
        let key = {
            let mut dispatcher = lock(&core.dispatcher);
            dispatcher.take_in(&core.inbox, core.horizon());
            dispatcher.track_key(track)
        };
        let tap = match key {
            Some(key) => Some(MeterTap::open(&core.shared, key).ok_or_else(|| no_room(config))?),
            None => None,
        };
        Ok(Self {
            core: Arc::downgrade(core),
            track,
            channels: config.channels,
            tap,
        })
    }

    /// Levels since the last call, or since it was opened.
    pub fn read(&mut self) -> MeterReading {
        if self.tap.is_none() {
            self.tap = self.attach();
        }
        match &mut self.tap {
            Some(tap) => tap.read(),
            None => silence(self.channels),
        }
    }

    fn attach(&self) -> Option<MeterTap> {
        let core = self.core.upgrade()?;
        let key = lock(&core.dispatcher).track_key(self.track)?;
        MeterTap::open(&core.shared, key)
    }
}

pub(crate) fn silence(channels: usize) -> MeterReading {
    MeterReading {
        peak: vec![0.0; channels],
        rms: vec![0.0; channels],
    }
}

fn no_room(config: &EngineConfig) -> Error {
    let message = format!(
        "{} meters are open, as many as the engine has room for with its maxTracks; close one",
        config.meter_taps()
    );
    Error::new(ErrorCode::Limit, message)
}
