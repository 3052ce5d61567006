//! Slow work has threads of its own: renders, loads, and calls that wait for devices and files.
//!
//! A binding calls [`start`] with a closure and settles its promise in it. Each kind of work has a
//! pool, so that one kind never waits for another. The pools belong to the process and are made
//! when they are first needed.

mod limit;
mod pool;

#[cfg(test)]
mod tests;

pub use self::limit::{RenderLimit, render_limit};
pub use self::pool::Ticket;

use self::pool::Pool;
use crate::error::Error;
use std::sync::OnceLock;
use std::thread::available_parallelism;

/// What a piece of work is, which says how long it may have to wait for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A call that waits for a device or for another thread: opening, closing, suspending, listing
    /// devices, the end of a recording. It is begun at once, so there is no limit.
    Call,
    /// A sound that is decoded, copied or probed. As many at a time as processors, at least two.
    Load,
    /// An offline render. [`render_limit`] at a time, in the order in which they were started.
    Render,
}

/// What is done on a thread of a pool. It is told why not when its turn never comes: then it is
/// called on the thread that withdrew it, or on the one that started it.
pub type Job = Box<dyn FnOnce(Result<(), Error>) + Send>;

struct Pools {
    calls: Pool,
    loads: Pool,
    renders: Pool,
}

static POOLS: OnceLock<Pools> = OnceLock::new();

/// Does `job` on a thread for its kind of work, as soon as it is its turn. The ticket takes it back
/// while it waits; dropping the ticket changes nothing.
pub fn start(work: Work, job: Job) -> Ticket {
    let pools = POOLS.get_or_init(|| {
        #[cfg(feature = "sabotage")]
        noxrun_sabotage::init();
        Pools {
            calls: Pool::new("noxrun-call", usize::MAX),
            loads: Pool::new("noxrun-load", processors().max(2)),
            renders: Pool::new("noxrun-render", render_limit().limit),
        }
    });
    let pool = match work {
        Work::Call => &pools.calls,
        Work::Load => &pools.loads,
        Work::Render => &pools.renders,
    };
    pool.start(job)
}

/// How many processors this process may use; 1 where nobody says.
fn processors() -> usize {
    available_parallelism().map_or(1, usize::from)
}
