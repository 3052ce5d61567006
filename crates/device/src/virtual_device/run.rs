//! The thread of a device that is stepped by hand. It may wait, for its lock and in hooks.

use std::sync::PoisonError;

use super::block::Rig;
use super::device::{Device, Message};

/// Says that the device's thread is over, also when a hook panics: nobody may wait for a thread
/// that is gone.
pub(super) struct Farewell<'a>(pub(super) &'a Device, pub(super) u64);

impl Drop for Farewell<'_> {
    fn drop(&mut self) {
        self.0.thread_is_over(self.1);
    }
}

/// Runs the blocks that were asked for until the device is closed.
pub(super) fn run(device: &Device, number: u64) {
    let _farewell = Farewell(device, number);
    let mut rig = Rig::new(&device.options, device.control().down);
    while let Some(work) = next(device) {
        take(work.messages, &mut rig);
        let Some(due) = work.block else { continue };
        let size = u64::from(rig.next_block(due.granted)).min(due.left) as u32;
        rig.before_step(device, size);
        // A stream that was opened just now takes part.
        let messages = std::mem::take(&mut device.control().inbox);
        take(messages, &mut rig);
        rig.run_block(device, size, device.clock().now_ns());
        device.block_is_over(u64::from(size));
    }
    rig.report_closed();
}

/// What to do next: messages first, then a block. Both are taken at one moment, so that a block
/// never overtakes a message that was sent before it was asked for, and a stream of messages never
/// keeps a block waiting.
struct Work {
    messages: Vec<Message>,
    block: Option<Due>,
}

/// A block that is to be run now.
struct Due {
    /// Frames that were granted.
    granted: u32,
    /// Frames that are left of the steps.
    left: u64,
}

/// Waits for something to do; `None`: the device was closed.
fn next(device: &Device) -> Option<Work> {
    let mut control = device.control();
    loop {
        let messages = std::mem::take(&mut control.inbox);
        if messages.is_empty() && control.closed {
            return None;
        }
        let left = control.wanted - control.stepped;
        let granted = control.block;
        let block = (left > 0 && !control.closed).then_some(Due { granted, left });
        if !messages.is_empty() || block.is_some() {
            return Some(Work { messages, block });
        }
        let waited = device.wake.wait(control);
        control = waited.unwrap_or_else(PoisonError::into_inner);
    }
}

fn take(messages: Vec<Message>, rig: &mut Rig) {
    for message in messages {
        rig.take(message);
    }
    // Here it may be freed at once.
    rig.discarded.clear();
}
