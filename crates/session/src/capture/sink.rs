//! What a capture's device calls.

use noxrun_capture::CaptureInput;
use noxrun_device::{BlockTime, CaptureSink};

/// The pipeline's entrance, as a device calls it.
pub(super) struct Sink {
    pub input: CaptureInput,
}

impl CaptureSink for Sink {
    fn capture(&mut self, input: &[f32], time: &BlockTime) {
        let now = time.now_ns as f64 * 1e-9;
        self.input.push(input, now - time.device_latency_seconds);
    }
}

/// Where a stream's sound goes between its opening and the report that the pipeline refused it.
pub(super) struct Nowhere;

impl CaptureSink for Nowhere {
    fn capture(&mut self, _input: &[f32], _time: &BlockTime) {}
}
