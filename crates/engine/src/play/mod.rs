//! How a voice reads its sound: at any speed, repeated, cut and faded.
//!
//! A [`Line`] says which frames a voice comes by, a [`Cursor`] where it is on it, a [`Reader`] what
//! is heard between two frames, and a [`Head`] mixes the result into a track's bus. What is heard on
//! a frame follows from the cursor, the speed and the fades of that frame alone, never from how
//! frames were cut into stretches.

mod cursor;
mod head;
mod line;
mod mix;
mod reader;
mod sinc;

pub(crate) use cursor::{Cursor, speed};
pub(crate) use head::Head;
pub(crate) use line::Line;
pub(crate) use mix::{Room, Stretch};
