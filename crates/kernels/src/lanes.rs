//! Eight numbers at once, for loops whose sums the compiler would not keep in lanes by itself.

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::Array as Baseline;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx as V3, Sse as Baseline};

/// Eight f32. Each operation works lane by lane and rounds like the scalar one, so all
/// implementations agree in every bit.
pub(crate) trait Lanes: Copy {
    /// Whether eight of them and what they are made of fit the registers.
    const MANY: bool;
    /// `x` in every lane.
    fn splat(x: f32) -> Self;
    /// The eight numbers of `from`.
    fn load(from: &[f32; 8]) -> Self;
    /// The eight numbers.
    fn to_array(self) -> [f32; 8];
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn abs(self) -> Self;
    /// The greater; `other` where one is NaN.
    fn max_or(self, other: Self) -> Self;

    /// The sum: the upper half onto the lower, until one is left.
    #[inline(always)]
    fn sum(self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self.to_array();
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }

    /// The sums of four, each as [`sum`](Self::sum) makes it.
    fn sum4(four: [Self; 4]) -> [f32; 4];
}

#[cfg(test)]
mod tests {
    use super::portable::Array;
    use super::{Baseline, Lanes};

    const VALUES: [f32; 12] = [
        0.0,
        -0.0,
        1.0,
        -1.0 / 3.0,
        1.000_000_1,
        1e-40,
        -1e-45,
        3e38,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        -1e-20,
    ];

    /// Each operation on every pair of values, the sum last.
    fn operations<V: Lanes>(a: [f32; 8], b: [f32; 8]) -> Vec<u32> {
        let (x, y) = (V::load(&a), V::load(&b));
        let lanes = [
            x.add(y),
            x.sub(y),
            x.mul(y),
            x.abs(),
            x.max_or(y),
            V::splat(a[0]),
        ];
        let numbers = lanes.iter().flat_map(|lanes| lanes.to_array());
        numbers
            .chain([x.sum()])
            .chain(V::sum4([x, y, x.mul(y), x.add(y)]))
            .chain([x, y, x.mul(y), x.add(y)].map(V::sum))
            .map(|x| if x.is_nan() { f32::NAN } else { x }.to_bits())
            .collect()
    }

    #[test]
    fn vectors_calculate_like_single_numbers() {
        for a in VALUES {
            for shift in 0..VALUES.len() {
                let b = std::array::from_fn(|n| VALUES[(n + shift) % VALUES.len()]);
                assert_eq!(
                    operations::<Baseline>([a; 8], b),
                    operations::<Array>([a; 8], b)
                );
                assert_eq!(
                    operations::<Baseline>(b, [a; 8]),
                    operations::<Array>(b, [a; 8])
                );
                #[cfg(target_arch = "x86_64")]
                if crate::Level::V3.is_supported() {
                    assert_eq!(
                        operations::<super::V3>([a; 8], b),
                        operations::<Array>([a; 8], b)
                    );
                    assert_eq!(
                        operations::<super::V3>(b, [a; 8]),
                        operations::<Array>(b, [a; 8])
                    );
                }
            }
        }
    }
}
