//! A track's strip: effects, volume, pan, gate (mute and solo), guard against non-finite samples, meter.

use crate::block::MAX_BLOCK;
use crate::chain::{Chain, Effects, Scratch};
use crate::command::TrackSetup;
use crate::delay::DelayLine;
use crate::ends::Ends;
use crate::key::TrackKey;
use crate::meter::Meter;
use crate::pan::{Panner, scale};
use crate::ramp::{Change, Curve, Ramp};
use crate::schedule::NONE;
use crate::shared::Shared;
use noxrun_kernels as kernels;

pub(crate) struct Track {
    pub key: TrackKey,
    pub in_service: bool,
    /// It fades out and goes.
    pub leaving: bool,
    /// It has faded out, and goes when nothing of it is under way any more.
    pub gone_at: Option<u64>,
    pub volume: Ramp,
    pan: Panner,
    gate: Ramp,
    pub chain: Chain,
    /// Latency of the chain in frames.
    latency: u32,
    /// How much later what other tracks feed it comes.
    arrival: u32,
    /// Keeps its own voices in time with what other tracks feed it.
    pub voices_delay: DelayLine,
    /// Taps that take its sound.
    pub taps: u32,
    /// Nothing has been rendered since it was put into service.
    fresh: bool,
    /// Closed by a non-finite sample until the gate is set anew.
    poisoned: bool,
    /// Sum of the track's voices, planar, [`MAX_BLOCK`] frames a channel.
    pub bus: Vec<f32>,
    /// Whether anything was added to `bus` in this stretch.
    pub sounding: bool,
    /// Commands and voices issued before this sequence number were stopped with the whole track.
    pub stopped_before: u64,
    pub meter: Meter,
    /// The track that will come into service here, and the points of volume and pan: its own while
    /// it is in service, or else that one's.
    pub claimed: Option<TrackKey>,
    pub points: [u32; 2],
    gate_frames: u32,
    fade_frames: u32,
}

impl Track {
    pub fn new(index: u32, channels: usize, rate: u32) -> Self {
        Self {
            key: TrackKey {
                index,
                generation: 0,
            },
            in_service: false,
            leaving: false,
            gone_at: None,
            volume: Ramp::at(1.0),
            pan: Panner::at(0.0),
            gate: Ramp::at(1.0),
            chain: Chain::new(),
            latency: 0,
            arrival: 0,
            voices_delay: DelayLine::default(),
            taps: 0,
            fresh: true,
            poisoned: false,
            // Written one by one: memory that is merely asked for as zeros is first touched, and
            // may fault, in a callback.
            bus: (0..channels * MAX_BLOCK)
                .map(|_| std::hint::black_box(0.0))
                .collect(),
            sounding: false,
            stopped_before: 0,
            meter: Meter::new(channels, rate),
            claimed: None,
            points: [NONE; 2],
            gate_frames: (f64::from(rate) * 0.005).round() as u32,
            fade_frames: (f64::from(rate) * 0.010).round() as u32,
        }
    }

    /// Whether it is this track and in service.
    pub fn is(&self, key: TrackKey) -> bool {
        self.in_service && self.key == key
    }

    /// Whether points may be scheduled for this track: it is in service, or will be.
    pub fn expects(&self, key: TrackKey) -> bool {
        self.is(key) || (!self.in_service && self.claimed == Some(key))
    }

    /// Whether nothing has been rendered since it was put into service.
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Frames by which its effects make sound later.
    pub fn latency(&self) -> u32 {
        self.latency
    }

    /// Its chain has changed.
    pub fn measure_latency(&mut self, effects: &mut Effects) {
        self.latency = self.chain.latency(effects);
    }

    /// How much later what other tracks feed it comes.
    pub fn arrival(&self) -> u32 {
        self.arrival
    }

    /// What other tracks feed it comes this much later than its own voices.
    pub fn arrive_at(&mut self, latency: u32) {
        self.arrival = latency;
        self.voices_delay.aim(latency, self.fade_frames, self.fresh);
    }

    /// Puts it into service. Values that are not finite become silence and the centre.
    pub fn set_up(&mut self, setup: &TrackSetup) {
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        self.key = setup.track;
        self.claimed = None;
        self.in_service = true;
        self.leaving = false;
        self.gone_at = None;
        self.volume = Ramp::at(finite(setup.volume));
        self.pan = Panner::at(finite(setup.pan).clamp(-1.0, 1.0));
        self.gate = Ramp::at(if setup.open { 1.0 } else { 0.0 });
        self.latency = 0;
        self.arrival = 0;
        self.voices_delay.clear();
        self.fresh = true;
        self.poisoned = false;
        self.stopped_before = 0;
        self.meter.clear();
    }

    /// What is scheduled for its volume and pan is dropped.
    pub fn drop_points(&mut self, ends: &mut Ends) {
        for points in &mut self.points {
            ends.schedule.drop_list(points);
        }
    }

