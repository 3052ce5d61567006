//! Recordings of captures and taps to files, each on a thread of its own: a slow disk costs only its
//! reader.

use crate::error::{Error, ErrorCode};
use crate::outlet::lock;
use noxrun_capture::{Chunk, Reader, Taken};
use noxrun_media::{AudioWriter, MediaError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a file holds where samples were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    /// As much silence: the file keeps the time axis.
    #[default]
    Silence,
    /// Nothing: what comes next is joined.
    Splice,
}

/// What a recording came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordingResult {
    /// Frames in the file.
    pub frames: u64,
    /// Samples that were lost on the way, whether silence stands for them or not.
    pub dropped: u64,
}

struct State {
    frames: AtomicU64,
    dropped: AtomicU64,
    failure: Mutex<Option<Error>>,
}

/// A running recording. Dropping it stops it.
pub struct Recording {
    reader: Arc<Reader>,
    state: Arc<State>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Silence is written in pieces of this many frames.
const SILENCE: usize = 4096;

impl Recording {
    pub(crate) fn start(
        writer: AudioWriter,
        channels: usize,
        gaps: Gaps,
        reader: Reader,
    ) -> Result<Self, Error> {
        let reader = Arc::new(reader);
        let state = Arc::new(State {
            frames: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            failure: Mutex::new(None),
        });
        let thread = std::thread::Builder::new()
            .name("noxrun-record".into())
            .spawn({
                let (state, reader) = (Arc::clone(&state), Arc::clone(&reader));
                move || {
                    let result = run(writer, &state, &reader, channels, gaps);
                    if let Err(error) = result {
                        *lock(&state.failure) = Some(error.into());
                    }
                    reader.detach();
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

    /// Frames written so far.
    pub fn frames(&self) -> u64 {
        self.state.frames.load(Ordering::Relaxed)
    }

    /// Ends the recording with what was captured until now, and waits until the file is complete.
    ///
    /// # Errors
    /// `ERR_IO` and its kin when writing failed; the file is valid up to that point.
    pub fn stop(&self) -> Result<RecordingResult, Error> {
        self.reader.finish();
        if let Some(thread) = lock(&self.thread).take() {
            // A panic there was reported by its hook.
            let _ = thread.join();
        }
        match lock(&self.state.failure).clone() {
            Some(error) => Err(error),
            None => Ok(RecordingResult {
                frames: self.frames(),
                dropped: self.state.dropped.load(Ordering::Relaxed),
            }),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // Nobody is left to be told of a failure.
        let _ = self.stop();
    }
}

fn run(
    mut writer: AudioWriter,
    state: &State,
    reader: &Reader,
    channels: usize,
    gaps: Gaps,
) -> Result<(), MediaError> {
    let mut next_frame: Option<u64> = None;
    loop {
        match reader.wait_take(Duration::from_millis(100)) {
            Taken::Chunk(chunk) => {
                // What was lost before the first chunk is this reader's loss too.
                let lost = chunk.dropped_before / channels as u64;
                let before = next_frame.unwrap_or(chunk.frame - lost);
                if gaps == Gaps::Silence {
                    silence(&mut writer, chunk.frame.saturating_sub(before), channels)?;
                }
                next_frame = Some(take(&mut writer, state, &chunk, channels)?);
                state.frames.store(writer.frames(), Ordering::Relaxed);
            }
            Taken::Empty => {}
            Taken::End => break,
        }
    }
    state.frames.store(writer.finish()?, Ordering::Relaxed);
    Ok(())
}

fn take(
    writer: &mut AudioWriter,
    state: &State,
    chunk: &Chunk,
    channels: usize,
) -> Result<u64, MediaError> {
    state
        .dropped
        .fetch_add(chunk.dropped_before, Ordering::Relaxed);
    writer.write(&chunk.samples)?;
    Ok(chunk.frame + (chunk.samples.len() / channels) as u64)
}

fn silence(writer: &mut AudioWriter, frames: u64, channels: usize) -> Result<(), MediaError> {
    if frames == 0 {
        return Ok(());
    }
    let zeros = vec![0.0; SILENCE * channels];
    let mut left = frames;
    while left > 0 {
        let now = left.min(SILENCE as u64) as usize;
        writer.write(&zeros[..now * channels])?;
        left -= now as u64;
    }
    Ok(())
}
