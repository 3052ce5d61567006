//! What the device's thread shares with everybody else.
//!
//! Nobody waits for the device's thread but `step`: the thread may itself be waiting, in a hook,
//! for whoever would be waiting. The thread of a real-time device in turn waits for nobody while it
//! has streams: it only tries the lock.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::thread::Thread;

use super::block::{Discarded, Slot};
use super::{Clock, Failure, VirtualOptions};
use super::{realtime, run};
use crate::clock::DeviceClock;
use crate::error::DeviceError;
use crate::info::{Backend, COMMON_RATES, DeviceInfo};
use crate::request::StepHooks;

/// A virtual device.
#[derive(Debug)]
pub(crate) struct Device {
    id: String,
    name: String,
    pub(super) options: VirtualOptions,
    control: Mutex<Control>,
    /// Something for the thread of a manual device to do.
    pub(super) wake: Condvar,
    /// Something behind the lock for the thread of a real-time device.
    pub(super) news: AtomicBool,
    /// A block is over, or the thread is.
    done: Condvar,
    /// Nanoseconds that were stepped by hand.
    stepped_ns: Arc<AtomicU64>,
}

/// What is guarded by the mutex, which is never held during a callback or a hook.
#[derive(Debug)]
pub(super) struct Control {
    /// In order; the thread takes them before its next block.
    pub(super) inbox: Vec<Message>,
    /// Frames that were asked for, and those that are over.
    pub(super) wanted: u64,
    pub(super) stepped: u64,
    pub(super) time: SteppedTime,
    /// Hooks of streams that were let go and are to come back.
    pub(super) waiting: Vec<Weak<dyn StepHooks>>,
    /// What the thread of a real-time device has done with: others free it.
    pub(super) discarded: Vec<Discarded>,
    /// Interleaved; of a manual device.
    pub(super) feed: VecDeque<f32>,
    pub(super) played: Vec<f32>,
    /// Hz.
    pub(super) rate: u32,
    pub(super) attached: usize,
    /// Frames a callback, decided by the first stream that attached.
    pub(super) block: u32,
    pub(super) lost: bool,
    /// Whether callbacks rest, for a thread that starts anew.
    pub(super) down: bool,
    pub(super) closed: bool,
    /// The device's thread, by number; `None`: there is none.
    pub(super) thread: Option<u64>,
    /// The same, to be woken; of a real-time device.
    sleeper: Option<Thread>,
    threads: u64,
    pub(super) next_slot: u64,
}

/// The time of a device that is stepped by hand.
#[derive(Debug)]
pub(super) struct SteppedTime {
    since_ns: u64,
    /// Since then, at this rate.
    frames: u64,
    rate: u32,
}

impl SteppedTime {
    fn now_ns(&self) -> u64 {
        let ns = u128::from(self.frames) * 1_000_000_000 / u128::from(self.rate);
        self.since_ns + ns as u64
    }
}

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Message {
    Attach(Box<Slot>),
    Detach(u64),
    /// Sound to be recorded, interleaved; of a real-time device.
    Feed(Vec<f32>),
    Fail(Failure),
    Restore,
}

impl Device {
    pub(super) fn new(id: String, name: String, mut options: VirtualOptions) -> Arc<Self> {
        options.sample_rate = options.sample_rate.max(1);
        options.channels = options.channels.max(1);
        options.buffer_size = options.buffer_size.max(1);
        for size in options.block_sizes.iter_mut().flatten() {
            *size = (*size).max(1);
        }
        options.block_sizes = options.block_sizes.filter(|sizes| !sizes.is_empty());
        let control = Control {
            inbox: Vec::new(),
            wanted: 0,
            stepped: 0,
            time: SteppedTime {
                since_ns: 1,
                frames: 0,
                rate: options.sample_rate,
            },
            waiting: Vec::new(),
            discarded: Vec::new(),
            feed: VecDeque::new(),
            played: Vec::new(),
            rate: options.sample_rate,
            attached: 0,
            block: options.buffer_size,
            lost: false,
            down: false,
            closed: false,
            thread: None,
            sleeper: None,
            threads: 0,
            next_slot: 0,
        };
        Arc::new(Self {
            id,
            name,
            options,
            control: Mutex::new(control),
            wake: Condvar::new(),
            news: AtomicBool::new(false),
            done: Condvar::new(),
            stepped_ns: Arc::new(AtomicU64::new(1)),
        })
    }

