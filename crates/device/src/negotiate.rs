//! Chooses a configuration out of what a device offers. Pure functions: no device is touched.

use crate::format::SampleFormat;
use crate::info::Direction;

/// One combination that a device offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) channels: u16,
    /// Lowest and highest rate, Hz.
    pub(crate) rates: (u32, u32),
    pub(crate) format: SampleFormat,
    /// Smallest and largest block, frames.
    pub(crate) buffer: Option<(u32, u32)>,
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) direction: Direction,
    pub(crate) channels: u16,
    /// Fewer will not do, unless there is no more.
    pub(crate) least_channels: u16,
    pub(crate) rate: u32,
    /// The device's own rate, taken when the wanted one is not to be had.
    pub(crate) preferred_rate: u32,
}

/// What to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) channels: u16,
    pub(crate) rate: u32,
    pub(crate) format: SampleFormat,
    pub(crate) buffer: Option<(u32, u32)>,
}

/// Channels first, then the rate, then the format that loses least. `None` when nothing is
/// offered at all.
pub(crate) fn choose(offers: &[Offer], wish: &Wish) -> Option<Choice> {
    let channels = offers
        .iter()
        .map(|offer| offer.channels)
        .filter(|channels| *channels > 0)
        .min_by_key(|channels| channel_distance(wish, *channels))?;
    let with_channels = || offers.iter().filter(|offer| offer.channels == channels);
    let within = |offer: &Offer, rate| offer.rates.0 <= rate && rate <= offer.rates.1;
    let rate = [wish.rate, wish.preferred_rate]
        .into_iter()
        .find(|rate| with_channels().any(|offer| within(offer, *rate)))
        .or_else(|| {
            with_channels()
                .map(|offer| wish.preferred_rate.clamp(offer.rates.0, offer.rates.1))
                .min_by_key(|rate| rate.abs_diff(wish.preferred_rate))
        })?;
    let offer = with_channels()
        .filter(|offer| within(offer, rate))
        .min_by_key(|offer| {
            SampleFormat::ALL
                .iter()
                .position(|format| *format == offer.format)
        })?;
    Some(Choice {
        channels,
        rate,
        format: offer.format,
        buffer: offer.buffer,
    })
}

/// Output: rather silent extra channels than missing ones. Input: the nearest count, the larger
/// of two, but not less than the least.
fn channel_distance(wish: &Wish, offered: u16) -> (bool, u16, bool) {
    let missing = offered < wish.channels;
    let too_few = match wish.direction {
        Direction::Output => missing,
        Direction::Input => offered < wish.least_channels,
    };
    (too_few, offered.abs_diff(wish.channels), missing)
}

/// Larger defaults than this are a trap (16,384 frames on ALSA's JACK plugin): nobody asked for a
/// third of a second.
const LARGEST_FALLBACK: u32 = 1024;
/// Smaller ones are taken only when asked for.
const SMALLEST_FALLBACK: u32 = 64;

