//! From a stream with gaps to chunks without.

mod stretch;

pub use stretch::Stretch;

use std::collections::VecDeque;

/// A piece of the captured stream. There is no gap inside.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chunk {
    /// Interleaved, whole frames.
    pub samples: Vec<f32>,
    /// Index of its first frame at the delivered rate since the capture opened; dropped, skipped
    /// and paused frames counted.
    pub frame: u64,
    /// When that frame was at the device: seconds on the clock of
    /// [`CaptureInput::push`](crate::CaptureInput::push).
    pub time: f64,
    /// Samples lost between the chunk before and this one, exact.
    pub dropped_before: u64,
    /// The last one: may be shorter than the others, even empty.
    pub is_final: bool,
    /// Whether one of its frames is speech, as was known when the last one had been heard; frames
    /// too new for a decision count as those before them. `None`: nobody listens.
    pub speech: Option<bool>,
}

/// A run of frames without a gap, as far as it is still held.
#[derive(Debug, Default)]
struct Run {
    /// Index of its first frame that is still held.
    frame: u64,
    /// Samples held, and how many of them at the front were already handed out (overlap).
    held: usize,
    carried: usize,
    dropped_before: u64,
}

/// Holds samples until they are asked for, and cuts them into chunks then: a chunk before a gap is
/// short, chunks overlap when `hop` is less than `chunk`. Holding samples rather than chunks makes
/// an overlap cost no memory.
///
/// The stream is told with its frame indices, so it may begin at any.
#[derive(Debug)]
pub struct Chunker {
    channels: usize,
    rate: f64,
    /// Samples a chunk and between two starts.
    chunk: usize,
    hop: usize,
    samples: VecDeque<f32>,
    runs: VecDeque<Run>,
    /// Known instants: (frame, seconds), each good until the next.
    times: VecDeque<(u64, f64)>,
    /// Samples held that nobody got yet.
    fresh: usize,
    finished: bool,
    ended: bool,
}

impl Chunker {
    /// A chunker of chunks of `chunk` frames that start `hop` frames apart (`1..=chunk`), for
    /// `channels` interleaved channels at `rate` Hz. Values of 0 count as 1.
    #[must_use]
    pub fn new(channels: usize, rate: u32, chunk: usize, hop: usize) -> Self {
        let channels = channels.max(1);
        let chunk = chunk.max(1);
        Self {
            channels,
            rate: f64::from(rate.max(1)),
            chunk: chunk * channels,
            hop: hop.clamp(1, chunk) * channels,
            samples: VecDeque::new(),
            runs: VecDeque::from([Run::default()]),
            times: VecDeque::new(),
            fresh: 0,
            finished: false,
            ended: false,
        }
    }

    /// Appends whole frames, the first of which has the index `frame` and was at the device at
    /// `time` seconds. They join what came before unless a gap was pushed in between.
    pub fn push_samples(&mut self, samples: &[f32], frame: u64, time: f64) {
        debug_assert_eq!(samples.len() % self.channels, 0);
        if samples.is_empty() {
            return;
        }
        self.set_time(frame, time);
        let run = self.open_run();
        if run.held == 0 {
            run.frame = frame;
        }
        run.held += samples.len();
        self.samples.extend(samples);
        self.fresh += samples.len();
    }

    /// A gap: `dropped` samples (0 when the index goes on for another reason) are missing, and the
    /// stream goes on with frame `frame`.
    pub fn push_gap(&mut self, dropped: u64, frame: u64) {
        let run = self.open_run();
        if run.held == 0 {
            run.dropped_before += dropped;
            run.frame = frame;
        } else {
            self.runs.push_back(Run {
                frame,
                held: 0,
                carried: 0,
                dropped_before: dropped,
            });
        }
    }

    /// The stream ends before frame `frame`, which would be at the device at `time` seconds.
    pub fn finish(&mut self, frame: u64, time: f64) {
        self.set_time(frame, time);
        let run = self.open_run();
        if run.held == 0 {
            run.frame = frame;
        }
        self.finished = true;
    }

