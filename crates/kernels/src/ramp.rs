//! The values of a linear ramp.

use crate::dispatch::kernels;

kernels! {
    /// `out[k]` is what a linear ramp of `frames` frames from `from` to `to`, `done` of which have
    /// passed, stands on at its next frame but `k`: `from + (to − from)·(done + 1 + k)/frames`, in
    /// that order in f64, then narrowed. From its last frame on it is exactly `to`.
    pub fn fill_linear_ramp(out: &mut [f32], from: f64, to: f64, done: u32, frames: u32) {
        // The last frame belongs to the rest: it stands on the target, whatever the formula rounds.
        let moving = (frames.saturating_sub(done) as usize).saturating_sub(1);
        let (moving, rest) = out.split_at_mut(moving.min(out.len()));
        let (distance, frames) = (to - from, f64::from(frames));
        // Whole numbers up to 2^32 are exact, and so is their sum.
        let first = f64::from(done) + 1.0;
        for (k, out) in moving.iter_mut().enumerate() {
            *out = (from + distance * (first + f64::from(k as u32)) / frames) as f32;
        }
        rest.fill(to as f32);
    }
}
