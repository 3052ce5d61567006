//! The directing side's end of an engine: messages go in, reports and memory come out, and memory
//! for what is sent goes ahead of it.

use crate::command::{Action, Command, Message};
use crate::config::EngineConfig;
use crate::event::{Event, Trash};
use crate::growth::Growth;
use crate::schedule::{ItemSegment, ListSegment, Schedule};
use crate::shared::Shared;
use crate::usage::Held;
use crate::voices::{VoiceSegment, Voices};
use rtrb::{Consumer, Producer, PushError, RingBuffer};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Places of a new engine's rings of reports and of memory to be freed.
const RING: usize = 1_024;

/// The directing side's end of an engine.
///
/// Whatever it has sent finds a place on the audio thread: it knows how many places are held, how
/// many may be needed by what is under way, and how many reports may come of what was sent.
pub struct Controller {
    messages: Producer<Message>,
    /// Messages that the queue takes, memory that goes ahead not counted.
    capacity: usize,
    /// Messages that were pushed, and those among them that carry memory and may be in the queue.
    pushed: u64,
    growths: VecDeque<u64>,
    items: Room,
    lists: Room,
    /// Segments of the table of voices, and how many voices there may be.
    voice_segments: usize,
    voice_keys: usize,
    events: Inlet<Event>,
    trash: Inlet<Trash>,
    /// What the audio thread publishes.
    pub shared: Arc<Shared>,
}

/// The other ends, for the renderer.
pub(crate) struct Far {
    pub messages: Consumer<Message>,
    pub events: Producer<Event>,
    pub trash: Producer<Trash>,
    /// Memory to begin with.
    pub growth: Box<Growth>,
}

/// Places of one kind on the audio thread.
#[derive(Debug, Default)]
struct Room {
    segments: usize,
    /// Commands sent that may need one (it wraps).
    sent: u32,
    /// No more than these are needed by what was sent.
    bound: usize,
}

impl Room {
    /// Lets `count` commands go. Returns how many segments there have to be.
    fn need(&mut self, count: usize, held: &Held) -> usize {
        self.sent = self.sent.wrapping_add(count as u32);
        self.bound += count;
        if self.bound > Schedule::capacity_of(self.segments) {
            let (held, taken) = held.read();
            self.bound = held as usize + self.sent.wrapping_sub(taken) as usize;
        }
        let mut segments = self.segments;
        while Schedule::capacity_of(segments) < self.bound {
            segments += 1;
        }
        segments
    }
}

/// The reading end of a ring that is replaced by a bigger one when more may come than it holds.
struct Inlet<T> {
    /// The oldest first; the audio thread writes to the newest that has reached it.
    rings: VecDeque<Consumer<T>>,
    /// Rings that were read to their end.
    finished: u32,
    capacity: usize,
    /// Values that may come of what was sent.
    expected: usize,
}

impl<T> Inlet<T> {
    fn new(ring: Consumer<T>) -> Self {
        Self {
            capacity: ring.buffer().capacity(),
            rings: VecDeque::from([ring]),
            finished: 0,
            expected: 0,
        }
    }

    /// `left`: how many rings the audio thread has left.
    fn next(&mut self, left: &AtomicU32) -> Option<T> {
        loop {
            let more = self.rings.len() > 1;
            // Looked at first: what is found empty then gets nothing any more.
            let is_left = more && left.load(Ordering::Acquire) != self.finished;
            if let Ok(value) = self.rings.front_mut()?.pop() {
                return Some(value);
            }
            if !is_left {
                return None;
            }
            self.rings.pop_front();
            self.finished = self.finished.wrapping_add(1);
        }
    }

    fn expect(&mut self, count: usize) {
        self.expected += count;
    }

    fn came(&mut self, count: usize) {
        self.expected = self.expected.saturating_sub(count);
    }

    /// A bigger ring, where more may come than this one holds.
    fn grow(&mut self, make: impl Fn() -> T) -> Option<Producer<T>> {
        if self.expected <= self.capacity {
            return None;
        }
        self.capacity = self.expected.next_power_of_two();
        let (producer, consumer) = ring(self.capacity, true, make);
        self.rings.push_back(consumer);
        Some(producer)
    }
}

/// What a message may come to.
#[derive(Default)]
struct Needs {
    items: usize,
    lists: usize,
    events: usize,
    trash: usize,
    /// Places of the table of voices.
    voices: usize,
}

impl Needs {
    fn of(message: &Message) -> Self {
        let mut needs = Self::default();
        match message {
            Message::One(command) => needs.add(command),
            Message::Batch(batch) => {
                batch.commands.iter().for_each(|command| needs.add(command));
                needs.trash += 1;
            }
            Message::Effect(..) | Message::Line(..) | Message::Tap(..) | Message::Input(..) => {
                needs.trash += 1;
            }
            Message::Grow(_) => needs.trash += 1,
        }
        needs
    }

    fn add(&mut self, command: &Command) {
        self.items += command.places();
        match command {
            Command::Play { voice, .. } => {
                self.events += 2;
                self.trash += 1;
                self.voices = self.voices.max(voice.index as usize + 1);
            }
            Command::Do { action, .. } => {
                self.lists += usize::from(command.is_point());
                self.events += usize::from(matches!(
                    action,
                    Action::Connect { .. } | Action::AddTrack(_) | Action::Marker(_)
                ));
            }
        }
    }
}

