//! What the hand-off costs an input callback, and when the consumer has the samples: the old
//! pipeline (a fresh `Vec` a callback through a `sync_channel`) against `condvar` and `unpark`, in
//! turns, on one thread, behind the same resampler. Prints a line of JSON a case.
//!
//! `--rounds N`, default 10; `--callbacks N` a round, default 500; `--period N` microseconds from
//! one callback to the next, default 1,000.

#[path = "handoff/case.rs"]
mod case;
#[path = "handoff/clock.rs"]
mod clock;
mod common;
#[path = "handoff/counting.rs"]
mod counting;
#[path = "handoff/load.rs"]
mod load;
#[path = "handoff/pipeline.rs"]
mod pipeline;

use std::time::Duration;

use case::{Case, SEATS};
use common::flag;
use pipeline::SHAPES;

fn main() {
    let rounds = flag("--rounds", 10) as usize;
    let callbacks = flag("--callbacks", 500) as usize;
    let period = Duration::from_micros(flag("--period", 1_000));
    for is_loaded in [false, true] {
        for seat in SEATS {
            for shape in SHAPES {
                let case = Case {
                    is_loaded,
                    seat,
                    shape,
                    rounds,
                    callbacks,
                    period,
                };
                case.run();
            }
        }
    }
}
