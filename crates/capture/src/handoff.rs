//! The hand-off: one ring from the callback to the capture thread. This is the callback's end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ringbuf::traits::{Observer, Producer as _, Split};
use ringbuf::{HeapProd, HeapRb};

use crate::clock::{Mark, Timeline, marks};
use crate::consumer::{Consumer, Notes};
use crate::gaps::{Dropped, Gap};
use crate::ledger::Pushed;
use crate::link::Link;
use crate::side::{SideWriter, side_ring};
use crate::spec::CaptureSpec;
use crate::wake::Wake;
use crate::wanted::Patience;

/// Samples that are popped at once, at most.
const BATCH: usize = 4096;

/// The callback's end.
pub(crate) struct Producer {
    ring: HeapProd<f32>,
    gaps: SideWriter<Gap>,
    losses: SideWriter<Dropped>,
    marks: rtrb::Producer<Mark>,
    link: Arc<Link>,
    channels: usize,
    pushed: Pushed,
    /// Frames by which the frame index is ahead of what was pushed.
    skipped: u64,
    /// Samples of the callback that runs, and of one as large as granted.
    brought: usize,
    granted: usize,
    /// Something happened that no position tells.
    calls: bool,
    closed: bool,
    #[cfg(feature = "sabotage")]
    until_lost_frame: usize,
}

/// The two ends of a ring. Allocates and touches every page of it.
pub(crate) fn handoff(spec: &CaptureSpec, wake: Arc<dyn Wake>) -> (Producer, Consumer, Arc<Link>) {
    let channels = spec.channels;
    let capacity = (spec.capacity / channels).max(1) * channels;
    let mut ring = HeapRb::<f32>::new(capacity);
    // A first touch in the callback would be a page fault.
    ring.push_iter(std::iter::repeat_n(0.0, capacity));
    ring.clear();
    let (producer, consumer) = ring.split();
    let ((gap_writer, gaps), (loss_writer, losses)) = (side_ring(), side_ring());
    let (mark_writer, marks) = marks();
    let link = Arc::new(Link::new(wake));
    let producer = Producer {
        ring: producer,
        gaps: gap_writer,
        losses: loss_writer,
        marks: mark_writer,
        link: Arc::clone(&link),
        channels,
        pushed: Pushed::default(),
        skipped: 0,
        brought: 0,
        granted: granted(spec),
        calls: false,
        closed: false,
        #[cfg(feature = "sabotage")]
        until_lost_frame: 10_000,
    };
    let batch = (BATCH / channels).max(1) * channels;
    let timeline = Timeline::new(spec.rate);
    let notes = Notes {
        gaps,
        losses,
        marks,
    };
    let consumer = Consumer::new(
        consumer,
        notes,
        Arc::clone(&link),
        channels,
        batch,
        timeline,
        Patience::new(spec, capacity),
    );
    (producer, consumer, link)
}

impl Producer {
    /// Index of the next frame at the delivered rate: what was pushed, lost and skipped so far.
    pub(crate) fn frame(&self) -> u64 {
        (self.pushed.accepted + self.pushed.refused) / self.channels as u64 + self.skipped
    }

    /// Notes when frame `frame`, at the delivered rate, was at the device; before its samples are
    /// pushed.
    pub(crate) fn mark(&mut self, frame: f64, time: f64) {
        if self.ring.vacant_len() > 0 && !self.marks.is_full() {
            let mark = Mark {
                position: self.pushed.accepted,
                frame,
                time,
            };
            // Checked above; the mark owns no memory.
            let _full = self.marks.push(mark);
        }
    }

