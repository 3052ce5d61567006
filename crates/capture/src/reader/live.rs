//! A reader for sound that is played on at once: it takes all that has come, whatever the chunks.

use std::sync::Arc;

use super::{Reader, lock};
use crate::chunker::Stretch;
use crate::error::CaptureError;
use crate::hub::CaptureHub;
use crate::spec::ReaderSpec;

impl Reader {
    /// Appends everything that waits, up to the next gap, to `out`. `None`: nothing waits; then
    /// [`has_ended`](Self::has_ended) says whether anything will. For a reader whose chunks do not
    /// overlap; not for an audio callback.
    pub fn read_into(&self, out: &mut Vec<f32>) -> Option<Stretch> {
        let mut state = lock(&self.core.state);
        let before = out.len();
        let stretch = state.chunker.next_stretch(out);
        state.delivered += (out.len() - before) as u64;
        stretch
    }

    /// How often the capture went on after a pause: so it is known what did not come, although with
    /// a pre-roll no frame need be missing.
    #[must_use]
    pub fn resumes(&self) -> u64 {
        self.shared.resumes()
    }

    /// Whether the end was taken, or the reader is detached.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        lock(&self.core.state).chunker.has_ended()
    }
}

impl CaptureHub {
    /// A reader of what comes from now on, even if it is the first one: what the ring holds is too
    /// old for it. `notify` is called for every batch, as [`ReaderSpec::notify`] says; then
    /// [`read_into`](Reader::read_into).
    ///
    /// # Errors
    /// [`CaptureError::Closed`] when the capture has ended.
    pub fn live_reader(&self, notify: Arc<dyn Fn() + Send + Sync>) -> Result<Reader, CaptureError> {
        self.attach_reader(
            ReaderSpec {
                chunk: 1,
                hop: 1,
                notify,
            },
            true,
        )
    }
}
