//! The resampler at the edge of an output whose device runs at another rate than the engine.
//!
//! The engine keeps its rate, so scheduled frames stay true. Engine frame e is heard exactly at
//! device frame e * device_rate / engine_rate.

use noxrun_resample::{FrameResampler, MAX_RATE, MIN_RATE, Quality};

use crate::error::DeviceError;
use crate::request::{BlockTime, Render};

/// Frames rendered at a time, at the engine's rate: how far the engine may run ahead of what the
/// device needs, on top of the resampler's own delay.
const RENDER_FRAMES: usize = 64;

/// Pulls blocks out of a renderer, converts them, and keeps what is left for the next callback.
pub(crate) struct Edge {
    resampler: FrameResampler,
    engine_rate: f64,
    device_rate: f64,
    channels: usize,
    block: Vec<f32>,
    ready: Vec<f32>,
    /// Samples of `ready` that were given out.
    taken: usize,
    /// Frames pulled so far, at the engine's rate.
    rendered: u64,
    /// Frames given out before the current callback, at the device's rate.
    played: u64,
}

impl Edge {
    /// `None` when the rates are equal. Designs a filter: not for a callback.
    pub(crate) fn between(
        device: &str,
        engine_rate: u32,
        device_rate: u32,
        channels: u16,
    ) -> Result<Option<Self>, DeviceError> {
        if engine_rate == device_rate {
            return Ok(None);
        }
        let channels = usize::from(channels);
        let resampler = FrameResampler::new(
            engine_rate,
            device_rate,
            channels,
            Quality::Balanced,
            RENDER_FRAMES,
        )
        .map_err(|error| DeviceError::UnsupportedConfig {
            device: device.into(),
            asked: format!("{engine_rate} Hz at its own {device_rate} Hz ({error})"),
            allowed: format!("engine rates of {MIN_RATE} to {MAX_RATE} Hz"),
        })?;
        Ok(Some(Self {
            block: vec![0.0; RENDER_FRAMES * channels],
            ready: Vec::with_capacity(resampler.max_output_samples(RENDER_FRAMES)),
            resampler,
            engine_rate: f64::from(engine_rate),
            device_rate: f64::from(device_rate),
            channels,
            taken: 0,
            rendered: 0,
            played: 0,
        }))
    }

    /// Seconds that the resampler holds back.
    pub(crate) fn latency_seconds(&self) -> f64 {
        self.resampler.delay_frames() / self.engine_rate
    }

    /// Fills `out` (whole frames). Each pass of the loop consumes a block of fixed size, and the
    /// resampler gives all of it back but for a constant delay, so the loop is bounded by `out`.
    pub(crate) fn fill(&mut self, render: &mut dyn Render, out: &mut [f32], time: &BlockTime) {
        let mut filled = 0;
        loop {
            let count = (self.ready.len() - self.taken).min(out.len() - filled);
            out[filled..filled + count]
                .copy_from_slice(&self.ready[self.taken..self.taken + count]);
            self.taken += count;
            filled += count;
            if filled == out.len() {
                break;
            }
            self.ready.clear();
            self.taken = 0;
            let ahead =
                self.rendered as f64 / self.engine_rate - self.played as f64 / self.device_rate;
            let time = BlockTime {
                now_ns: time.now_ns,
                device_latency_seconds: time.device_latency_seconds + ahead,
                device_ns: time.device_ns,
            };
            render.render(&mut self.block, &time);
            self.rendered += RENDER_FRAMES as u64;
            self.resampler.process_into(&self.block, &mut self.ready);
        }
        self.played += (out.len() / self.channels) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sine at `frequency`, by frame number.
    struct Sine {
        frame: u64,
        rate: f64,
        latencies: Vec<f64>,
    }

    impl Sine {
        fn at(seconds: f64) -> f32 {
            (seconds * 440.0 * std::f64::consts::TAU).sin() as f32 * 0.5
        }
    }

    impl Render for Sine {
        fn render(&mut self, out: &mut [f32], time: &BlockTime) {
            self.latencies.push(time.device_latency_seconds);
            for frame in out.chunks_exact_mut(2) {
                let x = Self::at(self.frame as f64 / self.rate);
                frame.copy_from_slice(&[x, -x]);
                self.frame += 1;
            }
        }
    }

    fn edge_between(engine_rate: u32, device_rate: u32) -> Edge {
        Edge::between("test", engine_rate, device_rate, 2)
            .unwrap()
            .unwrap()
    }

    #[test]
    fn equal_rates_need_no_edge_and_impossible_ones_are_told() {
        assert!(Edge::between("x", 48_000, 48_000, 2).unwrap().is_none());
        let error = Edge::between("x", 10, 48_000, 2).map(drop).unwrap_err();
        assert!(error.to_string().contains("10 Hz"), "{error}");
    }

    const NOW: BlockTime = BlockTime {
        now_ns: 1,
        device_latency_seconds: 0.25,
        device_ns: 1,
    };

    fn sine(rate: f64) -> Sine {
        Sine {
            frame: 0,
            rate,
            latencies: Vec::new(),
        }
    }

    #[test]
    fn engine_frame_zero_is_device_frame_zero_and_the_pitch_is_kept() {
        let mut edge = edge_between(48_000, 44_100);
        let mut source = sine(48_000.0);
        let mut out = vec![0.0; 44_100 * 2];
        // Blocks of odd sizes: what is left of one is the beginning of the next.
        for block in out.chunks_mut(2 * 177) {
            edge.fill(&mut source, block, &NOW);
        }
        // Past the filter's onset, which sees the silence before time 0.
        for (n, frame) in out.chunks_exact(2).enumerate().skip(500) {
            let expected = Sine::at(n as f64 / 44_100.0);
            assert!(
                (frame[0] - expected).abs() < 1e-5,
                "frame {n}: {frame:?} {expected}"
            );
            assert_eq!(frame[0], -frame[1], "frame {n}");
        }
    }

    #[test]
    fn latency_tells_when_each_block_will_be_heard() {
        let mut edge = edge_between(48_000, 96_000);
        let mut source = sine(48_000.0);
        let mut out = vec![0.0; 2 * 480];
        edge.fill(&mut source, &mut out, &NOW);
        for (n, latency) in source.latencies.iter().enumerate() {
            let expected = 0.25 + n as f64 * RENDER_FRAMES as f64 / 48_000.0;
            assert!((latency - expected).abs() < 1e-12, "block {n}");
        }
        let before = source.latencies.len();
        let rendered = source.frame as f64 / 48_000.0;
        edge.fill(&mut source, &mut out, &NOW);
        let expected = 0.25 + rendered - 480.0 / 96_000.0;
        assert!((source.latencies[before] - expected).abs() < 1e-12);
    }

    #[test]
    fn the_callback_never_grows_a_buffer() {
        for (engine, device) in [(48_000, 44_100), (44_100, 48_000), (8_000, 192_000)] {
            let mut edge = edge_between(engine, device);
            let capacity = edge.ready.capacity();
            let mut source = sine(f64::from(engine));
            source.latencies.reserve(1 << 20);
            let mut out = vec![0.0; 2 * 1024];
            for frames in (1..=1024).step_by(7) {
                edge.fill(&mut source, &mut out[..2 * frames], &NOW);
            }
            assert_eq!(edge.ready.capacity(), capacity);
        }
    }
}
