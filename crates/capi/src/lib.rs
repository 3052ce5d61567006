//! The C interface: a session behind a few functions over one opaque pointer.
//!
//! What holds for every function:
//! - It returns `NOXRUN_STATUS_OK` or a negative `noxrun_status`; `noxrun_last_error` then has the
//!   sentence for people, of this thread's last failed call. Nothing is changed by a failed call.
//! - No panic crosses the border: it becomes `NOXRUN_STATUS_ERR_BACKEND`.
//! - It may be called from any thread, also from several at once, but for `noxrun_drop`, which
//!   must be the last call for its state. None of them may be called in an audio callback.
//! - Pointers are only used during the call. Strings are UTF-8 and end in a zero byte.
//! - Structs that may grow begin with their size: set `size` to `sizeof` of what you compiled with,
//!   and the whole struct to 0 before. The others stay as they are within a major version.
//!
//! `state.rs` says what is behind the pointer, `types.rs` the structs and numbers of the header,
//! `commands.rs` how they become intents. The header is made from these sources; a test compares.

mod border;
mod capture;
mod commands;
mod events;
mod open;
mod render;
mod samples;
mod state;
mod stats;
mod status;
pub mod types;

pub use state::State;
pub use status::Status;

/// Counts what callbacks allocate and free.
#[global_allocator]
static ALLOCATOR: noxrun_session::CountingAllocator = noxrun_session::CountingAllocator;
