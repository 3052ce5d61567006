//! Filters over whole blocks: one call makes many output samples.

use crate::dispatch::kernels;
use crate::lanes::Lanes;

/// A row of [`fir_rows`] is made of groups of this many taps.
pub const GROUP: usize = 16;

/// Where [`fir_rows`] finds one output's filter and samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Which row of taps.
    pub row: u32,
    /// Index of its first sample.
    pub start: u32,
}

/// Samples that [`fir_symmetric`] reads: every `factor`-th one from each of `factor` beginnings on,
/// so that consecutive outputs find theirs side by side.
#[derive(Debug, Clone, Copy)]
pub struct Branches<'a> {
    /// Sample `i` is at `samples[(i % factor)·stride + i / factor]`.
    pub samples: &'a [f32],
    /// Input samples an output, at least 1.
    pub factor: usize,
    /// Room of one branch.
    pub stride: usize,
}

kernels! {
    /// For every place, the scalar product of a row of taps with as many samples:
    /// `out[j] = Σ rows[row][k]·x[start + k]`, where a row is `width` groups of taps.
    ///
    /// Each output is summed in two times eight lanes, whichever outputs stand beside it. Stops at
    /// the first place that reads outside of `rows` or `x`, and says how many outputs it made.
    pub fn fir_rows(out: &mut [f32], rows: &[[f32; GROUP]], width: usize, x: &[f32], places: &[Place]) -> usize {
        let count = out.len().min(places.len());
        let mut made = 0;
        while made + 4 <= count {
            let at = |n: usize| find(rows, width, x, places[made + n]);
            let (Some(a), Some(b), Some(c), Some(d)) = (at(0), at(1), at(2), at(3)) else {
                break;
            };
            // As many at once as there are registers for.
            let sums = if V::MANY {
                products::<V, 4>(width, [a, b, c, d])
            } else {
                let ([a, b], [c, d]) = (products::<V, 2>(width, [a, b]), products::<V, 2>(width, [c, d]));
                [a, b, c, d]
            };
            out[made..made + 4].copy_from_slice(&V::sum4(sums));
            made += 4;
        }
        while made < count {
            let Some(one) = find(rows, width, x, places[made]) else {
                break;
            };
            let [sum] = products::<V, 1>(width, [one]);
            out[made] = sum.sum();
            made += 1;
        }
        made
    }

    /// A symmetric filter at every `factor`-th sample, in lanes of consecutive outputs:
    /// `out[n] = taps[0]·x[c] + Σ taps[d]·(x[c − d] + x[c + d])` with `c = factor·(first + n)`,
    /// summed from the last tap to the first, in runs: small terms before great ones.
    ///
    /// Does nothing and says so by `false` where that reads outside of a branch.
    pub fn fir_symmetric(out: &mut [[f32; 8]], taps: &[f32], x: Branches, first: usize) -> bool {
        let Branches { samples, factor, stride } = x;
        let [centre, sides @ ..] = taps else {
            return false;
        };
        if factor == 0 {
            return false;
        }
        let reach = sides.len().div_ceil(factor);
        let last = first.saturating_add(reach).saturating_add(8 * out.len());
        if first < reach || last > stride || samples.len() / factor < stride {
            return false;
        }
        let filter = Symmetric { centre: *centre, sides, x };
        let mut at = first;
        let mut left = out;
        if V::MANY {
            (left, at) = filter.strips::<V, 8>(left, at);
        }
        (left, at) = filter.strips::<V, 4>(left, at);
        (left, at) = filter.strips::<V, 2>(left, at);
        let _ = filter.strips::<V, 1>(left, at);
        true
    }
}

/// Taps that [`fir_symmetric`] sums apart, for its error grows with the length of a sum.
const RUN: usize = 32;

/// A row and its samples, equally many groups.
type Pair<'a> = (&'a [[f32; GROUP]], &'a [[f32; GROUP]]);

#[inline(always)]
fn find<'a>(
    rows: &'a [[f32; GROUP]],
    width: usize,
    x: &'a [f32],
    place: Place,
) -> Option<Pair<'a>> {
    let first = (place.row as usize).saturating_mul(width);
    let (x, _) = x.get(place.start as usize..)?.as_chunks::<GROUP>();
    Some((rows.get(first..)?.get(..width)?, x.get(..width)?))
}

/// The sums of `N` rows of one width, in eight lanes each.
#[inline(always)]
fn products<V: Lanes, const N: usize>(width: usize, pairs: [Pair; N]) -> [V; N] {
    let mut low = [V::splat(0.0); N];
    let mut high = [V::splat(0.0); N];
    // Loops over indices: the compiler keeps their sums in registers.
    let mut rows: [&[[f32; GROUP]]; N] = [&[]; N];
    let mut windows = rows;
    for n in 0..N {
        rows[n] = &pairs[n].0[..width];
        windows[n] = &pairs[n].1[..width];
    }
    for k in 0..width {
        for n in 0..N {
            let (h, _) = rows[n][k].as_chunks::<8>();
            let (x, _) = windows[n][k].as_chunks::<8>();
            low[n] = low[n].add(V::load(&h[0]).mul(V::load(&x[0])));
            high[n] = high[n].add(V::load(&h[1]).mul(V::load(&x[1])));
        }
    }
    for n in 0..N {
        low[n] = low[n].add(high[n]);
    }
    low
}

struct Symmetric<'a> {
    centre: f32,
    /// From the nearest to the farthest.
    sides: &'a [f32],
    x: Branches<'a>,
}

impl Symmetric<'_> {
    /// Makes as many strips of `N` vectors of outputs as fit, from output `at` on. Gives what is
    /// left.
    #[inline(always)]
    fn strips<'o, V: Lanes, const N: usize>(
        &self,
        out: &'o mut [[f32; 8]],
        mut at: usize,
    ) -> (&'o mut [[f32; 8]], usize) {
        let (strips, rest) = out.as_chunks_mut::<N>();
        for strip in strips {
            if let Some(sums) = self.strip::<V, N>(at) {
                *strip = sums.map(V::to_array);
            }
            at += 8 * N;
        }
        (rest, at)
    }

    #[inline(always)]
    fn strip<V: Lanes, const N: usize>(&self, at: usize) -> Option<[V; N]> {
        let Branches {
            samples,
            factor,
            stride,
        } = self.x;
        let run = |from: usize| samples.get(from..)?.as_chunks::<8>().0.first_chunk::<N>();
        let mut sums = [V::splat(0.0); N];
        // Distance `d` is `whole` outputs and `part` samples.
        let (mut whole, mut part) = (self.sides.len() / factor, self.sides.len() % factor);
        for taps in self.sides.rchunks(RUN) {
            let mut some = [V::splat(0.0); N];
            for tap in taps.iter().rev() {
                let after = run(part * stride + at + whole)?;
                let before = run(if part == 0 {
                    at - whole
                } else {
                    (factor - part) * stride + at - whole - 1
                })?;
                let tap = V::splat(*tap);
                for n in 0..N {
                    some[n] = some[n].add(tap.mul(V::load(&before[n]).add(V::load(&after[n]))));
                }
                (whole, part) = if part == 0 {
                    (whole.wrapping_sub(1), factor - 1)
                } else {
                    (whole, part - 1)
                };
            }
            for n in 0..N {
                sums[n] = sums[n].add(some[n]);
            }
        }
        let (tap, middle) = (V::splat(self.centre), run(at)?);
        for n in 0..N {
            sums[n] = sums[n].add(tap.mul(V::load(&middle[n])));
        }
        Some(sums)
    }
}
