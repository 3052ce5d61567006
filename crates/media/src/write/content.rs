//! What makes a kind of sound file: how samples become bytes, and what stands in front of them.

use std::fmt::Debug;
use std::fs::File;
use std::io;

/// One kind's part of [`AudioWriter`](super::AudioWriter), which decides when something is done.
pub(super) trait Content: Debug + Send {
    /// Most frames that a file of this kind can hold, and what ends there, for errors.
    fn limit(&self) -> (u64, &'static str);
    /// Frames in the file.
    fn stored(&self) -> u64;
    /// Frames that were taken and are not in the file yet.
    fn waiting(&self) -> u64;
    /// Frames that can be taken before [`store`](Self::store) must be called.
    fn space(&self) -> usize;
    /// Takes whole frames, no more than there is space for.
    fn take(&mut self, interleaved: &[f32]);
    /// Takes silence, up to `frames` frames of it, and says how many: as much as there is space for, or
    /// all of it where the file can hold it without writing it.
    fn silence(&mut self, file: &mut File, frames: u64) -> io::Result<u64>;
    /// Appends what waits to the file; a piece that has to be whole only when it is, or when it is
    /// the last. Counts what the file took also when it did not take all.
    fn store(&mut self, file: &mut File, is_last: bool) -> io::Result<()>;
    /// Forgets what waits and what is in the file in part, after a failure.
    fn forget(&mut self);
    /// What stands in front of the sound, true for what is in the file. Its length never changes.
    fn header(&self, is_complete: bool) -> Vec<u8>;
    /// Bytes from the file's beginning to the end of the sound in it.
    fn end(&self) -> u64;
    /// Bytes that follow the sound, zeros.
    fn padding(&self) -> u64;
    /// Frames that can be taken before the complete file might have more than `bytes` bytes.
    fn room(&self, bytes: u64) -> u64;
}
