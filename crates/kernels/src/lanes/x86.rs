//! Vectors of x86-64: two of SSE2, or one of AVX.

use super::Lanes;
use std::arch::x86_64::*;

/// Two vectors of four.
#[derive(Clone, Copy)]
pub(crate) struct Sse(__m128, __m128);

macro_rules! sse {
    ($($name:ident = $instruction:ident;)*) => {$(
        #[inline(always)]
        fn $name(self, other: Self) -> Self {
            // SAFETY: every x86-64 has SSE2.
            unsafe { Self($instruction(self.0, other.0), $instruction(self.1, other.1)) }
        }
    )*};
}

impl Lanes for Sse {
    const MANY: bool = false;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        // SAFETY: every x86-64 has SSE2.
        unsafe { Self(_mm_set1_ps(x), _mm_set1_ps(x)) }
    }

    #[inline(always)]
    fn load(from: &[f32; 8]) -> Self {
        let from = from.as_ptr();
        // SAFETY: every x86-64 has SSE2; there are eight f32, and these loads need no alignment.
        unsafe { Self(_mm_loadu_ps(from), _mm_loadu_ps(from.add(4))) }
    }

    #[inline(always)]
    fn to_array(self) -> [f32; 8] {
        let mut to = [0.0f32; 8];
        let at = to.as_mut_ptr();
        // SAFETY: every x86-64 has SSE2; there is room for eight f32, and these stores need no
        // alignment.
        unsafe {
            _mm_storeu_ps(at, self.0);
            _mm_storeu_ps(at.add(4), self.1);
        }
        to
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: every x86-64 has SSE2.
        unsafe {
            let sign = _mm_set1_ps(-0.0);
            Self(_mm_andnot_ps(sign, self.0), _mm_andnot_ps(sign, self.1))
        }
    }

    #[inline(always)]
    fn sum4(four: [Self; 4]) -> [f32; 4] {
        // SAFETY: every x86-64 has SSE2.
        unsafe { sum_rows(four.map(|Self(low, high)| _mm_add_ps(low, high))) }
    }

    // The maximum's instruction gives its second operand where one is NaN, as `max_or` has to.
    sse! {
        add = _mm_add_ps;
        sub = _mm_sub_ps;
        mul = _mm_mul_ps;
        max_or = _mm_max_ps;
    }
}

/// The sum of each of four vectors of four: `(0 + 2) + (1 + 3)`.
///
/// # Safety
/// None is asked for: every x86-64 has SSE2.
#[inline(always)]
unsafe fn sum_rows(rows: [__m128; 4]) -> [f32; 4] {
    let [mut a, mut b, mut c, mut d] = rows;
    let mut to = [0.0f32; 4];
    // SAFETY: every x86-64 has SSE2; there is room for four f32, and this store needs no alignment.
    unsafe {
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        _mm_storeu_ps(
            to.as_mut_ptr(),
            _mm_add_ps(_mm_add_ps(a, c), _mm_add_ps(b, d)),
        );
    }
    to
}

/// One vector of eight. Only functions that `dispatch.rs` compiles for V3 name it, so it exists
/// only where there is AVX.
#[derive(Clone, Copy)]
pub(crate) struct Avx(__m256);

macro_rules! avx {
    ($($name:ident = $instruction:ident;)*) => {$(
        #[inline(always)]
        fn $name(self, other: Self) -> Self {
            // SAFETY: there is AVX, see the type.
            unsafe { Self($instruction(self.0, other.0)) }
        }
    )*};
}

impl Lanes for Avx {
    const MANY: bool = true;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        // SAFETY: there is AVX, see the type.
        unsafe { Self(_mm256_set1_ps(x)) }
    }

    #[inline(always)]
    fn load(from: &[f32; 8]) -> Self {
        // SAFETY: there is AVX, see the type; there are eight f32, and this load needs no alignment.
        unsafe { Self(_mm256_loadu_ps(from.as_ptr())) }
    }

    #[inline(always)]
    fn to_array(self) -> [f32; 8] {
        let mut to = [0.0f32; 8];
        // SAFETY: there is AVX, see the type; there is room for eight f32, and this store needs no
        // alignment.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self.0) };
        to
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: there is AVX, see the type.
        unsafe { Self(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)) }
    }

    #[inline(always)]
    fn sum4(four: [Self; 4]) -> [f32; 4] {
        // SAFETY: there is AVX, see the type.
        unsafe {
            sum_rows(four.map(|Self(x)| {
                _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x))
            }))
        }
    }

    avx! {
        add = _mm256_add_ps;
        sub = _mm256_sub_ps;
        mul = _mm256_mul_ps;
        max_or = _mm256_max_ps;
    }
}