    pub(super) fn control(&self) -> MutexGuard<'_, Control> {
        // Nothing that can panic happens under this lock.
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, unless somebody else holds it at this moment.
    pub(super) fn try_control(&self) -> Option<MutexGuard<'_, Control>> {
        match self.control.try_lock() {
            Ok(control) => Some(control),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Lets go of the lock and wakes the device's thread: there is something for it to do.
    pub(super) fn tell(&self, mut control: MutexGuard<'_, Control>) {
        let discarded = std::mem::take(&mut control.discarded);
        let sleeper = control.sleeper.clone();
        drop(control);
        drop(discarded);
        if self.is_manual() {
            self.wake.notify_all();
            return;
        }
        // After the lock: whoever sees it finds the lock free, or held for something newer.
        self.news.store(true, Ordering::Release);
        if let Some(sleeper) = sleeper {
            sleeper.unpark();
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn is_manual(&self) -> bool {
        self.options.clock == Clock::Manual
    }

    /// The time that its streams live in.
    pub(super) fn clock(&self) -> DeviceClock {
        if self.is_manual() {
            DeviceClock::Stepped(self.stepped_ns.clone())
        } else {
            DeviceClock::Monotonic
        }
    }

    /// Calls `hooks` before and after each block until they are gone, or stop waiting.
    pub(crate) fn wait_with(&self, hooks: &Arc<dyn StepHooks>) {
        if self.is_manual() {
            self.control().waiting.push(Arc::downgrade(hooks));
        }
    }

    pub(crate) fn stop_waiting(&self, hooks: &Arc<dyn StepHooks>) {
        let others = |weak: &Weak<dyn StepHooks>| {
            weak.upgrade()
                .is_some_and(|other| !Arc::ptr_eq(&other, hooks))
        };
        self.control().waiting.retain(others);
    }

    /// Those who wait.
    pub(super) fn waiting(&self) -> Vec<Arc<dyn StepHooks>> {
        let waiting = self.control();
        waiting.waiting.iter().filter_map(Weak::upgrade).collect()
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.control().lost
    }

    pub(super) fn rate(&self) -> u32 {
        self.control().rate
    }

    pub(crate) fn info(&self) -> DeviceInfo {
        let rate = self.rate();
        let mut sample_rates: Vec<u32> = COMMON_RATES.into_iter().filter(|r| *r == rate).collect();
        if sample_rates.is_empty() {
            sample_rates.push(rate);
        }
        let accepted = self.options.accepted_buffer_sizes.as_ref();
        DeviceInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            backend: Backend::Virtual,
            input_channels: self.options.channels,
            output_channels: self.options.channels,
            sample_rates,
            buffer_size: accepted
                .and_then(|sizes| Some((*sizes.iter().min()?, *sizes.iter().max()?))),
            is_default_input: false,
            is_default_output: false,
        }
    }

    pub(super) fn step(self: &Arc<Self>, frames: u64) -> Result<(), DeviceError> {
        if !self.is_manual() {
            return Err(self.invalid("it is driven by its own clock and cannot be stepped"));
        }
        self.ensure_thread()?;
        let mut control = self.control();
        control.wanted += frames;
        let target = control.wanted;
        self.wake.notify_all();
        while control.stepped < target && control.thread.is_some() {
            control = self
                .done
                .wait(control)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if control.stepped >= target {
            Ok(())
        } else {
            Err(self.invalid("it was closed, or a step hook panicked, before the step was over"))
        }
    }

    pub(super) fn feed(&self, channels: &[Vec<f32>]) {
        let width = usize::from(self.options.channels);
        let frames = channels.iter().map(Vec::len).max().unwrap_or(0);
        let mut sound = Vec::with_capacity(frames * width);
        for frame in 0..frames {
            for channel in 0..width {
                let source = if channels.len() == 1 { 0 } else { channel };
                let sample = channels.get(source).and_then(|lane| lane.get(frame));
                sound.push(sample.copied().unwrap_or(0.0));
            }
        }
        let mut control = self.control();
        if self.is_manual() {
            control.feed.extend(sound);
        } else {
            control.inbox.push(Message::Feed(sound));
            self.tell(control);
        }
    }

    pub(super) fn take_output(&self) -> Vec<Vec<f32>> {
        let interleaved = std::mem::take(&mut self.control().played);
        let width = usize::from(self.options.channels);
        (0..width)
            .map(|channel| {
                let lane = interleaved.iter().skip(channel).step_by(width);
                lane.copied().collect()
            })
            .collect()
    }

    pub(super) fn fail(&self, how: Failure) {
        let mut control = self.control();
        control.down |= how.stops_callbacks();
        match how {
            Failure::Lost => control.lost = true,
            Failure::Rate(rate) => control.rate = rate.max(1),
            Failure::Silent | Failure::Xrun | Failure::Flood => {}
        }
        control.inbox.push(Message::Fail(how));
        self.tell(control);
    }

    pub(super) fn restore(&self) {
        let mut control = self.control();
        control.lost = false;
        control.down = false;
        control.inbox.push(Message::Restore);
        self.tell(control);
    }

    pub(super) fn close(&self) {
        let mut control = self.control();
        control.closed = true;
        control.lost = true;
        self.tell(control);
    }

    /// Starts the device's thread unless it lives.
    pub(super) fn ensure_thread(self: &Arc<Self>) -> Result<(), DeviceError> {
        let mut control = self.control();
        if control.closed {
            return Err(self.invalid("it was closed"));
        }
        if control.thread.is_none() {
            let device = self.clone();
            control.threads += 1;
            let number = control.threads;
            let run = if self.is_manual() {
                run::run
            } else {
                realtime::run
            };
            let thread = std::thread::Builder::new()
                .name("noxrun-virtual".into())
                .spawn(move || run(&device, number))
                .map_err(|error| DeviceError::Backend {
                    backend: Backend::Virtual.to_string(),
                    device: self.id.clone(),
                    message: format!("its thread could not be started: {error}"),
                })?;
            control.thread = Some(number);
            control.sleeper = Some(thread.thread().clone());
        }
        Ok(())
    }

    /// The time of a manual device goes on by a block.
    pub(super) fn pass(&self, frames: u64) {
        let mut control = self.control();
        let rate = control.rate;
        let time = &mut control.time;
        if time.rate != rate {
            // No error adds up: frames of one rate are counted as such.
            *time = SteppedTime {
                since_ns: time.now_ns(),
                frames: 0,
                rate,
            };
        }
        time.frames += frames;
        self.stepped_ns.store(time.now_ns(), Ordering::Release);
    }

    /// The device's thread has ended a block.
    pub(super) fn block_is_over(&self, frames: u64) {
        self.control().stepped += frames;
        self.done.notify_all();
    }

    /// Thread `number` is over, whatever the reason. After a panic of a hook the device cannot be
    /// used any more: its streams went with the thread.
    pub(super) fn thread_is_over(&self, number: u64) {
        let mut control = self.control();
        if std::thread::panicking() {
            control.closed = true;
            control.lost = true;
        }
        if control.thread == Some(number) {
            control.thread = None;
            control.sleeper = None;
        }
        self.done.notify_all();
    }

    pub(super) fn invalid(&self, message: &str) -> DeviceError {
        DeviceError::InvalidState {
            device: self.id.clone(),
            message: message.into(),
        }
    }
}
