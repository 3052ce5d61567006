//! The door between a callback and what it calls.
//!
//! A backend's stream may be slow to close, or hang for ever when its server has died. So what the
//! callback calls is not owned by the backend's closure: it lies behind this gate. Closing the gate
//! waits for a callback under way, takes the inside out and drops it on the closing thread; later
//! callbacks find the gate closed and give silence.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// Nothing inside yet.
const EMPTY: u8 = 0;
/// Something inside, nobody with it.
const IDLE: u8 = 1;
/// Somebody is inside.
const ENTERED: u8 = 2;
/// What is inside panicked and is never to be called again.
const POISONED: u8 = 3;
/// Nothing inside any more.
const CLOSED: u8 = 4;

/// A slot for one value, entered by one callback at a time, without a lock.
pub(crate) struct Gate<T: ?Sized> {
    state: AtomicU8,
    inside: UnsafeCell<Option<Box<T>>>,
}

// SAFETY: `inside` is only touched by whoever moved `state` by compare-exchange from EMPTY to
// ENTERED, from IDLE to ENTERED, or from IDLE or POISONED to CLOSED, which at most one thread can
// at a time; the value itself moves between threads, hence `T: Send`.
unsafe impl<T: ?Sized + Send> Sync for Gate<T> {}

impl<T: ?Sized> Gate<T> {
    pub(crate) const fn new() -> Self {
        Self {
            state: AtomicU8::new(EMPTY),
            inside: UnsafeCell::new(None),
        }
    }

    /// Puts the value inside, once; a gate that is not empty drops it.
    pub(crate) fn install(&self, value: Box<T>) {
        if self.move_state(EMPTY, ENTERED) {
            // SAFETY: this thread moved EMPTY to ENTERED, so nobody else touches the inside.
            unsafe { *self.inside.get() = Some(value) };
            self.state.store(IDLE, Ordering::Release);
        }
    }

    /// Goes in, unless there is nothing to be called or somebody is inside.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Entered<'_, T>> {
        // Only made when the state was moved: dropping one moves it back.
        self.move_state(IDLE, ENTERED).then(|| Entered {
            gate: self,
            leave_as: IDLE,
        })
    }

    /// Waits for a callback under way, at most `limit`, then drops what is inside. Whether it is
    /// certain that nothing inside is called any more; if not, it is left where it is.
    pub(crate) fn close(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            if self.move_state(IDLE, CLOSED) || self.move_state(POISONED, CLOSED) {
                // SAFETY: this thread moved the state to CLOSED, which nobody leaves again.
                drop(unsafe { (*self.inside.get()).take() });
                return true;
            }
            if self.move_state(EMPTY, CLOSED) || self.state.load(Ordering::Acquire) == CLOSED {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            // A callback lasts a fraction of its period, and a real-time callback must not be
            // kept waiting for a processor by the one that waits for it: no spinning.
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// Waits until no callback is inside, at most `limit`.
    pub(crate) fn wait_until_left(&self, limit: Duration) {
        let deadline = Instant::now() + limit;
        while self.state.load(Ordering::Acquire) == ENTERED && Instant::now() < deadline {
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) == CLOSED
    }

    #[inline]
    fn move_state(&self, from: u8, to: u8) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }
}

/// Being inside a [`Gate`]; dropping it leaves.
pub(crate) struct Entered<'a, T: ?Sized> {
    gate: &'a Gate<T>,
    leave_as: u8,
}

impl<T: ?Sized> Entered<'_, T> {
    /// Nobody shall enter again.
    pub(crate) fn poison(mut self) {
        self.leave_as = POISONED;
    }
}

impl<T: ?Sized> Deref for Entered<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this guard is the one that moved IDLE to ENTERED, so no other thread touches the
        // inside until it is dropped; IDLE is only ever reached with a value inside.
        unsafe { (*self.gate.inside.get()).as_deref().unwrap_unchecked() }
    }
}

impl<T: ?Sized> DerefMut for Entered<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; `&mut self` makes it the only reference of this guard.
        unsafe { (*self.gate.inside.get()).as_deref_mut().unwrap_unchecked() }
    }
}

impl<T: ?Sized> Drop for Entered<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.gate.state.store(self.leave_as, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64};

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn an_empty_a_busy_and_a_closed_gate_let_nobody_in() {
        let gate = Gate::<u32>::new();
        assert!(gate.enter().is_none());
        gate.install(Box::new(1));
        let mut inside = gate.enter().unwrap();
        *inside += 1;
        assert!(gate.enter().is_none());
        drop(inside);
        assert_eq!(*gate.enter().unwrap(), 2);
        assert!(gate.close(LONG));
        assert!(gate.enter().is_none() && gate.is_closed());
        gate.install(Box::new(3));
        assert!(gate.enter().is_none());
        assert!(gate.close(LONG), "closing twice is nothing");
    }

    #[test]
    fn a_poisoned_gate_is_never_entered_and_still_closes() {
        let value = Arc::new(());
        let gate = Gate::new();
        gate.install(Box::new(value.clone()));
        gate.enter().unwrap().poison();
        assert!(gate.enter().is_none());
        assert!(gate.close(LONG));
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn closing_gives_up_when_a_callback_never_returns() {
        let gate = Gate::new();
        gate.install(Box::new(0));
        let inside = gate.enter().unwrap();
        assert!(!gate.close(Duration::from_millis(5)));
        drop(inside);
        assert!(gate.close(LONG));
    }

    #[test]
    fn after_close_nothing_inside_is_called() {
        for _ in 0..200 {
            let gate = Arc::new(Gate::<AtomicU64>::new());
            let calls = Arc::new(AtomicU64::new(0));
            gate.install(Box::new(AtomicU64::new(0)));
            let stop = Arc::new(AtomicBool::new(false));
            let callback = std::thread::spawn({
                let (gate, calls, stop) = (gate.clone(), calls.clone(), stop.clone());
                move || {
                    while !stop.load(Ordering::Relaxed) {
                        if let Some(inside) = gate.enter() {
                            inside.fetch_add(1, Ordering::Relaxed);
                            calls.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
            assert!(gate.close(LONG));
            let at_close = calls.load(Ordering::Relaxed);
            std::thread::yield_now();
            assert_eq!(calls.load(Ordering::Relaxed), at_close);
            stop.store(true, Ordering::Relaxed);
            callback.join().unwrap();
        }
    }
}
