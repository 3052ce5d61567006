//! The tests of the engine crate in one program, so that it is linked once. What needs a process of its own,
//! to count allocations or to be killed, stands beside this folder.

mod automation;
mod automation_cancel;
mod automation_model;
mod beats;
mod blocks;
mod chain_places;
mod chains;
mod chance;
mod control;
mod exact;
mod filters;
mod hostile;
mod hostile_commands;
mod inputs;
mod interpolation;
mod latency;
mod latency_clicks;
mod latency_lines;
mod player;
mod playing;
mod points;
mod reference;
mod removal;
mod reopening;
mod rerouting;
mod rig;
mod routing;
mod seeking;
mod sessions;
mod sound;
mod speed;
mod taps;
mod transport;
mod transport_loops;
mod voices;
