//! What happens in one block of a virtual device.

use std::sync::Arc;

use super::device::{Device, Message};
use super::fed::Fed;
use super::{Failure, VirtualOptions};
use crate::event::{ErrorKind, LossReason, Reporter};
use crate::playback::{OutputBlock, Playback};
use crate::recording::{InputBlock, Recording};
use crate::request::StepHooks;
use crate::status::StreamStatus;

/// Errors of [`Failure::Flood`].
const FLOOD: u32 = 100_000;

/// A stream, as the device's thread sees it.
pub(super) struct Slot {
    pub(super) id: u64,
    pub(super) status: Arc<StreamStatus>,
    /// Only on manual devices.
    pub(super) hooks: Option<Arc<dyn StepHooks>>,
    pub(super) callback: Callback,
    pub(super) is_stale: bool,
}

/// Memory that the thread of a real-time device has done with. It must not free it itself: the
/// allocator has locks of its own.
#[derive(Debug)]
pub(super) enum Discarded {
    Stream(#[allow(dead_code, reason = "held until others free it")] Box<Slot>),
    Sound(#[allow(dead_code, reason = "held until others free it")] Vec<f32>),
}

/// Which way its sound goes.
pub(super) enum Callback {
    Output(Box<Playback>),
    Input(Box<Recording>),
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Slot {
    fn reporter(&mut self) -> &mut Reporter {
        match &mut self.callback {
            Callback::Output(playback) => playback.reporter(),
            Callback::Input(recording) => recording.reporter(),
        }
    }

    /// Whether its stream still exists; the message that it does not may be on its way.
    fn is_open(&self) -> bool {
        match &self.callback {
            Callback::Output(playback) => playback.is_open(),
            Callback::Input(recording) => recording.is_open(),
        }
    }

    /// A stream that was opened at another rate waits to be opened again, but for a step that was
    /// asked for by hand.
    fn is_called(&self) -> bool {
        self.is_open() && !self.is_stale
    }

    fn before_block(&self, frames: u32) {
        if let Some(hooks) = &self.hooks {
            hooks.before_block(frames);
        }
    }
}

/// All that belongs to the device's thread alone.
pub(super) struct Rig {
    /// In boxes, as they came: unpacking one would free memory.
    #[allow(clippy::vec_box, reason = "the box must not be freed on this thread")]
    slots: Vec<Box<Slot>>,
    /// What a real-time device records.
    fed: Fed,
    pub(super) discarded: Vec<Discarded>,
    down: bool,
    channels: usize,
    loopback: bool,
    block_sizes: Vec<u32>,
    next_size: usize,
    /// What one stream plays, what all play together, and what is recorded; interleaved.
    one: Vec<f32>,
    bus: Vec<f32>,
    line: Vec<f32>,
}

impl Rig {
    pub(super) fn new(options: &VirtualOptions, down: bool) -> Self {
        Self {
            // Real-time devices: beyond these, a list grows once on the device's thread.
            slots: Vec::with_capacity(16),
            fed: Fed::new(),
            discarded: Vec::with_capacity(64),
            down,
            channels: usize::from(options.channels),
            loopback: options.loopback,
            block_sizes: options.block_sizes.clone().unwrap_or_default(),
            next_size: 0,
            one: Vec::new(),
            bus: Vec::new(),
            line: Vec::new(),
        }
    }

    pub(super) fn is_unused(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn take(&mut self, message: Message) {
        match message {
            Message::Attach(slot) => self.attach(slot),
            Message::Detach(id) => self.detach(id),
            Message::Feed(piece) => self.fed.push(piece),
            Message::Restore => self.restore(),
            Message::Fail(how) => self.fail(how),
        }
    }

    /// What was fed and not recorded, when there are no streams any more.
    pub(super) fn take_rest(&mut self) -> impl Iterator<Item = Vec<f32>> + use<'_> {
        self.fed.take_rest()
    }

    fn attach(&mut self, slot: Box<Slot>) {
        self.slots.push(slot);
    }

    fn detach(&mut self, id: u64) {
        if let Some(place) = self.slots.iter().position(|slot| slot.id == id) {
            let slot = self.slots.remove(place);
            self.discarded.push(Discarded::Stream(slot));
        }
    }

    /// Frames of the next block of a device whose streams were granted `granted`.
    pub(super) fn next_block(&mut self, granted: u32) -> u32 {
        if self.block_sizes.is_empty() {
            return granted;
        }
        let size = self.block_sizes[self.next_size % self.block_sizes.len()];
        self.next_size += 1;
        size
    }

    fn fail(&mut self, how: Failure) {
        self.down |= how.stops_callbacks();
        for slot in &mut self.slots {
            slot.is_stale |= matches!(how, Failure::Rate(_)) && !slot.status.health().manual;
            let reporter = slot.reporter();
            match how {
                Failure::Lost => reporter.lost(LossReason::DeviceGone),
                Failure::Silent => {}
                Failure::Xrun => reporter.xrun(),
                Failure::Flood => (0..FLOOD).for_each(|_| reporter.error(ErrorKind::Backend)),
                Failure::Rate(rate) => reporter.rate_changed(rate),
            }
        }
    }

    fn restore(&mut self) {
        self.down = false;
        for slot in &self.slots {
            slot.status.clear_lost();
        }
    }

    /// Those who take part in the steps: open streams, and those that wait to come back.
    fn hooks(&self, device: &Device) -> Vec<Arc<dyn StepHooks>> {
        let open = self.slots.iter().filter(|slot| slot.is_open());
        let mut hooks: Vec<_> = open.filter_map(|slot| slot.hooks.clone()).collect();
        for waiting in device.waiting() {
            if !hooks.iter().any(|other| Arc::ptr_eq(other, &waiting)) {
                hooks.push(waiting);
            }
        }
        hooks
    }

    pub(super) fn before_step(&self, device: &Device, frames: u32) {
        for hooks in self.hooks(device) {
            hooks.before_step(frames);
        }
    }

    /// Runs one block: outputs, then what they sound like together, then inputs. `at_ns`: when it
    /// begins, in the device's time.
    pub(super) fn run_block(&mut self, device: &Device, frames: u32, at_ns: u64) {
        let samples = frames as usize * self.channels;
        if self.down {
            // The world goes on: what it would have recorded meanwhile is gone.
            self.exchange(device, samples);
        } else {
            self.play(frames, samples);
            self.exchange(device, samples);
            self.mix_line(samples);
            self.record(frames, at_ns);
        }
        if device.is_manual() {
            device.pass(frames.into());
            for hooks in self.hooks(device) {
                hooks.after_block();
            }
        }
    }

    fn play(&mut self, frames: u32, samples: usize) {
        self.one.resize(samples, 0.0);
        self.bus.clear();
        for slot in &mut self.slots {
            if !slot.is_called() || matches!(slot.callback, Callback::Input(_)) {
                continue;
            }
            slot.before_block(frames);
            if let Callback::Output(playback) = &mut slot.callback {
                playback.run(OutputBlock::Float(&mut self.one), 0.0);
            }
            // The first is copied, not added to silence: even the sign of a zero is kept.
            if self.bus.is_empty() {
                self.bus.extend_from_slice(&self.one);
            } else {
                for (bus, one) in self.bus.iter_mut().zip(&self.one) {
                    *bus += one;
                }
            }
        }
        self.bus.resize(samples, 0.0);
    }

    /// Hands over what was played, and fetches what was fed, at most `samples`.
    fn exchange(&mut self, device: &Device, samples: usize) {
        self.line.clear();
        if !device.is_manual() {
            self.fed.take(samples, &mut self.line, &mut self.discarded);
            return;
        }
        let mut control = device.control();
        if !self.down {
            control.played.extend_from_slice(&self.bus);
        }
        let fed = samples.min(control.feed.len());
        self.line.extend(control.feed.drain(..fed));
    }

    /// What is recorded: what was fed, and in a loopback what was played.
    fn mix_line(&mut self, samples: usize) {
        let fed = self.line.len();
        if self.loopback {
            for (line, bus) in self.line.iter_mut().zip(&self.bus) {
                *line += bus;
            }
            self.line.extend_from_slice(&self.bus[fed..]);
        } else {
            self.line.resize(samples, 0.0);
        }
    }

    fn record(&mut self, frames: u32, at_ns: u64) {
        for slot in &mut self.slots {
            if !slot.is_called() || matches!(slot.callback, Callback::Output(_)) {
                continue;
            }
            slot.before_block(frames);
            if let Callback::Input(recording) = &mut slot.callback {
                let block = InputBlock::Float(&self.line);
                recording.run_at(&block, 0.0, Some(at_ns));
            }
        }
    }

    /// Every stream missed its deadline.
    pub(super) fn report_xrun(&mut self) {
        for slot in &mut self.slots {
            slot.reporter().xrun();
        }
    }

    /// The device was closed under its streams.
    pub(super) fn report_closed(&mut self) {
        self.fail(Failure::Lost);
    }
}
