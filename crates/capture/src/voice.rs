//! Voice activity: which frames of the delivered stream are speech. Runs on the capture thread.

use earshot::Detector;
use noxrun_resample::{FrameResampler, Quality, ResampleError};

use crate::consumer::Piece;
use crate::spec::VoiceActivity;
use crate::voice_log::{Change, Heard};

/// What the detector takes: windows of 16 ms.
const RATE: u32 = 16_000;
const WINDOW: usize = 256;

/// Windows are brought to this RMS (-33 dBFS), measured as speech is told best from the rest: the
/// detector takes loud tones and rumble for speech, and misses what is very quiet.
const LEVEL: f32 = 0.022_387_2;
/// Quiet ones by 30 dB at most.
const MOST_GAIN: f32 = 31.6;
/// What is left, a window later, of the level that the windows are brought from: half of it after
/// 0.25 s. It rises at once.
const RELEASE: f32 = 0.956_603;

/// The height of a hiss (-85 dBFS) that is added: what begins out of digital silence, which no
/// microphone delivers, is taken for speech otherwise.
const HISS: f32 = 1e-4;

/// Listens to the delivered stream, once for all readers.
///
/// Its answers depend on the stream alone, not on the blocks in which it comes.
pub(crate) struct Voice {
    channels: usize,
    rate: u32,
    threshold: f32,
    hangover: u64,
    resampler: FrameResampler,
    /// Frames by which the resampler's output is behind.
    delay: u64,
    detector: Box<Detector>,
    level: f32,
    /// Where the hiss stands.
    seed: u32,
    mono: Vec<f32>,
    /// At 16 kHz; what does not fill a window yet.
    pending: Vec<f32>,
    /// Index of the first frame after the newest gap, and windows done since.
    start: u64,
    windows: u64,
    /// Frame up to which everything was heard.
    heard: u64,
    /// From when on what is so.
    now: Change,
    /// Until when speech lasts that is not heard on, the hangover included.
    until: u64,
    changes: Vec<Change>,
}

impl Voice {
    /// Listens to a stream of `channels` at `rate` Hz.
    ///
    /// # Errors
    /// When the resampler does not take the rate.
    pub(crate) fn new(
        spec: VoiceActivity,
        channels: usize,
        rate: u32,
    ) -> Result<Self, ResampleError> {
        let resampler = FrameResampler::new(rate, RATE, 1, Quality::LowLatency, 1024)?;
        Ok(Self {
            channels,
            rate,
            threshold: spec.threshold,
            hangover: (spec.hangover * f64::from(rate)).round() as u64,
            delay: resampler.delay_frames().ceil() as u64,
            resampler,
            detector: Box::default(),
            level: 0.0,
            seed: 0,
            mono: Vec::new(),
            pending: Vec::new(),
            start: 0,
            windows: 0,
            heard: 0,
            now: Change::default(),
            until: 0,
            changes: Vec::new(),
        })
    }

