//! The capture thread's end of the hand-off.

use std::sync::Arc;

use ringbuf::HeapCons;
use ringbuf::traits::{Consumer as _, Observer};

use crate::clock::{Mark, Timeline};
use crate::gaps::{Dropped, Gap};
use crate::link::Link;
use crate::shared::Told;
use crate::wanted::Patience;

/// What travels beside the samples.
pub(crate) struct Notes {
    pub(crate) gaps: rtrb::Consumer<Gap>,
    pub(crate) losses: rtrb::Consumer<Dropped>,
    pub(crate) marks: rtrb::Consumer<Mark>,
}

/// The capture thread's end.
pub(crate) struct Consumer {
    ring: HeapCons<f32>,
    notes: Notes,
    link: Arc<Link>,
    channels: usize,
    buffer: Vec<f32>,
    timeline: Timeline,
    patience: Patience,
    /// Samples popped, those told as dropped, and frames skipped.
    position: u64,
    dropped: u64,
    skipped: u64,
}

/// What comes next in the stream.
pub(crate) enum Piece<'a> {
    /// Samples without a gap in between.
    Samples {
        /// Interleaved, whole frames.
        samples: &'a [f32],
        /// Samples that went into the ring before them.
        position: u64,
        /// Index of the first frame.
        frame: u64,
        /// Seconds when that frame was at the device.
        time: f64,
    },
    /// A hole.
    Gap {
        /// Where it stands.
        gap: Gap,
        /// Samples that the ring had refused before it.
        dropped_before: u64,
        /// Index of the first frame after it.
        frame: u64,
    },
}

impl Consumer {
    /// Pops at most `batch` samples at once, a multiple of `channels`.
    pub(crate) fn new(
        ring: HeapCons<f32>,
        notes: Notes,
        link: Arc<Link>,
        channels: usize,
        batch: usize,
        timeline: Timeline,
        patience: Patience,
    ) -> Self {
        let buffer = vec![0.0; batch];
        Self {
            ring,
            notes,
            link,
            channels,
            buffer,
            timeline,
            patience,
            position: 0,
            dropped: 0,
            skipped: 0,
        }
    }

    /// Whether samples wait, and reach up to `wanted`.
    pub(crate) fn reaches(&self, wanted: u64) -> bool {
        let waiting = self.ring.occupied_len() as u64;
        waiting > 0 && self.position + waiting >= wanted
    }

    /// Where to be woken for a chunk that is complete at `complete`.
    pub(crate) fn wanted(&self, complete: u64) -> u64 {
        self.patience.until(self.position, complete)
    }

    /// Samples popped so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// How far the stream was handed out.
    pub(crate) fn told(&self) -> Told {
        Told {
            position: self.position,
            dropped: self.dropped,
            frame: self.frame(),
        }
    }

    /// Index of the next frame.
    pub(crate) fn frame(&self) -> u64 {
        (self.position + self.dropped) / self.channels as u64 + self.skipped
    }

    /// Seconds when the next frame was, or will be, at the device.
    pub(crate) fn time(&self) -> f64 {
        self.timeline.time_of(self.frame())
    }

    /// Pops at most a batch and hands it out piece by piece, gaps in their places. `false`: there
    /// was nothing.
    pub(crate) fn drain(&mut self, mut sink: impl FnMut(Piece<'_>)) -> bool {
        let popped = self.ring.occupied_len().min(self.buffer.len());
        self.link.ledger.pop(popped as u64);
        let popped = self.ring.pop_slice(&mut self.buffer[..popped]);
        let end = self.position + popped as u64;
        let mut any = popped > 0;
        loop {
            // Every gap before a sample that was popped is visible by now.
            let gap = self.notes.gaps.peek().ok().copied();
            if let Some(gap) = gap.filter(|gap| gap.position <= self.position) {
                // Peeked: it is there.
                let _told = self.notes.gaps.pop();
                let dropped_before = self.dropped;
                self.dropped += gap.dropped;
                self.skipped += gap.skipped;
                sink(Piece::Gap {
                    gap,
                    dropped_before,
                    frame: self.frame(),
                });
                any = true;
                continue;
            }
            let mut mark = self.notes.marks.peek().ok().copied();
            while let Some(passed) = mark.filter(|mark| mark.position <= self.position) {
                self.timeline.pass(passed);
                let _passed = self.notes.marks.pop();
                mark = self.notes.marks.peek().ok().copied();
            }
            if self.position == end {
                return any;
            }
            let until = end
                .min(gap.map_or(end, |gap| gap.position))
                .min(mark.map_or(end, |mark| mark.position));
            let from = popped - (end - self.position) as usize;
            let samples = &self.buffer[from..from + (until - self.position) as usize];
            sink(Piece::Samples {
                samples,
                position: self.position,
                frame: self.frame(),
                time: self.time(),
            });
            self.position = until;
        }
    }

    /// Once all that went into the ring is popped: samples that it has refused so far. The note of a
    /// loss comes only with the sample behind it; whoever counts need not wait for that.
    pub(crate) fn refused_at_end(&self) -> Option<u64> {
        let pushed = self.link.ledger.pushed();
        (pushed.accepted == self.position).then_some(pushed.refused)
    }

    /// The next loss to tell.
    pub(crate) fn loss(&mut self) -> Option<Dropped> {
        self.notes.losses.pop().ok()
    }
}
