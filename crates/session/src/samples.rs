//! Sounds in memory, known by number so that a play crosses the binding as plain numbers.

use crate::error::{Error, ErrorCode};
use crate::lock::lock;
use noxrun_engine::SampleData;
use noxrun_media::{Pcm, Progress};
use noxrun_resample::{Quality, resample_planar};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// A sample's number. 0 is never used.
pub type SampleId = u32;

fn registry() -> &'static Mutex<HashMap<SampleId, Arc<SampleData>>> {
    static REGISTRY: OnceLock<Mutex<HashMap<SampleId, Arc<SampleData>>>> = OnceLock::new();
    REGISTRY.get_or_init(Mutex::default)
}

/// A registered sample: leaves the registry when dropped. Voices that play it keep its memory.
#[derive(Debug)]
pub struct Sample {
    id: SampleId,
    data: Arc<SampleData>,
}

impl Sample {
    /// Registers planar PCM, converted to `rate` Hz.
    ///
    /// # Errors
    /// `ERR_DECODE` for data without channels, of unequal lengths or of a rate that cannot be
    /// converted.
    pub fn from_pcm(pcm: Pcm, rate: u32) -> Result<Self, Error> {
        if pcm.sample_rate == rate {
            return Self::register(pcm.channels, rate);
        }
        let converted =
            resample_planar(&pcm.channels, pcm.sample_rate, rate, Quality::Best).map_err(broken)?;
        Self::register(converted, rate)
    }

    /// Decodes a file whole and converts it to `rate` Hz. `progress` gets the fraction done and
    /// may stop the work.
    ///
    /// # Errors
    /// `ERR_NOT_FOUND`, `ERR_ACCESS`, `ERR_IO`, `ERR_DECODE`.
    pub fn from_file(path: &Path, rate: u32, progress: Progress<'_>) -> Result<Self, Error> {
        let pcm = noxrun_media::load_file(path, rate, progress)?;
        Self::register(pcm.channels, rate)
    }

    /// Decodes a file's bytes. As [`Sample::from_file`].
    ///
    /// # Errors
    /// `ERR_DECODE`.
    pub fn from_bytes(bytes: &[u8], rate: u32, progress: Progress<'_>) -> Result<Self, Error> {
        let pcm = noxrun_media::load(bytes, rate, progress)?;
        Self::register(pcm.channels, rate)
    }

    fn register(channels: Vec<Vec<f32>>, rate: u32) -> Result<Self, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let data = Arc::new(SampleData::new(channels, rate).map_err(broken)?);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        lock(registry()).insert(id, Arc::clone(&data));
        Ok(Self { id, data })
    }

    /// Its number.
    pub fn id(&self) -> SampleId {
        self.id
    }

    /// Its sound.
    pub fn data(&self) -> &Arc<SampleData> {
        &self.data
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        lock(registry()).remove(&self.id);
    }
}

/// The sample with this number, unless it was disposed.
pub fn sample_by_id(id: SampleId) -> Option<Arc<SampleData>> {
    lock(registry()).get(&id).cloned()
}

fn broken(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorCode::Decode, what.to_string())
}
