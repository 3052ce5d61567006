//! Plain arrays: for architectures other than x86-64, and the tests' witness there.

use super::Lanes;
use std::array::from_fn;

#[derive(Clone, Copy)]
pub(crate) struct Array([f32; 8]);

impl Lanes for Array {
    // The other architectures that run this have 32 registers.
    const MANY: bool = true;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; 8])
    }

    #[inline(always)]
    fn load(from: &[f32; 8]) -> Self {
        Self(*from)
    }

    #[inline(always)]
    fn to_array(self) -> [f32; 8] {
        self.0
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(from_fn(|n| self.0[n] + other.0[n]))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(from_fn(|n| self.0[n] - other.0[n]))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(from_fn(|n| self.0[n] * other.0[n]))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }

    #[inline(always)]
    fn max_or(self, other: Self) -> Self {
        Self(from_fn(|n| {
            let (a, b) = (self.0[n], other.0[n]);
            if a > b { a } else { b }
        }))
    }

    #[inline(always)]
    fn sum4(four: [Self; 4]) -> [f32; 4] {
        four.map(Self::sum)
    }
}
