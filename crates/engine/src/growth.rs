//! Memory on its way to the audio thread, ahead of what may need it.

use crate::event::{Event, Trash};
use crate::schedule::{ItemSegment, ListSegment};
use crate::voices::VoiceSegment;
use rtrb::Producer;

/// Memory that [`Controller::send`](crate::Controller::send) sends ahead: room for what waits, for
/// voices, and bigger rings for what comes back. The audio thread only links it in; the box comes
/// back with what it replaced, as [`Trash::Growth`].
#[derive(Default)]
pub struct Growth {
    pub(crate) items: Vec<ItemSegment>,
    pub(crate) lists: Vec<ListSegment>,
    pub(crate) voices: Vec<VoiceSegment>,
    pub(crate) events: Option<Producer<Event>>,
    pub(crate) trash: Option<Producer<Trash>>,
    /// The rings that were replaced.
    pub(crate) old_events: Option<Producer<Event>>,
    pub(crate) old_trash: Option<Producer<Trash>>,
}

impl std::fmt::Debug for Growth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Growth").finish_non_exhaustive()
    }
}
