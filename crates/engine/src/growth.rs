//! Memory on its way to the audio thread, ahead of what may need it.

/// Memory that [`Controller::send`](crate::Controller::send) sends ahead.
#[derive(Debug)]
pub struct Growth {}
