//! From the device's channels to the delivered ones.

use crate::error::CaptureError;

/// What becomes of the channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChannelMap {
    /// As many: passed bit for bit.
    Straight,
    /// One: the average.
    Average,
    /// Fewer: the first ones.
    First,
    /// From a mono device: copies.
    Duplicate,
    /// One of the device's, by index, for each delivered one: passed bit for bit.
    Selected(Box<[usize]>),
}

impl ChannelMap {
    /// The map from `device` to `delivered` channels: the chosen one, or what the numbers say.
    ///
    /// # Errors
    /// [`CaptureError::Channels`] when there is none, [`CaptureError::ChannelMap`] when a chosen
    /// channel is not the device's.
    pub(crate) fn new(
        device: usize,
        delivered: usize,
        chosen: Option<&[usize]>,
    ) -> Result<Self, CaptureError> {
        match (device, delivered, chosen) {
            (0, ..) | (_, 0, _) => Err(CaptureError::Channels { device, delivered }),
            (_, _, Some(chosen)) => Self::chosen(device, delivered, chosen),
            (a, b, None) if a == b => Ok(Self::Straight),
            (1, ..) => Ok(Self::Duplicate),
            (_, 1, _) => Ok(Self::Average),
            (a, b, None) if b < a => Ok(Self::First),
            _ => Err(CaptureError::Channels { device, delivered }),
        }
    }

    fn chosen(device: usize, delivered: usize, chosen: &[usize]) -> Result<Self, CaptureError> {
        if chosen.len() != delivered {
            return Err(CaptureError::ChannelMapLength {
                length: chosen.len(),
                delivered,
            });
        }
        if let Some((place, &index)) = chosen.iter().enumerate().find(|(_, at)| **at >= device) {
            return Err(CaptureError::ChannelMap {
                place,
                index,
                device,
            });
        }
        let in_order = chosen.iter().enumerate().all(|(n, &index)| n == index);
        Ok(match (device, in_order) {
            (_, true) if delivered == device => Self::Straight,
            (_, true) => Self::First,
            (1, false) => Self::Duplicate,
            _ => Self::Selected(chosen.into()),
        })
    }

    /// Channels between the two halves of the map, where the resampler stands: as few as possible.
    pub(crate) fn inner_channels(&self, delivered: usize) -> usize {
        if *self == Self::Duplicate {
            1
        } else {
            delivered
        }
    }

    /// The half before the resampler: appends frames of `device` channels as frames of `inner`.
    pub(crate) fn reduce(&self, input: &[f32], device: usize, inner: usize, out: &mut Vec<f32>) {
        match self {
            Self::Straight | Self::Duplicate => out.extend_from_slice(input),
            Self::Average => out.extend(input.chunks_exact(device).map(average)),
            Self::First => {
                for frame in input.chunks_exact(device) {
                    out.extend_from_slice(&frame[..inner]);
                }
            }
            Self::Selected(chosen) => {
                for frame in input.chunks_exact(device) {
                    out.extend(chosen.iter().map(|&index| frame[index]));
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

/// The average of a frame: summed from the first channel to the last in double precision, divided
/// by their number, then rounded to 32 bits. So nothing overflows on the way, equal channels come
/// out as they are, and -0 stays what it is.
fn average(frame: &[f32]) -> f32 {
    let sum = frame
        .iter()
        .map(|&sample| f64::from(sample))
        .reduce(|sum, sample| sum + sample)
        .unwrap_or_default();
    (sum / frame.len() as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped_by(
        device: usize,
        delivered: usize,
        chosen: Option<&[usize]>,
        input: &[f32],
    ) -> Vec<f32> {
        let map = ChannelMap::new(device, delivered, chosen).unwrap();
        let mut reduced = Vec::new();
        map.reduce(input, device, map.inner_channels(delivered), &mut reduced);
        if map != ChannelMap::Duplicate {
            return reduced;
        }
        let mut out = Vec::new();
        ChannelMap::spread(&reduced, delivered, &mut out);
        out
    }

    fn mapped(device: usize, delivered: usize, input: &[f32]) -> Vec<f32> {
        mapped_by(device, delivered, None, input)
    }

    fn selected(device: usize, chosen: &[usize], input: &[f32]) -> Vec<f32> {
        mapped_by(device, chosen.len(), Some(chosen), input)
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
    fn the_average_of_equal_channels_is_what_they_are() {
        for x in [0.0, -0.0, 0.1, 1.0, -1.0, f32::MAX, f32::MIN, 1e-45] {
            for channels in 1..=32 {
                let out = mapped(channels, 1, &vec![x; channels]);
                assert_eq!(out[0].to_bits(), x.to_bits(), "{channels} times {x}");
            }
        }
    }

    #[test]
    fn the_average_is_rounded_once() {
        // Each term alone is lost in a sum of 32 bits.
        let mut frame = vec![1.0];
        frame.extend([2.0_f32.powi(-26); 15]);
        let expected = ((1.0 + 15.0 * 2.0_f64.powi(-26)) / 16.0) as f32;
        assert_ne!(expected, 1.0 / 16.0);
        assert_eq!(mapped(16, 1, &frame), [expected]);
    }

    #[test]
    fn chosen_channels_come_in_the_order_chosen() {
        let two_frames = [1.0, 2.0, 3.0, -0.0, 5.0, 6.0, 7.0, f32::NAN];
        for chosen in [
            &[0][..],
            &[3],
            &[3, 0],
            &[0, 1],
            &[0, 1, 2, 3],
            &[3, 2, 1, 0],
            &[2, 2],
            &[1, 1, 3, 1, 0, 2],
        ] {
            let expected: Vec<u32> = two_frames
                .chunks(4)
                .flat_map(|frame| chosen.iter().map(|&at| f32::to_bits(frame[at])))
                .collect();
            let out = selected(4, chosen, &two_frames);
            let bits: Vec<u32> = out.into_iter().map(f32::to_bits).collect();
            assert_eq!(bits, expected, "{chosen:?}");
        }
        assert_eq!(
            selected(1, &[0, 0, 0], &[1.0, 2.0]),
            mapped(1, 3, &[1.0, 2.0])
        );
        assert_eq!(selected(1, &[0], &[1.0, 2.0]), [1.0, 2.0]);
    }

    #[test]
    fn channels_out_of_nowhere_are_refused() {
        for (device, delivered) in [(2, 3), (2, 8), (0, 1), (1, 0)] {
            assert!(matches!(
                ChannelMap::new(device, delivered, None),
                Err(CaptureError::Channels { .. })
            ));
        }
        assert!(matches!(
            ChannelMap::new(4, 3, Some(&[0, 7, 4])),
            Err(CaptureError::ChannelMap {
                place: 1,
                index: 7,
                device: 4
            })
        ));
        assert!(matches!(
            ChannelMap::new(4, 2, Some(&[0])),
            Err(CaptureError::ChannelMapLength {
                length: 1,
                delivered: 2
            })
        ));
        assert!(matches!(
            ChannelMap::new(4, 0, Some(&[])),
            Err(CaptureError::Channels { .. })
        ));
    }
}
