//! Recordings of captures and taps to files, each on a thread of its own: a slow disk costs only its
//! reader.

mod files;
mod spec;

#[cfg(test)]
mod tests;

use self::files::{Files, Log};
use crate::error::{Error, ErrorCode};
use crate::lock::lock;
use noxrun_capture::{Reader, Taken};
use noxrun_media::MediaError;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

pub use self::files::RecordedFile;
pub use self::spec::{Gaps, RecordSpec, Rotate};

/// What a recording came to.
#[derive(Debug, Clone)]
pub struct RecordingResult {
    /// Frames in all files.
    pub frames: u64,
    /// Samples that were lost on the way, whether silence stands for them or not.
    pub dropped: u64,
    /// Why it ended before it was stopped; the files are valid up to that point.
    pub failure: Option<Error>,
}

type Listener = Arc<dyn Fn() + Send + Sync>;

struct State {
    frames: AtomicU64,
    dropped: AtomicU64,
    log: Arc<Mutex<Log>>,
    result: Mutex<Option<RecordingResult>>,
    listener: Mutex<Option<Listener>>,
}

impl State {
    fn tell(&self) {
        let listener = lock(&self.listener).clone();
        if let Some(listener) = listener {
            listener();
        }
    }
}

/// A running recording. Dropping it stops it.
pub struct Recording {
    reader: Arc<Reader>,
    state: Arc<State>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Silence is written in pieces of this many frames, after each of which the world is told.
const SILENCE: u64 = 1 << 20;

impl Recording {
    /// Makes the first file, then the reader: one that came and left would have taken along what
    /// the ring holds.
    pub(crate) fn start(
        spec: &RecordSpec,
        rate: u32,
        channels: usize,
        reader: impl FnOnce() -> Result<Reader, Error>,
    ) -> Result<Self, Error> {
        let files = Files::create(spec, rate, channels)?;
        let reader = Arc::new(reader()?);
        let state = Arc::new(State {
            frames: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            log: Arc::clone(files.log()),
            result: Mutex::new(None),
            listener: Mutex::new(None),
        });
        let mut work = Work {
            files,
            state: Arc::clone(&state),
            channels,
            gaps: spec.gaps,
        };
        let thread = std::thread::Builder::new()
            .name("noxrun-record".into())
            .spawn({
                let reader = Arc::clone(&reader);
                move || {
                    let failure = work.run(&reader).err();
                    reader.detach();
                    work.end(failure);
                }
            })
            .map_err(|error| {
                let message = format!("a thread could not be started: {error}");
                Error::new(ErrorCode::Backend, message)
            })?;
        Ok(Self {
            reader,
            state,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// What it reads, for whoever waits for it.
    pub(crate) fn reader(&self) -> Weak<Reader> {
        Arc::downgrade(&self.reader)
    }

    /// Frames written so far, in all files.
    pub fn frames(&self) -> u64 {
        self.state.frames.load(Ordering::Relaxed)
    }

    /// The file that is being written, or the last one.
    pub fn path(&self) -> PathBuf {
        lock(&self.state.log).newest.clone()
    }

    /// All files, the one that is being written included.
    pub fn paths(&self) -> Vec<PathBuf> {
        lock(&self.state.log).paths()
    }

    /// Files that will not change any more, from the `first` one on.
    pub fn complete(&self, first: usize) -> Vec<RecordedFile> {
        let log = lock(&self.state.log);
        log.complete.get(first..).unwrap_or_default().to_vec()
    }

    /// What it came to, once it has ended: stopped, at the end of the sound, or at a failure.
    pub fn result(&self) -> Option<RecordingResult> {
        lock(&self.state.result).clone()
    }

    /// Who is told, on the recording's thread, when a file was completed and when all is over.
    pub fn set_listener(&self, listener: Option<Listener>) {
        *lock(&self.state.listener) = listener;
    }

    /// Ends the recording with what was captured until now, and waits until its files are complete.
    ///
    /// # Errors
    /// `ERR_IO` and its kin when writing failed; the files are valid up to that point.
    pub fn stop(&self) -> Result<RecordingResult, Error> {
        self.reader.finish();
        if let Some(thread) = lock(&self.thread).take() {
            // A panic there was reported by its hook.
            let _ = thread.join();
        }
        let mut result = lock(&self.state.result);
        let result = result.get_or_insert_with(|| {
            let message = "the recording's thread ended without a result";
            RecordingResult {
                frames: self.frames(),
                dropped: self.state.dropped.load(Ordering::Relaxed),
                failure: Some(Error::new(ErrorCode::Backend, message)),
            }
        });
        match &result.failure {
            Some(error) => Err(error.clone()),
            None => Ok(result.clone()),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // Nobody is left to be told of a failure.
        let _ = self.stop();
    }
}

/// What the thread works with.
struct Work {
    files: Files,
    state: Arc<State>,
    channels: usize,
    gaps: Gaps,
}

impl Work {
    fn run(&mut self, reader: &Reader) -> Result<(), MediaError> {
        let mut next_frame: Option<u64> = None;
        loop {
            match reader.wait_take(Duration::from_millis(100)) {
                Taken::Chunk(chunk) => {
                    let lost = chunk.dropped_before;
                    self.state.dropped.fetch_add(lost, Ordering::Relaxed);
                    // What was lost before the first chunk is this reader's loss too.
                    let lost = lost / self.channels as u64;
                    let before = next_frame.unwrap_or(chunk.frame.saturating_sub(lost));
                    if self.gaps == Gaps::Silence {
                        self.silence(chunk.frame.saturating_sub(before))?;
                    }
                    self.write(&chunk.samples)?;
                    next_frame = Some(chunk.frame + (chunk.samples.len() / self.channels) as u64);
                }
                Taken::Empty => {}
                Taken::End => return self.files.finish(),
            }
        }
    }

    fn write(&mut self, interleaved: &[f32]) -> Result<(), MediaError> {
        let completed = self.files.write(interleaved)?;
        self.progress(completed);
        Ok(())
    }

    fn silence(&mut self, frames: u64) -> Result<(), MediaError> {
        let mut left = frames;
        while left > 0 {
            let now = left.min(SILENCE);
            let completed = self.files.write_silence(now)?;
            self.progress(completed);
            left -= now;
        }
        Ok(())
    }

    fn progress(&self, completed: bool) {
        let frames = self.files.frames();
        self.state.frames.store(frames, Ordering::Relaxed);
        if completed {
            self.state.tell();
        }
    }

    /// Says what it came to. A file that was cut at a failure is in the log already.
    fn end(&self, failure: Option<MediaError>) {
        let frames = self.files.frames();
        self.state.frames.store(frames, Ordering::Relaxed);
        let failure = failure.map(|error| {
            let Error { code, message } = error.into();
            let log = lock(&self.state.log);
            let kept = match log.complete.as_slice() {
                [.., last] => {
                    let place = last.path.display();
                    match log.complete.len() {
                        1 => format!("its {frames} frames are kept in {place}"),
                        count => {
                            format!("its {frames} frames are kept in {count} files up to {place}")
                        }
                    }
                }
                [] => "nothing of it is kept".into(),
            };
            Error::new(code, format!("{message}; the recording ended, {kept}"))
        });
        *lock(&self.state.result) = Some(RecordingResult {
            frames,
            dropped: self.state.dropped.load(Ordering::Relaxed),
            failure,
        });
        self.state.tell();
    }
}
