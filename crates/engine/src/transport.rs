//! The musical clock over the frame clock.
//!
//! While it runs, beat `B` falls on frame `round(anchor_frame + (B − anchor_beat)·60·rate/tempo)`.
//! The anchor keeps its fraction, so that loops and tempo changes do not drift.

/// What the transport does, as of one engine frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransportReading {
    /// Whether it runs.
    pub playing: bool,
    /// The engine frame that `beat` stands for.
    pub frame: u64,
    /// Position in beats.
    pub beat: f64,
    /// Beats a minute.
    pub tempo: f64,
    /// Start and end of the loop in beats, while it will wrap.
    pub looped: Option<(f64, f64)>,
    /// Frames a second.
    pub rate: u32,
}

impl TransportReading {
    /// Where it is at engine frame `frame`, if nothing changes.
    pub fn beat_at(&self, frame: u64) -> f64 {
        if !self.playing {
            return self.beat;
        }
        let frames = frame.saturating_sub(self.frame) as f64;
        let beat = self.beat + frames * self.tempo / (60.0 * f64::from(self.rate));
        match self.looped {
            Some((start, end)) if beat >= end && end > start => {
                start + (beat - end) % (end - start)
            }
            _ => beat,
        }
    }
}

/// Tempos and beats with which its sums keep their sense.
const TEMPOS: std::ops::RangeInclusive<f64> = 0.01..=100_000.0;
const MAX_BEAT: f64 = 1e12;

/// A beat that can be counted with.
pub(crate) fn sane(beat: f64) -> f64 {
    beat.clamp(-MAX_BEAT, MAX_BEAT)
}

#[derive(Debug)]
pub(crate) struct Transport {
    rate: u32,
    tempo: f64,
    playing: bool,
    anchor_frame: f64,
    anchor_beat: f64,
    looped: Option<(f64, f64)>,
    /// It will run into the loop's end: it was before it when it came here.
    inside: bool,
}

impl Transport {
    pub fn new(rate: u32) -> Self {
        Self {
            rate,
            tempo: 120.0,
            playing: false,
            anchor_frame: 0.0,
            anchor_beat: 0.0,
            looped: None,
            inside: false,
        }
    }

    pub fn is_playing(&self) -> bool {
        self.playing
    }

    fn frames_a_beat(&self) -> f64 {
        60.0 * f64::from(self.rate) / self.tempo
    }

    /// The frame of a beat, if it runs on as it does. Beats long past fall on 0.
    pub fn frame_of(&self, beat: f64) -> u64 {
        let frame = self.anchor_frame + (beat - self.anchor_beat) * self.frames_a_beat();
        // The cast saturates.
        frame.round() as u64
    }

    /// The frame of a beat, or if it has passed that and its loop brings it by again, the next one.
    pub fn next_frame_of(&self, beat: f64, now: u64) -> u64 {
        let frame = self.frame_of(beat);
        match self.active_loop() {
            Some((start, end)) if frame < now && (start..end).contains(&beat) => {
                self.frame_of(beat + (end - start))
            }
            _ => frame,
        }
    }

    /// By how many frames it has passed a beat at `frame`, also one before the engine's first.
    pub fn lateness(&self, beat: f64, frame: u64) -> u64 {
        let on = self.anchor_frame + (beat - self.anchor_beat) * self.frames_a_beat();
        // The cast saturates: what is to come is not late.
        (frame as f64 - on.round()) as u64
    }

    /// Where it is at `frame`.
    pub fn beat_at(&self, frame: u64) -> f64 {
        if self.playing {
            self.anchor_beat + (frame as f64 - self.anchor_frame) / self.frames_a_beat()
        } else {
            self.anchor_beat
        }
    }

    fn anchor(&mut self, frame: u64) {
        self.anchor_beat = self.beat_at(frame);
        self.anchor_frame = frame as f64;
    }