    /// Hears what comes next in the stream, and says what changed in it.
    pub(crate) fn hear(&mut self, piece: &Piece<'_>) -> Heard<'_> {
        let before = self.now;
        self.changes.clear();
        match *piece {
            Piece::Samples { samples, frame, .. } => {
                debug_assert!(self.heard == 0 || self.heard == frame);
                self.listen(samples);
            }
            Piece::Gap { frame, .. } => self.restart(frame),
        }
        Heard {
            before,
            changes: &self.changes,
        }
    }

    /// What comes after a gap is another sound: only the hangover reaches over it.
    fn restart(&mut self, frame: u64) {
        self.resampler.reset();
        self.detector.reset();
        self.pending.clear();
        self.level = 0.0;
        self.seed = 0;
        self.windows = 0;
        self.start = frame;
        self.heard = frame;
        self.set_speech(false, frame);
    }

    fn listen(&mut self, samples: &[f32]) {
        let count = self.channels as f32;
        let mean = |frame: &[f32]| {
            let mean = frame.iter().sum::<f32>() / count;
            // One sample that is no number would make a whole filter's length of them.
            if mean.is_finite() {
                mean.clamp(-1.0, 1.0)
            } else {
                0.0
            }
        };
        self.mono.clear();
        self.mono
            .extend(samples.chunks_exact(self.channels).map(mean));
        self.heard += self.mono.len() as u64;
        self.resampler.process_into(&self.mono, &mut self.pending);
        let full = self.pending.len() / WINDOW * WINDOW;
        for at in (0..full).step_by(WINDOW) {
            self.decide(at);
        }
        self.pending.drain(..full);
    }

    /// Decides over the window at `at` of what is pending.
    fn decide(&mut self, at: usize) {
        let window = &mut self.pending[at..at + WINDOW];
        for sample in &mut *window {
            self.seed = self
                .seed
                .wrapping_mul(1_664_525)
                .wrapping_add(1_013_904_223);
            *sample += HISS * (self.seed.cast_signed() as f32 / 2_147_483_648.0);
        }
        let power = window.iter().map(|x| x * x).sum::<f32>() / WINDOW as f32;
        self.level = (self.level * RELEASE).max(power.sqrt());
        let gain = (LEVEL / self.level.max(f32::MIN_POSITIVE)).min(MOST_GAIN);
        for sample in &mut *window {
            *sample = (*sample * gain).clamp(-1.0, 1.0);
        }
        let is_speech = self.detector.predict_f32(window) >= self.threshold;
        let end = (self.windows + 1) * WINDOW as u64;
        self.windows += 1;
        // The frames that had to be there before the window's last sample came out.
        let known = self.start + self.frames(end - 1) + self.delay + 1;
        debug_assert!(known <= self.heard);
        if is_speech {
            // At least until it is known: then no window of speech is in no chunk.
            let end = self.start + self.frames(end);
            self.until = (end + self.hangover).max(known);
        }
        self.set_speech(is_speech, known);
    }

    fn set_speech(&mut self, is_speech: bool, known: u64) {
        if is_speech == self.now.until.is_some() {
            self.now = Change {
                known,
                until: (!is_speech).then_some(self.until),
            };
            self.changes.push(self.now);
        }
    }

    /// Whole frames at the delivered rate in so many at 16 kHz.
    fn frames(&self, at_16_khz: u64) -> u64 {
        (u128::from(at_16_khz) * u128::from(self.rate) / u128::from(RATE)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(samples: &[f32], frame: u64) -> Piece<'_> {
        Piece::Samples {
            samples,
            position: 0,
            frame,
            time: 0.0,
        }
    }

    fn voice(threshold: f32, channels: usize, rate: u32) -> Voice {
        let spec = VoiceActivity {
            threshold,
            hangover: 0.0,
        };
        Voice::new(spec, channels, rate).unwrap()
    }

    #[test]
    fn a_window_is_known_on_the_frame_on_which_it_is_complete() {
        // Everything is speech at threshold 0, so the first window shows as the first change.
        for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
            let mut whole = voice(0.0, 1, rate);
            let change = whole.hear(&samples(&[0.1; 10_000], 0)).changes[0];
            let mut single = voice(0.0, 1, rate);
            let frame = (0..10_000u64)
                .find(|&frame| !single.hear(&samples(&[0.1], frame)).changes.is_empty())
                .unwrap();
            assert_eq!(change.known, frame + 1, "{rate}");
            let least = (f64::from(rate) * 0.016).floor() as u64;
            let most = least + (f64::from(rate) * 0.005) as u64;
            assert!((least..=most).contains(&change.known), "{rate}: {change:?}");
        }
    }

    #[test]
    fn what_is_no_number_or_beyond_full_scale_harms_nothing() {
        let mut voice = voice(0.5, 2, 48_000);
        let wild = [f32::NAN, f32::INFINITY, -1e30, 1e30, f32::NEG_INFINITY, 3.0];
        for n in 0..100u64 {
            let block: Vec<f32> = (0..960).map(|k| wild[(k + n as usize) % 6]).collect();
            voice.hear(&samples(&block, n * 480));
        }
        let silence = vec![0.0; 96_000];
        voice.hear(&samples(&silence, 48_000));
        assert!(voice.level.is_finite());
        assert!(voice.now.until.is_some(), "silence is no speech");
    }
}
