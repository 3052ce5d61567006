//! A track's strip: volume, pan, gate (mute and solo), guard against non-finite samples, meter.

use crate::command::TrackSetup;
use crate::meter::Meter;
use crate::pan::pan_gains;
use crate::ramp::{Curve, Ramp};
use crate::renderer::MAX_BLOCK;
use crate::shared::Shared;

pub(crate) struct Track {
    pub in_service: bool,
    pub volume: Ramp,
    pub pan: Ramp,
    gate: Ramp,
    /// Closed by a non-finite sample until the gate is set anew.
    poisoned: bool,
    /// Sum of the track's voices, planar, [`MAX_BLOCK`] frames a channel.
    pub bus: Vec<f32>,
    /// Whether anything was added to `bus` in this stretch.
    pub sounding: bool,
    /// Commands and voices issued before this sequence number were stopped with the whole track.
    pub stopped_before: u64,
    meter: Meter,
    gate_frames: u32,
}

impl Track {
    pub fn new(channels: usize, rate: u32) -> Self {
        Self {
            in_service: false,
            volume: Ramp::at(1.0),
            pan: Ramp::at(0.0),
            gate: Ramp::at(1.0),
            poisoned: false,
            bus: vec![0.0; channels * MAX_BLOCK],
            sounding: false,
            stopped_before: 0,
            meter: Meter::new(channels, rate),
            gate_frames: (f64::from(rate) * 0.005).round() as u32,
        }
    }

    pub fn set_up(&mut self, setup: &TrackSetup) {
        self.in_service = true;
        self.volume = Ramp::at(setup.volume);
        self.pan = Ramp::at(setup.pan);
        self.gate = Ramp::at(if setup.open { 1.0 } else { 0.0 });
        self.poisoned = false;
        self.stopped_before = 0;
    }

    pub fn set_gate(&mut self, open: bool) {
        if std::mem::take(&mut self.poisoned) {
            // It was cut hard; it comes back by the ramp.
            self.gate = Ramp::at(0.0);
        }
        self.gate.set(
            if open { 1.0 } else { 0.0 },
            self.gate_frames,
            Curve::Linear,
        );
    }

    /// Empties the bus for a stretch of `frames`.
    pub fn clear(&mut self, frames: usize) {
        if self.sounding {
            for lane in self.bus.chunks_exact_mut(MAX_BLOCK) {
                lane[..frames].fill(0.0);
            }
            self.sounding = false;
        }
    }

    /// Runs the strip in place over the first `frames` frames of the bus. Returns whether a
    /// non-finite sample closed the track in this stretch.
    pub fn process(&mut self, frames: usize, curve: &mut [f32; MAX_BLOCK]) -> bool {
        if !self.sounding {
            let skipped = frames as u32;
            self.volume.advance(skipped);
            self.pan.advance(skipped);
            self.gate.advance(skipped);
            self.meter.take(frames, |_| None);
            return false;
        }
        apply(&mut self.bus, frames, &mut self.volume, curve);
        self.apply_pan(frames);
        apply(&mut self.bus, frames, &mut self.gate, curve);
        let newly_poisoned = self.guard(frames);
        let bus = &self.bus;
        self.meter.take(frames, |channel| {
            Some(&bus[channel * MAX_BLOCK..channel * MAX_BLOCK + frames])
        });
        newly_poisoned
    }

    fn apply_pan(&mut self, frames: usize) {
        if self.bus.len() < 2 * MAX_BLOCK {
            self.pan.advance(frames as u32);
            return;
        }
        let (left, right) = self.bus.split_at_mut(MAX_BLOCK);
        if self.pan.is_moving() {
            for (l, r) in left.iter_mut().zip(right).take(frames) {
                let (gain_left, gain_right) = pan_gains(self.pan.next_value());
                *l *= gain_left;
                *r *= gain_right;
            }
            return;
        }
        let (gain_left, gain_right) = pan_gains(self.pan.current());
        scale(&mut left[..frames], gain_left);
        scale(&mut right[..frames], gain_right);
    }

    /// Cuts the bus from the first non-finite sample on.
    fn guard(&mut self, frames: usize) -> bool {
        let first = if self.poisoned {
            Some(0)
        } else {
            self.bus
                .chunks_exact(MAX_BLOCK)
                .filter_map(|lane| first_non_finite(&lane[..frames]))
                .min()
        };
        let Some(first) = first else { return false };
        for lane in self.bus.chunks_exact_mut(MAX_BLOCK) {
            lane[first..frames].fill(0.0);
        }
        !std::mem::replace(&mut self.poisoned, true)
    }

    pub fn publish(&self, index: usize, shared: &Shared) {
        shared.publish_track(index, self.volume.current(), self.pan.current());
        self.meter.publish(shared.meter_cell(index));
    }
}

fn apply(bus: &mut [f32], frames: usize, ramp: &mut Ramp, curve: &mut [f32; MAX_BLOCK]) {
    if ramp.is_moving() {
        ramp.fill(&mut curve[..frames]);
        for lane in bus.chunks_exact_mut(MAX_BLOCK) {
            for (sample, gain) in lane[..frames].iter_mut().zip(&curve[..frames]) {
                *sample *= gain;
            }
        }
    } else {
        let gain = ramp.current() as f32;
        for lane in bus.chunks_exact_mut(MAX_BLOCK) {
            scale(&mut lane[..frames], gain);
        }
    }
}

fn scale(samples: &mut [f32], gain: f32) {
    if gain != 1.0 {
        for sample in samples {
            *sample *= gain;
        }
    }
}

/// The common case is one pass without a branch: an exponent of all ones anywhere shows in the
/// folded flag.
fn first_non_finite(samples: &[f32]) -> Option<usize> {
    let any = samples
        .iter()
        .fold(false, |any, sample| any | !sample.is_finite());
    if any {
        samples.iter().position(|sample| !sample.is_finite())
    } else {
        None
    }
}
