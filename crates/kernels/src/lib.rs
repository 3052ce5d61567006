//! The inner loops of the project, and the only place that chooses between instruction sets.
//!
//! Guarantees:
//! - Every function gives the same bits at every [`Level`], on every machine: each is written once,
//!   with a fixed number of lanes and a fixed order of reduction, and compiled once a level. No
//!   level has a fused multiply-add. Only which NaN comes out of a NaN is left open.
//! - None allocates, locks, makes a system call or panics, whatever the lengths: where slices that
//!   belong together differ in length, the shortest decides and the rest stays as it is.
//!
//! What its loops are not for: anything that needs a transcendental function, or that carries a state from
//! sample to sample.
//!
//! `level.rs` says how a level is chosen, `dispatch.rs` how a loop becomes one function a level;
//! `mix.rs`, `ramp.rs`, `measure.rs`, `dot.rs` and `fir.rs` hold the loops.
//! `design.rs` holds what filters are designed from, off the audio path.

pub mod design;
mod dispatch;
mod dot;
mod fir;
mod lanes;
mod level;
mod measure;
mod mix;
mod ramp;

pub use dot::{blend_rows, dot, dot_blend};
pub use fir::{Branches, GROUP, Place, fir_rows, fir_symmetric};
pub use level::{CpuError, Level, VARIABLE, force, init, level};
pub use measure::{all_finite, any_above, measure};
pub use mix::{add, add_curve, add_scaled, interleave2, multiply, scale};
pub use ramp::fill_linear_ramp;
