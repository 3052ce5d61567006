//! How a source's channels enter a bus.
//!
//! Source channel `i` goes to bus channel `i`. A mono source enters the first two channels of a
//! wider bus at √½; a mono bus takes the average of the source's channels.

use crate::block::MAX_BLOCK;
use noxrun_kernels as kernels;
use std::f32::consts::FRAC_1_SQRT_2;

/// A gain for each frame of a stretch.
#[derive(Clone, Copy)]
pub(crate) enum Gains<'a> {
    /// The same for every frame.
    Flat(f32),
    /// One a frame.
    Curve(&'a [f32]),
}

/// How many of a source's `channels` enter `bus`: the first ones.
pub(crate) fn heard(channels: usize, bus: &[f32]) -> usize {
    match bus.len() / MAX_BLOCK {
        1 => channels,
        width => channels.min(width),
    }
}

/// Adds `source`, frames of channel `channel` of a source of `channels`, to `bus` (planar, [`MAX_BLOCK`] frames a
/// channel) from its frame `from` on.
pub(crate) fn enter(
    bus: &mut [f32],
    from: usize,
    channels: usize,
    channel: usize,
    source: &[f32],
    gains: Gains,
) {
    let width = bus.len() / MAX_BLOCK;
    let mut lane = |lane: usize, scale: f32| {
        let out = &mut bus[lane * MAX_BLOCK + from..][..source.len()];
        add(out, source, scale, gains);
    };
    match (channels, width) {
        (1, 2..) => {
            lane(0, FRAC_1_SQRT_2);
            lane(1, FRAC_1_SQRT_2);
        }
        (count, 1) => lane(0, 1.0 / count as f32),
        _ => lane(channel, 1.0),
    }
}

fn add(out: &mut [f32], source: &[f32], scale: f32, gains: Gains) {
    match gains {
        // Most sounds: no factor of their own.
        Gains::Flat(gain) if scale == 1.0 => kernels::add_scaled(out, source, gain),
        Gains::Curve(curve) if scale == 1.0 => kernels::add_curve(out, source, curve),
        Gains::Flat(gain) => {
            for (o, s) in out.iter_mut().zip(source) {
                *o += s * scale * gain;
            }
        }
        Gains::Curve(curve) => {
            for ((o, s), gain) in out.iter_mut().zip(source).zip(curve) {
                *o += s * scale * gain;
            }
        }
    }
}
