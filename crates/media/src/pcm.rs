//! Decoded sound in memory.

/// Sound in memory: planar 32-bit float samples at one rate.
///
/// Full scale is [−1, 1]; values beyond it and non-finite ones may occur when the file holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct Pcm {
    /// One vector a channel, all of the same length.
    pub channels: Vec<Vec<f32>>,
    /// Frames a second, in Hz.
    pub sample_rate: u32,
}

impl Pcm {
    /// Length in frames (samples of one channel).
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Length in seconds.
    pub fn duration(&self) -> f64 {
        self.frames() as f64 / f64::from(self.sample_rate)
    }
}
