//! The directing side's end of an engine.

use crate::command::Message;
use crate::event::{Event, Trash};
use crate::shared::Shared;
use std::sync::Arc;

/// The directing side's end of an engine.
pub struct Controller {
    pub(crate) messages: rtrb::Producer<Message>,
    pub(crate) events: rtrb::Consumer<Event>,
    pub(crate) trash: rtrb::Consumer<Trash>,
    /// What the audio thread publishes.
    pub shared: Arc<Shared>,
}

impl Controller {
    /// Sends a message; memory that it may need goes ahead of it by itself.
    ///
    /// # Errors
    /// Gives the message back when the queue is full; nothing was sent.
    pub fn send(&mut self, message: Message) -> Result<(), Message> {
        self.messages
            .push(message)
            .map_err(|rtrb::PushError::Full(message)| message)
    }

    /// Whether the control queue takes no more at the moment.
    pub fn is_full(&self) -> bool {
        self.messages.is_full()
    }

    /// Messages that the control queue holds at most.
    pub fn capacity(&self) -> usize {
        self.messages.buffer().capacity()
    }

    /// Whether the audio thread has taken in everything that was sent.
    pub fn is_drained(&self) -> bool {
        self.messages.slots() == self.messages.buffer().capacity()
    }

    /// The next report; see [`Event`].
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop().ok()
    }

    /// Memory to be freed; see [`Trash`].
    pub fn next_trash(&mut self) -> Option<Trash> {
        self.trash.pop().ok()
    }
}
