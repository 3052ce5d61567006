//! Taps: a track's sound after its fader, handed out of the audio thread.

/// Where a tap's sound goes. Called in the audio callback: it must not allocate, lock, block or make
/// a system call, and has to drop what it has no room for.
pub trait Sink: Send + std::fmt::Debug {
    /// Takes `frames` frames from engine frame `frame` on, one slice a channel. Frames come without
    /// gaps while the tap is attached.
    fn take(&mut self, lanes: &[&[f32]], frame: u64);
}