    pub fn set_tempo(&mut self, tempo: f64, frame: u64) {
        if tempo.is_finite() && tempo > 0.0 {
            if self.active_loop().is_none() {
                // It may have run past a loop that was too short to be one, and will no more be.
                self.look(frame);
            }
            self.anchor(frame);
            self.tempo = tempo.clamp(*TEMPOS.start(), *TEMPOS.end());
        }
    }

    pub fn start(&mut self, frame: u64) {
        if !self.playing {
            self.anchor_frame = frame as f64;
            self.playing = true;
        }
    }

    pub fn stop(&mut self, frame: u64) {
        self.anchor(frame);
        self.playing = false;
    }

    pub fn seek(&mut self, beat: f64, frame: u64) {
        self.anchor_beat = sane(beat);
        self.anchor_frame = frame as f64;
        self.look(frame);
    }

    pub fn set_loop(&mut self, looped: Option<(f64, f64)>, frame: u64) {
        let sound = |(start, end): &(f64, f64)| start.is_finite() && end.is_finite() && end > start;
        self.looped = looped
            .filter(sound)
            .map(|(start, end)| (sane(start), sane(end)));
        self.look(frame);
    }

    fn look(&mut self, frame: u64) {
        let beat = self.beat_at(frame);
        self.inside = self.looped.is_some_and(|(_, end)| beat < end);
    }

    /// The loop that it will run into the end of. One shorter than a frame is none.
    pub fn active_loop(&self) -> Option<(f64, f64)> {
        let (start, end) = self.looped.filter(|_| self.inside)?;
        ((end - start) * self.frames_a_beat() >= 1.0).then_some((start, end))
    }

    /// The frame on which it goes back to the loop's start.
    pub fn wrap_frame(&self) -> Option<u64> {
        let (_, end) = self.active_loop().filter(|_| self.playing)?;
        Some(self.frame_of(end))
    }

    /// Goes back to the loop's start.
    pub fn wrap(&mut self) {
        if let Some((start, end)) = self.active_loop() {
            self.anchor_frame += (end - self.anchor_beat) * self.frames_a_beat();
            self.anchor_beat = start;
        }
    }

    pub fn reading(&self, frame: u64) -> TransportReading {
        let beat = self.beat_at(frame);
        let wraps = self.wrap_frame().is_some_and(|wrap| wrap <= frame);
        let length = self.looped.map_or(0.0, |(start, end)| end - start);
        TransportReading {
            playing: self.playing,
            frame,
            beat: if wraps { beat - length } else { beat },
            tempo: self.tempo,
            looped: self.active_loop(),
            rate: self.rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Transport;

    #[test]
    fn beats_fall_on_the_rounded_frame_at_any_tempo() {
        let mut transport = Transport::new(48_000);
        transport.start(1_000);
        assert_eq!(transport.frame_of(4.0), 1_000 + 4 * 24_000);
        transport.set_tempo(90.0, 1_000 + 24_000);
        assert_eq!(transport.frame_of(2.0), 1_000 + 24_000 + 32_000);
        assert_eq!(transport.frame_of(1.0 + 1.0 / 3.0), 25_000 + 10_667);
    }

    #[test]
    fn a_loop_of_a_broken_length_does_not_drift() {
        let mut transport = Transport::new(44_100);
        transport.set_tempo(127.0, 0);
        transport.set_loop(Some((0.0, 1.0)), 0);
        transport.start(0);
        for pass in 1..=10_000u32 {
            let expected = f64::from(pass) * 60.0 * 44_100.0 / 127.0;
            let frame = transport.wrap_frame().unwrap();
            assert!((frame as f64 - expected).abs() <= 0.501, "pass {pass}");
            transport.wrap();
        }
    }

    #[test]
    fn a_position_beyond_the_loop_runs_on_and_a_stopped_one_stays() {
        let mut transport = Transport::new(48_000);
        transport.set_loop(Some((0.0, 4.0)), 0);
        transport.seek(5.0, 0);
        transport.start(0);
        assert_eq!(transport.wrap_frame(), None);
        transport.stop(24_000);
        assert_eq!(transport.beat_at(1_000_000), 6.0);
        assert_eq!(transport.reading(24_000).beat_at(99_000), 6.0);
    }
}
