//! What a capture's device calls: the entrance of the pipeline, which outlives every stream.

use noxrun_capture::CaptureInput;
use noxrun_device::{BlockTime, CaptureSink, Continuity, Gate, Granted};
use std::sync::Arc;
use std::time::Duration;

/// How long somebody other than a callback waits for the callback that is inside.
pub(super) const ENTER_LIMIT: Duration = Duration::from_secs(2);

/// The pipeline's end on the device's side.
pub(super) struct Entrance {
    /// `None` once it panicked.
    input: Option<Box<CaptureInput>>,
    continuity: Continuity,
}

/// Where the entrance stands, for whichever stream runs. A panic inside closes it for good.
pub(super) type Door = Arc<Gate<Entrance>>;

pub(super) fn door(input: CaptureInput, granted: &Granted) -> Door {
    Arc::new(Gate::holding(Box::new(Entrance {
        input: Some(Box::new(input)),
        continuity: Continuity::new(granted),
    })))
}

impl Entrance {
    fn capture(&mut self, samples: &[f32], channels: usize, time: &BlockTime) {
        // Out of its place meanwhile: a panic ends the capture in order, and drops it.
        let Some(mut input) = self.input.take() else {
            return;
        };
        let frames = samples.len() / channels;
        let missing = self
            .continuity
            .block(time.device_ns, time.device_latency_seconds, frames);
        input.device_gap(missing);
        let now = time.now_ns as f64 * 1e-9;
        input.push(samples, now - time.device_latency_seconds);
        self.input = Some(input);
    }

    /// While no stream runs, the frame index follows the device's time, here until `now_ns`.
    pub fn pass(&mut self, now_ns: u64) {
        if let Some(input) = &mut self.input {
            input.device_gap(self.continuity.pass(now_ns));
        }
    }

    /// A new stream is about to run. `false`: what it gives cannot become what is delivered.
    fn reopen(&mut self, granted: &Granted) -> bool {
        let Some(input) = &mut self.input else {
            return false;
        };
        let (rate, channels) = (granted.sample_rate, usize::from(granted.channels));
        let result = input.device_changed(rate, channels, granted.buffer_size as usize);
        if result.is_ok() {
            self.continuity.reopened(granted);
        }
        result.is_ok()
    }
}

/// A stream's way through the door.
pub(super) struct Sink {
    door: Door,
    channels: usize,
}

impl Sink {
    pub fn new(door: &Door, granted: &Granted) -> Self {
        Self {
            door: Arc::clone(door),
            channels: usize::from(granted.channels).max(1),
        }
    }

    /// For a stream that comes after another.
    pub fn again(door: &Door, granted: &Granted) -> Option<Self> {
        let reopened = door.pass_within(ENTER_LIMIT, |entrance| entrance.reopen(granted));
        reopened.done()?.then(|| Self::new(door, granted))
    }
}

impl CaptureSink for Sink {
    fn capture(&mut self, input: &[f32], time: &BlockTime) {
        // One stream runs at a time; who else goes in does so while none does, or for a moment.
        // The gate remembers a panic, and the thread that looks after the device tells it.
        let channels = self.channels;
        let _ = self
            .door
            .pass(|entrance| entrance.capture(input, channels, time));
    }
}

/// Where a stream's sound goes between its opening and the report that the pipeline refused it.
pub(super) struct Nowhere;

impl CaptureSink for Nowhere {
    fn capture(&mut self, _input: &[f32], _time: &BlockTime) {}
}
