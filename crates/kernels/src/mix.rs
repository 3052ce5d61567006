//! Sample by sample: sums, gains and layouts.

use crate::dispatch::kernels;

kernels! {
    /// `out[n] += src[n]`.
    pub fn add(out: &mut [f32], src: &[f32]) {
        for (out, x) in out.iter_mut().zip(src) {
            *out += *x;
        }
    }

    /// `out[n] += src[n]·gain`.
    pub fn add_scaled(out: &mut [f32], src: &[f32], gain: f32) {
        for (out, x) in out.iter_mut().zip(src) {
            *out += *x * gain;
        }
    }

    /// `out[n] += src[n]·curve[n]`.
    pub fn add_curve(out: &mut [f32], src: &[f32], curve: &[f32]) {
        for ((out, x), gain) in out.iter_mut().zip(src).zip(curve) {
            *out += *x * *gain;
        }
    }

    /// `buf[n] *= gain`.
    pub fn scale(buf: &mut [f32], gain: f32) {
        for x in buf {
            *x *= gain;
        }
    }

    /// `buf[n] *= curve[n]`.
    pub fn multiply(buf: &mut [f32], curve: &[f32]) {
        for (x, gain) in buf.iter_mut().zip(curve) {
            *x *= *gain;
        }
    }

    /// `out[2n] = left[n]`, `out[2n + 1] = right[n]`.
    pub fn interleave2(out: &mut [f32], left: &[f32], right: &[f32]) {
        let (frames, _) = out.as_chunks_mut::<2>();
        for ((frame, left), right) in frames.iter_mut().zip(left).zip(right) {
            *frame = [*left, *right];
        }
    }
}