    /// Its pan.
    pub fn pan(&mut self) -> &mut Ramp {
        &mut self.pan.ramp
    }

    /// Opens or closes the gate. `initial`: it came with the track's creation.
    pub fn set_gate(&mut self, open: bool, initial: bool, effects: &mut Effects) {
        if self.leaving {
            return;
        }
        if std::mem::take(&mut self.poisoned) {
            // It was cut hard; it comes back by the ramp.
            self.gate = Ramp::at(0.0);
            self.chain.reset(effects);
        }
        let change = Change {
            value: if open { 1.0 } else { 0.0 },
            frames: self.gate_frames,
            curve: Curve::Linear,
            initial,
        };
        change.apply(&mut self.gate, initial);
    }

    /// Fades out for good.
    pub fn leave(&mut self) {
        self.leaving = true;
        self.gate.set(0.0, self.fade_frames, Curve::Linear);
    }

    /// Whether its fades take time.
    pub fn fades(&self) -> bool {
        self.fade_frames > 0
    }

    /// Whether it has faded out for good.
    pub fn has_left(&self) -> bool {
        self.leaving && !self.gate.is_moving()
    }

    /// What the strip makes of a voice's loudness, by its parameters alone.
    pub fn level(&self) -> f64 {
        if self.poisoned {
            0.0
        } else {
            self.volume.current().abs() * self.gate.current()
        }
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

    /// Lets its own voices wait for what other tracks feed it; before those add to the bus.
    pub fn hold_voices(&mut self, frames: usize) {
        if !self.voices_delay.is_used() {
            self.voices_delay.skip();
            return;
        }
        if !self.sounding && !self.voices_delay.is_busy() {
            self.voices_delay.rest(frames);
            return;
        }
        let late = self.voices_delay.run(&self.bus, frames, self.sounding);
        let lanes = self.bus.chunks_exact_mut(MAX_BLOCK);
        for (lane, late) in lanes.zip(late.chunks_exact(MAX_BLOCK)) {
            lane[..frames].copy_from_slice(&late[..frames]);
        }
        self.sounding = true;
    }

    /// Runs the strip in place over the first `frames` frames of the bus. Returns whether a
    /// non-finite sample closed the track in this stretch.
    pub fn process(
        &mut self,
        (frame, frames): (u64, usize),
        effects: &mut Effects,
        scratch: &mut Scratch,
    ) -> bool {
        self.fresh = false;
        if !self.chain.is_empty() {
            if self.sounding || !self.chain.is_at_rest(effects) {
                let sounding = std::mem::replace(&mut self.sounding, true);
                let bus = (self.bus.as_mut_slice(), sounding);
                self.chain.process(bus, (frame, frames), effects, scratch);
            } else {
                self.chain.skip(frames, effects);
            }
        }
        if !self.sounding {
            let skipped = frames as u32;
            self.volume.advance(skipped);
            self.pan.ramp.advance(skipped);
            self.gate.advance(skipped);
            self.meter.take(frames, |_| None);
            return false;
        }
        apply(&mut self.bus, frames, &mut self.volume, &mut scratch.curve);
        self.apply_pan(frames);
        apply(&mut self.bus, frames, &mut self.gate, &mut scratch.curve);
        let newly_poisoned = self.guard(frames);
        let bus = &self.bus;
        self.meter.take(frames, |channel| {
            Some(&bus[channel * MAX_BLOCK..channel * MAX_BLOCK + frames])
        });
        newly_poisoned
    }

    fn apply_pan(&mut self, frames: usize) {
        if self.bus.len() < 2 * MAX_BLOCK {
            self.pan.ramp.advance(frames as u32);
            return;
        }
        let (left, right) = self.bus.split_at_mut(MAX_BLOCK);
        self.pan.apply(&mut left[..frames], &mut right[..frames]);
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

    pub fn publish(&mut self, shared: &Shared, effects: &mut Effects) {
        shared.publish_track(self.key, self.volume.current(), self.pan.ramp.current());
        shared.publish_meter(self.key, &mut self.meter);
        self.chain.publish(shared, effects);
    }
}

fn apply(bus: &mut [f32], frames: usize, ramp: &mut Ramp, curve: &mut [f32; MAX_BLOCK]) {
    if ramp.is_moving() {
        ramp.fill(&mut curve[..frames]);
        for lane in bus.chunks_exact_mut(MAX_BLOCK) {
            kernels::multiply(&mut lane[..frames], &curve[..frames]);
        }
    } else {
        let gain = ramp.current() as f32;
        for lane in bus.chunks_exact_mut(MAX_BLOCK) {
            scale(&mut lane[..frames], gain);
        }
    }
}

/// The common case is one pass without a branch.
fn first_non_finite(samples: &[f32]) -> Option<usize> {
    if kernels::all_finite(samples) {
        None
    } else {
        samples.iter().position(|sample| !sample.is_finite())
    }
}
