//! An array that grows without moving what it holds: each segment is twice as long as the one
//! before, so a few of them hold anything and adding one copies nothing.
//!
//! The segments are made elsewhere and sent ahead; the audio thread links them in.

use std::ops::{Index, IndexMut};

/// The first segment holds `1 << SHIFT` values.
pub(crate) struct Segments<T, const SHIFT: u32> {
    segments: Vec<Box<[T]>>,
}

/// How many segments there may be.
const MOST: usize = 32;

impl<T, const SHIFT: u32> Segments<T, SHIFT> {
    /// Holds nothing. The list of segments never has to grow.
    pub fn new() -> Self {
        Self {
            segments: Vec::with_capacity(MOST),
        }
    }

    /// Places that `count` segments have together.
    pub const fn capacity_of(count: usize) -> usize {
        ((1 << count) - 1) << SHIFT
    }

    /// Segments for `places` places.
    pub fn count_for(places: usize) -> usize {
        let mut count = 0;
        while Self::capacity_of(count) < places {
            count += 1;
        }
        count
    }

    /// Makes the next segment when there are `count`. Its memory has been written.
    pub fn make(count: usize, value: impl FnMut() -> T) -> Box<[T]> {
        std::iter::repeat_with(value)
            .take(1 << count << SHIFT)
            .collect()
    }

    /// Links the next segment in; one that does not fit comes back.
    pub fn add(&mut self, segment: Box<[T]>) -> Option<Box<[T]>> {
        let fits = segment.len() == 1 << self.segments.len() << SHIFT;
        if !fits || self.segments.len() == MOST {
            return Some(segment);
        }
        self.segments.push(segment);
        None
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        Self::capacity_of(self.segments.len())
    }

    fn place(index: u32) -> (usize, usize) {
        let lap = (u64::from(index) >> SHIFT) + 1;
        let segment = 63 - lap.leading_zeros();
        let start = ((1u64 << segment) - 1) << SHIFT;
        (segment as usize, (u64::from(index) - start) as usize)
    }

    pub fn get(&self, index: u32) -> Option<&T> {
        let (segment, place) = Self::place(index);
        self.segments.get(segment)?.get(place)
    }

    pub fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        let (segment, place) = Self::place(index);
        self.segments.get_mut(segment)?.get_mut(place)
    }
}

impl<T, const SHIFT: u32> Index<u32> for Segments<T, SHIFT> {
    type Output = T;

    #[inline]
    fn index(&self, index: u32) -> &T {
        let (segment, place) = Self::place(index);
        &self.segments[segment][place]
    }
}

impl<T, const SHIFT: u32> IndexMut<u32> for Segments<T, SHIFT> {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut T {
        let (segment, place) = Self::place(index);
        &mut self.segments[segment][place]
    }
}

#[cfg(test)]
mod tests {
    use super::Segments;

    #[test]
    fn every_index_has_one_place_whatever_was_added_before() {
        let mut numbers = Segments::<u32, 2>::new();
        assert_eq!((numbers.len(), numbers.get(0)), (0, None));
        for count in 0..6 {
            let segment = Segments::<u32, 2>::make(count, || 0);
            assert!(numbers.add(segment).is_none());
            assert_eq!(numbers.len(), Segments::<u32, 2>::capacity_of(count + 1));
        }
        let len = numbers.len() as u32;
        assert_eq!(len, 4 + 8 + 16 + 32 + 64 + 128);
        for index in 0..len {
            numbers[index] = index;
        }
        assert!((0..len).all(|index| numbers[index] == index));
        assert_eq!(numbers.get(len), None);
        assert_eq!(numbers.get(u32::MAX), None);
        assert_eq!(Segments::<u32, 2>::count_for(13), 3);
        // A segment of another length is not linked in.
        assert!(numbers.add(Box::new([0; 4])).is_some());
    }
}
