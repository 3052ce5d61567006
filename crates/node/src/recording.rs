//! A recording to a file, as JavaScript sees it.

use crate::engine::ringer;
use crate::error::{invalid, to_napi};
use crate::work::promise;
use napi::bindgen_prelude::{Function, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;
use noxrun_session::{
    Gaps, RecordSpec, RecordedFile, Recording, RecordingResult, Rotate, WavFormat, Work,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file's sample format by its name.
pub fn file_format(name: &str) -> Result<Option<WavFormat>> {
    match name {
        "f32" => Ok(Some(WavFormat::F32)),
        "s24" => Ok(Some(WavFormat::S24)),
        "s16" => Ok(Some(WavFormat::S16)),
        other => Err(invalid(format!("there is no format {other:?}"))),
    }
}

#[napi(object)]
pub struct NativeRecordOptions {
    pub path: String,
    pub format: String,
    pub gaps: String,
    pub seconds: Option<f64>,
    pub bytes: Option<f64>,
}

pub fn record_spec(options: NativeRecordOptions) -> Result<RecordSpec> {
    Ok(RecordSpec {
        format: file_format(&options.format)?,
        gaps: match options.gaps.as_str() {
            "silence" => Gaps::Silence,
            "splice" => Gaps::Splice,
            other => {
                let message = format!("gaps must be \"silence\" or \"splice\", got {other:?}");
                return Err(invalid(message));
            }
        },
        rotate: Rotate {
            seconds: options.seconds,
            bytes: options.bytes.map(|bytes| bytes as u64),
        },
        path: PathBuf::from(options.path),
    })
}

/// A file that will not change any more.
#[napi(object)]
pub struct NativeRecordedFile {
    pub path: String,
    pub frames: f64,
    pub start_frame: f64,
}

#[napi(object)]
pub struct NativeRecordingResult {
    pub frames: f64,
    pub dropped: f64,
    /// Why it ended by itself: a code and a sentence.
    pub failure: Option<String>,
}

/// Paths come from JavaScript, so they are text.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn native(result: RecordingResult) -> NativeRecordingResult {
    let failure = result.failure.map(to_napi);
    NativeRecordingResult {
        frames: result.frames as f64,
        dropped: result.dropped as f64,
        failure: failure.map(|error| error.reason.to_string()),
    }
}

#[napi]
pub struct NativeRecording {
    recording: Arc<Recording>,
}

impl NativeRecording {
    pub fn new(recording: Recording) -> Self {
        Self {
            recording: Arc::new(recording),
        }
    }
}

#[napi]
impl NativeRecording {
    #[napi(getter)]
    pub fn frames(&self) -> f64 {
        self.recording.frames() as f64
    }

    /// The file that is being written, or the last one.
    #[napi(getter)]
    pub fn path(&self) -> String {
        text(&self.recording.path())
    }

    /// All files, the one that is being written included.
    #[napi(getter)]
    pub fn paths(&self) -> Vec<String> {
        let paths = self.recording.paths();
        paths.iter().map(|path| text(path)).collect()
    }

    /// Files that will not change any more, from the `first` one on.
    #[napi]
    pub fn complete(&self, first: u32) -> Vec<NativeRecordedFile> {
        let files = self.recording.complete(first as usize).into_iter();
        let native = |file: RecordedFile| NativeRecordedFile {
            path: text(&file.path),
            frames: file.frames as f64,
            start_frame: file.start_frame as f64,
        };
        files.map(native).collect()
    }

    /// What it came to, once it has ended.
    #[napi]
    pub fn result(&self) -> Option<NativeRecordingResult> {
        self.recording.result().map(native)
    }

    /// Calls `bell` on the JavaScript thread when a file was completed or all is over.
    #[napi]
    pub fn set_bell(&self, bell: Function<'_, (), ()>) -> Result<()> {
        self.recording.set_listener(Some(ringer(bell)?));
        Ok(())
    }

    /// Lets go of the bell, which holds the JavaScript object that it rings for.
    #[napi]
    pub fn unset_bell(&self) {
        self.recording.set_listener(None);
    }

    #[napi]
    pub fn stop<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, NativeRecordingResult>> {
        let recording = Arc::clone(&self.recording);
        // Not behind others: it ends with what was captured until now.
        promise(env, Work::Call, move || recording.stop(), native)
    }
}
