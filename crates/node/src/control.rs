//! Progress and abort of work on another thread.

use napi_derive::napi;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

#[derive(Default)]
struct State {
    aborted: AtomicBool,
    /// Bits of the fraction done.
    fraction: AtomicU32,
}

/// Progress and abort of one load or rendering, shared with the thread that works.
#[napi]
#[derive(Clone, Default)]
pub struct NativeControl {
    state: Arc<State>,
}

#[napi]
impl NativeControl {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi]
    pub fn abort(&self) {
        self.state.aborted.store(true, Ordering::Relaxed);
    }

    /// Fraction done, 0…1.
    #[napi]
    pub fn fraction(&self) -> f64 {
        f64::from(f32::from_bits(self.state.fraction.load(Ordering::Relaxed)))
    }
}

impl NativeControl {
    /// Takes the fraction done, and says whether to go on.
    pub fn report(&self, fraction: f64) -> ControlFlow<()> {
        let bits = (fraction as f32).to_bits();
        self.state.fraction.store(bits, Ordering::Relaxed);
        if self.state.aborted.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