    /// The stream ends where it stands.
    pub fn abandon(&mut self) {
        self.finished = true;
    }

    /// Samples that wait and were in no chunk yet, partial chunks included.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.fresh
    }

    /// Whether the final chunk was taken.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether [`next_chunk`](Self::next_chunk) has one.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let newest = self.runs.len() - 1;
        let is_ready = |(n, run): (usize, &Run)| {
            run.held >= self.chunk || (n < newest && run.held > run.carried)
        };
        !self.ended && (self.finished || self.runs.iter().enumerate().any(is_ready))
    }

    /// Samples after which there is a chunk more than now, if no gap comes.
    pub(crate) fn missing(&self) -> usize {
        let held = self.runs.back().map_or(0, |run| run.held);
        match held.checked_sub(self.chunk) {
            None => self.chunk - held,
            Some(beyond) => self.hop - beyond % self.hop,
        }
    }

    /// The next chunk if it is ready, and how many of its samples were in none before.
    pub fn next_chunk(&mut self) -> Option<(Chunk, usize)> {
        if self.ended {
            return None;
        }
        loop {
            let is_last = self.runs.len() == 1;
            let run = self.runs.front_mut()?;
            let full = run.held >= self.chunk;
            if !full && is_last && !self.finished {
                return None;
            }
            let fresh = run.held.min(self.chunk) - run.carried;
            if !full && fresh == 0 && !is_last {
                // All of it was handed out by the chunk before, and so was its gap.
                self.samples.drain(..run.held);
                self.runs.pop_front();
                continue;
            }
            let is_final = !full && is_last;
            let length = match (full, fresh) {
                (true, _) => self.chunk,
                // Nothing new: the final chunk says only what was lost.
                (false, 0) => 0,
                (false, _) => run.held,
            };
            let frame = if length == 0 {
                run.frame + (run.held / self.channels) as u64
            } else {
                run.frame
            };
            let dropped_before = std::mem::take(&mut run.dropped_before);
            if full {
                run.held -= self.hop;
                run.carried = self.chunk - self.hop;
                run.frame += (self.hop / self.channels) as u64;
            }
            let consumed = if full { self.hop } else { run.held };
            let mut samples = Vec::with_capacity(length);
            let (front, back) = self.samples.as_slices();
            samples.extend_from_slice(&front[..length.min(front.len())]);
            samples.extend_from_slice(&back[..length - samples.len()]);
            self.samples.drain(..consumed);
            if !full && !is_last {
                self.runs.pop_front();
            }
            self.ended = is_final;
            self.fresh -= fresh;
            let time = self.time_of(frame);
            return Some((
                Chunk {
                    samples,
                    frame,
                    time,
                    dropped_before,
                    is_final,
                    speech: None,
                },
                fresh,
            ));
        }
    }

    /// Forgets everything that is held and gives its memory back.
    pub fn clear(&mut self) {
        self.samples = VecDeque::new();
        self.runs = VecDeque::from([Run::default()]);
        self.times = VecDeque::new();
        self.fresh = 0;
        self.ended = true;
    }

    /// The newest run; there always is one.
    fn open_run(&mut self) -> &mut Run {
        let newest = self.runs.len() - 1;
        &mut self.runs[newest]
    }

    fn set_time(&mut self, frame: u64, time: f64) {
        // Most blocks are exactly where the one before says.
        let known = self.times.back().map(|&mark| self.extrapolate(mark, frame));
        if known.is_none_or(|known| (known - time).abs() > 1e-7) {
            self.times.push_back((frame, time));
        }
    }

    fn time_of(&mut self, frame: u64) -> f64 {
        while self.times.get(1).is_some_and(|&(from, _)| from <= frame) {
            self.times.pop_front();
        }
        self.times
            .front()
            .map_or(0.0, |&mark| self.extrapolate(mark, frame))
    }

    fn extrapolate(&self, (from, time): (u64, f64), frame: u64) -> f64 {
        time + (frame as f64 - from as f64) / self.rate
    }
}