/// The buffer sizes to try, in order; `None`, the last resort, is whatever the backend likes.
///
/// First what was asked, clamped into the device's range. Then its neighbours, nearest first, the
/// larger of two: the lower end of the range, which is the server's period where a server dictates
/// it, and the powers of two.
pub(crate) fn buffer_sizes(asked: u32, range: Option<(u32, u32)>) -> Vec<Option<u32>> {
    let (low, high) = range.unwrap_or((1, u32::MAX));
    let first = asked.clamp(low.max(1), high.max(low).max(1));
    let mut others: Vec<u32> = [64, 128, 256, 512, 1024, low]
        .into_iter()
        .filter(|size| (SMALLEST_FALLBACK..=LARGEST_FALLBACK).contains(size))
        .filter(|size| (low..=high).contains(size) && *size != first)
        .collect();
    // The ratio to what was asked, in 1/1024, so that 128 and 512 are equally far from 256.
    let distance = |size: u32| {
        let (small, large) = (u64::from(size.min(asked)), u64::from(size.max(asked)));
        large * 1024 / small.max(1)
    };
    others.sort_by_key(|size| (distance(*size), std::cmp::Reverse(*size)));
    others.dedup();
    let mut sizes = vec![Some(first)];
    sizes.extend(others.into_iter().map(Some));
    sizes.push(None);
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    const F32: SampleFormat = SampleFormat::F32;
    const I16: SampleFormat = SampleFormat::I16;

    fn offer(channels: u16, rates: (u32, u32), format: SampleFormat) -> Offer {
        Offer {
            channels,
            rates,
            format,
            buffer: None,
        }
    }

    fn wish(direction: Direction, channels: u16, rate: u32) -> Wish {
        Wish {
            direction,
            channels,
            least_channels: 0,
            rate,
            preferred_rate: 48_000,
        }
    }

    fn chosen(offers: &[Offer], wish: Wish) -> (u16, u32, SampleFormat) {
        let choice = choose(offers, &wish).unwrap();
        (choice.channels, choice.rate, choice.format)
    }

    #[test]
    fn what_is_offered_exactly_is_taken_with_the_best_format() {
        let offers = [
            offer(1, (8_000, 96_000), F32),
            offer(2, (8_000, 96_000), I16),
            offer(2, (8_000, 96_000), F32),
        ];
        assert_eq!(
            chosen(&offers, wish(Direction::Output, 2, 44_100)),
            (2, 44_100, F32)
        );
    }

    #[test]
    fn output_takes_more_channels_rather_than_fewer_and_input_the_nearest() {
        let offers = [1, 3, 8].map(|channels| offer(channels, (48_000, 48_000), F32));
        for (asked, output, input) in [(1, 1, 1), (2, 3, 3), (4, 8, 3), (7, 8, 8), (9, 8, 8)] {
            assert_eq!(
                chosen(&offers, wish(Direction::Output, asked, 48_000)).0,
                output
            );
            assert_eq!(
                chosen(&offers, wish(Direction::Input, asked, 48_000)).0,
                input
            );
        }
    }

    #[test]
    fn a_rate_that_is_not_offered_becomes_the_devices_own_or_the_nearest_to_it() {
        let offers = [
            offer(2, (44_100, 44_100), F32),
            offer(2, (48_000, 48_000), I16),
        ];
        assert_eq!(
            chosen(&offers, wish(Direction::Output, 2, 96_000)),
            (2, 48_000, I16)
        );
        let offers = [
            offer(2, (8_000, 16_000), F32),
            offer(2, (32_000, 44_100), F32),
        ];
        assert_eq!(
            chosen(&offers, wish(Direction::Output, 2, 96_000)),
            (2, 44_100, F32)
        );
    }

    #[test]
    fn a_device_without_offers_has_no_choice() {
        assert_eq!(choose(&[], &wish(Direction::Input, 2, 48_000)), None);
        let nothing = [offer(0, (48_000, 48_000), F32)];
        assert_eq!(choose(&nothing, &wish(Direction::Input, 2, 48_000)), None);
    }

    #[test]
    fn an_input_that_offers_one_odd_format_is_opened_with_it() {
        for format in SampleFormat::ALL {
            let offers = [offer(2, (44_100, 48_000), format)];
            assert_eq!(
                chosen(&offers, wish(Direction::Input, 2, 48_000)),
                (2, 48_000, format)
            );
        }
    }

    #[test]
    fn of_several_formats_the_one_that_loses_least_is_taken_whatever_their_order() {
        for (n, better) in SampleFormat::ALL.into_iter().enumerate() {
            for worse in SampleFormat::ALL.into_iter().skip(n) {
                let [a, b] = [better, worse].map(|format| offer(2, (48_000, 48_000), format));
                for offers in [[a, b], [b, a]] {
                    assert_eq!(chosen(&offers, wish(Direction::Input, 2, 48_000)).2, better);
                }
            }
        }
        // The channels and the rate come before the format: no conversion is better than a finer one.
        let offers = [
            offer(8, (48_000, 48_000), F32),
            offer(2, (44_100, 44_100), F32),
            offer(2, (48_000, 48_000), SampleFormat::U8),
        ];
        assert_eq!(
            chosen(&offers, wish(Direction::Input, 2, 48_000)),
            (2, 48_000, SampleFormat::U8)
        );
    }

    #[test]
    fn an_input_has_at_least_as_many_channels_as_it_must() {
        let offers = [1, 2, 5, 8].map(|channels| offer(channels, (48_000, 48_000), F32));
        for (asked, least, taken) in [(2, 0, 2), (2, 2, 2), (2, 3, 5), (6, 6, 8), (2, 8, 8)] {
            let wish = Wish {
                least_channels: least,
                ..wish(Direction::Input, asked, 48_000)
            };
            assert_eq!(chosen(&offers, wish).0, taken, "{asked}, at least {least}");
        }
    }

    #[test]
    fn every_pcm_offer_of_a_backend_counts_and_dsd_does_not() {
        use cpal::{SampleFormat as Format, SupportedBufferSize, SupportedStreamConfigRange};
        let range = |format| {
            let buffer = SupportedBufferSize::Range { min: 16, max: 512 };
            SupportedStreamConfigRange::new(2, 44_100, 48_000, buffer, format)
        };
        let offers = |formats: &[Format]| -> Vec<Offer> {
            let ranges = formats.iter().map(|format| range(*format));
            ranges
                .filter_map(|range| crate::host::offer(&range))
                .collect()
        };
        let dsd = [Format::DsdU8, Format::DsdU16, Format::DsdU32];
        assert_eq!(
            choose(&offers(&dsd), &wish(Direction::Input, 2, 48_000)),
            None
        );
        for format in SampleFormat::ALL {
            let mixed = offers(&[dsd[0], format.to_cpal(), dsd[2]]);
            let choice = choose(&mixed, &wish(Direction::Input, 2, 48_000)).unwrap();
            assert_eq!((choice.format, choice.buffer), (format, Some((16, 512))));
        }
    }

    #[test]
    fn what_has_no_channel_or_no_rate_is_no_offer() {
        use cpal::{SampleFormat as Format, SupportedBufferSize, SupportedStreamConfigRange};
        let offer = |channels, rate| {
            let buffer = SupportedBufferSize::Unknown;
            let range = SupportedStreamConfigRange::new(channels, rate, rate, buffer, Format::F32);
            crate::host::offer(&range)
        };
        assert_eq!(offer(2, 0), None);
        assert_eq!(offer(0, 48_000), None);
        assert!(offer(1, 48_000).is_some());
    }

    #[test]
    fn a_servers_period_is_the_first_thing_tried_after_what_was_asked() {
        assert_eq!(buffer_sizes(128, Some((256, 256))), [Some(256), None]);
        let sizes = buffer_sizes(128, Some((256, 16_384)));
        assert_eq!(sizes[..2], [Some(256), Some(512)]);
        let sizes = buffer_sizes(300, Some((256, 16_384)));
        assert_eq!(sizes[..3], [Some(300), Some(256), Some(512)]);
        let sizes = buffer_sizes(300, Some((480, 16_384)));
        assert_eq!(sizes[..3], [Some(480), Some(512), Some(1024)]);
        let sizes = buffer_sizes(128, None);
        assert_eq!(sizes[..4], [Some(128), Some(256), Some(64), Some(512)]);
    }

    #[test]
    fn nothing_huge_is_tried_unless_asked_for() {
        for range in [None, Some((1, u32::MAX)), Some((2400, 96_000))] {
            let sizes = buffer_sizes(256, range);
            assert_eq!(sizes.last(), Some(&None));
            let first = if range == Some((2400, 96_000)) {
                2400
            } else {
                256
            };
            assert_eq!(sizes[0], Some(first));
            assert!(
                sizes[1..]
                    .iter()
                    .flatten()
                    .all(|size| (64..=1024).contains(size))
            );
        }
        assert_eq!(buffer_sizes(16_384, Some((256, 16_384)))[0], Some(16_384));
        assert_eq!(buffer_sizes(0, None)[0], Some(1));
    }
}
