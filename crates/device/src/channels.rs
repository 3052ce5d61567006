//! When a device has another number of channels than the renderer.
//!
//! Channel i goes to channel i; what the device has beyond stays silent, what it has not is left
//! out. The two exceptions keep everything audible: a mono device gets the average of all
//! channels, and a mono renderer is heard on both sides of a device with two channels or more.

/// Copies whole frames from `from` to `to` until either side is used up. Both channel counts are at
/// least 1.
pub(crate) fn map_channels(from: &[f32], from_channels: usize, to: &mut [f32], to_channels: usize) {
    let frames = from
        .chunks_exact(from_channels)
        .zip(to.chunks_exact_mut(to_channels));
    match (from_channels, to_channels) {
        (a, b) if a == b => {
            let len = from.len().min(to.len());
            to[..len].copy_from_slice(&from[..len]);
        }
        (1, _) => {
            for (from, to) in frames {
                let (sides, rest) = to.split_at_mut(2);
                sides.fill(from[0]);
                rest.fill(0.0);
            }
        }
        (_, 1) => {
            let scale = 1.0 / from_channels as f32;
            for (from, to) in frames {
                to[0] = from.iter().sum::<f32>() * scale;
            }
        }
        (a, b) if a < b => {
            for (from, to) in frames {
                to[..a].copy_from_slice(from);
                to[a..].fill(0.0);
            }
        }
        _ => {
            for (from, to) in frames {
                to.copy_from_slice(&from[..to_channels]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(from: &[f32], from_channels: usize, to_channels: usize) -> Vec<f32> {
        let mut to = vec![9.0; from.len() / from_channels * to_channels];
        map_channels(from, from_channels, &mut to, to_channels);
        to
    }

    #[test]
    fn channel_counts_are_matched_without_mixing_what_need_not_be_mixed() {
        let stereo = [1.0, -2.0, 3.0, 4.0];
        assert_eq!(mapped(&stereo, 2, 2), stereo);
        assert_eq!(mapped(&stereo, 2, 3), [1.0, -2.0, 0.0, 3.0, 4.0, 0.0]);
        assert_eq!(mapped(&stereo, 2, 1), [-0.5, 3.5]);
        assert_eq!(mapped(&[1.0, 2.0, 3.0], 3, 2), [1.0, 2.0]);
        assert_eq!(mapped(&[0.25, 0.5], 1, 2), [0.25, 0.25, 0.5, 0.5]);
        assert_eq!(mapped(&[0.25], 1, 4), [0.25, 0.25, 0.0, 0.0]);
        assert_eq!(mapped(&[0.25], 1, 1), [0.25]);
    }
}
