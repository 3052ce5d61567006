//! From captured frames to the engine's ring: channels, rate, gaps, and the two clocks.

use crate::error::Error;
use noxrun_engine::{Input, InputSpec, InputWriter, input};
use noxrun_resample::{AdaptiveResampler, DriftControl};

/// Length of the fades at a gap, seconds.
const FADE: f64 = 0.002;

/// How the time of the two sides belongs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timing {
    /// By hand: nothing drifts, and there is nothing to measure.
    Stepped,
    /// Nothing drifts.
    SameClock,
    TwoClocks,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct FeederSpec {
    pub in_rate: u32,
    pub in_channels: usize,
    pub out_rate: u32,
    /// Of the engine.
    pub out_channels: usize,
    /// As [`InputSpec`] has them.
    pub target: u32,
    pub surplus: u32,
    pub max_target: u32,
    pub timing: Timing,
}

pub(super) struct Feeder {
    writer: InputWriter,
    spec: FeederSpec,
    /// Channels that the engine gets: the first ones.
    pub channels: usize,
    resampler: Option<AdaptiveResampler>,
    control: DriftControl,
    /// What `control` knows belongs to this start of the input.
    starts: u32,
    /// When the newest frame was at the device, seconds.
    end_time: Option<f64>,
    /// Index of the frame that comes next.
    next: Option<u64>,
    /// The newest frame, and frames of a fade-in that are still to come.
    last: Vec<f32>,
    rising: usize,
    picked: Vec<f32>,
    converted: Vec<f32>,
}

impl Feeder {
    pub fn new(spec: FeederSpec) -> Result<(Self, Box<Input>), Error> {
        // A mono engine takes the average of all.
        let channels = match spec.out_channels {
            1 => spec.in_channels,
            width => spec.in_channels.min(width),
        };
        let resampler = if spec.in_rate == spec.out_rate && spec.timing != Timing::TwoClocks {
            None
        } else {
            Some(resampler(&spec, channels)?)
        };
        let (writer, source) = input(&InputSpec {
            rate: spec.out_rate,
            channels,
            target: spec.target,
            surplus: spec.surplus,
            max_target: spec.max_target,
            gain: 1.0,
        });
        let feeder = Self {
            writer,
            spec,
            channels,
            resampler,
            control: DriftControl::new(),
            starts: 0,
            end_time: None,
            next: None,
            last: vec![0.0; channels],
            rising: 0,
            picked: Vec::new(),
            converted: Vec::new(),
        };
        Ok((feeder, source))
    }

    pub fn writer(&mut self) -> &mut InputWriter {
        &mut self.writer
    }

    /// Takes in interleaved frames of the capture, the first of which has the index `frame` and was
    /// at the device at `time` seconds.
    pub fn take_in(&mut self, samples: &[f32], frame: u64, time: f64) {
        let frames = samples.len() / self.spec.in_channels;
        self.picked.clear();
        let missing = self.next.map_or(0, |next| frame.saturating_sub(next));
        if missing > 0 {
            self.writer.tell_hole();
            self.fill_gap(missing);
        }
        self.next = Some(frame + frames as u64);
        self.pick(samples);
        self.push();
        let end = time + frames as f64 / f64::from(self.spec.in_rate);
        self.measure(end);
    }

    /// The first channels, rising from silence after a gap.
    fn pick(&mut self, samples: &[f32]) {
        let fade = self.fade_frames() as f32;
        for frame in samples.chunks_exact(self.spec.in_channels) {
            let gain = 1.0 - self.rising as f32 / fade;
            let frame = frame.iter().take(self.channels);
            self.picked.extend(frame.map(|sample| sample * gain));
            self.rising = self.rising.saturating_sub(1);
        }
        if let Some(last) = self.picked.rchunks_exact(self.channels).next() {
            self.last.copy_from_slice(last);
        }
    }

    /// Frames that never came are silence between two fades. Of a long gap only as much is filled
    /// as could still be in time.
    fn fill_gap(&mut self, missing: u64) {
        let ratio = f64::from(self.spec.in_rate) / f64::from(self.spec.out_rate);
        let most = (f64::from(self.writer.flow().target()) * ratio) as u64;
        let fade = self.fade_frames();
        for k in 1..=missing.min(most) as usize {
            let gain = 1.0 - k.min(fade) as f32 / fade as f32;
            self.picked.extend(self.last.iter().map(|last| last * gain));
        }
        self.rising = fade;
    }

    fn fade_frames(&self) -> usize {
        ((f64::from(self.spec.in_rate) * FADE) as usize).max(1)
    }

    fn push(&mut self) {
        match &mut self.resampler {
            None => self.writer.push(&self.picked),
            Some(resampler) => {
                self.converted.clear();
                resampler.process_into(&self.picked, &mut self.converted);
                self.writer.push(&self.converted)
            }
        };
    }

    /// Measures how late what came is heard, and corrects the ratio. `end`: when the frame after
    /// the newest one is at the device.
    fn measure(&mut self, end: f64) {
        let before = self.end_time.replace(end);
        if self.spec.timing == Timing::Stepped {
            return;
        }
        let flow = self.writer.flow();
        let starts = flow.starts();
        let Some(leaves) = flow.leaves_at(self.writer.pushed()) else {
            return;
        };
        if starts != self.starts {
            self.starts = starts;
            self.control.restart();
            return;
        }
        let lag = self.resampler.as_ref().map_or(0.0, |r| r.lag_frames());
        let came = end - lag / f64::from(self.spec.in_rate);
        let elapsed = before.map_or(0.0, |before| end - before);
        let correction = self.control.measure(leaves as f64 * 1e-9 - came, elapsed);
        if let Some(resampler) = &mut self.resampler
            && self.spec.timing == Timing::TwoClocks
        {
            resampler.set_correction(correction);
        }
    }

    /// Seconds from the device's input to the engine's output, as measured.
    pub fn measured(&self) -> Option<f64> {
        self.control.delay()
    }

    /// Seconds from the ring of the capture to the engine's output, as planned.
    pub fn planned(&self) -> f64 {
        let target = f64::from(self.writer.flow().target());
        let filter = self.resampler.as_ref().map_or(0.0, |r| r.delay_frames());
        target / f64::from(self.spec.out_rate) + filter / f64::from(self.spec.in_rate)
    }

    pub fn correction(&self) -> f64 {
        self.control.correction()
    }
}

/// A resampler that has heard as much silence as it looks ahead: from its first frame on as many
/// come out as go in, and what was planned to wait in the ring does.
fn resampler(spec: &FeederSpec, channels: usize) -> Result<AdaptiveResampler, Error> {
    let made = AdaptiveResampler::new(spec.in_rate, spec.out_rate, channels);
    let mut resampler =
        made.map_err(|error| Error::new(crate::ErrorCode::UnsupportedConfig, error.to_string()))?;
    let silence = vec![0.0; resampler.delay_frames() as usize * channels];
    resampler.process_into(&silence, &mut Vec::new());
    Ok(resampler)
}