impl Controller {
    pub(crate) fn new(config: &EngineConfig, shared: &Arc<Shared>) -> (Self, Far) {
        let touch = config.real_time;
        // Each message may have memory going ahead of it.
        let places = 2 * config.control_capacity;
        let (messages, message_end) = ring(places, touch, || Message::Grow(Box::default()));
        let (event_end, events) = ring(RING, touch, no_event);
        let (trash_end, trash) = ring(RING, touch, no_trash);
        let mut controller = Self {
            messages,
            capacity: config.control_capacity,
            pushed: 0,
            growths: VecDeque::new(),
            items: Room::default(),
            lists: Room::default(),
            voice_segments: 0,
            voice_keys: config.voice_keys(),
            events: Inlet::new(events),
            trash: Inlet::new(trash),
            shared: Arc::clone(shared),
        };
        let mut growth = Box::<Growth>::default();
        controller.grow_rooms(&mut growth, 1, 1);
        controller.grow_voices(&mut growth, 1);
        let far = Far {
            messages: message_end,
            events: event_end,
            trash: trash_end,
            growth,
        };
        (controller, far)
    }

    /// Sends a message; memory that it may need goes ahead of it by itself.
    ///
    /// # Errors
    /// Gives the message back when the queue is full; nothing was sent then.
    pub fn send(&mut self, message: Message) -> Result<(), Message> {
        if self.is_full() {
            return Err(message);
        }
        self.provide(&Needs::of(&message));
        // The queue has two places for each message that it takes.
        self.push(message)
    }

    fn push(&mut self, message: Message) -> Result<(), Message> {
        let pushed = self.messages.push(message);
        pushed.map_err(|PushError::Full(message)| message)?;
        self.pushed += 1;
        Ok(())
    }

    /// Sends memory ahead where a message may need more than there is.
    fn provide(&mut self, needs: &Needs) {
        let usage = &self.shared.usage;
        let items = self.items.need(needs.items, &usage.items);
        let lists = self.lists.need(needs.lists, &usage.lists);
        self.events.expect(needs.events);
        self.trash.expect(needs.trash);
        let voices = needs.voices.min(self.voice_keys);
        let voices = Voices::segments_for(voices).max(self.voice_segments);
        let enough = items == self.items.segments
            && lists == self.lists.segments
            && voices == self.voice_segments
            && self.events.expected <= self.events.capacity
            && self.trash.expected < self.trash.capacity;
        if enough {
            return;
        }
        let mut growth = Box::<Growth>::default();
        self.grow_rooms(&mut growth, items, lists);
        self.grow_voices(&mut growth, voices);
        self.trash.expect(1);
        growth.events = self.events.grow(no_event);
        growth.trash = self.trash.grow(no_trash);
        let taken = self.taken();
        while self.growths.front().is_some_and(|index| *index < taken) {
            self.growths.pop_front();
        }
        self.growths.push_back(self.pushed);
        let sent = self.push(Message::Grow(growth));
        debug_assert!(sent.is_ok(), "there is a place beside every message");
    }

    fn grow_rooms(&mut self, growth: &mut Growth, items: usize, lists: usize) {
        for count in self.items.segments..items {
            growth.items.push(ItemSegment::make(count));
        }
        for count in self.lists.segments..lists {
            growth.lists.push(ListSegment::make(count));
        }
        self.items.segments = items;
        self.lists.segments = lists;
    }

    fn grow_voices(&mut self, growth: &mut Growth, segments: usize) {
        for count in self.voice_segments..segments {
            growth.voices.push(VoiceSegment::make(count));
        }
        self.voice_segments = segments;
    }

    fn occupied(&self) -> usize {
        self.messages.buffer().capacity() - self.messages.slots()
    }

    /// Messages that the audio thread has taken in.
    fn taken(&self) -> u64 {
        self.pushed - self.occupied() as u64
    }

    /// Messages in the queue, memory that goes ahead not counted.
    fn waiting(&self) -> usize {
        let occupied = self.occupied();
        let taken = self.pushed - occupied as u64;
        let carrying = self.growths.iter().rev();
        let carrying = carrying.take_while(|index| **index >= taken).count();
        occupied - carrying
    }

    /// Whether the control queue takes no more at the moment.
    pub fn is_full(&self) -> bool {
        // Looked at closely only when there are that many messages of any kind.
        self.occupied() >= self.capacity && self.waiting() >= self.capacity
    }

    /// Messages that the control queue holds at most.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether the audio thread has taken in everything that was sent.
    pub fn is_drained(&self) -> bool {
        self.occupied() == 0
    }

    /// The next report; see [`Event`].
    pub fn next_event(&mut self) -> Option<Event> {
        let event = self.events.next(&self.shared.usage.event_rings)?;
        self.events.came(match event {
            Event::Started { .. } => 0,
            // It may have ended without having started.
            Event::Ended { .. } => 2,
            Event::Marker { .. } | Event::TrackGone(_) | Event::EdgeGone(_) => 1,
        });
        Some(event)
    }

    /// The next memory to be freed; see [`Trash`].
    pub fn next_trash(&mut self) -> Option<Trash> {
        let trash = self.trash.next(&self.shared.usage.trash_rings)?;
        self.trash.came(1);
        Some(trash)
    }
}

fn no_event() -> Event {
    Event::Marker {
        marker: 0,
        frame: None,
    }
}

fn no_trash() -> Trash {
    Trash::Line(Box::default())
}

/// A ring; to `touch` its memory, it is filled and emptied once.
fn ring<T>(capacity: usize, touch: bool, make: impl Fn() -> T) -> (Producer<T>, Consumer<T>) {
    let (mut producer, mut consumer) = RingBuffer::new(capacity);
    while touch && !producer.is_full() && producer.push(make()).is_ok() {}
    while consumer.pop().is_ok() {}
    (producer, consumer)
}
