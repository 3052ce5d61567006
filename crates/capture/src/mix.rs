//! From the device's channels to the delivered ones.

use crate::error::CaptureError;

/// What becomes of the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelMap {
    /// As many: passed bit for bit.
    Straight,
    /// One: the average.
    Average,
    /// Fewer: the first ones.
    First,
    /// From a mono device: copies.
    Duplicate,
}

impl ChannelMap {
    /// The map from `device` to `delivered` channels.
    ///
    /// # Errors
    /// [`CaptureError::Channels`] when there is none.
    pub(crate) fn new(device: usize, delivered: usize) -> Result<Self, CaptureError> {
        match (device, delivered) {
            (0, _) | (_, 0) => Err(CaptureError::Channels { device, delivered }),
            (a, b) if a == b => Ok(Self::Straight),
            (1, _) => Ok(Self::Duplicate),
            (_, 1) => Ok(Self::Average),
            (a, b) if b < a => Ok(Self::First),
            _ => Err(CaptureError::Channels { device, delivered }),
        }
    }

    /// Channels between the two halves of the map, where the resampler stands: as few as possible.
    pub(crate) fn inner_channels(self, delivered: usize) -> usize {
        if self == Self::Duplicate {
            1
        } else {
            delivered
        }
    }

    /// The half before the resampler: appends frames of `device` channels as frames of `inner`.
    pub(crate) fn reduce(self, input: &[f32], device: usize, inner: usize, out: &mut Vec<f32>) {
        match self {
            Self::Straight | Self::Duplicate => out.extend_from_slice(input),
            Self::Average => {
                let count = device as f32;
                out.extend(
                    input
                        .chunks_exact(device)
                        .map(|frame| frame.iter().sum::<f32>() / count),
                );
            }
            Self::First => {
                for frame in input.chunks_exact(device) {
                    out.extend_from_slice(&frame[..inner]);
                }
            }
        }
    }

    /// The half after the resampler: appends mono samples as frames of `delivered` channels. The
    /// other maps have nothing left to do.
    pub(crate) fn spread(mono: &[f32], delivered: usize, out: &mut Vec<f32>) {
        for &sample in mono {
            for _ in 0..delivered {
                out.push(sample);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(device: usize, delivered: usize, input: &[f32]) -> Vec<f32> {
        let map = ChannelMap::new(device, delivered).unwrap();
        let mut reduced = Vec::new();
        map.reduce(input, device, map.inner_channels(delivered), &mut reduced);
        if map != ChannelMap::Duplicate {
            return reduced;
        }
        let mut out = Vec::new();
        ChannelMap::spread(&reduced, delivered, &mut out);
        out
    }

    #[test]
    fn channels_map_as_documented() {
        assert_eq!(mapped(2, 2, &[1.0, 2.0, 3.0, 4.0]), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(mapped(2, 1, &[1.0, 2.0, 3.0, 5.0]), [1.5, 4.0]);
        assert_eq!(mapped(4, 1, &[1.0, 2.0, 3.0, 6.0]), [3.0]);
        assert_eq!(
            mapped(4, 2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
            [1.0, 2.0, 5.0, 6.0]
        );
        assert_eq!(mapped(1, 3, &[1.0, 2.0]), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn channels_out_of_nowhere_are_refused() {
        for (device, delivered) in [(2, 3), (2, 8), (0, 1), (1, 0)] {
            assert!(matches!(
                ChannelMap::new(device, delivered),
                Err(CaptureError::Channels { .. })
            ));
        }
    }
}
