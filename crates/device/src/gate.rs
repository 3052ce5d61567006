//! The one way into what a callback calls, for as long as it may be called.
//!
//! A [`Gate`] holds a value (a renderer, a sink) that one thread at a time may use, without anybody
//! waiting for a lock. Whoever finds somebody inside leaves, and plays silence. A panic inside ends
//! at the gate and closes it for good: the value may be half changed, so nobody is let in again.
//!
//! A backend's stream may be slow to close, or hang for ever when its server has died. So what its
//! callback calls does not belong to the backend: [`Gate::close`] waits for a callback under way,
//! takes the value out and drops it on the closing thread. Later callbacks find the gate closed.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// Nothing inside yet.
const EMPTY: u8 = 0;
/// Something inside, nobody with it.
const IDLE: u8 = 1;
/// Somebody is inside.
const ENTERED: u8 = 2;
/// There was a panic inside: the value is never to be used again.
const FAILED: u8 = 3;
/// Nothing inside any more.
const CLOSED: u8 = 4;

/// How long who waits for somebody inside sleeps between two looks. A callback lasts a fraction of
/// its period, and nobody may keep a processor from it by spinning.
const LOOK: Duration = Duration::from_micros(100);

/// Holds one value, used by one thread at a time, without a lock.
pub struct Gate<T: ?Sized> {
    state: AtomicU8,
    inside: UnsafeCell<Option<Box<T>>>,
}

// SAFETY: `inside` is only touched by whoever moved `state` by compare-exchange from EMPTY to
// ENTERED, from IDLE to ENTERED, or from IDLE or FAILED to CLOSED, which at most one thread can at
// a time; the value itself moves between threads, hence `T: Send`.
unsafe impl<T: ?Sized + Send> Sync for Gate<T> {}

/// What came of an attempt to pass a [`Gate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "who was not let in has to play silence"]
pub enum Pass<R> {
    /// The work was done.
    Done(R),
    /// Nobody was let in: the gate is empty or closed, or somebody is inside.
    Shut,
    /// The work panicked just now; the gate is closed from here on.
    Panicked,
}

impl<R> Pass<R> {
    /// The result of the work, if it was done.
    pub fn done(self) -> Option<R> {
        match self {
            Self::Done(result) => Some(result),
            Self::Shut | Self::Panicked => None,
        }
    }
}

