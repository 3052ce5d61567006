//! What is measured, behind one interface: interleaved blocks in, interleaved frames out.

use noxrun_kernels::{Level, force};
use noxrun_resample::{FrameResampler, Quality};
use rubato::WindowFunction;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, Fft, FixedAsync, FixedSync, Resampler, SincInterpolationParameters};

use crate::soxr::{self, Soxr};

/// Which converter, and how it is set.
#[derive(Clone, Copy)]
pub enum Kind {
    Noxrun(Quality, Option<Level>),
    Soxr(u64),
    RubatoFft,
    RubatoSinc,
}

pub const KINDS: [(&str, Kind); 8] = [
    ("noxrun balanced", Kind::Noxrun(Quality::Balanced, None)),
    (
        "noxrun balanced, baseline",
        Kind::Noxrun(Quality::Balanced, Some(Level::Baseline)),
    ),
    (
        "noxrun low-latency",
        Kind::Noxrun(Quality::LowLatency, None),
    ),
    ("noxrun best", Kind::Noxrun(Quality::Best, None)),
    ("soxr HQ", Kind::Soxr(soxr::HQ)),
    ("soxr VHQ", Kind::Soxr(soxr::VHQ)),
    ("rubato Fft", Kind::RubatoFft),
    ("rubato sinc 256", Kind::RubatoSinc),
];

/// A stream that is being converted. Blocks are 10 ms long.
pub trait Stream {
    /// Appends what `input` lets out. `out` has room.
    fn process(&mut self, input: &[f32], out: &mut Vec<f32>);
    /// Forgets the stream.
    fn restart(&mut self);
}

impl Kind {
    /// Chooses the instructions that ours runs on; the others choose by themselves.
    pub fn prepare(self) {
        if let Self::Noxrun(_, level) = self {
            force(level.unwrap_or_else(Level::best)).expect("a level that the machine has");
        }
    }

    pub fn open(self, from: u32, to: u32, channels: usize) -> Result<Box<dyn Stream>, String> {
        let block = from as usize / 100;
        let (from_size, to_size) = (from as usize, to as usize);
        Ok(match self {
            Self::Noxrun(quality, _) => Box::new(
                FrameResampler::new(from, to, channels, quality, block)
                    .map_err(|e| e.to_string())?,
            ),
            Self::Soxr(recipe) => Box::new(SoxrStream {
                soxr: Soxr::new(from, to, channels, recipe)?,
                // It gives out more than a block at times.
                room: vec![0.0; to_size / 10 * channels],
            }),
            Self::RubatoFft => {
                let fft = Fft::new(from_size, to_size, block, channels, FixedSync::Input);
                Box::new(Rubato::new(
                    Box::new(fft.map_err(|e| e.to_string())?),
                    channels,
                ))
            }
            Self::RubatoSinc => {
                let parameters =
                    SincInterpolationParameters::new(256, WindowFunction::BlackmanHarris2);
                let ratio = f64::from(to) / f64::from(from);
                let sinc =
                    Async::new_sinc(ratio, 1.0, &parameters, block, channels, FixedAsync::Input);
                Box::new(Rubato::new(
                    Box::new(sinc.map_err(|e| e.to_string())?),
                    channels,
                ))
            }
        })
    }
}

impl Stream for FrameResampler {
    fn process(&mut self, input: &[f32], out: &mut Vec<f32>) {
        self.process_into(input, out);
    }

    fn restart(&mut self) {
        self.reset();
    }
}

struct SoxrStream {
    soxr: Soxr,
    room: Vec<f32>,
}

impl Stream for SoxrStream {
    fn process(&mut self, input: &[f32], out: &mut Vec<f32>) {
        let written = self.soxr.process(Some(input), &mut self.room);
        out.extend_from_slice(&self.room[..written]);
    }

    fn restart(&mut self) {
        self.soxr.restart();
    }
}

struct Rubato {
    inner: Box<dyn Resampler<f32>>,
    channels: usize,
    room: Vec<f32>,
}

impl Rubato {
    fn new(inner: Box<dyn Resampler<f32>>, channels: usize) -> Self {
        let room = vec![0.0; inner.output_frames_max() * channels];
        Self {
            inner,
            channels,
            room,
        }
    }
}

impl Stream for Rubato {
    fn process(&mut self, input: &[f32], out: &mut Vec<f32>) {
        let frames = self.room.len() / self.channels;
        let from = InterleavedSlice::new(input, self.channels, input.len() / self.channels)
            .expect("whole frames");
        let mut to =
            InterleavedSlice::new_mut(&mut self.room, self.channels, frames).expect("whole frames");
        let (read, written) = self
            .inner
            .process_into_buffer(&from, &mut to, None)
            .expect("a block of the length that was announced");
        assert_eq!(read * self.channels, input.len());
        out.extend_from_slice(&self.room[..written * self.channels]);
    }

    fn restart(&mut self) {
        self.inner.reset();
    }
}