    /// Pushes whole frames. What finds no room is refused, cut at a whole frame, and counted.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        #[cfg(feature = "sabotage")]
        let samples = self.lose_a_frame(samples);
        if self.closed || samples.is_empty() {
            return;
        }
        let frame = self.frame();
        // With it a chunk before the gap is complete.
        self.calls |= self.gaps.is_waiting();
        let room = self.ring.vacant_len().min(samples.len()) / self.channels * self.channels;
        // A gap is out before the sample after it, or that sample belongs to the gap.
        let taken = if room > 0 && self.gaps.publish() {
            room
        } else {
            0
        };
        let lost = samples.len() - taken;
        #[cfg(feature = "sabotage")]
        let lost = self.miscount(lost);
        self.brought += samples.len();
        self.calls |= lost > 0;
        self.pushed.accepted += taken as u64;
        self.pushed.refused += lost as u64;
        self.link.ledger.publish(self.pushed);
        self.ring.push_slice(&samples[..taken]);
        let held = self.ring.occupied_len() as u64;
        self.link.ledger.note_fill(held);
        if lost > 0 {
            let position = self.pushed.accepted;
            self.gaps.add(Gap {
                position,
                dropped: lost as u64,
                skipped: 0,
            });
            let frame = frame + (taken / self.channels) as u64;
            self.losses.add(Dropped {
                samples: lost as u64,
                frame,
            });
        }
        // A full ring of losses merges them; the next push tries again.
        let _later = self.losses.publish();
    }

    /// Lets the frame index go on by frames that were never captured.
    pub(crate) fn skip(&mut self, frames: u64) {
        if frames > 0 && !self.closed {
            self.skipped += frames;
            self.gaps.add(Gap {
                position: self.pushed.accepted,
                dropped: 0,
                skipped: frames,
            });
        }
    }

    /// The capture thread is to be woken after this callback, however little came.
    pub(crate) fn call(&mut self) {
        self.calls = true;
    }

    /// Wakes the capture thread if it wants what came. Once a callback, after its pushes.
    pub(crate) fn notify(&mut self) {
        let expected = self.granted.max(std::mem::take(&mut self.brought));
        // The ring must not overflow for want of a wake: this one comes while there is room for the
        // next callback, and for one more until the capture thread runs.
        let is_scarce = self.ring.vacant_len() < 2 * expected;
        let calls = std::mem::take(&mut self.calls) || is_scarce;
        #[cfg(feature = "sabotage")]
        if noxrun_sabotage::is(noxrun_sabotage::Fault::MissedWake) {
            return;
        }
        let contended = if calls {
            self.link.call()
        } else {
            self.link.pushed(self.pushed.accepted)
        };
        if contended {
            self.link
                .ledger
                .contended_wakes
                .fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Ends the stream: lets the last notes out, sets the flag and wakes. Later pushes do nothing.
    pub(crate) fn close(&mut self) {
        if !self.closed {
            self.closed = true;
            // Both have a slot kept for this.
            let _kept = (self.gaps.publish_last(), self.losses.publish_last());
            self.link.finish();
        }
    }

    /// Planted fault: each loss is counted a frame too small.
    #[cfg(feature = "sabotage")]
    fn miscount(&self, lost: usize) -> usize {
        let is_planted = noxrun_sabotage::is(noxrun_sabotage::Fault::WrongLossCount);
        if is_planted {
            lost.saturating_sub(self.channels)
        } else {
            lost
        }
    }

    /// Planted fault: one frame in 10,000 vanishes uncounted.
    #[cfg(feature = "sabotage")]
    fn lose_a_frame<'a>(&mut self, samples: &'a [f32]) -> &'a [f32] {
        if !noxrun_sabotage::is(noxrun_sabotage::Fault::LostFrame) || samples.is_empty() {
            return samples;
        }
        let frames = samples.len() / self.channels;
        if self.until_lost_frame > frames {
            self.until_lost_frame -= frames;
            return samples;
        }
        self.until_lost_frame = 10_000;
        &samples[self.channels..]
    }
}

/// Samples that a callback of the granted size brings, at most.
fn granted(spec: &CaptureSpec) -> usize {
    let frames = spec.max_callback_frames as u64;
    let frames = (frames * u64::from(spec.rate)).div_ceil(u64::from(spec.device_rate.max(1)));
    frames as usize * spec.channels
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.close();
    }
}
