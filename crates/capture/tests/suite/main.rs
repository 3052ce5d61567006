//! The tests of the capture crate in one program, so that it is linked once. What needs a process of its own,
//! to count allocations or to be killed, stands beside this folder.

mod chunker;
mod close;
mod common;
mod conservation;
mod devices;
mod finish;
mod gaps;
mod ideal;
mod live;
mod preroll;
mod readers;
mod time;
