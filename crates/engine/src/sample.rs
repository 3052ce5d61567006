//! Decoded sound in memory, shared between every voice that plays it.

/// Planar 32-bit float sound at one rate. Never changed after it was made.
#[derive(Debug)]
pub struct SampleData {
    channels: Vec<Vec<f32>>,
    frames: usize,
    rate: u32,
}

impl SampleData {
    /// Wraps planar data of `rate` Hz.
    ///
    /// # Errors
    /// When there is no channel, or when the channels differ in length.
    pub fn new(channels: Vec<Vec<f32>>, rate: u32) -> Result<Self, &'static str> {
        let frames = channels
            .first()
            .ok_or("a sample needs at least one channel")?
            .len();
        if channels.iter().any(|c| c.len() != frames) {
            return Err("the channels of a sample must have equal lengths");
        }
        Ok(Self {
            channels,
            frames,
            rate,
        })
    }

    /// Length in frames.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Number of channels, at least 1.
    pub fn channels(&self) -> usize {
        self.channels.len()
    }

    /// Rate in Hz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// One channel's frames.
    pub fn channel(&self, index: usize) -> &[f32] {
        &self.channels[index]
    }
}
