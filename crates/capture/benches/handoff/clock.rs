//! When the callbacks were, and when their samples arrived.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::pipeline::{Shape, resampler};

/// When each callback began, and how long after that the consumer had its samples.
pub struct Clock {
    origin: Instant,
    began: Vec<AtomicU64>,
    /// Samples that callbacks up to this one have let out of the resampler.
    emitted: Vec<u64>,
    latencies: Mutex<Vec<(usize, u64)>>,
    /// The bare consumer may go.
    pub is_over: AtomicBool,
}

impl Clock {
    pub fn new(shape: Shape, callbacks: usize) -> Self {
        let mut resampler = resampler(shape);
        let block = vec![0.0; shape.frames * shape.channels];
        let mut out = Vec::new();
        let mut total = 0;
        let emitted = (0..callbacks)
            .map(|_| {
                out.clear();
                resampler.process_into(&block, &mut out);
                total += out.len() as u64;
                total
            })
            .collect();
        Self {
            origin: Instant::now(),
            began: (0..callbacks).map(|_| AtomicU64::new(0)).collect(),
            emitted,
            latencies: Mutex::new(Vec::with_capacity(2 * callbacks)),
            is_over: AtomicBool::new(false),
        }
    }

    fn now(&self) -> u64 {
        self.origin.elapsed().as_nanos() as u64
    }

    /// Callback `n` begins.
    pub fn begin(&self, n: usize) {
        self.began[n].store(self.now(), Ordering::Release);
    }

    /// The consumer has this many samples in all.
    pub fn received(&self, samples: u64) {
        let now = self.now();
        let n = self.emitted.partition_point(|&emitted| emitted < samples);
        if let Some(began) = self.began.get(n) {
            let latency = now.saturating_sub(began.load(Ordering::Acquire));
            self.latencies
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((n, latency));
        }
    }

    /// Callbacks and the latencies of what they let out, in nanoseconds.
    pub fn take(&self) -> Vec<(usize, u64)> {
        std::mem::take(
            &mut self
                .latencies
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}