impl<T: ?Sized> Gate<T> {
    /// A gate with nothing inside: it lets nobody in.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: AtomicU8::new(EMPTY),
            inside: UnsafeCell::new(None),
        }
    }

    /// A gate with a value inside.
    #[must_use]
    pub fn holding(value: Box<T>) -> Self {
        Self {
            state: AtomicU8::new(IDLE),
            inside: UnsafeCell::new(Some(value)),
        }
    }

    /// Puts the value inside, once; a gate that is not empty drops it.
    pub fn install(&self, value: Box<T>) {
        if self.move_state(EMPTY, ENTERED) {
            // SAFETY: this thread moved EMPTY to ENTERED, so nobody else touches the inside.
            unsafe { *self.inside.get() = Some(value) };
            self.state.store(IDLE, Ordering::Release);
        }
    }

    /// Does `work` with the value, unless there is none or somebody is inside. Never waits.
    ///
    /// A panic of `work` ends here. The value is not used again; whatever else `work` may leave
    /// half done is the caller's to look after.
    #[inline]
    pub fn pass<R>(&self, work: impl FnOnce(&mut T) -> R) -> Pass<R> {
        if !self.move_state(IDLE, ENTERED) {
            return Pass::Shut;
        }
        // SAFETY: this thread moved IDLE to ENTERED, so no other one touches the inside until it
        // moves the state on below; IDLE is only ever reached with a value inside.
        let value = unsafe { (*self.inside.get()).as_deref_mut().unwrap_unchecked() };
        match catch_unwind(AssertUnwindSafe(|| work(value))) {
            Ok(result) => {
                self.state.store(IDLE, Ordering::Release);
                Pass::Done(result)
            }
            Err(payload) => {
                self.state.store(FAILED, Ordering::Release);
                // Its destructor is foreign code: it may block, and might panic as well.
                std::mem::forget(payload);
                Pass::Panicked
            }
        }
    }

    /// As [`pass`](Self::pass), but waits for who is inside, at most `limit`. Not for a callback.
    pub fn pass_within<R>(&self, limit: Duration, work: impl FnOnce(&mut T) -> R) -> Pass<R> {
        let mut work = Some(work);
        let deadline = Instant::now() + limit;
        loop {
            let passed = self.pass(|value| work.take().map(|work| work(value)));
            match passed {
                Pass::Done(Some(result)) => return Pass::Done(result),
                Pass::Panicked => return Pass::Panicked,
                // The work is taken once, where the gate let it in.
                Pass::Done(None) | Pass::Shut => {}
            }
            let may_come = matches!(self.state.load(Ordering::Acquire), IDLE | ENTERED);
            if !may_come || Instant::now() >= deadline {
                return Pass::Shut;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Waits for a callback under way, at most `limit`, then drops what is inside. Whether it is
    /// certain that nothing inside is called any more; if not, it is left where it is.
    pub fn close(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            if self.move_state(IDLE, CLOSED) || self.move_state(FAILED, CLOSED) {
                // SAFETY: this thread moved the state to CLOSED, which nobody leaves again.
                drop(unsafe { (*self.inside.get()).take() });
                return true;
            }
            if self.move_state(EMPTY, CLOSED) || self.is_closed() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until nobody is inside, at most `limit`.
    pub fn wait_until_left(&self, limit: Duration) {
        let deadline = Instant::now() + limit;
        while self.state.load(Ordering::Acquire) == ENTERED && Instant::now() < deadline {
            std::thread::sleep(LOOK);
        }
    }

    /// Whether [`close`](Self::close) took the value out.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) == CLOSED
    }

    /// Whether there was a panic inside. Not told of a gate that was closed since.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.state.load(Ordering::Acquire) == FAILED
    }

    #[inline]
    fn move_state(&self, from: u8, to: u8) -> bool {
        // Acquire: sees all that the last one inside wrote before its Release.
        self.state
            .compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }
}

impl<T: ?Sized> Default for Gate<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ?Sized> std::fmt::Debug for Gate<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("state", &self.state.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU64};
    use std::sync::{Arc, mpsc};

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn an_empty_a_busy_and_a_closed_gate_let_nobody_in() {
        let gate = Gate::<u32>::new();
        assert_eq!(gate.pass(|value| *value), Pass::Shut);
        gate.install(Box::new(1));
        let inside = gate.pass(|value| {
            *value += 1;
            gate.pass(|value| *value)
        });
        assert_eq!(inside, Pass::Done(Pass::Shut));
        assert_eq!(gate.pass(|value| *value), Pass::Done(2));
        assert!(gate.close(LONG));
        assert_eq!(gate.pass(|value| *value), Pass::Shut);
        assert!(gate.is_closed());
        gate.install(Box::new(3));
        assert_eq!(gate.pass(|value| *value), Pass::Shut);
        assert!(gate.close(LONG), "closing twice is nothing");
    }

    #[test]
    fn after_a_panic_nobody_is_let_in_and_the_gate_still_closes() {
        let value = Arc::new(());
        let gate = Gate::holding(Box::new(value.clone()));
        assert_eq!(gate.pass(|_| panic!("planted")), Pass::<()>::Panicked);
        assert!(gate.has_failed());
        assert_eq!(gate.pass(|_| ()), Pass::Shut);
        assert_eq!(gate.pass_within(LONG, |_| ()), Pass::Shut, "at once");
        assert!(gate.close(LONG));
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn closing_gives_up_when_a_callback_never_returns() {
        let gate = Gate::holding(Box::new(0));
        let closed = gate.pass(|_| gate.close(Duration::from_millis(5)));
        assert_eq!(closed, Pass::Done(false));
        assert!(gate.close(LONG));
    }

    #[test]
    fn who_waits_is_let_in_when_the_one_inside_has_left() {
        let gate = Gate::holding(Box::new(0));
        let (inside, is_inside) = mpsc::channel();
        let (leave, may_leave) = mpsc::channel::<()>();
        let gate = &gate;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                gate.pass(|value| {
                    inside.send(()).unwrap();
                    may_leave.recv().unwrap();
                    *value = 1;
                })
            });
            is_inside.recv().unwrap();
            let early = gate.pass_within(Duration::from_millis(5), |value| *value);
            assert_eq!(early, Pass::Shut);
            leave.send(()).unwrap();
            assert_eq!(gate.pass_within(LONG, |value| *value), Pass::Done(1));
        });
    }

    #[test]
    fn passages_of_many_threads_never_overlap() {
        let gate = Gate::holding(Box::new((0u64, 0u64)));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        let equal = gate.pass(|(first, second)| {
                            *first += 1;
                            std::hint::spin_loop();
                            *second += 1;
                            first == second
                        });
                        assert_ne!(equal, Pass::Done(false));
                    }
                });
            }
        });
    }

    #[test]
    fn after_close_nothing_inside_is_called() {
        for _ in 0..200 {
            let gate = Arc::new(Gate::holding(Box::new(())));
            let calls = Arc::new(AtomicU64::new(0));
            let stop = Arc::new(AtomicBool::new(false));
            let callback = std::thread::spawn({
                let (gate, calls, stop) = (gate.clone(), calls.clone(), stop.clone());
                move || {
                    while !stop.load(Ordering::Relaxed) {
                        let _ = gate.pass(|()| calls.fetch_add(1, Ordering::Relaxed));
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
