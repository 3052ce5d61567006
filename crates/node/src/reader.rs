//! A reader of a capture and its chunks, as JavaScript sees them.

use crate::pcm::Pcm;
use napi_derive::napi;
use noxrun_session::{Reader, ReaderStats, Taken};

#[napi(object)]
pub struct NativeReaderStats {
    pub received: f64,
    pub delivered: f64,
    pub dropped: f64,
    pub buffered: f64,
}

pub fn reader_stats(stats: ReaderStats) -> NativeReaderStats {
    NativeReaderStats {
        received: stats.received as f64,
        delivered: stats.delivered as f64,
        dropped: stats.dropped as f64,
        buffered: stats.buffered as f64,
    }
}

#[napi(object, object_from_js = false)]
pub struct NativeChunk {
    #[napi(ts_type = "Float32Array")]
    pub samples: Pcm,
    pub frame: f64,
    /// Nanoseconds on the clock of `monotonicNow`.
    pub time: f64,
    pub dropped_before: f64,
    pub is_final: bool,
    /// Absent when nobody listens for speech.
    pub speech: Option<bool>,
}

#[napi]
pub struct NativeReader {
    pub(crate) reader: Reader,
}

#[napi]
impl NativeReader {
    /// The next chunk; `null` when none is ready, `undefined` at the end.
    #[napi(ts_return_type = "NativeChunk | null | undefined")]
    pub fn take(&self) -> napi::Either<NativeChunk, napi::Either<napi::bindgen_prelude::Null, ()>> {
        use napi::Either;
        match self.reader.take() {
            Taken::Chunk(chunk) => Either::A(NativeChunk {
                samples: Pcm(chunk.samples),
                frame: chunk.frame as f64,
                time: chunk.time * 1e9,
                dropped_before: chunk.dropped_before as f64,
                is_final: chunk.is_final,
                speech: chunk.speech,
            }),
            Taken::Empty => Either::B(Either::A(napi::bindgen_prelude::Null)),
            Taken::End => Either::B(Either::B(())),
        }
    }

    #[napi]
    pub fn stats(&self) -> NativeReaderStats {
        reader_stats(self.reader.stats())
    }

    #[napi]
    pub fn detach(&self) {
        self.reader.detach();
    }
}
