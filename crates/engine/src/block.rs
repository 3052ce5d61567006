//! How sound is cut for working on it.

/// Frames that are rendered in one stretch at most; longer blocks are cut.
pub const MAX_BLOCK: usize = 256;
