//! The tests of the media crate in one program, so that it is linked once. What needs a process of its own,
//! to count allocations or to be killed, stands beside this folder.

mod audio_writer;
mod common;
mod decode_flac;
mod decode_wav;
mod hostile_input;
mod load;
mod loudness;
mod write_flac;
mod write_wav;
