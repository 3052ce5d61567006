//! How a source's channels enter a bus.
//!
//! Source channel `i` goes to bus channel `i`. A mono source enters the first two channels of a
//! wider bus at √½; a mono bus takes the average of the source's channels.

use crate::renderer::MAX_BLOCK;
use crate::sample::SampleData;
use std::f32::consts::FRAC_1_SQRT_2;

/// A gain for each frame of a stretch.
#[derive(Clone, Copy)]
pub(crate) enum Gains<'a> {
    /// The same for every frame.
    Flat(f32),
    /// One a frame.
    Curve(&'a [f32]),
}

/// Adds `frames` frames of `sample` from `position` to the start of `bus` (planar, [`MAX_BLOCK`]
/// frames a channel).
pub(crate) fn mix(
    bus: &mut [f32],
    sample: &SampleData,
    position: usize,
    frames: usize,
    gains: Gains,
) {
    let source = |channel: usize| &sample.channel(channel)[position..position + frames];
    let width = bus.len() / MAX_BLOCK;
    let lane = |channel: usize| channel * MAX_BLOCK..channel * MAX_BLOCK + frames;
    match (sample.channels(), width) {
        (1, 1) => add(&mut bus[lane(0)], source(0), 1.0, gains),
        (1, _) => {
            add(&mut bus[lane(0)], source(0), FRAC_1_SQRT_2, gains);
            add(&mut bus[lane(1)], source(0), FRAC_1_SQRT_2, gains);
        }
        (count, 1) => {
            let share = 1.0 / count as f32;
            for channel in 0..count {
                add(&mut bus[lane(0)], source(channel), share, gains);
            }
        }
        (count, width) => {
            for channel in 0..count.min(width) {
                add(&mut bus[lane(channel)], source(channel), 1.0, gains);
            }
        }
    }
}

fn add(out: &mut [f32], source: &[f32], scale: f32, gains: Gains) {
    match gains {
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
